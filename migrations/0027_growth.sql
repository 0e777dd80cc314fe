-- What is expected is not looked through anew as long as it is known to be there. What goes, or becomes another's, may be
-- expected again.
CREATE TRIGGER obligation_gone AFTER DELETE ON obligation BEGIN
    DELETE FROM setting WHERE name = 'expected_until';
END;
CREATE TRIGGER obligation_moved AFTER UPDATE OF unit, report, period ON obligation BEGIN
    DELETE FROM setting WHERE name = 'expected_until';
END;

-- What of an obligation follows from other rows, kept beside it so that it is found without looking at all: whether
-- anything is still expected, and until when, by all that is known whatever the clock says.
ALTER TABLE obligation ADD COLUMN open INTEGER NOT NULL DEFAULT 1;
ALTER TABLE obligation ADD COLUMN until TEXT NOT NULL DEFAULT '';
CREATE VIEW obligation_now AS SELECT o.id,
    NOT EXISTS (SELECT 1 FROM excuse e WHERE e.obligation = o.id AND e.withdrawn_at IS NULL)
        AND NOT coalesce((
            SELECT max(s.signed) >= o.signed AND max(s.soft) >= o.soft FROM submission s
            WHERE s.obligation = o.id AND s.withdrawn_at IS NULL AND NOT EXISTS (
                SELECT 1 FROM sent_back b WHERE b.submission = s.id AND b.withdrawn_at IS NULL)), 0) AS open,
    max(coalesce((SELECT due FROM extension x WHERE x.obligation = o.id AND x.withdrawn_at IS NULL), o.due),
        coalesce((SELECT max(b.due) FROM submission s CROSS JOIN sent_back b ON b.submission = s.id
                  WHERE s.obligation = o.id AND s.withdrawn_at IS NULL AND b.withdrawn_at IS NULL), '')) AS until
FROM obligation o;
UPDATE obligation SET (open, until) = (SELECT n.open, n.until FROM obligation_now n WHERE n.id = obligation.id);
CREATE INDEX obligation_open ON obligation (report, period, opens, until) WHERE open;

CREATE TRIGGER obligation_new AFTER INSERT ON obligation BEGIN
    UPDATE obligation SET (open, until) = (SELECT n.open, n.until FROM obligation_now n WHERE n.id = obligation.id)
    WHERE id = NEW.id;
END;
CREATE TRIGGER obligation_changed AFTER UPDATE OF due, signed, soft ON obligation BEGIN
    UPDATE obligation SET (open, until) = (SELECT n.open, n.until FROM obligation_now n WHERE n.id = obligation.id)
    WHERE id = NEW.id;
END;
CREATE TRIGGER submission_new AFTER INSERT ON submission BEGIN
    UPDATE obligation SET (open, until) = (SELECT n.open, n.until FROM obligation_now n WHERE n.id = obligation.id)
    WHERE id = NEW.obligation;
END;
CREATE TRIGGER submission_changed AFTER UPDATE OF obligation, signed, soft, withdrawn_at ON submission BEGIN
    UPDATE obligation SET (open, until) = (SELECT n.open, n.until FROM obligation_now n WHERE n.id = obligation.id)
    WHERE id IN (OLD.obligation, NEW.obligation);
END;
CREATE TRIGGER sent_back_new AFTER INSERT ON sent_back BEGIN
    UPDATE obligation SET (open, until) = (SELECT n.open, n.until FROM obligation_now n WHERE n.id = obligation.id)
    WHERE id = (SELECT obligation FROM submission WHERE id = NEW.submission);
END;
CREATE TRIGGER sent_back_changed AFTER UPDATE OF due, withdrawn_at ON sent_back BEGIN
    UPDATE obligation SET (open, until) = (SELECT n.open, n.until FROM obligation_now n WHERE n.id = obligation.id)
    WHERE id = (SELECT obligation FROM submission WHERE id = NEW.submission);
END;
CREATE TRIGGER excuse_new AFTER INSERT ON excuse BEGIN
    UPDATE obligation SET (open, until) = (SELECT n.open, n.until FROM obligation_now n WHERE n.id = obligation.id)
    WHERE id = NEW.obligation;
END;
CREATE TRIGGER excuse_changed AFTER UPDATE OF obligation, withdrawn_at ON excuse BEGIN
    UPDATE obligation SET (open, until) = (SELECT n.open, n.until FROM obligation_now n WHERE n.id = obligation.id)
    WHERE id IN (OLD.obligation, NEW.obligation);
END;
CREATE TRIGGER extension_new AFTER INSERT ON extension BEGIN
    UPDATE obligation SET (open, until) = (SELECT n.open, n.until FROM obligation_now n WHERE n.id = obligation.id)
    WHERE id = NEW.obligation;
END;
CREATE TRIGGER extension_changed AFTER UPDATE OF obligation, due, withdrawn_at ON extension BEGIN
    UPDATE obligation SET (open, until) = (SELECT n.open, n.until FROM obligation_now n WHERE n.id = obligation.id)
    WHERE id IN (OLD.obligation, NEW.obligation);
END;

-- What rounds ask for, of tables that grow with the years: by moments, by files, and what is still to be done. An index by
-- state alone would lead through all that is done.
DROP INDEX message_state;
CREATE INDEX message_received ON message (id) WHERE state = 'received';
CREATE INDEX message_waiting ON message (received_at) WHERE state = 'waiting';
CREATE INDEX message_undecided ON message (id) WHERE state IN ('received', 'waiting');
CREATE INDEX message_unshown ON message (id) WHERE state <> 'received' AND shown IS NOT state;
CREATE INDEX message_kept ON message (received_at) WHERE expired_at IS NULL;
CREATE INDEX message_stored_at ON message (stored_at);
CREATE INDEX message_domain ON message (substr(sender, instr(sender, '@') + 1), received_at) WHERE state = 'logged';
CREATE INDEX attachment_sha256 ON attachment (sha256);
CREATE INDEX obligation_opens ON obligation (opens);
CREATE INDEX obligation_period ON obligation (report, period, due);
CREATE INDEX submission_logged_at ON submission (logged_at);
CREATE INDEX hold_unit ON hold (unit) WHERE until IS NOT NULL;
DROP INDEX outbox_state;
CREATE INDEX outbox_queued ON outbox (id) WHERE state = 'queued';
CREATE INDEX outbox_sending ON outbox (id) WHERE state = 'sending';
CREATE INDEX outbox_unknown ON outbox (id) WHERE state = 'unknown';
CREATE INDEX outbox_sent ON outbox (ended_at) WHERE state = 'sent';
CREATE INDEX outbox_left ON outbox (coalesce(ended_at, queued_at)) WHERE state IN ('sent', 'unknown', 'sending');
CREATE INDEX outbox_kept ON outbox (ended_at) WHERE expired_at IS NULL;
CREATE INDEX outbox_queued_at ON outbox (queued_at);
CREATE INDEX outbox_ended_at ON outbox (ended_at);
CREATE INDEX outbox_raw ON outbox (raw) WHERE raw IS NOT NULL;
CREATE INDEX contact_bounce_outbox ON contact_bounce (outbox);
CREATE INDEX contact_bounce_stands ON contact_bounce (address) WHERE reset_at IS NULL;
-- Rows that name another one, where that is looked for.
CREATE INDEX excuse_obligation ON excuse (obligation);
CREATE INDEX extension_obligation ON extension (obligation);
CREATE INDEX sent_back_submission ON sent_back (submission);
CREATE INDEX acceptance_submission ON acceptance (submission);
CREATE INDEX submission_file_attachment ON submission_file (attachment);
