-- What does not fit in our own books. Each query gives `id` and what is odd about it, in the order of the ids; all see one snapshot.
-- $1 from, $2 until, business Unix ms, $3 how many

-- name: payments_not_captured
SELECT p.id, format('payment %s of order %s brought in %s %s, and the ledger has %s', p.id, p.order_id, p.amount_minor, p.currency,
    coalesce((e.amount_minor || ' ' || t.currency), 'nothing')) AS what
FROM payments p
LEFT JOIN ledger_transfers t ON t.key = 'captured:' || p.id
LEFT JOIN ledger_entries e ON e.transfer = t.id AND e.account = 'clearing:' || p.provider
WHERE p.state = 'paid' AND p.paid_ms >= $1 AND p.paid_ms < $2
    AND (e.amount_minor, t.currency, t.order_id) IS DISTINCT FROM (p.amount_minor, p.currency, p.order_id)
ORDER BY p.id LIMIT $3;

-- name: captured_not_paid
SELECT t.key AS id, format('the ledger has money of %s, which is not paid', t.key) AS what
FROM ledger_transfers t
WHERE t.what = 'captured' AND t.at_ms >= $1 AND t.at_ms < $2
    AND NOT EXISTS (SELECT FROM payments p WHERE p.id = substr(t.key, length('captured:') + 1) AND p.state = 'paid')
ORDER BY t.key LIMIT $3;

-- name: orders_not_sold
SELECT o.id, format('order %s is paid for %s goods, %s delivery, %s discounts, and the ledger has %s, %s, %s', o.id, o.goods_minor,
    o.delivery_minor, o.discount_minor + o.delivery_discount_minor, coalesce(l.goods, 0), coalesce(l.delivery, 0),
    coalesce(l.discounts, 0)) AS what
FROM orders o
LEFT JOIN LATERAL (
    SELECT -sum(e.amount_minor) FILTER (WHERE e.account = 'revenue:goods') AS goods,
        -sum(e.amount_minor) FILTER (WHERE e.account = 'revenue:delivery') AS delivery,
        sum(e.amount_minor) FILTER (WHERE e.account = 'discounts') AS discounts
    FROM ledger_transfers t JOIN ledger_entries e ON e.transfer = t.id
    WHERE t.key = 'sold:' || o.id AND t.currency = o.currency
) AS l ON true
WHERE o.paid_ms >= $1 AND o.paid_ms < $2
    AND (coalesce(l.goods, 0), coalesce(l.delivery, 0), coalesce(l.discounts, 0))
        <> (o.goods_minor, o.delivery_minor, o.discount_minor + o.delivery_discount_minor)
ORDER BY o.id LIMIT $3;

-- name: sold_not_paid
SELECT t.key AS id, format('the ledger has the revenue of %s, which is not paid', t.key) AS what
FROM ledger_transfers t
WHERE t.what = 'sold' AND t.at_ms >= $1 AND t.at_ms < $2
    AND NOT EXISTS (SELECT FROM orders o WHERE o.id = t.order_id AND o.paid_ms IS NOT NULL)
ORDER BY t.key LIMIT $3;

-- name: orders_not_paid_for
-- What an order was paid with is one payment of its total.
SELECT o.id, format('order %s of %s %s is paid with %s', o.id, o.total_minor, o.currency,
    coalesce(p.id || ', which is ' || p.state || ' with ' || p.amount_minor || ' ' || p.currency, 'nothing')) AS what
FROM orders o LEFT JOIN payments p ON p.id = o.payment
WHERE o.paid_ms >= $1 AND o.paid_ms < $2 AND CASE
    WHEN o.total_minor = 0 THEN o.payment IS NOT NULL
    ELSE (p.state, p.amount_minor, p.currency, p.order_id) IS DISTINCT FROM ('paid', o.total_minor, o.currency, o.id)
END
ORDER BY o.id LIMIT $3;

-- name: lines_not_summed
-- An order is its lines, and a line its units.
SELECT o.id, format('order %s is of %s, its lines of %s, their units of %s', o.id, o.goods_minor - o.discount_minor,
    coalesce(l.paid, 0), coalesce(l.shares, 0)) AS what
FROM orders o
LEFT JOIN LATERAL (
    SELECT sum(paid_minor) AS paid, sum((SELECT sum(share) FROM unnest(unit_shares_minor) AS share)) AS shares
    FROM order_lines WHERE order_id = o.id
) AS l ON true
WHERE o.paid_ms >= $1 AND o.paid_ms < $2
    AND (coalesce(l.paid, 0), coalesce(l.shares, 0)) <> (o.goods_minor - o.discount_minor, o.goods_minor - o.discount_minor)
ORDER BY o.id LIMIT $3;

