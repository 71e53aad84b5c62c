-- How persons are reached outside the hall, and what they want to be told there.
CREATE TABLE contacts (
    person BLOB NOT NULL PRIMARY KEY,     -- keyed hash of organisation and person
    sealed BLOB NOT NULL
) STRICT;

-- What is to be sent to them, each once. What was sent is remembered by name alone.
CREATE TABLE alerts (
    name     BLOB    NOT NULL PRIMARY KEY, -- keyed hash of the cause and of whom it goes to
    created  INTEGER NOT NULL,             -- UTC ms
    next_try INTEGER,                      -- null: sent or given up
    attempts INTEGER NOT NULL DEFAULT 0,
    sealed   BLOB    NOT NULL              -- address and content; empty once next_try is null
) STRICT;
CREATE INDEX alerts_next ON alerts (next_try) WHERE next_try IS NOT NULL;
