-- Orders. Whoever changes some locks their rows in the order of their ids (lock_orders), after their payments.

-- name: by_key
-- $1 person, $2 key
SELECT id, fingerprint FROM orders WHERE person = $1 AND key = $2;

-- name: known
-- The order of a key, whether the key was used for another request, and how many orders they have not paid. One row.
-- $1 person, $2 key, $3 fingerprint bytea
SELECT o.id, o.fingerprint,
    EXISTS (SELECT FROM idempotency_keys k WHERE k.scope = $1 AND k.key = $2 AND k.fingerprint <> $3) AS is_other,
    (SELECT count(*) FROM orders u WHERE u.person = $1 AND u.state = 'unpaid') AS unpaid
FROM (SELECT) AS one LEFT JOIN orders o ON o.person = $1 AND o.key = $2;

-- name: order_of_hold
-- $1 hold
SELECT id FROM orders WHERE hold = $1;

-- name: unpaid
-- How many orders they have not paid. $1 person
SELECT count(*) FROM orders WHERE person = $1 AND state = 'unpaid';

-- name: own_hold
-- A hold of theirs, or of somebody who has become them, and the sales in it, a row each; NULLs for what is no sale's.
-- $1 hold, $2 person
WITH RECURSIVE known (id) AS (
    SELECT $2::text
    UNION SELECT a.person FROM known AS k JOIN stock_aliases AS a ON a.whom = k.id
)
SELECT h.state, h.expires_ms, u.units, s.id AS sale, s.room, s.product, s.price_minor, s.currency, s.coupons, s.batch,
    s.components
FROM stock_holds h
CROSS JOIN LATERAL unnest(h.resources, h.has) WITH ORDINALITY AS u (resource, units, place)
JOIN sales s ON u.resource = 'sale:' || s.id
WHERE h.id = $1 AND h.person IN (SELECT id FROM known)
ORDER BY u.place;

-- name: holds
-- What the stock engine has committed of holds: it forgets those that are long over.
-- $1 ids text[]
SELECT id, state, resources, has, asked FROM stock_holds WHERE id = ANY($1::text[]);

-- name: taken
-- What the stock engine has taken for late money; whose it was then may have become another person. $1 key, beginning with late:
SELECT person, resources, has FROM stock_holds WHERE key = $1 AND state = 3 AND starts_with(key, 'late:');

-- name: taken_to_return
-- The same, but for what goes back already; versions before named that by the payment alone. $1 key, beginning with late:
SELECT h.person, h.resources, h.has FROM stock_holds h
WHERE h.key = $1 AND h.state = 3 AND starts_with(h.key, 'late:') AND NOT EXISTS (
    SELECT FROM order_stock_returns r
    WHERE r.key IN ('taken:' || substr(h.key, length('late:') + 1), 'taken:' || substr(h.key, length('late:') + 1) || ':' || h.person)
)
ORDER BY h.id;

-- name: went_back
-- Whether units that an order had held went back on the stock because money for it came late. $1 order
SELECT EXISTS (SELECT FROM order_stock_returns WHERE order_id = $1 AND starts_with(key, 'late:'));

-- name: taken_for_nobody
-- What was taken for money that does not pay its order, as is decided by now: whoever took it died before saying that it goes back.
-- And what was taken besides for money that does: by another person, whom its buyer has become meanwhile. $1 how many
SELECT p.id AS payment, p.order_id, h.person, h.resources, h.has
FROM stock_holds h JOIN payments p ON p.id = substr(h.key, length('late:') + 1) JOIN orders o ON o.id = p.order_id
WHERE starts_with(h.key, 'late:') AND h.state = 3 AND p.state = 'paid'
    AND (o.payment IS DISTINCT FROM p.id
        OR EXISTS (SELECT FROM stock_holds f WHERE f.key = h.key AND f.state = 3 AND starts_with(f.key, 'late:') AND f.id < h.id))
    AND NOT EXISTS (SELECT FROM order_stock_returns r WHERE r.key IN ('taken:' || p.id, 'taken:' || p.id || ':' || h.person))
