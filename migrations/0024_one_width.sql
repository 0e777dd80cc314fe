-- Moments are texts of one width, nine digits of a second, so that the order of the texts is that of time: before, a moment
-- was as wide as its second had digits, and '…:00.5Z' came before '…:00Z'.
UPDATE message SET
    received_at = substr(received_at, 1, 19) || '.' || substr(rtrim(substr(received_at, 21), 'Z') || '000000000', 1, 9) || 'Z',
    stored_at = substr(stored_at, 1, 19) || '.' || substr(rtrim(substr(stored_at, 21), 'Z') || '000000000', 1, 9) || 'Z',
    expired_at = substr(expired_at, 1, 19) || '.' || substr(rtrim(substr(expired_at, 21), 'Z') || '000000000', 1, 9) || 'Z',
    damaged_at = substr(damaged_at, 1, 19) || '.' || substr(rtrim(substr(damaged_at, 21), 'Z') || '000000000', 1, 9) || 'Z',
    expiry_told_at = substr(expiry_told_at, 1, 19) || '.' || substr(rtrim(substr(expiry_told_at, 21), 'Z') || '000000000', 1, 9) || 'Z',
    put_off = substr(put_off, 1, 19) || '.' || substr(rtrim(substr(put_off, 21), 'Z') || '000000000', 1, 9) || 'Z';
UPDATE location SET
    received_at = substr(received_at, 1, 19) || '.' || substr(rtrim(substr(received_at, 21), 'Z') || '000000000', 1, 9) || 'Z';
UPDATE fetch_failure SET
    tried_at = substr(tried_at, 1, 19) || '.' || substr(rtrim(substr(tried_at, 21), 'Z') || '000000000', 1, 9) || 'Z',
    given_up_at = substr(given_up_at, 1, 19) || '.' || substr(rtrim(substr(given_up_at, 21), 'Z') || '000000000', 1, 9) || 'Z';
UPDATE obligation SET
    due = substr(due, 1, 19) || '.' || substr(rtrim(substr(due, 21), 'Z') || '000000000', 1, 9) || 'Z';
UPDATE excuse SET
    at = substr(at, 1, 19) || '.' || substr(rtrim(substr(at, 21), 'Z') || '000000000', 1, 9) || 'Z',
    withdrawn_at = substr(withdrawn_at, 1, 19) || '.' || substr(rtrim(substr(withdrawn_at, 21), 'Z') || '000000000', 1, 9) || 'Z';
UPDATE submission SET
    received_at = substr(received_at, 1, 19) || '.' || substr(rtrim(substr(received_at, 21), 'Z') || '000000000', 1, 9) || 'Z',
    logged_at = substr(logged_at, 1, 19) || '.' || substr(rtrim(substr(logged_at, 21), 'Z') || '000000000', 1, 9) || 'Z',
    withdrawn_at = substr(withdrawn_at, 1, 19) || '.' || substr(rtrim(substr(withdrawn_at, 21), 'Z') || '000000000', 1, 9) || 'Z';
UPDATE outbox SET
    queued_at = substr(queued_at, 1, 19) || '.' || substr(rtrim(substr(queued_at, 21), 'Z') || '000000000', 1, 9) || 'Z',
    next_try = substr(next_try, 1, 19) || '.' || substr(rtrim(substr(next_try, 21), 'Z') || '000000000', 1, 9) || 'Z',
    begun_at = substr(begun_at, 1, 19) || '.' || substr(rtrim(substr(begun_at, 21), 'Z') || '000000000', 1, 9) || 'Z',
    ended_at = substr(ended_at, 1, 19) || '.' || substr(rtrim(substr(ended_at, 21), 'Z') || '000000000', 1, 9) || 'Z',
    expired_at = substr(expired_at, 1, 19) || '.' || substr(rtrim(substr(expired_at, 21), 'Z') || '000000000', 1, 9) || 'Z',
    deferred_since = substr(deferred_since, 1, 19) || '.' || substr(rtrim(substr(deferred_since, 21), 'Z') || '000000000', 1, 9) || 'Z',
    blocked_since = substr(blocked_since, 1, 19) || '.' || substr(rtrim(substr(blocked_since, 21), 'Z') || '000000000', 1, 9) || 'Z';
UPDATE outbox_rest SET
    since = substr(since, 1, 19) || '.' || substr(rtrim(substr(since, 21), 'Z') || '000000000', 1, 9) || 'Z',
    next_try = substr(next_try, 1, 19) || '.' || substr(rtrim(substr(next_try, 21), 'Z') || '000000000', 1, 9) || 'Z',
    ended_at = substr(ended_at, 1, 19) || '.' || substr(rtrim(substr(ended_at, 21), 'Z') || '000000000', 1, 9) || 'Z';
UPDATE reminder SET
    due = substr(due, 1, 19) || '.' || substr(rtrim(substr(due, 21), 'Z') || '000000000', 1, 9) || 'Z';
