-- The orders that staff look for. Ids begin with the moment of an order, so an id says from when on, too: `from` is within, `below` is
-- not. Which of these is asked is decided by what narrows most (list_store.py); the other filters are checked row by row.

-- name: by_state
-- Each state by itself, since one index has them in this order.
-- $1 states text[], $2 from id, $3 below id, $4 products text[] or null, $5 how many
SELECT f.id FROM unnest($1::text[]) AS s (state)
CROSS JOIN LATERAL (
    SELECT o.id FROM orders AS o
    WHERE o.state = s.state AND o.id >= $2 AND o.id < $3
      AND ($4::text[] IS NULL OR EXISTS (SELECT FROM order_lines AS l WHERE l.order_id = o.id AND l.product = ANY($4)))
    ORDER BY o.id DESC LIMIT $5
) AS f
ORDER BY f.id DESC LIMIT $5;

-- name: by_room
-- $1 states text[], $2 from id, $3 below id, $4 products text[] or null, $5 room, $6 how many
SELECT f.id FROM unnest($1::text[]) AS s (state)
CROSS JOIN LATERAL (
    SELECT o.id FROM orders AS o
    WHERE o.room = $5 AND o.state = s.state AND o.id >= $2 AND o.id < $3
      AND ($4::text[] IS NULL OR EXISTS (SELECT FROM order_lines AS l WHERE l.order_id = o.id AND l.product = ANY($4)))
    ORDER BY o.id DESC LIMIT $6
) AS f
ORDER BY f.id DESC LIMIT $6;

-- name: by_product
-- Each product by itself. $1 states text[], $2 from id, $3 below id, $4 products text[], $5 how many
SELECT DISTINCT f.id FROM unnest($4::text[]) AS p (product)
CROSS JOIN LATERAL (
    SELECT DISTINCT l.order_id AS id FROM order_lines AS l JOIN orders AS o ON o.id = l.order_id
    WHERE l.product = p.product AND l.order_id >= $2 AND l.order_id < $3 AND o.state = ANY($1::text[])
    ORDER BY l.order_id DESC LIMIT $5
) AS f
ORDER BY f.id DESC LIMIT $5;

-- name: by_digits
-- $1 states text[], $2 from id, $3 below id, $4 products text[] or null, $5 room or null, $6 a number of an order, or the end of a
-- phone's (four digits at least), $7 person or null, $8 how many
-- They are looked up one by one: joined, planners that believe the phone to be in very many read all orders by their ids.
SELECT o.id FROM orders AS o
WHERE o.id = ANY(ARRAY(
    SELECT id FROM orders WHERE number = $6
    UNION
    SELECT id FROM orders
    WHERE address IS NOT NULL AND right(address ->> 'phone', 4) = right($6, 4)
      AND right(address ->> 'phone', length($6)) = $6
))
  AND o.state = ANY($1::text[]) AND o.id >= $2 AND o.id < $3
  AND ($4::text[] IS NULL OR EXISTS (SELECT FROM order_lines AS l WHERE l.order_id = o.id AND l.product = ANY($4)))
  AND ($5::text IS NULL OR o.room = $5) AND ($7::text IS NULL OR o.person = $7)
ORDER BY o.id DESC LIMIT $8;

-- name: by_person
-- $1 states text[], $2 from id, $3 below id, $4 products text[] or null, $5 room or null, $6 person, $7 how many
SELECT o.id FROM orders AS o
WHERE o.person = $6 AND o.state = ANY($1::text[]) AND o.id >= $2 AND o.id < $3
  AND ($4::text[] IS NULL OR EXISTS (SELECT FROM order_lines AS l WHERE l.order_id = o.id AND l.product = ANY($4)))
  AND ($5::text IS NULL OR o.room = $5)
ORDER BY o.id DESC LIMIT $7;

-- name: listed
-- $1 ids text[]. Orders as lists show them, the latest first.
SELECT o.id, o.number, o.state, o.room, o.person, o.currency, o.goods_minor, o.discount_minor, o.delivery_minor,
    o.delivery_discount_minor, o.total_minor, o.paid_minor, o.refunded_minor, o.coupon, o.delivery_coupon, o.delivery, o.slot, o.note,
    o.created_ms, o.paid_ms, o.cancelled_ms, o.cancel_reason, o.version, o.replaces, o.address ->> 'phone' AS phone,
    l.lines
