-- An acknowledgement that is told together with others of its unit: from which day (Vietnam) on; and the one that tells
-- it in its stead.
ALTER TABLE outbox ADD COLUMN put_off TEXT;
ALTER TABLE outbox ADD COLUMN told_in INTEGER REFERENCES outbox (id);
CREATE INDEX outbox_told_in ON outbox (told_in) WHERE told_in IS NOT NULL;

-- Whether the archive holds a file of a mail. It holds those of mails that count; the others stay in their mails.
ALTER TABLE attachment ADD COLUMN kept INTEGER NOT NULL DEFAULT 1;
CREATE INDEX attachment_not_kept ON attachment (message) WHERE kept = 0;

-- Bytes of files that were taken out of mails and stored, a row a day (Vietnam).
ALTER TABLE traffic ADD COLUMN unpacked INTEGER NOT NULL DEFAULT 0;
