-- What the server said of a folder when all that is in it had a row: where it still agrees, only what came since is listed.
-- NULL: the whole folder is listed.
ALTER TABLE cursor ADD COLUMN exist INTEGER;      -- EXISTS
ALTER TABLE cursor ADD COLUMN uid_next INTEGER;   -- UIDNEXT
ALTER TABLE cursor ADD COLUMN modseq INTEGER;     -- HIGHESTMODSEQ (RFC 7162); NULL where the server does not tell
ALTER TABLE cursor ADD COLUMN listed_at TEXT;     -- when the whole folder was last listed
