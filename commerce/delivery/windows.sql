-- Windows of time and the weekly patterns they are made from.

-- name: windows
-- With what the stock engine has committed of them, the earliest first.
-- $1 from, $2 until, Unix ms, $3 area, $4 point, "" for any, $5 the moment and $6 the id of the one before the first, or null, $7 how many
SELECT w.*, coalesce(s.units, w.capacity) AS units, coalesce(s.held, 0) AS held, coalesce(s.sold, 0) AS sold,
    coalesce(a.name, t.name) AS whose
FROM delivery_windows w
LEFT JOIN stock_resources s ON s.id = 'slot:' || w.id
LEFT JOIN delivery_areas a ON a.id = w.area
LEFT JOIN pickup_points t ON t.id = w.point
WHERE w.from_ms >= $1 AND w.from_ms < $2 AND ($3 = '' OR w.area = $3) AND ($4 = '' OR w.point = $4)
    AND ($5::bigint IS NULL OR (w.from_ms, w.id) > ($5::bigint, $6::text))
ORDER BY w.from_ms, w.id LIMIT $7;

-- name: window
-- $1 id
SELECT w.*, coalesce(s.units, w.capacity) AS units, coalesce(s.held, 0) AS held, coalesce(s.sold, 0) AS sold
FROM delivery_windows w
LEFT JOIN stock_resources s ON s.id = 'slot:' || w.id
WHERE w.id = $1;

-- name: window_for_update
-- $1 id
SELECT * FROM delivery_windows WHERE id = $1 FOR NO KEY UPDATE;

-- name: insert_window
-- Nothing for a day of a pattern that has one.
-- $1 id, $2 area, $3 point, $4 from_ms, $5 until_ms, $6 orders_until_ms, $7 capacity, $8 pattern, $9 day, $10 now, Unix ms, $11 who
INSERT INTO delivery_windows (id, area, point, from_ms, until_ms, orders_until_ms, capacity, pattern, day, changed_ms, changed_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT DO NOTHING RETURNING true;

-- name: change_window
-- Under the row's lock.
-- $1 id, $2 orders_until_ms, $3 capacity, $4 is_closed, $5 now, Unix ms, $6 who
UPDATE delivery_windows
SET orders_until_ms = $2, capacity = $3, is_closed = $4, changed_ms = $5, changed_by = $6, version = version + 1
WHERE id = $1;

-- name: units_of
-- $1 resource of the stock engine
SELECT units FROM stock_resources WHERE id = $1;

-- name: is_area
-- Held until the window, or the pattern, is there. $1 id
SELECT true FROM delivery_areas WHERE id = $1 FOR KEY SHARE;

-- name: is_point
-- $1 id
SELECT true FROM pickup_points WHERE id = $1 FOR KEY SHARE;

-- name: patterns
-- With the names of their areas and points. $1 how many
SELECT p.*, concat_ws(' ', a.name, t.name) AS whose FROM delivery_patterns p
LEFT JOIN delivery_areas a ON a.id = p.area LEFT JOIN pickup_points t ON t.id = p.point
ORDER BY p.is_on DESC, p.from_minute, p.id LIMIT $1;

-- name: lock_patterns
-- In turn: they are counted.
SELECT pg_advisory_xact_lock(hashtextextended('livehub delivery patterns', 0));

-- name: count_patterns
SELECT count(*) FROM delivery_patterns;

-- name: pattern_for_update
-- $1 id
SELECT * FROM delivery_patterns WHERE id = $1 FOR NO KEY UPDATE;

-- name: put_pattern
-- A new one, or a new version of one that is locked.
-- $1 id, $2 area, $3 point, $4 days, $5 from_minute, $6 until_minute, $7 cut_off_minutes, $8 capacity, $9 begins_on, $10 ends_on, $11 is_on,
-- $12 now, Unix ms, $13 who
INSERT INTO delivery_patterns AS p (
    id, area, point, days, from_minute, until_minute, cut_off_minutes, capacity, begins_on, ends_on, is_on, changed_ms, changed_by
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (id) DO UPDATE SET
    days = excluded.days, from_minute = excluded.from_minute, until_minute = excluded.until_minute,
    cut_off_minutes = excluded.cut_off_minutes, capacity = excluded.capacity, begins_on = excluded.begins_on,
    ends_on = excluded.ends_on, is_on = excluded.is_on, changed_ms = excluded.changed_ms, changed_by = excluded.changed_by,
    version = p.version + 1
RETURNING *;

-- name: live_patterns
-- $1 the id after which to go on, $2 how many
SELECT id FROM delivery_patterns WHERE is_on AND id > $1 ORDER BY id LIMIT $2;

-- name: live_pattern
-- Held while its windows are made, so that nobody changes it meanwhile.
-- $1 id
SELECT p.* FROM delivery_patterns p
LEFT JOIN delivery_areas a ON a.id = p.area
LEFT JOIN pickup_points t ON t.id = p.point
WHERE p.id = $1 AND p.is_on AND coalesce(a.is_on, t.is_on)
FOR NO KEY UPDATE OF p;

-- name: days_made
-- $1 pattern, $2 the first day
SELECT day FROM delivery_windows WHERE pattern = $1 AND day >= $2;
