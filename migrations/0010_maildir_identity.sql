-- A file of a Maildir is known by its name, its size and when it was written, no more by its name alone.
UPDATE location
SET uid = uid || '/' || (SELECT size FROM message WHERE id = message) || '/'
              || (SELECT unixepoch(received_at) FROM message WHERE id = message)
WHERE uidvalidity = 0 AND account <> 'import';
