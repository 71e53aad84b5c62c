-- The public log (docs/spec/evidence.md). Its entries are what anybody may read; how
-- large a stream was at an anchor is told by the stream's row here as well, and in the log
-- by nothing until it is disclosed.
CREATE TABLE log_entries (
    place BIGINT NOT NULL PRIMARY KEY,    -- from 0, without a gap
    entry BYTEA  NOT NULL                 -- canonical JSON
);

-- The anchors of each stream: which tree the entry at a place commits to.
CREATE TABLE anchors (
    stream BIGINT NOT NULL REFERENCES streams (id) DEFERRABLE INITIALLY DEFERRED,
    tick   BIGINT NOT NULL,               -- from 1, without a gap
    time   BIGINT NOT NULL,               -- UTC ms
    size   BIGINT NOT NULL,               -- events of the tree
    root   BYTEA  NOT NULL,               -- its root
    place  BIGINT NOT NULL REFERENCES log_entries (place) DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (stream, tick)
);

-- One row: the last checkpoint that was signed. A smaller one is never signed.
CREATE TABLE log_head (
    id   BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    size BIGINT NOT NULL,
    note TEXT   NOT NULL                  -- with the cosignatures that it has
);