FROM orders AS o
CROSS JOIN LATERAL (
    SELECT coalesce(
        jsonb_agg(
            jsonb_strip_nulls(jsonb_build_object(
                'product', product, 'title', title, 'titles', titles, 'variant', variant, 'variant_names', variant_names, 'image',
                image, 'qty', qty, 'is_gift', is_gift
            )) ORDER BY position
        ), '[]'
    ) AS lines
    FROM order_lines WHERE order_id = o.id
) AS l
WHERE o.id = ANY($1::text[])
ORDER BY o.id DESC;

-- name: exported
-- $1 ids text[]. Orders as their file has them, the latest first.
SELECT o.number, o.state, o.created_ms, o.paid_ms, o.cancelled_ms, o.cancel_reason, o.room, o.person, o.address ->> 'phone' AS phone,
    l.items, l.units, o.currency, o.goods_minor, o.discount_minor, o.delivery_minor, o.delivery_discount_minor, o.total_minor,
    o.paid_minor, o.refunded_minor, o.delivery, o.note
FROM orders AS o
CROSS JOIN LATERAL (
    SELECT string_agg(rtrim(title || ' ' || variant) || ' × ' || qty, '; ' ORDER BY position) AS items, sum(qty)::bigint AS units
    FROM order_lines WHERE order_id = o.id
) AS l
WHERE o.id = ANY($1::text[])
ORDER BY o.id DESC;

-- name: lines_named
-- $1 ids of lines text[]. What they are of, as lists show it, in the order of their orders.
SELECT id, product, title, titles, variant, variant_names, image, is_gift
FROM order_lines WHERE id = ANY($1::text[]) ORDER BY order_id, position;

-- name: sums_by_state
-- $1 states text[], $2 from id, $3 below id
SELECT currency, count(*) AS orders, sum(total_minor)::bigint AS total_minor, sum(paid_minor)::bigint AS paid_minor,
    sum(refunded_minor)::bigint AS refunded_minor
FROM orders WHERE state = ANY($1::text[]) AND id >= $2 AND id < $3
GROUP BY currency ORDER BY currency;

-- name: sums_by_room
-- $1 states text[], $2 from id, $3 below id, $4 room
SELECT currency, count(*) AS orders, sum(total_minor)::bigint AS total_minor, sum(paid_minor)::bigint AS paid_minor,
    sum(refunded_minor)::bigint AS refunded_minor
FROM orders WHERE room = $4 AND state = ANY($1::text[]) AND id >= $2 AND id < $3
GROUP BY currency ORDER BY currency;

-- name: sums_of_products
-- $1 states text[], $2 from id, $3 below id, $4 products text[], $5 room or null
SELECT currency, count(*) AS orders, sum(total_minor)::bigint AS total_minor, sum(paid_minor)::bigint AS paid_minor,
    sum(refunded_minor)::bigint AS refunded_minor
FROM orders
WHERE state = ANY($1::text[]) AND id >= $2 AND id < $3 AND ($5::text IS NULL OR room = $5)
  AND id IN (SELECT order_id FROM order_lines WHERE product = ANY($4::text[]) AND order_id >= $2 AND order_id < $3)
GROUP BY currency ORDER BY currency;

-- name: sums_of
-- $1 ids text[]
SELECT currency, count(*) AS orders, sum(total_minor)::bigint AS total_minor, sum(paid_minor)::bigint AS paid_minor,
    sum(refunded_minor)::bigint AS refunded_minor
FROM orders WHERE id = ANY($1::text[]) GROUP BY currency ORDER BY currency;

-- name: products_called
-- Products whose title, in any language, or SKU somebody types. $1 a pattern of LIKE, $2 how many
SELECT id FROM products
WHERE title ILIKE $1 OR titles::text ILIKE $1 OR id = trim(BOTH '%' FROM $1) ORDER BY id LIMIT $2;
