-- When the failure that lasts began: what works has none. The order of events counts, not the clock.
ALTER TABLE health ADD COLUMN failing_since TEXT;
UPDATE health SET failing_since = failure_at
WHERE failure_at IS NOT NULL AND (success_at IS NULL OR failure_at > success_at);
