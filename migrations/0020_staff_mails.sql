-- Each of staff gets a digest of his own; the digest of a day and the span that it tells of stay one.
CREATE TABLE digest_day (
    day   TEXT PRIMARY KEY,
    since TEXT NOT NULL,
    until TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE digest_mail (
    day     TEXT NOT NULL REFERENCES digest_day (day),
    address TEXT NOT NULL,    -- empty: one mail to all of staff, as before
    outbox  INTEGER NOT NULL REFERENCES outbox (id),
    PRIMARY KEY (day, address)
) STRICT, WITHOUT ROWID;
INSERT INTO digest_day SELECT day, since, until FROM digest;
INSERT INTO digest_mail SELECT day, '', outbox FROM digest;
DROP TABLE digest;

ALTER TABLE staff_command ADD COLUMN who TEXT;    -- the address that sent it, lower case
ALTER TABLE staff_command ADD COLUMN meant TEXT;  -- the code that it meant, used up or not
-- Whether its answer is a mail of its own, one mail for all of the day that are above the cap, or none.
ALTER TABLE staff_command ADD COLUMN told TEXT NOT NULL DEFAULT 'alone' CHECK (told IN ('alone', 'together', 'not'));
CREATE INDEX staff_command_by_who ON staff_command (who, at);
