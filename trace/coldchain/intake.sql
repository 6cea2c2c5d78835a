-- Readings, as they come in.

-- name: devices_for_update
-- In one order, so that two commits cannot deadlock. $1 ids, text[]
SELECT id, is_on, skew_ms, lag_ms, lag_like, lag_since_ms, seq, received_ms, newest_ms, newest_c, calibration_due_ms
FROM sensor_devices WHERE id = ANY($1::text[]) ORDER BY id FOR NO KEY UPDATE;

-- name: known
-- What came before under these. $1 devices, $2 seqs, arrays of one length
SELECT b.sensor, b.seq, b.sha256, b.answer FROM sensor_batches b
JOIN unnest($1::text[], $2::bigint[]) AS k (sensor, seq) ON b.sensor = k.sensor AND b.seq = k.seq;

-- name: insert_batch
-- $1 sensor, $2 seq, $3 sha256, $4 body, $5 answer, $6 received_ms, $7 skew_ms, $8 from_ms, $9 until_ms, $10 at_ms, $11 celsius,
-- $12 humidity, $13 faults, $14 entry
INSERT INTO sensor_batches (
    sensor, seq, sha256, body, answer, received_ms, skew_ms, from_ms, until_ms, at_ms, celsius, humidity, faults, entry
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14);

-- name: keep_devices
-- $1 ids, $2 skew_ms, $3 lag_ms, $4 lag_like, $5 lag_since_ms, $6 seq, $7 received_ms, $8 newest_ms, $9 newest_c, arrays of one length
UPDATE sensor_devices AS d SET
    skew_ms = k.skew_ms, lag_ms = k.lag_ms, lag_like = k.lag_like, lag_since_ms = k.lag_since_ms, seq = k.seq,
    received_ms = k.received_ms, newest_ms = k.newest_ms, newest_c = k.newest_c
FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::integer[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
    $9::double precision[]) AS k (id, skew_ms, lag_ms, lag_like, lag_since_ms, seq, received_ms, newest_ms, newest_c)
WHERE d.id = k.id;

-- name: sealed_key
-- $1 sensor
SELECT sealed FROM sensor_devices WHERE id = $1 AND is_on;