ORDER BY h.key LIMIT $1;

-- name: has_closed
-- Whether one of these resources of the stock engine's is closed. $1 ids text[], $2 now, Unix ms
SELECT EXISTS (SELECT FROM stock_resources WHERE id = ANY($1::text[]) AND closes_ms <= $2);

-- name: insert_orders
-- New orders with their lines and the beginning of their time line; those whose key, hold or number is taken are left out, and those
-- of people who have as many unpaid orders as they may. Each takes the first place of its person's that is free, for as long as it is
-- unpaid; of two processes that give the same one away at once the index orders_unpaid_place lets one. Those that have no place (of
-- somebody who has become this person), or one beyond the bound, count, too.
-- The arrays of orders are $1 to $23, those of lines $24 to $46; $47: places of a person, null: as many as they like.
WITH given AS (
    SELECT *, row_number() OVER (PARTITION BY person ORDER BY id) AS nth
    FROM unnest(
        $1::text[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::text[], $7::text[], $8::bigint[], $9::bigint[],
        $10::bigint[], $11::bigint[], $12::bigint[], $13::text[], $14::text[], $15::jsonb[], $16::text[], $17::jsonb[],
        $18::text[], $19::text[], $20::text[], $21::bigint[], $22::text[], $23::bigint[]
    ) AS g (
        id, number, person, key, fingerprint, room, currency, goods_minor, discount_minor, delivery_minor, delivery_discount_minor,
        total_minor, coupon, delivery_coupon, address, slot, delivery, delivery_group, hold, extra_hold, closes_ms, note, created_ms
    )
), new AS (
    INSERT INTO orders (
        id, number, person, key, fingerprint, room, currency, goods_minor, discount_minor, delivery_minor, delivery_discount_minor,
        total_minor, coupon, delivery_coupon, address, slot, delivery, delivery_group, hold, extra_hold, closes_ms, note, created_ms,
        unpaid_place
    )
    SELECT
        g.id, g.number, g.person, g.key, g.fingerprint, g.room, g.currency, g.goods_minor, g.discount_minor, g.delivery_minor,
        g.delivery_discount_minor, g.total_minor, g.coupon, g.delivery_coupon, g.address, g.slot, g.delivery, g.delivery_group,
        g.hold, g.extra_hold, g.closes_ms, g.note, g.created_ms, free.place
    FROM given g CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(o.unpaid_place), '{}') AS places, count(*)::integer AS all_of_them,
            count(*) FILTER (WHERE o.unpaid_place IS NULL)::integer AS placeless
        FROM orders o WHERE o.person = g.person AND o.state = 'unpaid'
    ) AS taken CROSS JOIN LATERAL (
        SELECT (
            SELECT place FROM generate_series(1, $47::integer - taken.placeless) AS place
            WHERE array_position(taken.places, place::smallint) IS NULL ORDER BY place OFFSET g.nth - 1 LIMIT 1
        ) AS place
    ) AS free
    WHERE (free.place IS NOT NULL AND taken.all_of_them + g.nth <= $47) OR $47 IS NULL
    ON CONFLICT DO NOTHING
    RETURNING id, person, key, fingerprint, created_ms
), lines AS (
    INSERT INTO order_lines (
        id, order_id, position, product, sale, batch, title, titles, image, unit, unit_names, variant, variant_names, sku, qty,
        unit_price_minor, amount_minor, discount_minor, paid_minor, unit_shares_minor, weighed, components, is_gift
    )
    SELECT l.id, l.order_id, l.position, l.product, l.sale, l.batch, l.title, l.titles, l.image, l.unit, l.unit_names, l.variant,
        l.variant_names, l.sku, l.qty, l.unit_price_minor, l.amount_minor, l.discount_minor, l.paid_minor,
        l.shares::bigint[], l.weighed, l.components, l.is_gift
    FROM unnest(
        $24::text[], $25::text[], $26::smallint[], $27::text[], $28::text[], $29::text[], $30::text[], $31::jsonb[], $32::text[],
        $33::text[], $34::jsonb[], $35::text[], $36::jsonb[], $37::text[], $38::bigint[], $39::bigint[], $40::bigint[],
        $41::bigint[], $42::bigint[], $43::text[], $44::jsonb[], $45::jsonb[], $46::boolean[]
    ) AS l (
        id, order_id, position, product, sale, batch, title, titles, image, unit, unit_names, variant, variant_names, sku, qty,
        unit_price_minor, amount_minor, discount_minor, paid_minor, shares, weighed, components, is_gift
    )
    JOIN new ON new.id = l.order_id
), begun AS (
    INSERT INTO order_changes (order_id, at_ms, state, by) SELECT id, created_ms, 'unpaid', person FROM new
), noted AS (
    INSERT INTO idempotency_keys (scope, key, fingerprint) SELECT person, key, fingerprint FROM new
    ON CONFLICT (scope, key) DO NOTHING
)
SELECT id FROM new;

