-- When the archive was found not to hold a mail as it came: it is fetched again at the next full look at the mailbox.

ALTER TABLE message ADD COLUMN damaged_at TEXT;
