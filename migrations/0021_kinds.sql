-- Each letter is a kind of its own: what it is no longer hides in the first word of its key.
UPDATE outbox SET kind = CASE
    WHEN key LIKE 'arrived:%' THEN 'arrived'
    WHEN key LIKE 'parent:%' THEN 'grassroots'
    WHEN key LIKE 'return:%' THEN 'returned'
    WHEN key LIKE 'command:together:%' THEN 'staff_answers'
    WHEN key LIKE 'command:%' THEN 'staff_answer'
    WHEN key LIKE 'confirm:%' THEN 'confirm'
    ELSE 'link_only'
END
WHERE kind = 'notice';
