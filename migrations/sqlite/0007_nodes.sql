-- Where several nodes share a database, an absence is the service's: no node was there.
ALTER TABLE heartbeat ADD COLUMN back INTEGER; -- until when it was away, UTC ms; null: the next start finds all three
ALTER TABLE heartbeat ADD COLUMN reach INTEGER; -- the latest instant that its clock showed meanwhile
ALTER TABLE heartbeat ADD COLUMN cause TEXT;   -- stopped, killed, stalled, clock

-- By it a node finds what others have written.
CREATE INDEX streams_time ON streams (time);

-- Work that one node at a time may do.
CREATE TABLE leases (
    name   TEXT    NOT NULL PRIMARY KEY,
    number INTEGER NOT NULL,              -- grows with every owner
    owner  TEXT    NOT NULL,              -- a process, at random
    until  INTEGER NOT NULL               -- UTC ms; renewed before
) STRICT;
