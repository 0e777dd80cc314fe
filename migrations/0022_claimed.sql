-- Bytes of mails that were fetched, by the registered address that they name as their sender, a row a day (Vietnam).
CREATE TABLE fetched_of (
    day     TEXT NOT NULL,
    address TEXT NOT NULL,    -- lower case
    bytes   INTEGER NOT NULL,
    PRIMARY KEY (day, address)
) STRICT, WITHOUT ROWID;
