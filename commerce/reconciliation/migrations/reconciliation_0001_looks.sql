-- The last look at the books of each day of the shop.
CREATE TABLE reconciliations (
    day             date   PRIMARY KEY,
    looked_real_ms  bigint NOT NULL,
    found           bigint NOT NULL CHECK (found >= 0),    -- how many differences
    differences     jsonb  NOT NULL,                       -- the first of them: [{check, what}]
    away            jsonb  NOT NULL                        -- what could not be looked at, in words
);
