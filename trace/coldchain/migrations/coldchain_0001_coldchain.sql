-- Sensors. All times are Unix ms of business time, by our clock unless it says otherwise. `entry`, everywhere: of the transparency
-- log, written in the same transaction; its leaf is in log_leaves.
CREATE TABLE sensor_devices (
    id                  text     PRIMARY KEY,
    name                text     NOT NULL,
    kind                text     NOT NULL CHECK (kind IN ('temperature')),
    sealed              bytea    NOT NULL,              -- its key (livehub/base/sealing.py)
    is_on               boolean  NOT NULL DEFAULT true,
    calibrated_ms       bigint,
    calibration_due_ms  bigint,
    skew_ms             bigint   NOT NULL DEFAULT 0,    -- our clock less the sensor's (trace/coldchain/skew.py), as are the next three
    lag_ms              bigint   NOT NULL DEFAULT 0,
    lag_like            integer  NOT NULL DEFAULT 0,
    lag_since_ms        bigint   NOT NULL DEFAULT 0,
    seq                 bigint,                         -- the highest that came
    received_ms         bigint,                         -- when something came last
    newest_ms           bigint,                         -- of its temperatures the newest
    newest_c            double precision,
    created_ms          bigint   NOT NULL,
    created_by          text     NOT NULL
);

-- What a sensor sent with one seq, as it came, and what was made of it. `at_ms` is placed: the sensor's own time + skew_ms. Faults:
-- why a temperature is none (trace/coldchain/readings.py); NULL where all are some.
CREATE TABLE sensor_batches (
    sensor       text     NOT NULL REFERENCES sensor_devices (id),
    seq          bigint   NOT NULL CHECK (seq >= 0),
    sha256       bytea    NOT NULL CHECK (octet_length(sha256) = 32),
    body         bytea    NOT NULL,
    answer       bytea    NOT NULL,
    received_ms  bigint   NOT NULL,
    skew_ms      bigint   NOT NULL,
    from_ms      bigint,                                -- the first and the last reading; NULL where there is none
    until_ms     bigint,
    at_ms        bigint[] NOT NULL,
    celsius      double precision[] NOT NULL,
    humidity     real[],
    faults       text[],
    entry        bigint   NOT NULL,
    PRIMARY KEY (sensor, seq),
    CHECK (cardinality(at_ms) = cardinality(celsius))
);
CREATE INDEX sensor_batches_until ON sensor_batches (sensor, until_ms);
CREATE INDEX sensor_batches_received ON sensor_batches (received_ms);

-- A sensor was found to measure wrong: its readings of that time are so much warmer (offset_c), or none at all. They stay as they are.
CREATE TABLE sensor_corrections (
    id        text     PRIMARY KEY,
    sensor    text     NOT NULL REFERENCES sensor_devices (id),
    from_ms   bigint   NOT NULL,
    until_ms  bigint   NOT NULL CHECK (until_ms > from_ms),
    offset_c  double precision,
    reason    text     NOT NULL,
    made_ms   bigint   NOT NULL,
    created_by text    NOT NULL,
    entry     bigint   NOT NULL
);
CREATE INDEX sensor_corrections_device ON sensor_corrections (sensor);

-- GB 31605-2020: devices are calibrated regularly, and that is on record.
CREATE TABLE sensor_calibrations (
    id           text     PRIMARY KEY,
    sensor       text     NOT NULL REFERENCES sensor_devices (id),
    at_ms        bigint   NOT NULL,
    due_ms       bigint   NOT NULL CHECK (due_ms > at_ms),
    laboratory   text     NOT NULL,
    certificate  text     NOT NULL,
    created_by   text     NOT NULL,
    entry        bigint   NOT NULL
);
CREATE INDEX sensor_calibrations_device ON sensor_calibrations (sensor, at_ms);

-- What products bear (trace/coldchain/rules.py), how long they last (life.py), and what buyers are offered after a breach. 'default':
-- what holds for all others.
CREATE TABLE coldchain_rules (
    product     text     PRIMARY KEY,
    rule        jsonb    NOT NULL,
    model       jsonb,
    offer       jsonb    NOT NULL,
    version     integer  NOT NULL DEFAULT 1,
    changed_ms  bigint   NOT NULL,
    changed_by  text     NOT NULL
);

-- Batches, and the sensors beside them, from one moment to another. Batches are opaque ids.
CREATE TABLE shipments (
    id          text     PRIMARY KEY,
    origin      text     NOT NULL,
    destination text     NOT NULL,
    began_ms    bigint   NOT NULL,
    ends_ms     bigint,                                 -- as planned
    ended_ms    bigint,
    created_ms  bigint   NOT NULL,
    created_by  text     NOT NULL,
    closed_by   text,
    entry       bigint   NOT NULL,
    CHECK (ended_ms >= began_ms)
);
CREATE INDEX shipments_open ON shipments (began_ms) WHERE ended_ms IS NULL;

