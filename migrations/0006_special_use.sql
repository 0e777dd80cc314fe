-- What a folder of the configuration is for (RFC 6154), so that it is found when its name changes.
CREATE TABLE special_use (
    account TEXT NOT NULL,
    folder  TEXT NOT NULL,      -- as the configuration names it
    word    TEXT NOT NULL,      -- as the server says it: \Junk …
    PRIMARY KEY (account, folder)
) STRICT, WITHOUT ROWID;
