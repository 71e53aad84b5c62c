-- What was sent to persons stays for them to read, and in sums for the centre.
ALTER TABLE alerts ADD COLUMN person BYTEA; -- keyed hash of organisation and person
ALTER TABLE alerts ADD COLUMN taken BIGINT; -- UTC ms when a carrier took it; null: it waits, or was given up
CREATE INDEX alerts_person ON alerts (person, created);
