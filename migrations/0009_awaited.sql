-- What is known of a mail that waits for staff, and the periods that staff have closed.

-- The reports that it names. Where it names none, it may bring any that is open.
CREATE TABLE awaited (
    message INTEGER NOT NULL REFERENCES message (id),
    report  TEXT NOT NULL,
    period  TEXT NOT NULL,
    PRIMARY KEY (message, report, period)
) STRICT, WITHOUT ROWID;

-- Its sender looks like somebody it is not.
ALTER TABLE message ADD COLUMN suspicious INTEGER NOT NULL DEFAULT 0;

CREATE TABLE closing (
    id           INTEGER PRIMARY KEY,
    report       TEXT NOT NULL,
    period       TEXT NOT NULL,
    at           TEXT NOT NULL,
    withdrawn_at TEXT
) STRICT;
CREATE UNIQUE INDEX closing_once ON closing (report, period) WHERE withdrawn_at IS NULL;
