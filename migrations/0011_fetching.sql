-- A UID means the same mail only as long as its INTERNALDATE is the same: a mailbox restored from a copy gives it to another.
ALTER TABLE location ADD COLUMN received_at TEXT;

-- When a mail that the server does not give was last asked for, and when its place was taken by a row for staff.
ALTER TABLE fetch_failure ADD COLUMN tried_at TEXT;
ALTER TABLE fetch_failure ADD COLUMN given_up_at TEXT;