-- name: refunds_not_owed
-- One that was let go is owed: it is on its way, there, or the provider could not send it.
SELECT r.id, format('refund %s of order %s is of %s %s, and the ledger owes %s', r.id, r.order_id, r.amount_minor, r.currency,
    coalesce((-e.amount_minor || ' ' || t.currency), 'nothing')) AS what
FROM refunds r
LEFT JOIN ledger_transfers t ON t.key = 'refund_owed:' || r.id
LEFT JOIN ledger_entries e ON e.transfer = t.id AND e.account = 'refunds_payable'
WHERE r.state <> 'approval' AND r.rejected_by IS NULL AND r.created_ms >= $1 AND r.created_ms < $2
    AND (-e.amount_minor, t.currency, t.order_id) IS DISTINCT FROM (r.amount_minor, r.currency, r.order_id)
ORDER BY r.id LIMIT $3;

-- name: owed_not_refunded
SELECT t.key AS id, format('the ledger owes %s, which was not let go', t.key) AS what
FROM ledger_transfers t
WHERE t.what = 'refund_owed' AND t.at_ms >= $1 AND t.at_ms < $2 AND NOT EXISTS (
    SELECT FROM refunds r
    WHERE r.id = substr(t.key, length('refund_owed:') + 1) AND r.state <> 'approval' AND r.rejected_by IS NULL
)
ORDER BY t.key LIMIT $3;

-- name: refunds_not_sent
-- Those that are paid, and those alone, have left the provider's account.
SELECT r.id, format('refund %s of order %s is %s with %s %s, and the ledger sent %s', r.id, r.order_id, r.state, r.amount_minor, r.currency,
    coalesce((-e.amount_minor || ' ' || t.currency), 'nothing')) AS what
FROM refunds r JOIN payments p ON p.id = r.payment
LEFT JOIN ledger_transfers t ON t.key = 'refund_paid:' || r.id
LEFT JOIN ledger_entries e ON e.transfer = t.id AND e.account = 'clearing:' || p.provider
WHERE r.created_ms >= $1 AND r.created_ms < $2 AND CASE r.state
    WHEN 'paid' THEN (-e.amount_minor, t.currency) IS DISTINCT FROM (r.amount_minor, r.currency)
    ELSE t.id IS NOT NULL
END
ORDER BY r.id LIMIT $3;

-- name: sent_not_refunded
SELECT t.key AS id, format('the ledger sent %s, which is no refund', t.key) AS what
FROM ledger_transfers t
WHERE t.what = 'refund_paid' AND t.at_ms >= $1 AND t.at_ms < $2
    AND NOT EXISTS (SELECT FROM refunds r WHERE r.id = substr(t.key, length('refund_paid:') + 1))
ORDER BY t.key LIMIT $3;

-- name: refunded_not_summed
-- What an order says it was refunded is what was sent of it.
SELECT o.id, format('order %s says that %s was refunded, and %s was sent', o.id, o.refunded_minor, coalesce(r.sent, 0)) AS what
FROM orders o
LEFT JOIN LATERAL (
    SELECT sum(amount_minor) AS sent FROM refunds
    WHERE order_id = o.id AND state = 'paid' AND kind IN ('lines', 'delivery', 'weight')
) AS r ON true
WHERE o.paid_ms >= $1 AND o.paid_ms < $2 AND o.refunded_minor <> coalesce(r.sent, 0)
ORDER BY o.id LIMIT $3;

-- name: refund_lines_not_summed
-- A refund of goods is its units and the fee.
SELECT r.id, format('refund %s of order %s is of %s, its units and the fee of %s', r.id, r.order_id, r.amount_minor,
    t.delivery_minor + coalesce(l.units, 0)) AS what
FROM refunds r
JOIN refund_terms t ON t.refund = r.id
LEFT JOIN LATERAL (SELECT sum(amount_minor) AS units FROM refund_lines WHERE refund = r.id) AS l ON true
WHERE r.created_ms >= $1 AND r.created_ms < $2 AND (
    r.amount_minor <> t.delivery_minor + coalesce(l.units, 0)
    OR r.amount_minor <> t.goods_minor - t.discount_minor + t.delivery_minor
)
ORDER BY r.id LIMIT $3;

-- name: refunds_above_payments
SELECT p.id, format('payment %s of order %s brought in %s, and %s of it is refunded', p.id, p.order_id, p.amount_minor, r.back) AS what
FROM payments p
JOIN LATERAL (SELECT sum(amount_minor) AS back FROM refunds WHERE payment = p.id AND state <> 'failed') AS r ON r.back > p.amount_minor
WHERE p.paid_ms >= $1 AND p.paid_ms < $2
ORDER BY p.id LIMIT $3;

