-- Which reminders a mail that waits holds, why, and until when.
CREATE TABLE hold (
    id      INTEGER PRIMARY KEY,
    message INTEGER NOT NULL REFERENCES message (id),
    unit    TEXT,                -- NULL: nobody knows whose the mail is, it may be any unit's
    ground  TEXT NOT NULL CHECK (ground IN ('address', 'unreadable', 'passed_on', 'head', 'forged', 'nameless')),
    until   TEXT                 -- NULL: until staff have decided. From then on the unit is told of the mail instead.
) STRICT;
CREATE UNIQUE INDEX hold_once ON hold (message, unit);

-- Mails that wait since before this was asked: of a unit's own address, or with one unit that they may be of.
INSERT INTO hold (message, unit, ground, until)
SELECT m.id, coalesce(m.unit, m.candidates ->> 0),
       CASE WHEN m.trust IS 'fail' OR m.suspicious THEN 'forged'
            WHEN m.class IS 'unreadable' THEN 'unreadable'
            WHEN m.unit IS NOT NULL THEN 'address'
            ELSE 'head' END,
       CASE WHEN m.trust IS 'fail' OR m.suspicious THEN m.stored_at
            WHEN m.unit IS NOT NULL AND m.trust IS 'pass' THEN NULL
            ELSE strftime('%Y-%m-%dT%H:%M:%SZ', m.stored_at, '+7 days') END
FROM message m
WHERE m.state IN ('received', 'waiting') AND (m.unit IS NOT NULL OR json_array_length(m.candidates) = 1);
