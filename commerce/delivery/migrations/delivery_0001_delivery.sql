-- Where the shop delivers, and for how much. A place belongs to the first area, by position, that has it. All times are Unix ms of
-- business time.
CREATE TABLE delivery_areas (
    id               text     PRIMARY KEY,
    name             text     NOT NULL,
    names            jsonb,                                    -- by language
    position         integer  NOT NULL,                        -- the lowest is asked first
    regions          text[]   NOT NULL DEFAULT '{}',           -- beginnings of division codes (GB/T 2260): 2, 4 or 6 digits
    shape            jsonb,                                    -- a polygon or a circle in WGS-84 (commerce/delivery/shapes.py)
    south            double precision,                         -- the box around it, degrees, so that few shapes are read
    west             double precision,
    north            double precision,
    east             double precision,
    currency         text     NOT NULL,
    fee_minor        bigint   NOT NULL CHECK (fee_minor >= 0),
    free_from_minor  bigint   CHECK (free_from_minor >= 0),    -- goods after coupons from which there is no fee
    minimum_minor    bigint   NOT NULL DEFAULT 0 CHECK (minimum_minor >= 0),
    is_on            boolean  NOT NULL DEFAULT true,
    version          integer  NOT NULL DEFAULT 1,
    changed_ms       bigint   NOT NULL,
    changed_by       text     NOT NULL,
    CHECK (cardinality(regions) > 0 OR shape IS NOT NULL),
    CHECK (num_nulls(shape, south, west, north, east) IN (0, 5))
);

-- Where buyers fetch their orders.
CREATE TABLE pickup_points (
    id               text     PRIMARY KEY,
    name             text     NOT NULL,
    names            jsonb,
    line             text     NOT NULL,                        -- its address
    lines            jsonb,
    lat              double precision NOT NULL,                -- WGS-84
    lon              double precision NOT NULL,
    opens            smallint NOT NULL CHECK (opens BETWEEN 0 AND 1439),   -- minutes of the shop's day
    closes           smallint NOT NULL CHECK (closes BETWEEN 1 AND 1440),
    closed_days      smallint[] NOT NULL DEFAULT '{}',         -- ISO 8601: Monday is 1
    currency         text     NOT NULL,
    fee_minor        bigint   NOT NULL CHECK (fee_minor >= 0),
    free_from_minor  bigint   CHECK (free_from_minor >= 0),
    minimum_minor    bigint   NOT NULL DEFAULT 0 CHECK (minimum_minor >= 0),
    is_on            boolean  NOT NULL DEFAULT true,
    version          integer  NOT NULL DEFAULT 1,
    changed_ms       bigint   NOT NULL,
    changed_by       text     NOT NULL,
    CHECK (opens < closes)
);

-- Weekly patterns, in the shop's time zone, from which windows are made some days ahead.
CREATE TABLE delivery_patterns (
    id               text     PRIMARY KEY,
    area             text     REFERENCES delivery_areas (id),
    point            text     REFERENCES pickup_points (id),
    days             smallint[] NOT NULL CHECK (cardinality(days) BETWEEN 1 AND 7),  -- ISO 8601: Monday is 1
    from_minute      smallint NOT NULL CHECK (from_minute BETWEEN 0 AND 1439),       -- of the day
    until_minute     smallint NOT NULL CHECK (until_minute BETWEEN 1 AND 1440),
    cut_off_minutes  integer  NOT NULL CHECK (cut_off_minutes BETWEEN 0 AND 20160),  -- before it begins, orders end
    capacity         bigint   NOT NULL CHECK (capacity BETWEEN 0 AND 1000000),
    begins_on        date     NOT NULL,
    ends_on          date,                                     -- the last day, included
    is_on            boolean  NOT NULL DEFAULT true,
    version          integer  NOT NULL DEFAULT 1,
    changed_ms       bigint   NOT NULL,
    changed_by       text     NOT NULL,
    CHECK (num_nonnulls(area, point) = 1),
    CHECK (from_minute < until_minute)
);

-- Windows of time. How many orders are held and sold in one is known to the stock engine (stock_resources, slot:{id}), whose units
-- are the capacity.
CREATE TABLE delivery_windows (
    id               text     PRIMARY KEY,
    area             text     REFERENCES delivery_areas (id),
    point            text     REFERENCES pickup_points (id),
    from_ms          bigint   NOT NULL,
    until_ms         bigint   NOT NULL,
    orders_until_ms  bigint   NOT NULL,                        -- it can be chosen before
    capacity         bigint   NOT NULL CHECK (capacity BETWEEN 0 AND 1000000),
    is_closed        boolean  NOT NULL DEFAULT false,          -- by hand
    pattern          text     REFERENCES delivery_patterns (id),
    day              date,                                     -- of the pattern
    warehouse        text,                                     -- whose capacity it is, where warehouses say it
    version          integer  NOT NULL DEFAULT 1,
    changed_ms       bigint   NOT NULL,
    changed_by       text,                                     -- NULL: made from the pattern
    CHECK (num_nonnulls(area, point) = 1),
    CHECK (from_ms < until_ms),
    CHECK (orders_until_ms <= until_ms),
    CHECK (num_nulls(pattern, day) IN (0, 2)),
    UNIQUE (pattern, day)
);
CREATE INDEX delivery_windows_area ON delivery_windows (area, from_ms) WHERE area IS NOT NULL;
CREATE INDEX delivery_windows_point ON delivery_windows (point, from_ms) WHERE point IS NOT NULL;
CREATE INDEX delivery_windows_from ON delivery_windows (from_ms, id);
