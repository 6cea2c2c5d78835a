-- What an order asks before it is made.

-- name: configured
SELECT EXISTS (SELECT FROM delivery_areas WHERE is_on) AS areas, EXISTS (SELECT FROM pickup_points WHERE is_on) AS points;

-- name: window
-- With what its area or its point says, and what the stock engine has committed of it.
-- $1 id
SELECT w.id, w.area, w.point, w.from_ms, w.until_ms, w.orders_until_ms, w.is_closed,
       coalesce(a.is_on, p.is_on) AS is_on, coalesce(a.name, p.name) AS name, coalesce(a.names, p.names) AS names, p.line, p.lines,
       coalesce(a.currency, p.currency) AS currency, coalesce(a.fee_minor, p.fee_minor) AS fee_minor,
       CASE WHEN a.id IS NULL THEN p.free_from_minor ELSE a.free_from_minor END AS free_from_minor,
       coalesce(a.minimum_minor, p.minimum_minor) AS minimum_minor, coalesce(s.units - s.held - s.sold, 0) AS "left"
FROM delivery_windows w
LEFT JOIN delivery_areas a ON a.id = w.area
LEFT JOIN pickup_points p ON p.id = w.point
LEFT JOIN stock_resources s ON s.id = 'slot:' || w.id
WHERE w.id = $1;

-- name: next_windows
-- Windows of an area or a point that take orders and have room, the earliest first.
-- $1 area or null, $2 point or null, $3 now, Unix ms, $4 how many
SELECT w.id FROM delivery_windows w JOIN stock_resources s ON s.id = 'slot:' || w.id
WHERE (w.area = $1 OR w.point = $2) AND w.orders_until_ms > $3 AND NOT w.is_closed AND s.units > s.held + s.sold
ORDER BY w.from_ms, w.id LIMIT $4;

-- name: areas_near
-- Those that may have the place, the first first: the boxes around their shapes have it, or their regions name its own.
-- $1 latitude, $2 longitude, both null where they are not known, $3 the beginnings of the division code, text[]
SELECT id, name, names, regions, shape, currency, fee_minor, free_from_minor, minimum_minor
FROM delivery_areas
WHERE is_on AND (
    (shape IS NOT NULL AND $1::float8 BETWEEN south AND north AND $2::float8 BETWEEN west AND east)
    OR ((shape IS NULL OR $1::float8 IS NULL) AND regions && $3::text[])
)
ORDER BY position, id;

-- name: has_shapes
-- Whether an area is drawn on the map alone.
SELECT EXISTS (SELECT FROM delivery_areas WHERE is_on AND shape IS NOT NULL AND regions = '{}');

-- name: has_windows
-- Whether orders to an area are for a window: it has some, or had, or a pattern makes them.
-- $1 area
SELECT EXISTS (SELECT FROM delivery_windows WHERE area = $1 AND NOT is_closed)
    OR EXISTS (SELECT FROM delivery_patterns WHERE area = $1 AND is_on);
