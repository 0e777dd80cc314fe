-- A pause of the whole queue: something about ourselves is in the way (a refused login, the day's limit). One at most
-- has not ended.
CREATE TABLE queue_pause (
    id       INTEGER PRIMARY KEY,
    since    TEXT NOT NULL,
    began    TEXT NOT NULL,              -- when it was last made longer
    until    TEXT NOT NULL,
    times    INTEGER NOT NULL,           -- how often in a row
    why      TEXT NOT NULL,
    way      TEXT NOT NULL,              -- a trace of server, user and password then
    ended_at TEXT
) STRICT;
CREATE UNIQUE INDEX queue_pause_once ON queue_pause (ended_at IS NULL) WHERE ended_at IS NULL;

ALTER TABLE outbox ADD COLUMN deferred_since TEXT; -- since when it is tried in vain
ALTER TABLE outbox ADD COLUMN blocked_since TEXT;  -- since when it cannot be written
ALTER TABLE outbox ADD COLUMN begun_at TEXT;       -- when its first byte left
ALTER TABLE outbox ADD COLUMN looks INTEGER NOT NULL DEFAULT 0; -- how often it was looked for among the sent mails

-- Recipients for whom a mail that left was not taken at once.
CREATE TABLE outbox_rest (
    outbox   INTEGER NOT NULL REFERENCES outbox (id),
    address  TEXT NOT NULL,
    state    TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'failed', 'dropped', 'unknown')),
    since    TEXT NOT NULL,
    tries    INTEGER NOT NULL DEFAULT 1,
    next_try TEXT NOT NULL,
    error    TEXT NOT NULL,
    ended_at TEXT,
    PRIMARY KEY (outbox, address)
) STRICT, WITHOUT ROWID;
