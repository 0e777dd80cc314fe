-- What a mail that waits most likely is, for staff to say yes.
CREATE TABLE proposed (
    message INTEGER PRIMARY KEY REFERENCES message (id),
    report  TEXT NOT NULL,
    period  TEXT NOT NULL
) STRICT;