-- name: unbalanced
SELECT t.key AS id, format('transfer %s has %s entries of %s, which sum to %s', t.key, count(e.transfer), t.entries,
    coalesce(sum(e.amount_minor), 0)) AS what
FROM ledger_transfers t LEFT JOIN ledger_entries e ON e.transfer = t.id
WHERE t.at_ms >= $1 AND t.at_ms < $2
GROUP BY t.id HAVING count(e.transfer) <> t.entries OR coalesce(sum(e.amount_minor), 0) <> 0
ORDER BY t.key LIMIT $3;

-- name: prepayments_left
-- Money of a buyer is either for an order that is paid, or owed back.
SELECT t.order_id AS id, format('of order %s, %s %s is neither revenue nor owed back', t.order_id, -sum(e.amount_minor), t.currency) AS what
FROM ledger_transfers t JOIN ledger_entries e ON e.transfer = t.id AND e.account = 'buyer_prepayments'
WHERE t.order_id IN (SELECT order_id FROM ledger_transfers WHERE at_ms >= $1 AND at_ms < $2)
GROUP BY t.order_id, t.currency HAVING sum(e.amount_minor) <> 0
ORDER BY t.order_id LIMIT $3;

-- name: closings_not_summed
SELECT coalesce(c.day, s.day)::text || ' ' || coalesce(c.account, s.account) AS id,
    format('the closing of %s says %s on %s, and %s moved', coalesce(c.day, s.day), coalesce(c.moved, 0), coalesce(c.account, s.account),
        coalesce(s.moved, 0)) AS what
FROM (
    SELECT c.day, c.account, c.currency, c.debit_minor - c.credit_minor AS moved
    FROM ledger_closings c JOIN ledger_days d ON d.day = c.day WHERE d.until_ms > $1 AND d.from_ms < $2
) AS c
FULL JOIN (
    SELECT d.day, e.account, t.currency, sum(e.amount_minor) AS moved
    FROM ledger_days d
    JOIN ledger_transfers t ON t.booked_ms >= d.from_ms AND t.booked_ms < d.until_ms
    JOIN ledger_entries e ON e.transfer = t.id
    WHERE d.until_ms > $1 AND d.from_ms < $2
    GROUP BY d.day, e.account, t.currency
) AS s ON (s.day, s.account, s.currency) = (c.day, c.account, c.currency)
WHERE coalesce(c.moved, 0) <> coalesce(s.moved, 0)
ORDER BY 1 LIMIT $3;

-- name: cancelled_not_undone
-- Of an order that is cancelled after it was paid no money is revenue.
SELECT o.id, format('order %s is cancelled, and the ledger has %s of it as revenue', o.id, l.income) AS what
FROM orders o
JOIN LATERAL (
    SELECT -sum(e.amount_minor) AS income FROM ledger_transfers t JOIN ledger_entries e ON e.transfer = t.id
    WHERE t.order_id = o.id AND e.account IN ('revenue:goods', 'revenue:delivery', 'discounts')
) AS l ON l.income <> 0
WHERE o.state = 'cancelled' AND o.paid_ms >= $1 AND o.paid_ms < $2
ORDER BY o.id LIMIT $3;

-- name: paid_not_sold
-- A paid order's units are sold to it: those of its holds, or those that late money took once more.
SELECT o.id, format('order %s is paid, and its hold %s is %s', o.id, hold_id, CASE h.state WHEN 1 THEN 'held' WHEN 2 THEN 'closing'
    WHEN 4 THEN 'released' WHEN 5 THEN 'expired' ELSE 'not there' END) AS what
FROM orders o CROSS JOIN LATERAL unnest(ARRAY[o.hold, o.extra_hold]) AS of_it (hold_id)
LEFT JOIN stock_holds h ON h.id = hold_id
WHERE hold_id IS NOT NULL AND o.paid_ms >= $1 AND o.paid_ms < $2 AND h.state IS DISTINCT FROM 3
    AND NOT EXISTS (
        SELECT FROM stock_holds late
        WHERE late.state = 3 AND starts_with(late.key, 'late:') AND late.key = 'late:' || coalesce(o.payment, o.id)
    )
ORDER BY o.id LIMIT $3;

-- name: sold_to_nobody
-- Of an order that was never paid nothing is sold, unless it goes back on the shelf.
SELECT o.id, format('order %s is %s and was never paid, and its hold %s is confirmed', o.id, o.state, hold_id) AS what
FROM orders o CROSS JOIN LATERAL unnest(ARRAY[o.hold, o.extra_hold]) AS of_it (hold_id)
JOIN stock_holds h ON h.id = hold_id AND h.state = 3
WHERE o.paid_ms IS NULL AND o.created_ms >= $1 AND o.created_ms < $2
    AND NOT EXISTS (SELECT FROM order_stock_returns r WHERE r.order_id = o.id)
