-- Of each log the last checkpoint that was kept before it was cosigned. A log that has
-- shown nothing yet has size 0 and the root of the tree without entries.
CREATE TABLE seen (
    origin TEXT PRIMARY KEY,
    vkey   TEXT NOT NULL,
    size   INTEGER NOT NULL CHECK (size >= 0),
    root   BLOB NOT NULL CHECK (length(root) = 32)
) STRICT;