-- name: order
-- $1 id
SELECT * FROM orders WHERE id = $1;

-- name: orders
-- $1 ids text[]
SELECT * FROM orders WHERE id = ANY($1::text[]);

-- name: lock_orders
-- In the order of their ids. $1 ids text[]
SELECT * FROM orders WHERE id = ANY($1::text[]) ORDER BY id FOR NO KEY UPDATE;

-- name: lines
-- $1 orders text[]
SELECT * FROM order_lines WHERE order_id = ANY($1::text[]) ORDER BY order_id, position;

-- name: changes
-- $1 order, $2 how many
SELECT at_ms, was, state, by, why FROM order_changes WHERE order_id = $1 ORDER BY id LIMIT $2;

-- name: own_orders
-- $1 person, $2 states text[] or null, $3 id before the first of them or null, $4 how many
SELECT * FROM orders
WHERE person = $1 AND ($2::text[] IS NULL OR state = ANY($2::text[])) AND ($3::text IS NULL OR id < $3)
ORDER BY id DESC LIMIT $4;

-- name: own_counts
-- Of what a buyer waits for. $1 person
SELECT state, count(*) AS orders FROM orders
WHERE person = $1 AND state IN ('unpaid', 'paid', 'preparing', 'dispatched', 'delivered') GROUP BY state;

-- name: have_bought
-- One that is cancelled was not bought: nothing of it was sent, and all of the money went back. $1 people text[]
SELECT DISTINCT person FROM orders WHERE person = ANY($1::text[]) AND paid_ms IS NOT NULL AND state <> 'cancelled';

-- name: paid_groups
-- Groups of which an order is paid. $1 groups text[]
SELECT DISTINCT delivery_group FROM orders
WHERE delivery_group = ANY($1::text[]) AND paid_ms IS NOT NULL AND state <> 'cancelled';

-- name: lock_groups
-- Until the transaction ends: of two orders of one group that are paid at once one sees the other. $1 groups text[], sorted
SELECT count(pg_advisory_xact_lock(hashtextextended('livehub delivery ' || g, 0))) FROM unnest($1::text[]) AS g;

-- name: pay_orders
-- Under their lock; gives their lines. $1 ids text[], $2 payments text[] (NULL: nothing was to be paid), $3 now, Unix ms
WITH money AS (
    SELECT * FROM unnest($1::text[], $2::text[]) AS m (id, payment)
), before AS (
    SELECT o.id, o.state FROM orders o JOIN money m ON m.id = o.id
), paid AS (
    UPDATE orders o SET state = 'paid', payment = m.payment, paid_minor = o.total_minor, paid_ms = $3, stock_state = 'sold',
        cancelled_ms = NULL, cancel_reason = NULL, closing_real_ms = NULL, version = version + 1
    FROM money m WHERE o.id = m.id
    RETURNING o.id
), told AS (
    INSERT INTO order_changes (order_id, at_ms, was, state) SELECT id, $3, state, 'paid' FROM before ORDER BY id
)
SELECT l.order_id, l.product, l.sale, l.qty, l.paid_minor FROM order_lines l JOIN paid ON paid.id = l.order_id
ORDER BY l.order_id, l.position;

