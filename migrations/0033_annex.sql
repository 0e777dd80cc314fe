-- The figures that a version of a report brought, as they were read out of its files; a row where they were looked for.
CREATE TABLE annex (
    submission INTEGER PRIMARY KEY REFERENCES submission (id),
    read_at    TEXT NOT NULL,
    figures    TEXT                       -- the Annex as JSON; NULL: no file has one, or it is past its time
) STRICT;
