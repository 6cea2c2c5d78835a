-- Shipments, as staff see them.

-- name: lock_devices
-- In one order, so that two calls cannot deadlock. $1 ids, text[]
SELECT id FROM sensor_devices WHERE id = ANY($1::text[]) ORDER BY id FOR NO KEY UPDATE;

-- name: insert_shipment
-- $1 id, $2 origin, $3 destination, $4 began_ms, $5 ends_ms, $6 now, Unix ms, $7 who, $8 entry
INSERT INTO shipments (id, origin, destination, began_ms, ends_ms, created_ms, created_by, entry)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: insert_batches
-- $1 shipment, $2 batches, $3 products, arrays of one length
INSERT INTO shipment_batches (shipment, batch, product) SELECT $1, batch, product FROM unnest($2::text[], $3::text[]) AS k (batch, product);

-- name: insert_sensors
-- $1 shipment, $2 devices, text[]
INSERT INTO shipment_sensors (shipment, sensor, product, state)
SELECT $1, sensor, product, '{}' FROM unnest($2::text[]) AS sensor, (SELECT DISTINCT product FROM shipment_batches WHERE shipment = $1) p;

-- name: shipment_for_update
-- $1 id
SELECT id, began_ms, ended_ms FROM shipments WHERE id = $1 FOR NO KEY UPDATE;

-- name: end_shipment
-- $1 id, $2 ended_ms, $3 who
UPDATE shipments SET ended_ms = $2, closed_by = $3 WHERE id = $1;

-- name: end_silence
-- Nobody waits for its sensors any more. $1 shipment
UPDATE shipment_sensors SET due_ms = NULL WHERE shipment = $1 AND due_ms IS NOT NULL;

-- name: insert_handover
-- $1 id, $2 shipment, $3 at_ms, $4 place, $5 celsius, $6 who, $7 entry
INSERT INTO shipment_handovers (id, shipment, at_ms, place, celsius, created_by, entry) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: shipments
-- $1 created_ms and $2 id of the last one of the page before, or NULL, $3 is_open or NULL, $4 batch or NULL, $5 how many
SELECT s.id, s.origin, s.destination, s.began_ms, s.ends_ms, s.ended_ms, s.created_ms, l.leaf,
       ARRAY(SELECT DISTINCT w.sensor FROM shipment_sensors w WHERE w.shipment = s.id ORDER BY 1) AS devices,
       (SELECT count(*) FROM coldchain_findings f WHERE f.shipment = s.id AND f.level = 'breach' AND f.corrected_ms IS NULL) AS breaches
FROM shipments s LEFT JOIN log_leaves l ON l.entry = s.entry AND l.leaf < (SELECT published FROM log_head)
WHERE ($1::bigint IS NULL OR (s.created_ms, s.id) < ($1, $2::text))
  AND ($3::boolean IS NULL OR (s.ended_ms IS NULL) = $3)
  AND ($4::text IS NULL OR EXISTS (SELECT FROM shipment_batches b WHERE b.shipment = s.id AND b.batch = $4))
ORDER BY s.created_ms DESC, s.id DESC LIMIT $5;

-- name: shipment
-- $1 id
SELECT s.id, s.origin, s.destination, s.began_ms, s.ends_ms, s.ended_ms, s.created_ms, l.leaf,
       ARRAY(SELECT DISTINCT w.sensor FROM shipment_sensors w WHERE w.shipment = s.id ORDER BY 1) AS devices,
       (SELECT count(*) FROM coldchain_findings f WHERE f.shipment = s.id AND f.level = 'breach' AND f.corrected_ms IS NULL) AS breaches
FROM shipments s LEFT JOIN log_leaves l ON l.entry = s.entry AND l.leaf < (SELECT published FROM log_head) WHERE s.id = $1;

-- name: batches_of
-- $1 shipments, text[]
SELECT shipment, batch, product FROM shipment_batches WHERE shipment = ANY($1::text[]) ORDER BY shipment, batch;

-- name: handovers_of
-- $1 shipments, text[]
SELECT shipment, at_ms, place, celsius FROM shipment_handovers WHERE shipment = ANY($1::text[]) ORDER BY shipment, at_ms, id;

-- name: of_batch
-- The ways of a batch, in order; of many the last. $1 batch, $2 how many
SELECT * FROM (
    SELECT s.id AS shipment, s.began_ms, s.ended_ms, b.product
    FROM shipment_batches b JOIN shipments s ON s.id = b.shipment WHERE b.batch = $1 ORDER BY s.began_ms DESC, s.id DESC LIMIT $2
) AS ways ORDER BY began_ms, shipment;

-- name: sensors_of
-- $1 shipments, text[]
SELECT DISTINCT w.shipment, w.sensor, s.began_ms, s.ended_ms, d.calibration_due_ms
FROM shipment_sensors w JOIN shipments s ON s.id = w.shipment JOIN sensor_devices d ON d.id = w.sensor
WHERE w.shipment = ANY($1::text[]) ORDER BY s.began_ms, w.shipment, w.sensor;

-- name: breaches_of_batches
-- The latest first. $1 batches, text[], $2 how many
SELECT f.*, l.leaf FROM coldchain_findings f LEFT JOIN log_leaves l ON l.entry = f.entry AND l.leaf < (SELECT published FROM log_head)
WHERE f.batches && $1::text[] AND f.level = 'breach' ORDER BY f.told_ms DESC, f.id DESC LIMIT $2;

-- name: breaches_of_shipment
-- The latest first. $1 shipment, $2 how many
SELECT f.*, l.leaf FROM coldchain_findings f LEFT JOIN log_leaves l ON l.entry = f.entry AND l.leaf < (SELECT published FROM log_head)
WHERE f.shipment = $1 AND f.level = 'breach' ORDER BY f.told_ms DESC, f.id DESC LIMIT $2;

-- name: findings
-- $1 told_ms and $2 id of the last one of the page before, or NULL, $3 level or NULL, $4 shipment or NULL, $5 batch or NULL, $6 how many
SELECT f.*, l.leaf FROM coldchain_findings f LEFT JOIN log_leaves l ON l.entry = f.entry AND l.leaf < (SELECT published FROM log_head)
WHERE ($1::bigint IS NULL OR (f.told_ms, f.id) < ($1, $2::text))
  AND ($3::text IS NULL OR f.level = $3) AND ($4::text IS NULL OR f.shipment = $4) AND ($5::text IS NULL OR f.batches @> ARRAY[$5::text])
ORDER BY f.told_ms DESC, f.id DESC LIMIT $6;
