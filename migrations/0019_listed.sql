-- The mails of strangers that the digest of a day shows: they can be put aside together.
CREATE TABLE listed (
    day     TEXT NOT NULL,
    message INTEGER NOT NULL REFERENCES message (id),
    kind    TEXT NOT NULL CHECK (kind IN ('with_document', 'others')),
    PRIMARY KEY (day, message)
) STRICT, WITHOUT ROWID;
CREATE INDEX listed_message ON listed (message);
