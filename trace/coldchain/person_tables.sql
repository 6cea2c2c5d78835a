-- What the cold chain keeps of people: which of the staff did what.

-- name: devices_by
-- $1 person
SELECT jsonb_build_object('device', id, 'name', name, 'at', to_timestamp(created_ms / 1000.0))
FROM sensor_devices WHERE created_by = $1 ORDER BY created_ms, id;

-- name: corrections_by
-- $1 person
SELECT jsonb_build_object('device', sensor, 'reason', reason, 'at', to_timestamp(made_ms / 1000.0))
FROM sensor_corrections WHERE created_by = $1 ORDER BY made_ms, id;

-- name: calibrations_by
-- $1 person
SELECT jsonb_build_object('device', sensor, 'at', to_timestamp(at_ms / 1000.0))
FROM sensor_calibrations WHERE created_by = $1 ORDER BY at_ms, id;

-- name: rules_by
-- $1 person
SELECT jsonb_build_object('product', product, 'at', to_timestamp(changed_ms / 1000.0))
FROM coldchain_rules WHERE changed_by = $1 ORDER BY changed_ms, product;

-- name: shipments_by
-- $1 person
SELECT jsonb_build_object('shipment', id, 'at', to_timestamp(created_ms / 1000.0))
FROM shipments WHERE created_by = $1 OR closed_by = $1 ORDER BY created_ms, id;

-- name: handovers_by
-- $1 person
SELECT jsonb_build_object('shipment', shipment, 'at', to_timestamp(at_ms / 1000.0))
FROM shipment_handovers WHERE created_by = $1 ORDER BY at_ms, id;
