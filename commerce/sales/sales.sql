-- name: insert_sale
-- $1 id, $2 room, $3 product, $4 price_minor, $5 currency, $6 units, $7 per_person_max, $8 opens_ms, $9 closes_ms, $10 coupons, $11 batch,
-- $12 components jsonb or null, $13 opened_ms, $14 now, Unix ms, $15 who
INSERT INTO sales (id, room, product, price_minor, currency, units, per_person_max, opens_ms, closes_ms, coupons, batch, components,
                   opened_ms, created_ms, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15);

-- name: sale_for_update
-- $1 id
SELECT id, room, product, price_minor, currency, units, per_person_max, opens_ms, closes_ms, coupons, batch, components, opened_ms,
       closed_ms, version
FROM sales WHERE id = $1 FOR NO KEY UPDATE;

-- name: open_sale
-- $1 id, $2 opens_ms, $3 now, Unix ms, $4 who opens it by hand, or null. Under the row's lock.
UPDATE sales SET opens_ms = $2, opened_ms = $3, opened_by = $4, version = version + 1 WHERE id = $1;

-- name: change_sale
-- $1 id, $2 units, $3 per_person_max, $4 closes_ms or null. Under the row's lock.
UPDATE sales SET units = $2, per_person_max = $3, closes_ms = $4, version = version + 1 WHERE id = $1;

-- name: close_sale
-- $1 id, $2 closes_ms, $3 now, Unix ms, $4 who closes it by hand, or null. Under the row's lock.
UPDATE sales SET closes_ms = $2, closed_ms = $3, closed_by = $4, version = version + 1 WHERE id = $1;

-- name: sale
-- With what the stock engine has committed of it.
-- $1 id
SELECT s.id, s.room, s.product, p.title, s.price_minor, s.currency, s.units, s.per_person_max, s.opens_ms, s.closes_ms, s.coupons,
       s.batch, s.version, coalesce(q.held, 0) AS held, coalesce(q.sold, 0) AS sold,
       coalesce(least(q.units - q.held - q.sold, (
           SELECT min(coalesce((k.units - k.held - k.sold) / of.qty, 0))
           FROM jsonb_to_recordset(coalesce(s.components, jsonb_build_array(jsonb_build_object('id', s.product, 'qty', 1))))
               AS of (id text, qty bigint)
           LEFT JOIN stock_resources k ON k.id = 'product:' || of.id
       )), 0) AS "left"
FROM sales s
JOIN products p ON p.id = s.product
LEFT JOIN stock_resources q ON q.id = 'sale:' || s.id
WHERE s.id = $1;

-- name: sales_of_room
-- The same, latest first.
-- $1 room, $2 how many, $3 the sale before the first of them, or null, $4 what its product's title or id has in it, "" for all,
-- $5 scheduled, open or closed at $6, Unix ms, or null
SELECT s.id, s.room, s.product, p.title, s.price_minor, s.currency, s.units, s.per_person_max, s.opens_ms, s.closes_ms, s.coupons,
       s.batch, s.version, coalesce(q.held, 0) AS held, coalesce(q.sold, 0) AS sold,
       coalesce(least(q.units - q.held - q.sold, (
           SELECT min(coalesce((k.units - k.held - k.sold) / of.qty, 0))
           FROM jsonb_to_recordset(coalesce(s.components, jsonb_build_array(jsonb_build_object('id', s.product, 'qty', 1))))
               AS of (id text, qty bigint)
           LEFT JOIN stock_resources k ON k.id = 'product:' || of.id
       )), 0) AS "left"
FROM sales s
JOIN products p ON p.id = s.product
LEFT JOIN stock_resources q ON q.id = 'sale:' || s.id
WHERE s.room = $1
    AND ($3::text IS NULL OR (s.created_ms, s.id) < (SELECT before.created_ms, before.id FROM sales AS before WHERE before.id = $3))
    AND position(lower($4::text) IN lower(concat_ws(' ', p.title, p.titles ->> 'zh', p.titles ->> 'en', s.product))) > 0
    AND ($5::text IS NULL OR $5 = CASE
        WHEN s.closes_ms <= $6::bigint THEN 'closed'
        WHEN s.opens_ms <= $6::bigint THEN 'open'
        ELSE 'scheduled'
    END)
ORDER BY s.created_ms DESC, s.id DESC LIMIT $2;

-- name: places
-- $1 sales text[]
SELECT id, room, product, components FROM sales WHERE id = ANY($1::text[]);

-- name: insert_stock_change
-- The same change again inserts nothing.
-- $1 key, $2 product, $3 delta, $4 reason, $5 who, $6 now, Unix ms
INSERT INTO stock_changes (key, product, delta, reason, changed_by, changed_ms) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (key) DO NOTHING RETURNING true;

-- name: stock_changes
-- Of a product, the latest first. $1 product, $2 moment and $3 id of the one before, or null, $4 how many
SELECT id, delta, reason, changed_by, changed_ms
FROM (SELECT *, md5(key) AS id FROM stock_changes WHERE product = $1) AS changes
WHERE ($2::bigint IS NULL OR (changed_ms, id) < ($2, $3::text))
ORDER BY changed_ms DESC, id DESC LIMIT $4;

-- name: stock
-- $1 resources text[]
SELECT id, units, held, sold FROM stock_resources WHERE id = ANY($1::text[]);

-- name: hold_state
-- $1 hold, $2 person
SELECT state FROM stock_holds WHERE id = $1 AND person = $2;

-- name: room_of
-- $1 sale
SELECT room FROM sales WHERE id = $1;
