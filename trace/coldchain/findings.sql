-- What sensors are beside, what is remembered of that, and what was found.

-- name: watched
-- What devices are beside, in shipments that were under way at some moment from $2 to $3 (Unix ms).
-- $1 devices, text[]
SELECT w.shipment, w.sensor, w.product, w.state, w.anew_ms, s.began_ms, s.ended_ms, s.created_ms,
       ARRAY(SELECT b.batch FROM shipment_batches b WHERE b.shipment = w.shipment AND b.product = w.product ORDER BY b.batch) AS batches
FROM shipment_sensors w
JOIN shipments s ON s.id = w.shipment
WHERE w.sensor = ANY($1::text[]) AND s.began_ms <= $3 AND (s.ended_ms IS NULL OR s.ended_ms >= $2)
ORDER BY w.shipment, w.sensor, w.product;

-- name: of_shipment
-- $1 shipment; the same for all its sensors
SELECT w.shipment, w.sensor, w.product, w.state, w.anew_ms, s.began_ms, s.ended_ms, s.created_ms,
       ARRAY(SELECT b.batch FROM shipment_batches b WHERE b.shipment = w.shipment AND b.product = w.product ORDER BY b.batch) AS batches
FROM shipment_sensors w
JOIN shipments s ON s.id = w.shipment
WHERE w.shipment = $1
ORDER BY w.shipment, w.sensor, w.product;

-- name: rule_versions
-- Those that stood at $2 (Unix ms) and since. $1 products, text[]
SELECT v.product, v.version, v.from_ms, v.rule, v.offer FROM coldchain_rule_versions v
WHERE v.product = ANY($1::text[]) AND v.from_ms >= coalesce(
    (SELECT max(p.from_ms) FROM coldchain_rule_versions p WHERE p.product = v.product AND p.from_ms <= $2), 0
);

-- name: keep_states
-- $1 shipments, $2 devices, $3 products, $4 states as text, $5 due_ms, arrays of one length
UPDATE shipment_sensors AS w SET state = k.state::jsonb, due_ms = k.due_ms
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[]) AS k (shipment, sensor, product, state, due_ms)
WHERE w.shipment = k.shipment AND w.sensor = k.sensor AND w.product = k.product;

-- name: silent
-- Devices of which some silence is to be told. $1 now, Unix ms, $2 how many
SELECT DISTINCT w.sensor FROM shipment_sensors w JOIN shipments s ON s.id = w.shipment
WHERE w.due_ms < $1 AND s.ended_ms IS NULL LIMIT $2;

-- name: insert_finding
-- Nothing where it was told before. $1 id, $2 shipment, $3 sensor, $4 product, $5 batches, $6 level, $7 cause, $8 started_ms, $9 at_ms,
-- $10 told_ms, $11 celsius, $12 limit_value, $13 minutes, $14 is_late, $15 is_overdue, $16 entry
INSERT INTO coldchain_findings (
    id, shipment, sensor, product, batches, level, cause, started_ms, at_ms, told_ms, celsius, limit_value, minutes, is_late, is_overdue,
    worst_c, entry
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $11, $16);

-- name: told
-- $1 shipment, $2 sensor, $3 product, $4 started_ms from: what was told of it before
SELECT id, level, cause, started_ms, at_ms, corrected_ms, ended_ms, worst_c FROM coldchain_findings
WHERE shipment = $1 AND sensor IS NOT DISTINCT FROM $2 AND product = $3 AND started_ms >= $4;

-- name: end_findings
-- $1 shipment, $2 sensor, $3 product, $4 cause, $5 started_ms, $6 ended_ms, $7 worst_c
UPDATE coldchain_findings SET ended_ms = $6, worst_c = $7
WHERE shipment = $1 AND sensor = $2 AND product = $3 AND cause = $4 AND started_ms = $5;

-- name: judge_later
-- All that devices said in shipments is to be judged anew. $1 shipments, $2 devices, $3 products, arrays of one length, $4 now, Unix ms,
-- $5 why what was told may be none
UPDATE shipment_sensors AS w SET anew_ms = coalesce(w.anew_ms, $4), anew_why = coalesce(w.anew_why, $5)
FROM unnest($1::text[], $2::text[], $3::text[]) AS k (shipment, sensor, product)
WHERE w.shipment = k.shipment AND w.sensor = k.sensor AND w.product = k.product;

-- name: ask_anew
-- The same, since somebody asked for it: of a device, or of a shipment, where it was under way at some moment from $3 to $4.
-- $1 device or NULL, $2 shipment or NULL, $3 from_ms, $4 until_ms, $5 now, Unix ms, $6 why
UPDATE shipment_sensors AS w SET anew_ms = coalesce(w.anew_ms, $5), anew_why = $6, anew_acts = w.anew_acts + 1, anew_taken_ms = NULL
FROM shipments s
WHERE s.id = w.shipment AND ($1::text IS NULL OR w.sensor = $1) AND ($2::text IS NULL OR w.shipment = $2)
  AND s.began_ms <= $4 AND (s.ended_ms IS NULL OR s.ended_ms >= $3);