-- name: set_replaces
-- Of a new order that is paid with nothing; the stock engine is to be told that its units are sold. $1 id, $2 the order that it
-- replaces units of, $3 case, $4 who has decided it
WITH begun AS (
    UPDATE order_changes SET by = $4, why = 'replacement' WHERE order_id = $1 AND was IS NULL
)
UPDATE orders SET replaces = $2, after_case = $3, stock_state = 'selling' WHERE id = $1;

-- name: replace_units
-- Units of one order are sent again as units of another. $1 order, $2 lines text[], $3 units integer[], $4 the order they are sent
-- with, $5 its lines text[], $6 its units integer[]
INSERT INTO replaced_units (order_id, line, unit, root_order, root_line, root_unit, by_order, by_line, by_unit)
SELECT $1, u.line, u.unit, coalesce(r.root_order, $1), coalesce(r.root_line, u.line), coalesce(r.root_unit, u.unit),
    $4, u.by_line, u.by_unit
FROM unnest($2::text[], $3::integer[], $5::text[], $6::integer[]) AS u (line, unit, by_line, by_unit)
LEFT JOIN replaced_units r ON r.by_line = u.line AND r.by_unit = u.unit;

-- name: undo_replaced
-- What was sent again with an order was not after all. $1 the order it was to be sent with
UPDATE replaced_units SET is_undone = true WHERE by_order = $1;

-- name: replaced_units
-- Units of orders that were sent again, by line. $1 orders text[]
SELECT line, array_agg(unit ORDER BY unit) AS units
FROM replaced_units WHERE order_id = ANY($1::text[]) AND NOT is_undone GROUP BY line;

-- name: stands_for
-- What each unit of a replacement stands for. $1 order
SELECT by_line, by_unit, root_order, root_line, root_unit FROM replaced_units WHERE by_order = $1;

-- name: sent_before
-- How many replacements a case has had, those that were cancelled included. $1 case
SELECT count(*) FROM orders WHERE after_case = $1;

-- name: cancel_orders
-- Under their lock. $1 ids text[], $2 reason, $3 who or null, $4 now, Unix ms, $5 what is to become of the stock
WITH before AS (
    SELECT id, state FROM orders WHERE id = ANY($1::text[])
), cancelled AS (
    UPDATE orders SET state = 'cancelled', cancelled_ms = $4, cancel_reason = $2, stock_state = coalesce($5, stock_state),
        version = version + 1
    WHERE id = ANY($1::text[]) RETURNING id
)
INSERT INTO order_changes (order_id, at_ms, was, state, by, why) SELECT b.id, $4, b.state, 'cancelled', $3, $2
FROM before b JOIN cancelled c ON c.id = b.id ORDER BY b.id;

-- name: move_order
-- Under its lock. $1 id, $2 was, $3 state, $4 who or null, $5 why or null, $6 now, Unix ms
WITH moved AS (
    UPDATE orders SET state = $3, version = version + 1 WHERE id = $1 RETURNING id
)
INSERT INTO order_changes (order_id, at_ms, was, state, by, why) SELECT id, $6, $2, $3, $4, $5 FROM moved;

-- name: add_refunded
-- Under its lock. $1 id, $2 amount
UPDATE orders SET refunded_minor = refunded_minor + $2, version = version + 1 WHERE id = $1;

-- --- time ---

