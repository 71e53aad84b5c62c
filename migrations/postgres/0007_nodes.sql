-- An absence is the service's: no node was there.
ALTER TABLE heartbeat ADD COLUMN back BIGINT;  -- until when it was away, UTC ms
ALTER TABLE heartbeat ADD COLUMN reach BIGINT; -- the latest instant that its clock showed meanwhile
ALTER TABLE heartbeat ADD COLUMN cause TEXT;   -- stopped, killed, stalled, clock

-- By it a node finds what others have written.
CREATE INDEX streams_time ON streams (time);

-- Work that one node at a time may do.
CREATE TABLE leases (
    name   TEXT   NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL,               -- grows with every owner
    owner  TEXT   NOT NULL,               -- a process, at random
    until  BIGINT NOT NULL                -- UTC ms; renewed before
);
