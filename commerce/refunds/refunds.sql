-- name: units_given
-- Units of an order that were paid back, or are about to be, and whether a second person is still to be asked: also about what they
-- weigh, until when nothing else becomes of them; of a replacement those for which the unit was that they stand for. $1 order
SELECT l.line, l.unit, r.state = 'approval' AS is_pending
FROM refund_lines l JOIN refund_terms t ON t.refund = l.refund JOIN refunds r ON r.id = t.refund
WHERE t.order_id = $1 AND NOT l.is_rejected
UNION ALL
SELECT w.line, w.unit, true FROM order_weights w JOIN refunds r ON r.id = w.refund WHERE w.order_id = $1 AND r.state = 'approval'
UNION ALL
SELECT u.by_line, u.by_unit, r.state = 'approval'
FROM replaced_units u JOIN refund_lines l ON l.line = u.root_line AND l.unit = u.root_unit JOIN refunds r ON r.id = l.refund
WHERE u.by_order = $1 AND NOT u.is_undone AND NOT l.is_rejected;

-- name: units_gone
-- The same of many orders, by line. $1 orders text[]
SELECT line, array_agg(unit ORDER BY unit) AS units FROM (
    SELECT l.line, l.unit FROM refund_lines l JOIN refund_terms t ON t.refund = l.refund
    WHERE t.order_id = ANY($1::text[]) AND NOT l.is_rejected
    UNION ALL
    SELECT u.by_line, u.by_unit FROM replaced_units u JOIN refund_lines l ON l.line = u.root_line AND l.unit = u.root_unit
    WHERE u.by_order = ANY($1::text[]) AND NOT u.is_undone AND NOT l.is_rejected
) AS gone GROUP BY line;

-- name: weights_given
-- $1 order
SELECT line, unit, grams, amount_minor FROM order_weights WHERE order_id = $1;

-- name: weights_of
-- $1 orders text[]
SELECT line, unit, grams, amount_minor FROM order_weights WHERE order_id = ANY($1::text[]);

-- name: to_weigh
-- Orders that are not on their way yet, with something that is sold by weight. $1 after id, $2 the number of one, or null, $3 how many
SELECT o.id FROM orders AS o
WHERE o.state IN ('paid', 'preparing') AND o.id > $1 AND ($2::text IS NULL OR o.number = $2)
  AND EXISTS (SELECT FROM order_lines AS l WHERE l.order_id = o.id AND l.weighed IS NOT NULL)
ORDER BY o.id LIMIT $3;

-- name: orders_to_weigh
-- $1 ids text[]
SELECT * FROM orders WHERE id = ANY($1::text[]) ORDER BY id;

-- name: delivery_given
-- What went back of the fee, by refunds of goods and by refunds of the fee alone. $1 order
SELECT (
    coalesce((SELECT sum(delivery_minor) FROM refund_terms WHERE order_id = $1 AND NOT is_rejected), 0)
    + coalesce((SELECT sum(amount_minor) FROM refunds WHERE order_id = $1 AND kind = 'delivery' AND rejected_by IS NULL), 0)
)::bigint;

-- name: refunds_begun
-- How many refunds of goods and of weight an order has had, and what this person gave back of it by themselves. $1 order, $2 person
SELECT count(*) FILTER (WHERE kind = 'lines') AS refunds, count(*) FILTER (WHERE kind = 'weight') AS weights,
    coalesce(sum(amount_minor) FILTER (
        WHERE asked_by = $2 AND approved_by IS NULL AND state <> 'approval' AND rejected_by IS NULL
    ), 0)::bigint AS alone_minor
FROM refunds WHERE order_id = $1 AND kind IN ('lines', 'weight');

-- name: insert_terms
-- $1 refund, $2 order, $3 goods_minor, $4 discount_minor, $5 delivery_minor, $6 restock or null, $7 is_at_fault, $8 case or null,
-- $9 request_key and $10 fingerprint bytea, or null
INSERT INTO refund_terms (refund, order_id, goods_minor, discount_minor, delivery_minor, restock, is_at_fault, case_id, request_key,
                          fingerprint)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: of_key
-- $1 request_key bytea
SELECT refund, fingerprint FROM refund_terms WHERE request_key = $1;

-- name: set_restock
-- $1 refund, $2 whether
UPDATE refund_terms SET restock = $2 WHERE refund = $1;

-- name: insert_lines
-- $1 refund, $2 lines text[], $3 units integer[], $4 amounts bigint[]
INSERT INTO refund_lines (refund, line, unit, amount_minor)
SELECT $1, * FROM unnest($2::text[], $3::integer[], $4::bigint[]);

-- name: terms
-- $1 refunds text[]
SELECT * FROM refund_terms WHERE refund = ANY($1::text[]);

-- name: lines
-- $1 refunds text[]
SELECT refund, line, unit, amount_minor FROM refund_lines WHERE refund = ANY($1::text[]) ORDER BY refund, line, unit;

-- name: lines_shown
-- The same, and units of which something goes back because they weigh less. $1 refunds text[]
SELECT refund, line, unit, amount_minor FROM refund_lines WHERE refund = ANY($1::text[])
UNION ALL
SELECT w.refund, w.line, w.unit, w.amount_minor FROM order_weights w
WHERE w.order_id = ANY(SELECT order_id FROM refunds WHERE id = ANY($1::text[])) AND w.refund = ANY($1::text[])
ORDER BY refund, line, unit;

-- name: reject_terms
-- Its units are free again; gives the case that it was decided in. $1 refund
WITH lines AS (UPDATE refund_lines SET is_rejected = true WHERE refund = $1)
UPDATE refund_terms SET is_rejected = true WHERE refund = $1 RETURNING case_id;

-- name: forget_weights
-- Of a refund that was rejected: these units can be weighed again. $1 refund
DELETE FROM order_weights WHERE refund = $1;

-- name: insert_weights
-- $1 order, $2 lines text[], $3 units integer[], $4 grams integer[], $5 amounts bigint[], $6 refund or null, $7 by, $8 now, Unix ms
INSERT INTO order_weights (order_id, line, unit, grams, amount_minor, refund, weighed_by, weighed_ms)
SELECT $1, w.line, w.unit, w.grams, w.amount_minor, CASE WHEN w.amount_minor > 0 THEN $6 END, $7, $8
FROM unnest($2::text[], $3::integer[], $4::integer[], $5::bigint[]) AS w (line, unit, grams, amount_minor);

-- name: refunds
-- Those of a filter, latest first. $1 state or null, $2 order number or null, $3 from, $4 until, Unix ms or null, $5 ms and $6 id of the
-- one before or null, $7 how many
SELECT r.id, r.order_id, o.number, o.person, r.kind, r.state, r.amount_minor, r.currency, r.reason, r.asked_by, r.approved_by, r.rejected_by,
       p.provider, r.created_ms, r.paid_ms
FROM refunds r JOIN orders o ON o.id = r.order_id JOIN payments p ON p.id = r.payment
WHERE ($1::text IS NULL OR r.state = $1) AND ($2::text IS NULL OR o.number = $2)
    AND ($3::bigint IS NULL OR r.created_ms >= $3) AND ($4::bigint IS NULL OR r.created_ms < $4)
    AND ($5::bigint IS NULL OR (r.created_ms, r.id) < ($5, $6::text))
ORDER BY r.created_ms DESC, r.id DESC LIMIT $7;

-- name: weighed_by
-- $1 person
SELECT jsonb_build_object('order', order_id, 'grams', grams, 'at', to_timestamp(weighed_ms / 1000.0))
FROM order_weights WHERE weighed_by = $1 ORDER BY weighed_ms, line, unit;
