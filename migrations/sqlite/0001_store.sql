-- What is in the clear here is what anybody may know: stream ids, times, shells
-- (salted digests), tree heads and wake-up times. Everything else is sealed under
-- keys derived from the root secret, which lies outside the data directory; names
-- that must be looked up are stored as keyed hashes. docs/ops/storage.md says what
-- an editor or a reader of this file gains.

-- One row of facts about this store itself: 'check' (of the root secret).
CREATE TABLE store (
    key   TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- One row per stream, written in the transaction of every append.
CREATE TABLE streams (
    id       INTEGER PRIMARY KEY,
    stream   TEXT    NOT NULL UNIQUE,
    kind     TEXT    NOT NULL,            -- which rules fold it
    version  INTEGER NOT NULL,            -- events stored: the last sequence number
    time     INTEGER NOT NULL,            -- of the last event, UTC ms; never decreases
    frontier BLOB    NOT NULL,            -- of the Merkle tree over the leaves
    due      INTEGER,                     -- when time itself next acts, UTC ms
    summary  BLOB    NOT NULL             -- sealed
) STRICT;
CREATE INDEX streams_due ON streams (due) WHERE due IS NOT NULL;

-- The truth. Never updated, never deleted.
CREATE TABLE events (
    stream  INTEGER NOT NULL REFERENCES streams (id) DEFERRABLE INITIALLY DEFERRED,
    seq     INTEGER NOT NULL,
    time    INTEGER NOT NULL,
    shell   BLOB    NOT NULL,             -- canonical JSON {details, facts, seq, time}
    leaf    BLOB    NOT NULL,             -- SHA-256(0x00 || shell)
    facts   BLOB    NOT NULL,             -- sealed salt || bytes
    details BLOB    NOT NULL,             -- sealed salt || bytes
    PRIMARY KEY (stream, seq)
) STRICT;

-- Keys and shares that are never in an event. Wiped when their use is over.
CREATE TABLE secrets (
    stream INTEGER NOT NULL REFERENCES streams (id) DEFERRABLE INITIALLY DEFERRED,
    name   BLOB    NOT NULL,              -- keyed hash
    sealed BLOB    NOT NULL,              -- name and value
    PRIMARY KEY (stream, name)
) STRICT;

-- Messages to other systems, written with the event that causes them.
CREATE TABLE outbox (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    stream    INTEGER NOT NULL REFERENCES streams (id) DEFERRABLE INITIALLY DEFERRED,
    created   INTEGER NOT NULL,
    next_try  INTEGER,                    -- null: delivered or given up
    attempts  INTEGER NOT NULL DEFAULT 0,
    delivered INTEGER,
    sealed    BLOB    NOT NULL            -- topic and body
) STRICT;
CREATE INDEX outbox_next ON outbox (next_try) WHERE next_try IS NOT NULL;
CREATE INDEX outbox_stream ON outbox (stream, id);

-- External identifiers already used (imports, webhooks), for idempotency.
CREATE TABLE claims (
    name   BLOB NOT NULL PRIMARY KEY,     -- keyed hash of scope and external id
    sealed BLOB NOT NULL                  -- what it was claimed for
) STRICT;

CREATE TABLE sessions (
    token   BLOB    NOT NULL PRIMARY KEY, -- keyed hash
    expires INTEGER NOT NULL,
    sealed  BLOB    NOT NULL
) STRICT;
CREATE INDEX sessions_expires ON sessions (expires);

-- Login challenges that were answered; an unused one is stored nowhere.
CREATE TABLE challenges (
    challenge BLOB    NOT NULL PRIMARY KEY,
    expires   INTEGER NOT NULL
) STRICT;
CREATE INDEX challenges_expires ON challenges (expires);

CREATE TABLE uploads (
    id      TEXT    NOT NULL PRIMARY KEY, -- random
    length  INTEGER NOT NULL,
    offset  INTEGER NOT NULL,             -- bytes that are on disk
    expires INTEGER NOT NULL,
    sealed  BLOB    NOT NULL,             -- owner and purpose
    checker BLOB    NOT NULL              -- sealed state of the running digests
) STRICT;
CREATE INDEX uploads_expires ON uploads (expires);

-- One row: when this store was last known to be served.
CREATE TABLE heartbeat (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    beat  INTEGER NOT NULL,               -- UTC ms
    clean INTEGER NOT NULL,               -- 1: stopped in good order
    away  INTEGER                         -- since when the service was away, while
                                          -- that is not yet on record
) STRICT;
