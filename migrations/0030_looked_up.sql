-- The periods of which something was due of late are found without those of earlier years.
CREATE INDEX obligation_until ON obligation (until, report, period);
-- What staff did to something, and what they were answered of it, is found without all that they ever did.
CREATE INDEX correction_subject ON correction (subject);
CREATE INDEX staff_command_meant ON staff_command (meant) WHERE meant IS NOT NULL;
