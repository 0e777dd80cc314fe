-- What staff decided and a unit is told of in a letter of its own.
CREATE TABLE decision (
    id         INTEGER PRIMARY KEY,
    what       TEXT NOT NULL,
    obligation INTEGER REFERENCES obligation (id),
    submission INTEGER REFERENCES submission (id),
    message    INTEGER REFERENCES message (id),
    words      TEXT NOT NULL,             -- the reason that the unit is told
    at         TEXT NOT NULL
) STRICT;
CREATE INDEX decision_obligation ON decision (obligation);
CREATE INDEX decision_submission ON decision (submission);
CREATE INDEX decision_message ON decision (message);
