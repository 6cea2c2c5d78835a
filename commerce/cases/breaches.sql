-- Orders that a breach of the cold chain is about.

-- name: flag
-- Of those not flagged for the shipment before: who bought what. What had been delivered before the goods got warm was not in there.
-- $1 batches, $2 since when, Unix ms, $3 shipment, $4 breach, $5 offer, $6 now, Unix ms
WITH about AS (
    SELECT o.id, o.number, o.person, o.currency, array_agg(l.id ORDER BY l.position) AS lines
    FROM order_lines l JOIN orders o ON o.id = l.order_id
    WHERE l.batch = ANY($1::text[]) AND o.state NOT IN ('unpaid', 'cancelled')
      AND NOT EXISTS (SELECT FROM order_changes c WHERE c.order_id = o.id AND c.state = 'delivered' AND c.at_ms < $2)
    GROUP BY o.id
), flagged AS (
    INSERT INTO breach_orders (order_id, shipment, breach, lines, offer, told_ms)
    SELECT id, $3, $4, lines, $5, $6 FROM about ORDER BY id ON CONFLICT DO NOTHING RETURNING order_id
)
SELECT a.id, a.number, a.person, a.currency, a.lines FROM about a JOIN flagged f ON f.order_id = a.id ORDER BY a.id;

-- name: units
-- $1 order
SELECT id, qty FROM order_lines WHERE order_id = $1;
