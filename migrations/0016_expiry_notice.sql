-- Since when the digest says of a mail that waits for a person that it will not be kept.
ALTER TABLE message ADD COLUMN expiry_told_at TEXT;

-- To whom mails went whose content is past its time already.
UPDATE outbox SET recipients = '[]', error = NULL WHERE expired_at IS NOT NULL;
UPDATE outbox_rest SET address = lower(hex(randomblob(8))), error = ''
WHERE outbox IN (SELECT id FROM outbox WHERE expired_at IS NOT NULL);
