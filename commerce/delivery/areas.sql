-- Delivery areas and pick-up points, as staff define them.

-- name: areas
-- $1 how many
SELECT * FROM delivery_areas ORDER BY position, id LIMIT $1;

-- name: area_for_update
-- $1 id
SELECT * FROM delivery_areas WHERE id = $1 FOR NO KEY UPDATE;

-- name: lock_areas
-- In turn: they are counted, and get the last position.
SELECT pg_advisory_xact_lock(hashtextextended('livehub delivery areas', 0));

-- name: count_areas
SELECT count(*) AS areas, coalesce(max(position), 0) AS last FROM delivery_areas;

-- name: put_area
-- A new one, or a new version of one that is locked.
-- $1 id, $2 name, $3 names, $4 regions, $5 shape, $6 south, $7 west, $8 north, $9 east, $10 currency, $11 fee_minor, $12 free_from_minor,
-- $13 minimum_minor, $14 position, $15 is_on, $16 now, Unix ms, $17 who
INSERT INTO delivery_areas AS a (
    id, name, names, regions, shape, south, west, north, east, currency, fee_minor, free_from_minor, minimum_minor, position, is_on,
    changed_ms, changed_by
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
ON CONFLICT (id) DO UPDATE SET
    name = excluded.name, names = excluded.names, regions = excluded.regions, shape = excluded.shape, south = excluded.south,
    west = excluded.west, north = excluded.north, east = excluded.east, currency = excluded.currency, fee_minor = excluded.fee_minor,
    free_from_minor = excluded.free_from_minor, minimum_minor = excluded.minimum_minor, position = excluded.position,
    is_on = excluded.is_on, changed_ms = excluded.changed_ms, changed_by = excluded.changed_by, version = a.version + 1
RETURNING *;

-- name: points
-- $1 how many
SELECT * FROM pickup_points ORDER BY name, id LIMIT $1;

-- name: point_for_update
-- $1 id
SELECT * FROM pickup_points WHERE id = $1 FOR NO KEY UPDATE;

-- name: lock_points
-- In turn: they are counted.
SELECT pg_advisory_xact_lock(hashtextextended('livehub pickup points', 0));

-- name: count_points
SELECT count(*) FROM pickup_points;

-- name: put_point
-- A new one, or a new version of one that is locked.
-- $1 id, $2 name, $3 names, $4 line, $5 lines, $6 lat, $7 lon, $8 opens, $9 closes, $10 closed_days, $11 currency, $12 fee_minor,
-- $13 free_from_minor, $14 minimum_minor, $15 is_on, $16 now, Unix ms, $17 who
INSERT INTO pickup_points AS p (
    id, name, names, line, lines, lat, lon, opens, closes, closed_days, currency, fee_minor, free_from_minor, minimum_minor, is_on,
    changed_ms, changed_by
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
ON CONFLICT (id) DO UPDATE SET
    name = excluded.name, names = excluded.names, line = excluded.line, lines = excluded.lines, lat = excluded.lat, lon = excluded.lon,
    opens = excluded.opens, closes = excluded.closes, closed_days = excluded.closed_days, currency = excluded.currency,
    fee_minor = excluded.fee_minor, free_from_minor = excluded.free_from_minor, minimum_minor = excluded.minimum_minor,
    is_on = excluded.is_on, changed_ms = excluded.changed_ms, changed_by = excluded.changed_by, version = p.version + 1
RETURNING *;
