-- Orders that breaches of the cold chain are about.

-- name: lock
-- Held by whoever hears of a breach, until its orders are flagged. Nothing locks anything before it.
SELECT pg_advisory_xact_lock(hashtextextended('livehub breaches', 0));

-- name: lock_shared
-- Held by whoever looks which breaches an order that was paid is about.
SELECT pg_advisory_xact_lock_shared(hashtextextended('livehub breaches', 0));

-- name: lock_told
-- Held by whoever flags or tells, until that is done: no two find that a buyer has no coupon yet. Only the locks above come before it.
SELECT pg_advisory_xact_lock(hashtextextended('livehub breaches told', 0));

-- name: insert
-- What runs twice inserts once. $1 id, $2 shipment, $3 batches, $4 reach text[], $5 since_ms, $6 at_ms, $7 celsius, $8 offer,
-- $9 amount_minor, $10 currency, $11 days, $12 now, Unix ms
INSERT INTO breaches (id, shipment, batches, reach, since_ms, at_ms, celsius, offer, amount_minor, currency, days, heard_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (id) DO NOTHING;

-- name: breach
-- $1 id
SELECT * FROM breaches WHERE id = $1;

-- name: correct
-- $1 id, $2 now, Unix ms
UPDATE breaches SET corrected_ms = $2 WHERE id = $1 AND corrected_ms IS NULL;

-- name: reinstate
-- $1 id
UPDATE breaches SET corrected_ms = NULL WHERE id = $1;

-- name: touched
-- $1 orders text[]
SELECT b.id, b.shipment, b.batches, b.reach, b.since_ms, b.at_ms, b.celsius, b.offer, b.amount_minor, b.currency, b.days,
    array_agg(DISTINCT l.order_id) AS orders
FROM order_lines l JOIN breaches b ON b.reach @> ARRAY[l.batch] AND b.corrected_ms IS NULL
WHERE l.order_id = ANY($1::text[]) AND l.batch IS NOT NULL
GROUP BY b.id ORDER BY b.id;

-- name: candidates
-- Lines that may have goods of the batches. What had been delivered before the goods got warm was not in there.
-- $1 batches text[], $2 lines with boxes of them text[], $3 since when, Unix ms, $4 among these orders text[], or null
SELECT l.id, l.qty, (l.batch IS NOT NULL AND l.batch = ANY($1::text[])) AS is_of_batch,
    coalesce((SELECT sum((part ->> 'qty')::bigint) FROM jsonb_array_elements(l.components) AS part), 1)::bigint AS boxes_per_unit
FROM (
    SELECT id FROM order_lines WHERE batch = ANY($1::text[]) AND ($4::text[] IS NULL OR order_id = ANY($4))
    UNION
    SELECT unnest($2::text[])
) AS c
JOIN order_lines l ON l.id = c.id JOIN orders o ON o.id = l.order_id
WHERE o.state NOT IN ('unpaid', 'cancelled')
  AND NOT EXISTS (SELECT FROM order_changes h WHERE h.order_id = o.id AND h.state = 'delivered' AND h.at_ms < $3)
ORDER BY l.order_id, l.position;

-- name: flag
-- Lines that were not flagged for the shipment before. $1 breach, $2 shipment, $3 offer, $4 lines text[], $5 units bigint[]
WITH fresh AS (
    INSERT INTO breach_lines (order_line, shipment, breach, order_id, units)
    SELECT l.id, $2, $1, l.order_id, f.units FROM unnest($4::text[], $5::bigint[]) AS f (line, units) JOIN order_lines l ON l.id = f.line
    ORDER BY l.id ON CONFLICT DO NOTHING RETURNING order_line, order_id
)
INSERT INTO breach_orders (order_id, shipment, breach, lines, offer)
SELECT order_id, $2, $1, array_agg(order_line ORDER BY order_line), $3 FROM fresh GROUP BY order_id ORDER BY order_id
ON CONFLICT DO NOTHING;

-- name: is_owed
-- $1 breach
SELECT EXISTS (SELECT FROM breach_orders WHERE breach = $1 AND (is_open OR told_ms IS NULL));

-- name: to_tell
-- Held until they are told. $1 breach, $2 how many
SELECT o.id, o.number, o.person, o.currency FROM breach_orders b JOIN orders o ON o.id = b.order_id
WHERE b.breach = $1 AND b.told_ms IS NULL ORDER BY b.order_id LIMIT $2 FOR UPDATE OF b SKIP LOCKED;

-- name: with_coupon
-- Those of these people who were told of a coupon for one of their orders. $1 breach, $2 people text[]
SELECT DISTINCT o.person FROM breach_orders b JOIN orders o ON o.id = b.order_id
WHERE b.breach = $1 AND b.offer = 'coupon' AND b.told_ms IS NOT NULL AND o.person = ANY($2::text[]);

-- name: lines
-- $1 breach, $2 orders text[]
SELECT f.order_id, l.id, l.qty, f.units FROM breach_lines f JOIN order_lines l ON l.id = f.order_line
WHERE f.breach = $1 AND f.order_id = ANY($2::text[]) ORDER BY f.order_id, l.position;

-- name: in_open_cases
-- $1 lines text[]
SELECT line, array_agg(unit ORDER BY unit) AS units FROM case_lines WHERE line = ANY($1::text[]) AND is_open GROUP BY line;

-- name: told
-- $1 breach, then of each: $2 orders text[], $3 offers text[], $4 commitments text[], $5 entries bigint[]; $6 now, Unix ms
UPDATE breach_orders b SET told_ms = $6, offer = t.offer, is_open = t.offer <> 'none', commitment = t.commitment, flag_entry = t.entry
FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[]) AS t (order_id, offer, commitment, entry)
WHERE b.breach = $1 AND b.order_id = t.order_id;

-- name: open_after
-- $1 breach, $2 after this order, $3 how many
SELECT order_id FROM breach_orders WHERE breach = $1 AND order_id > $2 AND is_open ORDER BY order_id LIMIT $3;

-- name: to_give
-- Those still open, held until they are given, in the order in which orders are locked. $1 breach, $2 orders text[]
SELECT o.id, o.person, b.offer, b.commitment FROM breach_orders b JOIN orders o ON o.id = b.order_id
WHERE b.breach = $1 AND b.order_id = ANY($2::text[]) AND b.is_open ORDER BY b.order_id FOR UPDATE OF b SKIP LOCKED;

-- name: given
-- $1 breach, then of each: $2 orders text[], $3 what text[], $4 cases text[], $5 entries bigint[]; $6 now, Unix ms
UPDATE breach_orders b SET is_open = false, given = t.given, case_id = t.case_id, offer_entry = t.entry, offered_ms = $6
FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[]) AS t (order_id, given, case_id, entry)
WHERE b.breach = $1 AND b.order_id = t.order_id;
