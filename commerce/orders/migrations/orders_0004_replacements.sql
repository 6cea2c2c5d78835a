-- A replacement: what is sent instead of units of another order, as a case was decided. It costs nothing, and a case has one at most.
ALTER TABLE orders ADD COLUMN replaces text REFERENCES orders (id);
ALTER TABLE orders ADD COLUMN after_case text;
ALTER TABLE orders ADD CONSTRAINT orders_replacement CHECK (
    (replaces IS NULL) = (after_case IS NULL) AND (replaces IS NULL OR goods_minor + delivery_minor = 0)
);
CREATE UNIQUE INDEX orders_after_case ON orders (after_case) WHERE after_case IS NOT NULL;
CREATE INDEX orders_replaces ON orders (replaces) WHERE replaces IS NOT NULL;

-- selling: its units are held for it, and the stock engine is still to be told that they are sold.
ALTER TABLE orders DROP CONSTRAINT orders_stock_state_check;
ALTER TABLE orders ADD CONSTRAINT orders_stock_state_check CHECK (stock_state IN ('held', 'selling', 'sold', 'freeing', 'freed'));
CREATE INDEX orders_stock_selling ON orders (id) WHERE stock_state = 'selling';

CREATE OR REPLACE VIEW facts.orders AS
SELECT o.id AS order_id, o.person, o.room, o.state, o.currency, o.goods_minor, o.discount_minor, o.delivery_minor,
    o.delivery_discount_minor, o.total_minor, o.paid_minor, o.refunded_minor, o.coupon, o.delivery_coupon,
    o.delivery ->> 'method' AS delivery_method, l.lines, l.units, o.cancel_reason, to_timestamp(o.created_ms / 1000.0) AS created_at,
    to_timestamp(o.paid_ms / 1000.0) AS paid_at, to_timestamp(o.cancelled_ms / 1000.0) AS cancelled_at, o.replaces
FROM orders AS o
CROSS JOIN LATERAL (
    SELECT count(*)::integer AS lines, coalesce(sum(qty), 0)::bigint AS units FROM order_lines WHERE order_id = o.id
) AS l;
COMMENT ON COLUMN facts.orders.replaces IS 'the order of whose units these are sent instead, for nothing; NULL: it was bought';