-- name: take_over
-- Unpaid orders whose time is over, for whoever looks now: nobody else gets them before the pause is over.
-- Real time may be set back; what was looked at later than a pause from now was so by the clock of before, and is waited for from now
-- on. Less than that is another machine's clock, which is a little ahead.
-- $1 now of business, $2 now of real time, $3 looked at before (real time), Unix ms each, $4 how many
UPDATE orders SET closing_real_ms = least(closing_real_ms, $2), looked_real_ms = $2
WHERE id IN (
    SELECT id FROM orders
    WHERE state = 'unpaid' AND closes_ms <= $1 AND (looked_real_ms IS NULL OR looked_real_ms < $3 OR looked_real_ms > 2 * $2::bigint - $3::bigint)
    ORDER BY closes_ms LIMIT $4 FOR NO KEY UPDATE SKIP LOCKED
)
RETURNING id, closing_real_ms, total_minor, EXISTS (SELECT FROM payments p WHERE p.order_id = orders.id AND p.state = 'open') AS has_open;

-- name: given_up
-- Unpaid orders whose hold the buyer has given back, but for those that somebody is paying. $1 how many
SELECT o.id FROM orders o JOIN stock_holds h ON h.id = o.hold
WHERE o.state = 'unpaid' AND o.total_minor > 0 AND h.state = 4 AND NOT EXISTS (SELECT FROM payments p WHERE p.order_id = o.id AND p.state = 'open')
ORDER BY o.id LIMIT $1;

-- name: stock_owed
-- $1 how many
SELECT id, hold, extra_hold FROM orders WHERE stock_state = 'freeing' ORDER BY id LIMIT $1;

-- name: stock_freed
-- $1 ids text[]
UPDATE orders SET stock_state = 'freed' WHERE id = ANY($1::text[]) AND stock_state = 'freeing';

-- name: to_sell
-- $1 how many
SELECT * FROM orders WHERE stock_state = 'selling' ORDER BY id LIMIT $1;

-- name: stock_sold
-- $1 ids text[]
UPDATE orders SET stock_state = 'sold' WHERE id = ANY($1::text[]) AND stock_state = 'selling';

-- name: owe_return
-- $1 key, $2 order, $3 resources text[], $4 units bigint[]
INSERT INTO order_stock_returns (key, order_id, resources, units) VALUES ($1, $2, $3, $4) ON CONFLICT (key) DO NOTHING;

-- name: returns_owed
-- $1 how many
SELECT key, resources, units FROM order_stock_returns WHERE NOT is_done ORDER BY key LIMIT $1;

-- name: returned
-- $1 keys text[]
UPDATE order_stock_returns SET is_done = true WHERE key = ANY($1::text[]);

-- --- carts ---

-- name: cart
-- $1 person
SELECT lines, version FROM carts WHERE person = $1;

-- name: cart_for_update
-- $1 person
SELECT lines, version FROM carts WHERE person = $1 FOR NO KEY UPDATE;

-- name: stock_left
-- $1 resources text[]
SELECT id, units - held - sold AS free FROM stock_resources WHERE id = ANY($1::text[]);

-- name: put_cart
-- $1 person, $2 lines, $3 now, Unix ms
INSERT INTO carts AS c (person, lines, changed_ms) VALUES ($1, $2, $3)
ON CONFLICT (person) DO UPDATE SET lines = excluded.lines, version = c.version + 1, changed_ms = excluded.changed_ms
RETURNING version;

-- name: drop_cart
-- $1 person
DELETE FROM carts WHERE person = $1;

-- --- retention ---

-- name: blank_addresses
-- $1 orders made before, Unix ms, $2 how many
WITH gone AS (
    UPDATE orders SET address = NULL, note = NULL WHERE id IN (
        SELECT id FROM orders WHERE created_ms < $1 AND address IS NOT NULL ORDER BY created_ms LIMIT $2
    ) RETURNING true
) SELECT count(*) FROM gone;

-- name: line_to_pack
-- Locked, so that boxes are packed for it one after the other; its order is kept as it is. $1 order line
SELECT o.person, o.state, l.product, l.qty, l.components FROM order_lines AS l JOIN orders AS o ON o.id = l.order_id
WHERE l.id = $1 FOR NO KEY UPDATE OF l FOR SHARE OF o;
