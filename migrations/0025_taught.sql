-- What staff said of the titles of documents by assigning mails, a row each time: what all that stands says of a title in
-- the same way, holds for the mails to come.
CREATE TABLE taught (
    id           INTEGER PRIMARY KEY,
    title        TEXT NOT NULL,    -- folded, without units, numbers and periods
    report       TEXT,             -- none: what has this title is no report
    message      INTEGER NOT NULL REFERENCES message (id),
    at           TEXT NOT NULL,
    withdrawn_at TEXT,             -- when staff said otherwise of that mail
    forgotten_at TEXT              -- when the title was forgotten, whatever is said of it after
) STRICT;
CREATE INDEX taught_title ON taught (title) WHERE withdrawn_at IS NULL;
CREATE INDEX taught_message ON taught (message);
