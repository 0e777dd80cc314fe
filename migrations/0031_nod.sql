-- What staff say of the letter to a leader, of one deadline: a later one is another matter.
CREATE TABLE nod (
    id           INTEGER PRIMARY KEY,
    obligation   INTEGER NOT NULL REFERENCES obligation (id),
    due          TEXT NOT NULL,
    sends        INTEGER NOT NULL,      -- 1: it may leave; 0: it must not
    at           TEXT NOT NULL,
    withdrawn_at TEXT
) STRICT;
CREATE UNIQUE INDEX nod_once ON nod (obligation) WHERE withdrawn_at IS NULL;
-- What refers to an obligation is found without looking through all that staff ever said.
CREATE INDEX nod_obligation ON nod (obligation);
