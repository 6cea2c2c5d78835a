-- What buyers can choose from.

-- name: slots
-- Of one area, and of every pick-up point; the earliest first.
-- $1 area, or null, $2 now, Unix ms, $3 how many
SELECT w.id, w.area, w.point, w.from_ms, w.until_ms, w.orders_until_ms, coalesce(a.currency, p.currency) AS currency,
       coalesce(a.fee_minor, p.fee_minor) AS fee_minor,
       CASE WHEN a.id IS NULL THEN p.free_from_minor ELSE a.free_from_minor END AS free_from_minor,
       coalesce(a.minimum_minor, p.minimum_minor) AS minimum_minor,
       p.name, p.names, p.line, p.lines, p.lat, p.lon, p.opens, p.closes, p.closed_days,
       greatest(0, coalesce(s.units - s.held - s.sold, 0)) AS "left"
FROM delivery_windows w
LEFT JOIN delivery_areas a ON a.id = w.area
LEFT JOIN pickup_points p ON p.id = w.point
LEFT JOIN stock_resources s ON s.id = 'slot:' || w.id
WHERE w.orders_until_ms > $2 AND w.until_ms > $2 AND NOT w.is_closed AND coalesce(a.is_on, p.is_on)
    AND (w.point IS NOT NULL OR w.area = $1)
ORDER BY w.from_ms, w.id LIMIT $3;
