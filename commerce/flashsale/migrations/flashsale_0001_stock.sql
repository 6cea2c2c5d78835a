-- A leadership of the stock engine; the one that is not over leads, if anybody does. Each commit of a leader moves `batch` on, and
-- fails when its row is over: that is the fence against one who was believed dead, and how a commit in doubt is found out.
CREATE TABLE stock_epochs (
    epoch    bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    batch    bigint  NOT NULL DEFAULT 0,
    now_ms   bigint  NOT NULL,               -- the engine's business time at its last commit, Unix ms: time never goes back
    real_ms  bigint  NOT NULL,               -- its real time then, and PostgreSQL's: the next leader goes on from there
    at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    address  text    NOT NULL,               -- host:port where other processes reach it
    is_over  boolean NOT NULL DEFAULT false
) WITH (fillfactor = 50);
CREATE UNIQUE INDEX stock_epochs_leader ON stock_epochs (is_over) WHERE NOT is_over;

-- Anything with units: the quota of a sale, a product's stock. The engine alone writes here, absolute values; the constraints are
-- the second fence against selling more than there is.
CREATE TABLE stock_resources (
    id         text     PRIMARY KEY,
    units      bigint   NOT NULL CHECK (units >= 0),
    held       bigint   NOT NULL DEFAULT 0 CHECK (held >= 0),
    sold       bigint   NOT NULL DEFAULT 0 CHECK (sold >= 0),
    limits     bigint[] NOT NULL CHECK (cardinality(limits) = 3),  -- of a person, and of two more limit keys; 0: none
    opens_ms   bigint   NOT NULL,
    closes_ms  bigint   NOT NULL,
    is_kept    boolean  NOT NULL DEFAULT true,                     -- in the engine's memory
    CHECK (held + sold <= units)
) WITH (fillfactor = 50);

-- A hold for good: the answer to its key.
CREATE TABLE stock_holds (
    id          text     PRIMARY KEY,
    person      text     NOT NULL,
    key         text,                                              -- NULL: none
    also        text[]   NOT NULL,                                 -- two more limit keys, '' for none
    state       smallint NOT NULL CHECK (state BETWEEN 1 AND 5),   -- commerce/flashsale/codes.py
    expires_ms  bigint   NOT NULL,
    resources   text[]   NOT NULL,
    asked       bigint[] NOT NULL,                                 -- units of each resource
    has         bigint[] NOT NULL,                                 -- of those, units held, or confirmed in the end
    is_kept     boolean  NOT NULL DEFAULT true,                    -- in the engine's memory
    CHECK (cardinality(resources) = cardinality(asked) AND cardinality(asked) = cardinality(has))
) WITH (fillfactor = 90);
CREATE UNIQUE INDEX stock_holds_key ON stock_holds (person, key);
CREATE INDEX stock_holds_kept ON stock_holds (id) WHERE is_kept;

-- People who turned out to be another one, for as long as that holds: their limits are one.
CREATE TABLE stock_aliases (
    person  text PRIMARY KEY,
    whom    text NOT NULL
);

-- Who waits for what comes back; first come, first served, by `place`.
CREATE TABLE stock_waits (
    resource   text     NOT NULL,
    person     text     NOT NULL,
    place      bigint   NOT NULL,
    key        text     NOT NULL,
    also       text[]   NOT NULL,
    ttl_ms     bigint   NOT NULL,
    resources  text[]   NOT NULL,
    asked      bigint[] NOT NULL,
    PRIMARY KEY (resource, person)
);

-- Keys under which units were added or taken away.
CREATE TABLE stock_adjustments (
    key       text   PRIMARY KEY,
    resource  text   NOT NULL,
    units     bigint NOT NULL
);
