-- Of which units staff decided something on a day is found without all that they ever did.
CREATE INDEX correction_at ON correction (at);
