-- Instants are RFC 3339 texts in UTC, days are YYYY-MM-DD, hashes are SHA-256 in hex.
-- Rows are never deleted; what no longer holds carries who ended it and when.

CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- How far each folder of a mailbox has been seen.
CREATE TABLE cursor (
    account     TEXT NOT NULL,
    folder      TEXT NOT NULL,
    uidvalidity INTEGER NOT NULL,
    last_uid    INTEGER NOT NULL,
    PRIMARY KEY (account, folder)
) STRICT, WITHOUT ROWID;

-- One row a mail by content, whatever it was.
CREATE TABLE message (
    id          INTEGER PRIMARY KEY,
    sha256      TEXT UNIQUE,              -- NULL: not fetched (too large, or the server would not give it)
    size        INTEGER NOT NULL,
    received_at TEXT NOT NULL,            -- INTERNALDATE
    stored_at   TEXT NOT NULL,
    gm_msgid    INTEGER,                  -- X-GM-MSGID
    message_id  TEXT,
    reply_to    TEXT,                     -- where an answer goes
    sender      TEXT,
    subject     TEXT,
    class       TEXT,
    trust       TEXT,
    unit        TEXT,
    reading     TEXT,                     -- the Reading as JSON
    state       TEXT NOT NULL CHECK (state IN ('received', 'logged', 'waiting', 'noted', 'ignored', 'duplicate')),
    why         TEXT NOT NULL DEFAULT '[]', -- reasons, in words for staff, as a JSON list
    candidates  TEXT NOT NULL DEFAULT '[]', -- units that it may come from, as a JSON list
    shown       TEXT                      -- the outcome last shown in the mailbox
) STRICT;
CREATE INDEX message_state ON message (state);
CREATE INDEX message_gm ON message (gm_msgid) WHERE gm_msgid IS NOT NULL;
CREATE INDEX message_by_id ON message (message_id) WHERE message_id IS NOT NULL;

-- Every place where a mail was seen.
CREATE TABLE location (
    account     TEXT NOT NULL,
    folder      TEXT NOT NULL,
    uidvalidity INTEGER NOT NULL,
    uid         TEXT NOT NULL,            -- IMAP UID, or the unique part of a Maildir file name
    message     INTEGER NOT NULL REFERENCES message (id),
    PRIMARY KEY (account, folder, uidvalidity, uid)
) STRICT, WITHOUT ROWID;
CREATE INDEX location_message ON location (message);

-- How often the server failed to give one mail.
CREATE TABLE fetch_failure (
    account     TEXT NOT NULL,
    folder      TEXT NOT NULL,
    uidvalidity INTEGER NOT NULL,
    uid         TEXT NOT NULL,
    times       INTEGER NOT NULL,
    PRIMARY KEY (account, folder, uidvalidity, uid)
) STRICT, WITHOUT ROWID;

CREATE TABLE attachment (
    id       INTEGER PRIMARY KEY,
    message  INTEGER NOT NULL REFERENCES message (id),
    position INTEGER NOT NULL,
    name     TEXT NOT NULL,
    size     INTEGER NOT NULL,
    sha256   TEXT NOT NULL,
    kind     TEXT NOT NULL,
    role     TEXT NOT NULL,
    UNIQUE (message, position)
) STRICT;

-- What is expected of a unit, frozen when its period opened.
CREATE TABLE obligation (
    id     INTEGER PRIMARY KEY,
    unit   TEXT NOT NULL,
    report TEXT NOT NULL,
    period TEXT NOT NULL,
    opens  TEXT NOT NULL,
    due    TEXT NOT NULL,
    signed INTEGER NOT NULL,
    soft   INTEGER NOT NULL,
    UNIQUE (unit, report, period)
) STRICT;