ORDER BY o.id LIMIT $3;

-- name: taken_by_nobody
-- What is sold is somebody's: an order's, the owner's of a coupon, or taken for late money that pays its order, or has put it back. All
-- there is is looked at whatever the day, since the stock engine's sums are of all there is, too.
SELECT h.id, format('hold %s is sold to nobody: %s', h.id, array_to_string(h.resources, ', ')) AS what
FROM stock_holds h
LEFT JOIN orders tapped ON tapped.hold = h.id
LEFT JOIN orders beyond ON beyond.extra_hold = h.id
LEFT JOIN orders late ON late.paid_ms IS NOT NULL AND 'late:' || coalesce(late.payment, late.id) = h.key
LEFT JOIN order_stock_returns r ON starts_with(h.key, 'late:')
    AND r.key IN ('taken:' || substr(h.key, length('late:') + 1), 'taken:' || substr(h.key, length('late:') + 1) || ':' || h.person)
WHERE h.state = 3 AND $1::bigint < $2::bigint AND NOT starts_with(h.resources[1], 'coupon:')
    AND num_nulls(tapped.id, beyond.id, late.id, r.key) = 4
ORDER BY h.id LIMIT $3;

-- name: stock_not_summed
-- What a resource has held and sold is what its holds have, whenever they were made.
SELECT coalesce(r.id, h.resource) AS id, format('%s has %s held and %s sold, and its holds have %s and %s', coalesce(r.id, h.resource),
    coalesce(r.held, 0), coalesce(r.sold, 0), coalesce(h.held, 0), coalesce(h.sold, 0)) AS what
FROM stock_resources r
FULL JOIN (
    SELECT u.resource, sum(u.units) FILTER (WHERE h.state IN (1, 2)) AS held, sum(u.units) FILTER (WHERE h.state = 3) AS sold
    FROM stock_holds h CROSS JOIN LATERAL unnest(h.resources, h.has) AS u (resource, units)
    WHERE h.state IN (1, 2, 3) GROUP BY u.resource
) AS h ON h.resource = r.id
WHERE $1::bigint < $2::bigint AND (coalesce(r.held, 0), coalesce(r.sold, 0)) <> (coalesce(h.held, 0), coalesce(h.sold, 0))
ORDER BY 1 LIMIT $3;

-- name: lines_not_sold
-- What was sold to an order is its lines: of bundles their components, with gifts.
SELECT o.id, format('order %s is of %s of %s, and %s are sold to it', o.id, d.wanted, d.resource, d.sold) AS what
FROM orders o
CROSS JOIN LATERAL (
    SELECT resource, coalesce(w.units, 0) AS wanted, coalesce(s.units, 0) AS sold
    FROM (
        SELECT 'product:' || p.product AS resource, sum(l.qty * p.qty) AS units
        FROM order_lines l
        CROSS JOIN LATERAL (
            SELECT c ->> 'product', (c ->> 'qty')::bigint FROM jsonb_array_elements(l.components) AS c
            UNION ALL SELECT l.product, 1 WHERE l.components IS NULL
        ) AS p (product, qty)
        WHERE l.order_id = o.id GROUP BY p.product
    ) AS w
    FULL JOIN (
        SELECT u.resource, sum(u.units) AS units
        FROM (
            SELECT resources, has FROM stock_holds WHERE id IN (o.hold, o.extra_hold) AND state = 3
            UNION ALL
            SELECT resources, has FROM stock_holds
            WHERE state = 3 AND starts_with(key, 'late:') AND key = 'late:' || coalesce(o.payment, o.id)
                AND NOT EXISTS (
                    SELECT FROM order_stock_returns r WHERE r.key = 'taken:' || coalesce(o.payment, o.id) || ':' || stock_holds.person
                )
        ) AS h
        CROSS JOIN LATERAL unnest(h.resources, h.has) AS u (resource, units)
        WHERE starts_with(u.resource, 'product:') GROUP BY u.resource
    ) AS s USING (resource)
) AS d
WHERE o.paid_ms >= $1 AND o.paid_ms < $2 AND o.stock_state = 'sold' AND num_nulls(o.hold, o.extra_hold) < 2 AND d.wanted <> d.sold
ORDER BY o.id, d.resource LIMIT $3;

-- name: held_for_nobody
-- A cancelled order holds nothing.
SELECT o.id, format('order %s is cancelled, and its hold %s is still held', o.id, hold_id) AS what
FROM orders o CROSS JOIN LATERAL unnest(ARRAY[o.hold, o.extra_hold]) AS of_it (hold_id)
JOIN stock_holds h ON h.id = hold_id AND h.state IN (1, 2)
WHERE o.state = 'cancelled' AND o.created_ms >= $1 AND o.created_ms < $2
ORDER BY o.id LIMIT $3;
