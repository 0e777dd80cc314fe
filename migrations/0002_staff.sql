-- What staff decide beyond assigning: more time, a report sent back, a report accepted; and their commands by mail.

CREATE TABLE extension (
    id           INTEGER PRIMARY KEY,
    obligation   INTEGER NOT NULL REFERENCES obligation (id),
    due          TEXT NOT NULL,
    at           TEXT NOT NULL,
    withdrawn_at TEXT
) STRICT;
CREATE UNIQUE INDEX extension_once ON extension (obligation) WHERE withdrawn_at IS NULL;

-- A submission that was sent back no longer counts; the unit has until `due` to send it again.
CREATE TABLE sent_back (
    id           INTEGER PRIMARY KEY,
    submission   INTEGER NOT NULL REFERENCES submission (id),
    reason       TEXT NOT NULL,
    due          TEXT NOT NULL,
    at           TEXT NOT NULL,
    withdrawn_at TEXT
) STRICT;
CREATE UNIQUE INDEX sent_back_once ON sent_back (submission) WHERE withdrawn_at IS NULL;

CREATE TABLE acceptance (
    id           INTEGER PRIMARY KEY,
    submission   INTEGER NOT NULL REFERENCES submission (id),
    at           TEXT NOT NULL,
    withdrawn_at TEXT
) STRICT;
CREATE UNIQUE INDEX acceptance_once ON acceptance (submission) WHERE withdrawn_at IS NULL;

-- A command that staff sent by mail, and what became of it. `token` is set where it was used up.
CREATE TABLE staff_command (
    message    INTEGER PRIMARY KEY REFERENCES message (id),
    token      TEXT UNIQUE,
    at         TEXT NOT NULL,
    outcome    TEXT NOT NULL,                 -- in words for staff
    correction INTEGER REFERENCES correction (id)
) STRICT;

ALTER TABLE correction ADD COLUMN way TEXT NOT NULL DEFAULT 'command'; -- command, mail
ALTER TABLE correction ADD COLUMN inverse TEXT;                        -- how to take it back, as JSON
ALTER TABLE correction ADD COLUMN undone_by INTEGER REFERENCES correction (id);
