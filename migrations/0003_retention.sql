-- Mails and files that are older than they may be kept; what was logged of them stays.

ALTER TABLE message ADD COLUMN expired_at TEXT;
ALTER TABLE outbox ADD COLUMN expired_at TEXT;
