-- name: insert_fapiao
-- One for an order, unless it was rejected. $1 id, $2 order, $3 person, $4 kind, $5 title, $6 tax number or null, $7 email,
-- $8 amount_minor, $9 currency, $10 now, Unix ms
INSERT INTO fapiao (id, order_id, person, kind, title, tax_number, email, amount_minor, currency, asked_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (order_id) WHERE state <> 'rejected' DO NOTHING
RETURNING id;

-- name: fapiao
-- $1 id
SELECT f.*, o.number AS order_number FROM fapiao f JOIN orders o ON o.id = f.order_id WHERE f.id = $1;

-- name: fapiao_for_update
-- $1 id
SELECT f.*, o.number AS order_number FROM fapiao f JOIN orders o ON o.id = f.order_id WHERE f.id = $1 FOR NO KEY UPDATE OF f;

-- name: fapiao_of_order
-- The one that counts, or else the latest. $1 order
SELECT f.*, o.number AS order_number FROM fapiao f JOIN orders o ON o.id = f.order_id
WHERE f.order_id = $1 ORDER BY f.state = 'rejected', f.asked_ms DESC, f.id DESC LIMIT 1;

-- name: own_fapiao
-- Latest first. $1 person, $2 of this order alone, or null, $3 id of the one before or null, $4 how many
SELECT f.*, o.number AS order_number FROM fapiao f JOIN orders o ON o.id = f.order_id
WHERE f.person = $1 AND ($2::text IS NULL OR f.order_id = $2) AND ($3::text IS NULL OR f.id < $3)
ORDER BY f.id DESC LIMIT $4;

-- name: left_of
-- What was paid for orders and is neither paid back nor about to be; and what stays of it if those refunds for which a second person is
-- still to be asked are let go by nobody. $1 orders text[]
SELECT o.id, o.paid_minor - coalesce(sum(r.amount_minor), 0)::bigint AS left_minor,
    o.paid_minor - coalesce(sum(r.amount_minor) FILTER (WHERE r.state <> 'approval'), 0)::bigint AS kept_minor
FROM orders o LEFT JOIN refunds r ON r.order_id = o.id AND r.kind IN ('lines', 'delivery', 'weight') AND r.rejected_by IS NULL
WHERE o.id = ANY($1::text[]) GROUP BY o.id;

-- name: decide_fapiao
-- Under the lock of the order's row and of its own. $1 id, $2 state, $3 number or null, $4 note, $5 who, $6 now, Unix ms,
-- $7 amount_minor or null: as it was
UPDATE fapiao SET state = $2, number = $3, note = $4, decided_by = $5, decided_ms = $6, amount_minor = coalesce($7, amount_minor)
WHERE id = $1;

-- name: reverse_fapiao
-- Under the same locks. $1 id, $2 how much more, $3 number of the red-letter invoice
UPDATE fapiao SET reversed_minor = reversed_minor + $2, reversal_number = $3 WHERE id = $1;

-- name: all_fapiao
-- Latest first. $6: those alone of which something is to be reversed, which is looked up of orders that have refunds: of most there is
-- nothing. $1 state or null, $2 order number, tax number or beginning of a title or null, $3 ms and $4 id of the one before or
-- null, $5 how many
SELECT f.*, o.number AS order_number FROM fapiao f JOIN orders o ON o.id = f.order_id
WHERE ($1::text IS NULL OR f.state = $1)
    AND ($2::text IS NULL OR o.number = $2 OR f.tax_number = upper($2) OR starts_with(f.title, $2))
    AND ($3::bigint IS NULL OR (f.asked_ms, f.id) < ($3, $4::text))
    AND (NOT $6 OR f.order_id IN (SELECT r.order_id FROM refunds r WHERE r.kind IN ('lines', 'delivery', 'weight')))
    AND (NOT $6 OR (f.state = 'issued' AND f.amount_minor - f.reversed_minor > o.paid_minor - (
        SELECT coalesce(sum(r.amount_minor), 0) FROM refunds r
        WHERE r.order_id = o.id AND r.kind IN ('lines', 'delivery', 'weight') AND r.rejected_by IS NULL AND r.state <> 'approval'
    )))
ORDER BY f.asked_ms DESC, f.id DESC LIMIT $5;
