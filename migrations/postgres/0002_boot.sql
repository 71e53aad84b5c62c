-- As in migrations/sqlite. Several machines share this row, so that none names its start.
ALTER TABLE heartbeat ADD COLUMN boot TEXT;
ALTER TABLE heartbeat ADD COLUMN up BIGINT;
