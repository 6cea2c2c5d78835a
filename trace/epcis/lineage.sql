-- Traces of a lot. Roles are those of facts.py: 1 item, 2 parent, 3 child, 4 input, 5 output, 6 and 7 parent and child of what
-- was taken apart, 8 parent of a transaction, 9 and 10 a transformationID, into and out of which things go; 16 more for classes
-- and lots. An event that was declared never to have happened, or to be wrong, leads nowhere. Of moments, 2^62 is for ever, and
-- less 2^62 since always.

-- name: forward
-- What comes of these things, and from when until when it has to do with them. $1 things, $2 since when and $3 until when each
-- counts (us), $4 how many at most
WITH f (thing, from_us, until_us) AS (SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[]))
SELECT
    f.thing AS source, o.thing, o.event, o.event_us AS from_us,
    CASE WHEN i.role IN (3, 19) THEN least(f.until_us, taken.us) ELSE 4611686018427387904 END AS until_us
FROM f
JOIN epcis_links i ON i.thing = f.thing AND i.role IN (3, 19, 4, 20, 10) AND i.event_us BETWEEN f.from_us AND f.until_us
JOIN epcis_links o ON o.event = i.event AND o.thing <> i.thing AND (
    (i.role IN (3, 19) AND o.role = 2)
    OR (i.role IN (4, 20) AND o.role IN (5, 21, 9))
    OR (i.role = 10 AND o.role IN (5, 21))
)
JOIN epcis_events e ON e.seq = i.event AND e.declared_us = 0
LEFT JOIN LATERAL (  -- when it was taken out again
    SELECT min(l.event_us) AS us
    FROM epcis_links l
    WHERE i.role IN (3, 19) AND l.thing = o.thing AND l.role = 6 AND l.event_us >= i.event_us AND (
        EXISTS (SELECT FROM epcis_links c WHERE c.event = l.event AND c.role IN (7, 23) AND c.thing = i.thing)
        OR NOT EXISTS (SELECT FROM epcis_links c WHERE c.event = l.event AND c.role IN (7, 23))
    )
) taken ON true
WHERE NOT EXISTS (SELECT FROM epcis_events d WHERE d.event_id = e.event_id AND d.declared_us > 0)
UNION ALL
SELECT f.thing, m.item, m.event, -4611686018427387904, 4611686018427387904 FROM f JOIN epcis_members m ON m.lot = f.thing
LIMIT $4;

-- name: back
-- What these things come of, and from when until when it was part of them. $1 things, $2 since when and $3 until when each counts (us),
-- $4 how many at most
WITH f (thing, from_us, until_us) AS (SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[]))
SELECT
    f.thing AS source, i.thing, i.event,
    CASE WHEN o.role = 2 THEN greatest(f.from_us, o.event_us) ELSE o.event_us END AS from_us,
    CASE WHEN o.role = 2 THEN least(f.until_us, taken.us) ELSE o.event_us END AS until_us
FROM f
JOIN epcis_links o ON o.thing = f.thing AND o.role IN (2, 5, 21, 9) AND o.event_us <= f.until_us
JOIN epcis_links i ON i.event = o.event AND i.thing <> o.thing AND (
    (o.role = 2 AND i.role IN (3, 19))
    OR (o.role IN (5, 21) AND i.role IN (4, 20, 10))
    OR (o.role = 9 AND i.role IN (4, 20))
)
JOIN epcis_events e ON e.seq = o.event AND e.declared_us = 0
LEFT JOIN LATERAL (
    SELECT min(l.event_us) AS us
    FROM epcis_links l
    WHERE o.role = 2 AND l.thing = f.thing AND l.role = 6 AND l.event_us >= o.event_us AND (
        EXISTS (SELECT FROM epcis_links c WHERE c.event = l.event AND c.role IN (7, 23) AND c.thing = i.thing)
        OR NOT EXISTS (SELECT FROM epcis_links c WHERE c.event = l.event AND c.role IN (7, 23))
    )
) taken ON true
WHERE (taken.us IS NULL OR taken.us > f.from_us)
    AND NOT EXISTS (SELECT FROM epcis_events d WHERE d.event_id = e.event_id AND d.declared_us > 0)
UNION ALL
SELECT f.thing, m.lot, m.event, m.event_us, m.event_us FROM f JOIN epcis_members m ON m.item = f.thing
LIMIT $4;

-- name: events_about
-- Events about these things while each counts, the earliest first. $1 things, $2 from (us), $3 until (us), $4 how many at most
SELECT e.seq, e.event_us, e.recorded_us, e.event, e.entry, e.declared_us, n.thing
FROM (
    SELECT l.event, min(l.thing) AS thing
    FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS f (thing, from_us, until_us)
    JOIN epcis_links l ON l.thing = f.thing AND l.event_us BETWEEN f.from_us AND f.until_us
    GROUP BY l.event
    LIMIT $4
) n
JOIN epcis_events e ON e.seq = n.event
ORDER BY e.event_us, e.seq;
