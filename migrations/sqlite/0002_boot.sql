-- Which start of the machine the heartbeat is of, and how long it ran since: from these
-- the next start of the service knows how long it was away without asking a clock that
-- anybody may set.
ALTER TABLE heartbeat ADD COLUMN boot TEXT;    -- NULL where the system does not tell
ALTER TABLE heartbeat ADD COLUMN up INTEGER;   -- ms since then
