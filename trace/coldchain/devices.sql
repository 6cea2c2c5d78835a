-- Sensors, as staff see them.

-- name: count_devices
SELECT count(*) FROM sensor_devices;

-- name: lock_devices
-- In turn: they are counted.
SELECT pg_advisory_xact_lock(hashtextextended('livehub sensor devices', 0));

-- name: insert_device
-- $1 id, $2 name, $3 kind, $4 sealed key, $5 now, Unix ms, $6 who
INSERT INTO sensor_devices (id, name, kind, sealed, created_ms, created_by) VALUES ($1, $2, $3, $4, $5, $6);

-- name: devices
-- $1 created_ms and $2 id of the last one of the page before, or NULL, $3 how many
SELECT id, name, kind, is_on, received_ms, newest_ms, newest_c, skew_ms, calibrated_ms, calibration_due_ms, created_ms
FROM sensor_devices WHERE $1::bigint IS NULL OR (created_ms, id) < ($1, $2::text)
ORDER BY created_ms DESC, id DESC LIMIT $3;

-- name: device_for_update
-- $1 id
SELECT id, name, kind, is_on, received_ms, newest_ms, newest_c, skew_ms, calibrated_ms, calibration_due_ms, created_ms
FROM sensor_devices WHERE id = $1 FOR NO KEY UPDATE;

-- name: switch_device
-- $1 id, $2 is_on
UPDATE sensor_devices SET is_on = $2 WHERE id = $1;

-- name: calibrate
-- The latest counts. $1 id, $2 at_ms, $3 due_ms
UPDATE sensor_devices SET calibrated_ms = $2, calibration_due_ms = $3
WHERE id = $1 AND (calibrated_ms IS NULL OR calibrated_ms <= $2);

-- name: insert_calibration
-- $1 id, $2 sensor, $3 at_ms, $4 due_ms, $5 laboratory, $6 certificate, $7 who, $8 entry
INSERT INTO sensor_calibrations (id, sensor, at_ms, due_ms, laboratory, certificate, created_by, entry)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: insert_correction
-- $1 id, $2 sensor, $3 from_ms, $4 until_ms, $5 offset_c, $6 reason, $7 now, Unix ms, $8 who, $9 entry
INSERT INTO sensor_corrections (id, sensor, from_ms, until_ms, offset_c, reason, made_ms, created_by, entry)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);
