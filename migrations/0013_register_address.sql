-- The addresses that the register has, and had: what was sent from one before it was replaced is still the unit's.
CREATE TABLE register_address (
    id      INTEGER PRIMARY KEY,
    address TEXT NOT NULL,      -- lower case
    unit    TEXT NOT NULL,
    since   TEXT NOT NULL,
    until   TEXT                -- when it was found to be gone
) STRICT;
CREATE INDEX register_address_by_address ON register_address (address);

-- Looked up at each round, for what mails say of the clock.
CREATE INDEX message_received_at ON message (received_at);
