-- A mail whose words name one unit holds nothing, and the unit is told of it: a reason more. SQLite cannot change a CHECK.
CREATE TABLE hold_with_named (
    id      INTEGER PRIMARY KEY,
    message INTEGER NOT NULL REFERENCES message (id),
    unit    TEXT,                -- NULL: nobody knows whose the mail is, it may be any unit's
    ground  TEXT NOT NULL CHECK (ground IN ('address', 'unreadable', 'passed_on', 'head', 'forged', 'nameless', 'named')),
    until   TEXT                 -- NULL: until staff have decided. From then on the unit is told of the mail instead.
) STRICT;
INSERT INTO hold_with_named SELECT id, message, unit, ground, until FROM hold;
DROP TABLE hold;
ALTER TABLE hold_with_named RENAME TO hold;
CREATE UNIQUE INDEX hold_once ON hold (message, unit);

-- Mails that wait since before this was asked.
INSERT INTO hold (message, unit, ground, until)
SELECT m.id, m.candidates ->> 0, 'named', m.stored_at FROM message m
WHERE m.state IN ('received', 'waiting') AND m.unit IS NULL AND json_array_length(m.candidates) = 1
  AND NOT EXISTS (SELECT 1 FROM hold h WHERE h.message = m.id);
