-- Where a batch is now: what was done with it last, and how warm it is on its way.

-- name: step
-- $1 batch
SELECT kind, at_ms, place_name, celsius FROM batch_steps WHERE batch = $1 ORDER BY at_ms DESC, id DESC LIMIT 1;

-- name: way
-- The shipment under way, and of its sensors the warmest. $1 batch, $2 now, Unix ms
SELECT s.began_ms, d.newest_ms, d.newest_c
FROM shipment_batches AS b
JOIN shipments AS s ON s.id = b.shipment AND s.ended_ms IS NULL AND s.began_ms <= $2
LEFT JOIN shipment_sensors AS w ON w.shipment = s.id AND w.product = b.product
LEFT JOIN sensor_devices AS d ON d.id = w.sensor AND d.newest_ms >= s.began_ms
WHERE b.batch = $1 ORDER BY d.newest_c DESC NULLS LAST, s.began_ms DESC LIMIT 1;

-- name: breaches
-- Those that were not corrected, and whether one goes on, which excursions alone do. $1 batch
SELECT count(*) AS breaches, 
    count(*) FILTER (WHERE f.cause IN ('above', 'below') AND f.ended_ms IS NULL AND s.ended_ms IS NULL) AS going_on
FROM coldchain_findings AS f JOIN shipments AS s ON s.id = f.shipment
WHERE f.batches @> ARRAY[$1::text] AND f.level = 'breach' AND f.corrected_ms IS NULL;
