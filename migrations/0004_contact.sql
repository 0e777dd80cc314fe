-- What did not reach an address. It holds until staff take it back or the address writes to us again.
CREATE TABLE contact_bounce (
    id       INTEGER PRIMARY KEY,
    address  TEXT NOT NULL,
    kind     TEXT NOT NULL CHECK (kind IN ('hard', 'soft')),
    status   TEXT,                                -- RFC 3463, where it was said
    outbox   INTEGER NOT NULL REFERENCES outbox (id),
    at       TEXT NOT NULL,
    reset_at TEXT,
    UNIQUE (address, outbox)
) STRICT;