UPDATE digest_day SET
    since = substr(since, 1, 19) || '.' || substr(rtrim(substr(since, 21), 'Z') || '000000000', 1, 9) || 'Z',
    until = substr(until, 1, 19) || '.' || substr(rtrim(substr(until, 21), 'Z') || '000000000', 1, 9) || 'Z';
UPDATE learned SET
    at = substr(at, 1, 19) || '.' || substr(rtrim(substr(at, 21), 'Z') || '000000000', 1, 9) || 'Z',
    revoked_at = substr(revoked_at, 1, 19) || '.' || substr(rtrim(substr(revoked_at, 21), 'Z') || '000000000', 1, 9) || 'Z';
UPDATE correction SET
    at = substr(at, 1, 19) || '.' || substr(rtrim(substr(at, 21), 'Z') || '000000000', 1, 9) || 'Z';
UPDATE health SET
    success_at = substr(success_at, 1, 19) || '.' || substr(rtrim(substr(success_at, 21), 'Z') || '000000000', 1, 9) || 'Z',
    failure_at = substr(failure_at, 1, 19) || '.' || substr(rtrim(substr(failure_at, 21), 'Z') || '000000000', 1, 9) || 'Z',
    failing_since = substr(failing_since, 1, 19) || '.' || substr(rtrim(substr(failing_since, 21), 'Z') || '000000000', 1, 9) || 'Z';
UPDATE extension SET
    due = substr(due, 1, 19) || '.' || substr(rtrim(substr(due, 21), 'Z') || '000000000', 1, 9) || 'Z',
    at = substr(at, 1, 19) || '.' || substr(rtrim(substr(at, 21), 'Z') || '000000000', 1, 9) || 'Z',
    withdrawn_at = substr(withdrawn_at, 1, 19) || '.' || substr(rtrim(substr(withdrawn_at, 21), 'Z') || '000000000', 1, 9) || 'Z';
UPDATE sent_back SET
    due = substr(due, 1, 19) || '.' || substr(rtrim(substr(due, 21), 'Z') || '000000000', 1, 9) || 'Z',
    at = substr(at, 1, 19) || '.' || substr(rtrim(substr(at, 21), 'Z') || '000000000', 1, 9) || 'Z',
    withdrawn_at = substr(withdrawn_at, 1, 19) || '.' || substr(rtrim(substr(withdrawn_at, 21), 'Z') || '000000000', 1, 9) || 'Z';
UPDATE acceptance SET
    at = substr(at, 1, 19) || '.' || substr(rtrim(substr(at, 21), 'Z') || '000000000', 1, 9) || 'Z',
    withdrawn_at = substr(withdrawn_at, 1, 19) || '.' || substr(rtrim(substr(withdrawn_at, 21), 'Z') || '000000000', 1, 9) || 'Z';
UPDATE staff_command SET
    at = substr(at, 1, 19) || '.' || substr(rtrim(substr(at, 21), 'Z') || '000000000', 1, 9) || 'Z';
UPDATE contact_bounce SET
    at = substr(at, 1, 19) || '.' || substr(rtrim(substr(at, 21), 'Z') || '000000000', 1, 9) || 'Z',
    reset_at = substr(reset_at, 1, 19) || '.' || substr(rtrim(substr(reset_at, 21), 'Z') || '000000000', 1, 9) || 'Z';
UPDATE closing SET
    at = substr(at, 1, 19) || '.' || substr(rtrim(substr(at, 21), 'Z') || '000000000', 1, 9) || 'Z',
    withdrawn_at = substr(withdrawn_at, 1, 19) || '.' || substr(rtrim(substr(withdrawn_at, 21), 'Z') || '000000000', 1, 9) || 'Z';
UPDATE queue_pause SET
    since = substr(since, 1, 19) || '.' || substr(rtrim(substr(since, 21), 'Z') || '000000000', 1, 9) || 'Z',
    began = substr(began, 1, 19) || '.' || substr(rtrim(substr(began, 21), 'Z') || '000000000', 1, 9) || 'Z',
    until = substr(until, 1, 19) || '.' || substr(rtrim(substr(until, 21), 'Z') || '000000000', 1, 9) || 'Z',
    ended_at = substr(ended_at, 1, 19) || '.' || substr(rtrim(substr(ended_at, 21), 'Z') || '000000000', 1, 9) || 'Z';
UPDATE register_address SET
    since = substr(since, 1, 19) || '.' || substr(rtrim(substr(since, 21), 'Z') || '000000000', 1, 9) || 'Z',
    until = substr(until, 1, 19) || '.' || substr(rtrim(substr(until, 21), 'Z') || '000000000', 1, 9) || 'Z';
UPDATE hold SET
    until = substr(until, 1, 19) || '.' || substr(rtrim(substr(until, 21), 'Z') || '000000000', 1, 9) || 'Z';
UPDATE setting SET
    value = substr(value, 1, 19) || '.' || substr(rtrim(substr(value, 21), 'Z') || '000000000', 1, 9) || 'Z'
WHERE value GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]*Z';
