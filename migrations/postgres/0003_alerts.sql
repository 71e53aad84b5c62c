-- How persons are reached outside the hall, and what they want to be told there.
CREATE TABLE contacts (
    person BYTEA NOT NULL PRIMARY KEY,    -- keyed hash of organisation and person
    sealed BYTEA NOT NULL
);

-- What is to be sent to them, each once. What was sent is remembered by name alone.
CREATE TABLE alerts (
    name     BYTEA  NOT NULL PRIMARY KEY, -- keyed hash of the cause and of whom it goes to
    created  BIGINT NOT NULL,             -- UTC ms
    next_try BIGINT,                      -- null: sent or given up
    attempts BIGINT NOT NULL DEFAULT 0,
    sealed   BYTEA  NOT NULL              -- address and content; empty once next_try is null
);
CREATE INDEX alerts_next ON alerts (next_try) WHERE next_try IS NOT NULL;
