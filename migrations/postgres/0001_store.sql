-- What is in the clear here is what anybody may know, as in migrations/sqlite, table by
-- table and number by number. docs/ops/storage.md says what an editor or a reader of the
-- database gains.

-- One row of facts about this store itself: 'check' (of the root secret).
CREATE TABLE store (
    key   TEXT  NOT NULL PRIMARY KEY,
    value BYTEA NOT NULL
);

CREATE SEQUENCE stream_ids;

-- One row per stream, written in the transaction of every append, which holds it.
CREATE TABLE streams (
    id       BIGINT NOT NULL PRIMARY KEY,
    stream   TEXT   NOT NULL UNIQUE,
    kind     TEXT   NOT NULL,             -- which rules fold it
    version  BIGINT NOT NULL,             -- events stored: the last sequence number
    time     BIGINT NOT NULL,             -- of the last event, UTC ms; never decreases
    frontier BYTEA  NOT NULL,             -- of the Merkle tree over the leaves
    due      BIGINT,                      -- when time itself next acts, UTC ms
    summary  BYTEA  NOT NULL              -- sealed
);
CREATE INDEX streams_due ON streams (due) WHERE due IS NOT NULL;

-- The truth. Never updated, never deleted.
CREATE TABLE events (
    stream  BIGINT NOT NULL REFERENCES streams (id) DEFERRABLE INITIALLY DEFERRED,
    seq     BIGINT NOT NULL,
    time    BIGINT NOT NULL,
    shell   BYTEA  NOT NULL,              -- canonical JSON {details, facts, seq, time}
    leaf    BYTEA  NOT NULL,              -- SHA-256(0x00 || shell)
    facts   BYTEA  NOT NULL,              -- sealed salt || bytes
    details BYTEA  NOT NULL,              -- sealed salt || bytes
    PRIMARY KEY (stream, seq)
);

-- Keys and shares that are never in an event. Deleted when their use is over.
CREATE TABLE secrets (
    stream BIGINT NOT NULL REFERENCES streams (id) DEFERRABLE INITIALLY DEFERRED,
    name   BYTEA  NOT NULL,               -- keyed hash
    sealed BYTEA  NOT NULL,               -- name and value
    PRIMARY KEY (stream, name)
);

-- Messages to other systems, written with the event that causes them. Whoever adds one
-- holds back others who would until the commit, so that ids become visible in order.
CREATE TABLE outbox (
    id        BIGINT NOT NULL PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    stream    BIGINT NOT NULL REFERENCES streams (id) DEFERRABLE INITIALLY DEFERRED,
    created   BIGINT NOT NULL,
    next_try  BIGINT,                     -- null: delivered or given up
    attempts  BIGINT NOT NULL DEFAULT 0,
    delivered BIGINT,
    sealed    BYTEA  NOT NULL             -- topic and body
);
CREATE INDEX outbox_next ON outbox (next_try) WHERE next_try IS NOT NULL;
CREATE INDEX outbox_stream ON outbox (stream, id);

-- External identifiers already used (imports, webhooks), for idempotency.
CREATE TABLE claims (
    name   BYTEA NOT NULL PRIMARY KEY,    -- keyed hash of scope and external id
    sealed BYTEA NOT NULL                 -- what it was claimed for
);

CREATE TABLE sessions (
    token   BYTEA  NOT NULL PRIMARY KEY,  -- keyed hash
    expires BIGINT NOT NULL,
    sealed  BYTEA  NOT NULL
);
CREATE INDEX sessions_expires ON sessions (expires);

-- Login challenges that were answered; an unused one is stored nowhere.
CREATE TABLE challenges (
    challenge BYTEA  NOT NULL PRIMARY KEY,
    expires   BIGINT NOT NULL
);
CREATE INDEX challenges_expires ON challenges (expires);

CREATE TABLE uploads (
    id       TEXT   NOT NULL PRIMARY KEY, -- random
    length   BIGINT NOT NULL,
    "offset" BIGINT NOT NULL,             -- bytes that are durable
    expires  BIGINT NOT NULL,
    sealed   BYTEA  NOT NULL,             -- owner and purpose
    checker  BYTEA  NOT NULL              -- sealed state of the running digests
);
CREATE INDEX uploads_expires ON uploads (expires);

-- One row: when the service was last known to be there, whichever node it was.
CREATE TABLE heartbeat (
    id    BIGINT  NOT NULL PRIMARY KEY CHECK (id = 1),
    beat  BIGINT  NOT NULL,               -- UTC ms
    clean BOOLEAN NOT NULL,               -- stopped in good order
    away  BIGINT                          -- since when the service was away, while
                                          -- that is not yet on record
);
