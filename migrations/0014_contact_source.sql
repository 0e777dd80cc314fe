-- Whether an address itself did not take a mail (the server said so while it was handed over) or a notice says so, which
-- anybody may have written. What is known from before stays as it was taken then.
ALTER TABLE contact_bounce ADD COLUMN told_by TEXT NOT NULL DEFAULT 'refusal' CHECK (told_by IN ('notice', 'refusal'));