-- name: take_anew
-- One that is to be judged anew, the oldest first: for whoever asks, and for nobody else before $2 (Unix ms). $1 now, Unix ms
UPDATE shipment_sensors AS w SET anew_taken_ms = $1
FROM (
    SELECT shipment, sensor, product FROM shipment_sensors
    WHERE anew_ms IS NOT NULL AND (anew_taken_ms IS NULL OR anew_taken_ms < $2)
    ORDER BY anew_ms LIMIT 1 FOR UPDATE SKIP LOCKED
) AS k
WHERE w.shipment = k.shipment AND w.sensor = k.sensor AND w.product = k.product
RETURNING w.shipment, w.sensor, w.product;

-- name: anew
-- What is asked of one. $1 shipment, $2 sensor, $3 product
SELECT w.anew_ms, w.anew_why, w.anew_acts, s.ended_ms, d.calibration_due_ms
FROM shipment_sensors w JOIN shipments s ON s.id = w.shipment JOIN sensor_devices d ON d.id = w.sensor
WHERE w.shipment = $1 AND w.sensor = $2 AND w.product = $3;

-- name: judged_anew
-- $1 shipment, $2 sensor, $3 product, $4 to be judged again from then on, or NULL, $5 why
UPDATE shipment_sensors SET anew_ms = $4, anew_why = $5, anew_taken_ms = NULL WHERE shipment = $1 AND sensor = $2 AND product = $3;

-- name: put_back
-- $1 shipment, $2 sensor, $3 product
UPDATE shipment_sensors SET anew_taken_ms = NULL WHERE shipment = $1 AND sensor = $2 AND product = $3;

-- name: correct_findings
-- $1 ids, $2 now, Unix ms, $3 why
UPDATE coldchain_findings SET corrected_ms = $2, correction = $3 WHERE id = ANY($1::text[]);

-- name: reinstate_findings
-- $1 ids
UPDATE coldchain_findings SET corrected_ms = NULL, correction = NULL WHERE id = ANY($1::text[]) RETURNING id, level;

-- name: last_entry
-- $1 sensor: the entry of what came from it last
SELECT max(entry) FROM sensor_batches WHERE sensor = $1;

-- name: newest_readings
-- Of a sensor in a stretch of time, the newest batches first: a page of $7 batches at most, and no further than what goes beyond $8
-- readings. $1 sensor, $2 from_ms, $3 until_ms, $4 entry of the last one to count, $5 until_ms and $6 seq of the last one of the page before
SELECT seq, received_ms, until_ms, at_ms, celsius, humidity, faults FROM (
    SELECT *, sum(cardinality(at_ms)) OVER (ORDER BY until_ms DESC, seq DESC) - cardinality(at_ms) AS before FROM (
        SELECT seq, received_ms, until_ms, at_ms, celsius, humidity, faults FROM sensor_batches
        WHERE sensor = $1 AND until_ms >= $2 AND from_ms <= $3 AND entry <= $4
          AND until_ms <= $5 AND (until_ms, seq) < ($5, $6)
        ORDER BY until_ms DESC, seq DESC LIMIT $7
    ) AS page
) AS counted WHERE before < $8 ORDER BY until_ms DESC, seq DESC;

-- name: readings_since
-- What was committed after an entry, by when. $1 sensor, $2 from_ms, $3 until_ms, $4 entry
SELECT seq, received_ms, at_ms, celsius, humidity, faults FROM sensor_batches
WHERE sensor = $1 AND entry > $4 AND until_ms >= $2 AND from_ms <= $3 ORDER BY received_ms, seq;

-- name: corrections
-- $1 devices, text[]
SELECT sensor, from_ms, until_ms, offset_c FROM sensor_corrections WHERE sensor = ANY($1::text[]) ORDER BY made_ms, entry;

-- name: forget_batches
-- $1 received before, Unix ms, $2 how many
WITH gone AS (
    DELETE FROM sensor_batches WHERE (sensor, seq) IN (
        SELECT sensor, seq FROM sensor_batches WHERE received_ms < $1 LIMIT $2
    ) RETURNING 1
) SELECT count(*) FROM gone;

-- name: set_aside
-- $1 sensor as the topic says, $2 body, $3 signature, $4 now, Unix ms, $5 why
INSERT INTO sensor_set_aside (sensor, body, signature, received_ms, reason) VALUES ($1, $2, $3, $4, $5);

-- name: forget_set_aside
-- $1 received before, Unix ms, $2 how many
WITH gone AS (
    DELETE FROM sensor_set_aside WHERE id IN (
        SELECT id FROM sensor_set_aside WHERE received_ms < $1 ORDER BY id LIMIT $2
    ) RETURNING 1
) SELECT count(*) FROM gone;

-- name: still_here
SELECT 1;
