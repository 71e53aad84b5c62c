-- Time stamps over checkpoints of the public log (docs/spec/timestamps.md, 6). Anybody may
-- read them, and the checkpoints as well.
CREATE TABLE timestamps (
    imprint BYTEA  NOT NULL PRIMARY KEY,  -- SHA-256 of the note
    note    TEXT   NOT NULL,              -- the signed note, exactly as it is stamped
    wanted  BIGINT NOT NULL,              -- since when a stamp is wanted, UTC ms
    number  BIGINT UNIQUE,                -- from 1, in the order in which tokens came
    token   BYTEA,                        -- DER in normal form; null until it came
    CHECK ((number IS NULL) = (token IS NULL))
);
