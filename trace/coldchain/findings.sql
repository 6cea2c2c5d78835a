-- What sensors are beside, what is remembered of that, and what was found.

-- name: watched
-- The rules under which devices are, in shipments that were under way at some moment from $2 to $3 (Unix ms).
-- $1 devices, text[]
SELECT w.shipment, w.sensor, w.product, w.state, s.began_ms, s.ended_ms, r.rule, r.offer,
       ARRAY(SELECT b.batch FROM shipment_batches b WHERE b.shipment = w.shipment AND b.product = w.product ORDER BY b.batch) AS batches
FROM shipment_sensors w
JOIN shipments s ON s.id = w.shipment
LEFT JOIN LATERAL (
    SELECT rule, offer FROM coldchain_rules WHERE product IN (w.product, 'default') ORDER BY product = 'default' LIMIT 1
) r ON true
WHERE w.sensor = ANY($1::text[]) AND s.began_ms <= $3 AND (s.ended_ms IS NULL OR s.ended_ms >= $2)
ORDER BY w.shipment, w.sensor, w.product;

-- name: of_shipment
-- $1 shipment; the same for all its sensors
SELECT w.shipment, w.sensor, w.product, w.state, s.began_ms, s.ended_ms, r.rule, r.offer,
       ARRAY(SELECT b.batch FROM shipment_batches b WHERE b.shipment = w.shipment AND b.product = w.product ORDER BY b.batch) AS batches
FROM shipment_sensors w
JOIN shipments s ON s.id = w.shipment
LEFT JOIN LATERAL (
    SELECT rule, offer FROM coldchain_rules WHERE product IN (w.product, 'default') ORDER BY product = 'default' LIMIT 1
) r ON true
WHERE w.shipment = $1
ORDER BY w.shipment, w.sensor, w.product;

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
SELECT id, level, cause, started_ms, corrected_ms, ended_ms, worst_c FROM coldchain_findings
WHERE shipment = $1 AND sensor IS NOT DISTINCT FROM $2 AND product = $3 AND started_ms >= $4;

-- name: end_findings
-- $1 shipment, $2 sensor, $3 product, $4 cause, $5 started_ms, $6 ended_ms, $7 worst_c
UPDATE coldchain_findings SET ended_ms = $6, worst_c = $7
WHERE shipment = $1 AND sensor = $2 AND product = $3 AND cause = $4 AND started_ms = $5;

-- name: correct_findings
-- $1 ids, $2 now, Unix ms, $3 why
UPDATE coldchain_findings SET corrected_ms = $2, correction = $3 WHERE id = ANY($1::text[]);

-- name: readings
-- Of a sensor in a stretch of time, by when they came. $1 sensor, $2 from_ms, $3 until_ms
SELECT at_ms, celsius, humidity, faults FROM sensor_batches
WHERE sensor = $1 AND until_ms >= $2 AND from_ms <= $3 ORDER BY received_ms, seq;

-- name: newest_readings
-- The same, of the newest batches first, so many readings at most. $1 sensor, $2 from_ms, $3 until_ms, $4 batches
SELECT at_ms, celsius, humidity, faults FROM sensor_batches
WHERE sensor = $1 AND until_ms >= $2 AND from_ms <= $3 ORDER BY until_ms DESC LIMIT $4;

-- name: corrections
-- $1 devices, text[]
SELECT sensor, from_ms, until_ms, offset_c FROM sensor_corrections WHERE sensor = ANY($1::text[]) ORDER BY made_ms, id;

-- name: forget_batches
-- $1 received before, Unix ms, $2 how many
WITH gone AS (
    DELETE FROM sensor_batches WHERE (sensor, seq) IN (
        SELECT sensor, seq FROM sensor_batches WHERE received_ms < $1 LIMIT $2
    ) RETURNING 1
) SELECT count(*) FROM gone;

-- name: still_here
SELECT 1;
