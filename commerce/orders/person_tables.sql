-- What orders keep of people.

-- name: move_orders
-- One whose key the other has used, too, stays where it is. Those that are unpaid give up their places, which the other may have taken:
-- none of them is cancelled for that, and both ones' count before the next. $1 who it was, $2 who it is
UPDATE orders o SET person = $2, unpaid_place = NULL WHERE person = $1 AND NOT EXISTS (SELECT FROM orders other WHERE other.person = $2 AND other.key = o.key)
RETURNING id;

-- name: move_orders_back
-- $1 who it was, $2 who it is, $3 orders text[]
UPDATE orders o SET person = $1, unpaid_place = NULL
WHERE person = $2 AND id = ANY($3::text[]) AND NOT EXISTS (SELECT FROM orders other WHERE other.person = $1 AND other.key = o.key)
RETURNING id;

-- name: orders_of
-- $1 person
SELECT jsonb_build_object(
    'order', o.id, 'number', o.number, 'state', o.state, 'currency', o.currency, 'goods_minor', o.goods_minor,
    'discount_minor', o.discount_minor, 'delivery_minor', o.delivery_minor, 'total_minor', o.total_minor, 'paid_minor', o.paid_minor,
    'refunded_minor', o.refunded_minor, 'address', o.address, 'delivery', o.delivery, 'note', o.note,
    'at', to_timestamp(o.created_ms / 1000.0),
    'lines', (
        SELECT jsonb_agg(jsonb_build_object('title', l.title, 'qty', l.qty, 'paid_minor', l.paid_minor) ORDER BY l.position)
        FROM order_lines l WHERE l.order_id = o.id
    )
)
FROM orders o WHERE o.person = $1 ORDER BY o.id;

-- name: changes_by
-- $1 person
SELECT jsonb_build_object('order', order_id, 'state', state, 'at', to_timestamp(at_ms / 1000.0))
FROM order_changes WHERE by = $1 ORDER BY id;

-- name: cart_of
-- $1 person
SELECT jsonb_build_object('lines', lines) FROM carts WHERE person = $1;

-- name: erase_cart
-- $1 person, $2 stands in
WITH gone AS (
    DELETE FROM carts WHERE person = $1 AND $2::text IS NOT NULL RETURNING true
) SELECT count(*) FROM gone;
