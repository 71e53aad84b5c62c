-- Lists on which streams stand, each at a place in time: what a screen shows is read
-- from here a page at a time (ADR 28). They follow from the streams' rows. The name of a
-- list is a keyed hash; docs/ops/storage.md says what equal ones tell.
CREATE TABLE lists (
    list   BLOB    NOT NULL,              -- keyed hash
    at     INTEGER NOT NULL,              -- UTC ms; 0 where the order is that of the beginnings
    stream INTEGER NOT NULL REFERENCES streams (id) DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (list, at, stream)
) STRICT, WITHOUT ROWID;
CREATE INDEX lists_stream ON lists (stream);