CREATE TABLE shipment_batches (
    shipment  text NOT NULL REFERENCES shipments (id),
    batch     text NOT NULL,
    product   text NOT NULL,                            -- 'default' where nobody said
    PRIMARY KEY (shipment, batch)
);
CREATE INDEX shipment_batches_batch ON shipment_batches (batch);

-- What the rule of a product remembers of a sensor in a shipment (rules.State). `due_ms`: when its silence is to be told.
CREATE TABLE shipment_sensors (
    shipment  text   NOT NULL REFERENCES shipments (id),
    sensor    text   NOT NULL REFERENCES sensor_devices (id),
    product   text   NOT NULL,
    state     jsonb  NOT NULL,
    due_ms    bigint,
    PRIMARY KEY (shipment, sensor, product)
);
CREATE INDEX shipment_sensors_device ON shipment_sensors (sensor);
CREATE INDEX shipment_sensors_due ON shipment_sensors (due_ms) WHERE due_ms IS NOT NULL;

-- What broke a rule, or came near. Never deleted, and never changed but for when it was over, and that a correction shows it was none.
CREATE TABLE coldchain_findings (
    id            text     PRIMARY KEY,
    shipment      text     NOT NULL REFERENCES shipments (id),
    sensor        text,                                 -- NULL: told at a hand-over
    product       text     NOT NULL,
    batches       text[]   NOT NULL,
    level         text     NOT NULL CHECK (level IN ('breach', 'warning')),
    cause         text     NOT NULL,
    started_ms    bigint   NOT NULL,
    at_ms         bigint   NOT NULL,                    -- of the reading that showed it
    told_ms       bigint   NOT NULL,
    celsius       double precision,
    limit_value   double precision,
    minutes       double precision NOT NULL,
    is_late       boolean  NOT NULL,                    -- its reading came after a gap
    is_overdue    boolean  NOT NULL,                    -- the sensor's calibration was
    ended_ms      bigint,
    worst_c       double precision,
    corrected_ms  bigint,
    correction    text,
    entry         bigint   NOT NULL,
    UNIQUE NULLS NOT DISTINCT (shipment, sensor, product, level, cause, started_ms)
);
CREATE INDEX coldchain_findings_told ON coldchain_findings (told_ms, id);
CREATE INDEX coldchain_findings_batches ON coldchain_findings USING gin (batches);

CREATE TABLE shipment_handovers (
    id          text     PRIMARY KEY,
    shipment    text     NOT NULL REFERENCES shipments (id),
    at_ms       bigint   NOT NULL,
    place       text     NOT NULL,
    celsius     double precision NOT NULL,
    created_by  text     NOT NULL,
    entry       bigint   NOT NULL
);
CREATE INDEX shipment_handovers_shipment ON shipment_handovers (shipment, at_ms);

-- For analysis, as docs/operations.md has it.
CREATE VIEW facts.breaches AS
SELECT f.id AS breach, f.shipment, f.sensor, f.product, f.batches, f.level, f.cause, to_timestamp(f.started_ms / 1000.0) AS started_at,
    to_timestamp(f.at_ms / 1000.0) AS measured_at, to_timestamp(f.told_ms / 1000.0) AS told_at,
    to_timestamp(f.ended_ms / 1000.0) AS ended_at, f.celsius, f.limit_value, f.worst_c, f.minutes, f.is_late,
    to_timestamp(f.corrected_ms / 1000.0) AS corrected_at
FROM coldchain_findings AS f;
COMMENT ON VIEW facts.breaches IS 'A row for each breach of the cold chain, and each warning.';
COMMENT ON COLUMN facts.breaches.breach IS 'its id';
COMMENT ON COLUMN facts.breaches.shipment IS 'the shipment';
COMMENT ON COLUMN facts.breaches.sensor IS 'the sensor; NULL: told at a hand-over';
COMMENT ON COLUMN facts.breaches.product IS 'of which product the goods were';
COMMENT ON COLUMN facts.breaches.batches IS 'the batches that were there';
COMMENT ON COLUMN facts.breaches.level IS 'breach or warning';
COMMENT ON COLUMN facts.breaches.cause IS 'which rule was broken';
COMMENT ON COLUMN facts.breaches.started_at IS 'since when';
COMMENT ON COLUMN facts.breaches.measured_at IS 'when what showed it was measured';
COMMENT ON COLUMN facts.breaches.told_at IS 'when that came';
COMMENT ON COLUMN facts.breaches.ended_at IS 'when it was over; NULL: not yet, or it has no length';
COMMENT ON COLUMN facts.breaches.celsius IS 'the temperature that showed it, °C';
COMMENT ON COLUMN facts.breaches.limit_value IS 'the limit that was broken, °C; of some causes minutes or degrees';
COMMENT ON COLUMN facts.breaches.worst_c IS 'the worst temperature, °C';
COMMENT ON COLUMN facts.breaches.minutes IS 'for how long, minutes';
COMMENT ON COLUMN facts.breaches.is_late IS 'whether it came after a gap';
COMMENT ON COLUMN facts.breaches.corrected_at IS 'when it turned out to be none; NULL: it stands';
