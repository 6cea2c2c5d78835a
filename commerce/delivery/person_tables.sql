-- What delivery keeps of people: which of the staff changed something last.

-- name: delivery_areas_by
-- $1 person
SELECT jsonb_build_object('area', id, 'name', name, 'at', to_timestamp(changed_ms / 1000.0))
FROM delivery_areas WHERE changed_by = $1 ORDER BY changed_ms, id;

-- name: pickup_points_by
-- $1 person
SELECT jsonb_build_object('point', id, 'name', name, 'at', to_timestamp(changed_ms / 1000.0))
FROM pickup_points WHERE changed_by = $1 ORDER BY changed_ms, id;

-- name: delivery_patterns_by
-- $1 person
SELECT jsonb_build_object('pattern', id, 'at', to_timestamp(changed_ms / 1000.0))
FROM delivery_patterns WHERE changed_by = $1 ORDER BY changed_ms, id;

-- name: delivery_windows_by
-- $1 person
SELECT jsonb_build_object('window', id, 'from', to_timestamp(from_ms / 1000.0), 'at', to_timestamp(changed_ms / 1000.0))
FROM delivery_windows WHERE changed_by = $1 ORDER BY changed_ms, id;