CREATE TABLE excuse (
    id           INTEGER PRIMARY KEY,
    obligation   INTEGER NOT NULL REFERENCES obligation (id),
    reason       TEXT NOT NULL,
    at           TEXT NOT NULL,
    withdrawn_at TEXT
) STRICT;
CREATE UNIQUE INDEX excuse_once ON excuse (obligation) WHERE withdrawn_at IS NULL;

-- One row a version: what a mail, or paper, brought for an obligation.
CREATE TABLE submission (
    id           INTEGER PRIMARY KEY,
    obligation   INTEGER NOT NULL REFERENCES obligation (id),
    version      INTEGER NOT NULL,
    message      INTEGER REFERENCES message (id), -- NULL: paper
    received_at  TEXT NOT NULL,
    signed       INTEGER NOT NULL,
    soft         INTEGER NOT NULL,
    nil_return   INTEGER NOT NULL,
    number       TEXT,
    logged_at    TEXT NOT NULL,
    withdrawn_at TEXT,
    UNIQUE (obligation, version)
) STRICT;
CREATE INDEX submission_message ON submission (message);

CREATE TABLE submission_file (
    submission INTEGER NOT NULL REFERENCES submission (id),
    attachment INTEGER NOT NULL REFERENCES attachment (id),
    PRIMARY KEY (submission, attachment)
) STRICT, WITHOUT ROWID;

-- Mails owed to the world. `key` makes each of them owed once.
CREATE TABLE outbox (
    id         INTEGER PRIMARY KEY,
    key        TEXT NOT NULL UNIQUE,
    kind       TEXT NOT NULL,
    unit       TEXT,
    message    INTEGER REFERENCES message (id),   -- the mail that it answers
    priority   INTEGER NOT NULL,                  -- lower goes first
    state      TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'failed', 'dropped', 'unknown')),
    queued_at  TEXT NOT NULL,
    tries      INTEGER NOT NULL DEFAULT 0,
    next_try   TEXT NOT NULL,
    message_id TEXT UNIQUE,
    recipients TEXT NOT NULL DEFAULT '[]',
    subject    TEXT,
    raw        TEXT,                              -- SHA-256 of the mail as it left, in the archive
    ended_at   TEXT,
    error      TEXT
) STRICT;
CREATE INDEX outbox_state ON outbox (state);

-- Which step of which reminder a mail carries.
CREATE TABLE reminder (
    obligation INTEGER NOT NULL REFERENCES obligation (id),
    step       TEXT NOT NULL,
    outbox     INTEGER NOT NULL REFERENCES outbox (id),
    PRIMARY KEY (obligation, step)
) STRICT, WITHOUT ROWID;
CREATE INDEX reminder_outbox ON reminder (outbox);

CREATE TABLE digest (
    day    TEXT PRIMARY KEY,
    since  TEXT NOT NULL,
    until  TEXT NOT NULL,
    outbox INTEGER NOT NULL REFERENCES outbox (id)
) STRICT, WITHOUT ROWID;

-- Addresses that staff taught.
CREATE TABLE learned (
    id         INTEGER PRIMARY KEY,
    address    TEXT NOT NULL,
    unit       TEXT NOT NULL,
    at         TEXT NOT NULL,
    revoked_at TEXT
) STRICT;
CREATE UNIQUE INDEX learned_once ON learned (address, unit) WHERE revoked_at IS NULL;

-- Every change by a person.
CREATE TABLE correction (
    id      INTEGER PRIMARY KEY,
    at      TEXT NOT NULL,
    who     TEXT NOT NULL,
    command TEXT NOT NULL,
    subject TEXT NOT NULL,
    before  TEXT NOT NULL,
    after   TEXT NOT NULL
) STRICT;

-- The last success and failure of each thing that can fail.
CREATE TABLE health (
    part       TEXT PRIMARY KEY,
    success_at TEXT,
    failure_at TEXT,
    failure    TEXT
) STRICT, WITHOUT ROWID;

-- Bytes fetched and mails sent, a row a day (Vietnam).
CREATE TABLE traffic (
    day     TEXT PRIMARY KEY,
    fetched INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
