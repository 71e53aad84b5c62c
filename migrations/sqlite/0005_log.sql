-- The public log (docs/spec/evidence.md). Its entries are what anybody may read; how
-- large a stream was at an anchor is told by the stream's row here as well, and in the log
-- by nothing until it is disclosed.
CREATE TABLE log_entries (
    place INTEGER NOT NULL PRIMARY KEY,   -- from 0, without a gap
    entry BLOB    NOT NULL                -- canonical JSON
) STRICT;

-- The anchors of each stream: which tree the entry at a place commits to.
CREATE TABLE anchors (
    stream INTEGER NOT NULL REFERENCES streams (id) DEFERRABLE INITIALLY DEFERRED,
    tick   INTEGER NOT NULL,              -- from 1, without a gap
    time   INTEGER NOT NULL,              -- UTC ms
    size   INTEGER NOT NULL,              -- events of the tree
    root   BLOB    NOT NULL,              -- its root
    place  INTEGER NOT NULL REFERENCES log_entries (place) DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (stream, tick)
) STRICT, WITHOUT ROWID;

-- One row: the last checkpoint that was signed. A smaller one is never signed.
CREATE TABLE log_head (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    size INTEGER NOT NULL,
    note TEXT    NOT NULL                 -- with the cosignatures that it has
) STRICT;
