-- A step of a reminder belongs to a deadline: with more time given, or sent back, a unit is reminded anew.

CREATE TABLE reminder_by_deadline (
    obligation INTEGER NOT NULL REFERENCES obligation (id),
    step       TEXT NOT NULL,
    due        TEXT NOT NULL,
    outbox     INTEGER NOT NULL REFERENCES outbox (id),
    PRIMARY KEY (obligation, step, due)
) STRICT, WITHOUT ROWID;
INSERT INTO reminder_by_deadline SELECT r.obligation, r.step, o.due, r.outbox
    FROM reminder r JOIN obligation o ON o.id = r.obligation;
DROP TABLE reminder;
ALTER TABLE reminder_by_deadline RENAME TO reminder;
CREATE INDEX reminder_outbox ON reminder (outbox);

-- Looked up at each pass, for each unit.
CREATE INDEX outbox_unit ON outbox (unit) WHERE unit IS NOT NULL;
CREATE INDEX message_sender ON message (sender) WHERE sender IS NOT NULL;
