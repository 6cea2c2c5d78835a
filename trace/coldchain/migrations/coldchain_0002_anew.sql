-- What products bore, and what was offered after a breach, by the time from which it stood (trace/coldchain/timetable.py). Rows are
-- never changed. Of rules from before, only the last version is known: it stands from the beginning. `entry`: of the log; NULL for those.
CREATE TABLE coldchain_rule_versions (
    product  text    NOT NULL,
    version  integer NOT NULL,
    from_ms  bigint  NOT NULL,
    rule     jsonb   NOT NULL,
    offer    jsonb   NOT NULL,
    entry    bigint,
    PRIMARY KEY (product, version)
);
CREATE INDEX coldchain_rule_versions_from ON coldchain_rule_versions (product, from_ms);
INSERT INTO coldchain_rule_versions (product, version, from_ms, rule, offer)
SELECT product, version, 0, rule, offer FROM coldchain_rules;

-- All that a sensor said in a shipment is to be judged anew, since then (trace/coldchain/judging.py). `anew_why`: why what was told
-- before may turn out to be none; `anew_acts` grows with each act that asks for it; `anew_taken_ms`: when a worker took it.
ALTER TABLE shipment_sensors
    ADD COLUMN anew_ms bigint,
    ADD COLUMN anew_why text,
    ADD COLUMN anew_acts integer NOT NULL DEFAULT 0,
    ADD COLUMN anew_taken_ms bigint;
CREATE INDEX shipment_sensors_anew ON shipment_sensors (anew_ms) WHERE anew_ms IS NOT NULL;
UPDATE shipment_sensors w SET due_ms = NULL FROM shipments s WHERE s.id = w.shipment AND s.ended_ms IS NOT NULL AND w.due_ms IS NOT NULL;

-- What a sensor has sent since some moment, in the order in which it was committed: entries of one sensor rise.
CREATE INDEX sensor_batches_entry ON sensor_batches (sensor, entry);

-- Messages of a broker that could not be stored as readings, though PostgreSQL was there: kept to be looked at and sent again.
CREATE TABLE sensor_set_aside (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sensor       text   NOT NULL,                       -- as the topic says; nobody has checked that
    body         bytea  NOT NULL,
    signature    text   NOT NULL,
    received_ms  bigint NOT NULL,
    reason       text   NOT NULL
);
CREATE INDEX sensor_set_aside_received ON sensor_set_aside (received_ms);
