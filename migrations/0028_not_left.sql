-- Mails of ours that did not leave: whether a reminder left is told by these few, without looking for it among all that did.
CREATE INDEX outbox_not_left ON outbox (id) WHERE state IN ('queued', 'failed', 'dropped');
