-- What analysts and later parts read: columns that keep their names and meanings whatever becomes of the tables. Of people there is
-- the id and nothing else: no name, phone, address, note or reason that somebody typed. Times are timestamptz of business time.
CREATE SCHEMA facts;
COMMENT ON SCHEMA facts IS 'What happened, for analysis. Columns keep their names and meanings; nothing personal but ids.';

CREATE VIEW facts.orders AS
SELECT o.id AS order_id, o.person, o.room, o.state, o.currency, o.goods_minor, o.discount_minor, o.delivery_minor,
    o.delivery_discount_minor, o.total_minor, o.paid_minor, o.refunded_minor, o.coupon, o.delivery_coupon,
    o.delivery ->> 'method' AS delivery_method, l.lines, l.units, o.cancel_reason, to_timestamp(o.created_ms / 1000.0) AS created_at,
    to_timestamp(o.paid_ms / 1000.0) AS paid_at, to_timestamp(o.cancelled_ms / 1000.0) AS cancelled_at
FROM orders AS o
CROSS JOIN LATERAL (
    SELECT count(*)::integer AS lines, coalesce(sum(qty), 0)::bigint AS units FROM order_lines WHERE order_id = o.id
) AS l;
COMMENT ON VIEW facts.orders IS 'A row for each order, whatever became of it.';
COMMENT ON COLUMN facts.orders.order_id IS 'the order';
COMMENT ON COLUMN facts.orders.person IS 'whose it is: an id, or what stands in its place once they were forgotten';
COMMENT ON COLUMN facts.orders.room IS 'in which room it was sold; NULL: out of a cart';
COMMENT ON COLUMN facts.orders.state IS 'unpaid, paid, preparing, dispatched, delivered, done or cancelled, now';
COMMENT ON COLUMN facts.orders.currency IS 'ISO 4217; of all amounts of the row';
COMMENT ON COLUMN facts.orders.goods_minor IS 'goods before discounts, in minor units of the currency';
COMMENT ON COLUMN facts.orders.discount_minor IS 'what a coupon took off the goods';
COMMENT ON COLUMN facts.orders.delivery_minor IS 'the fee for delivery before discounts';
COMMENT ON COLUMN facts.orders.delivery_discount_minor IS 'what a coupon took off that fee';
COMMENT ON COLUMN facts.orders.total_minor IS 'what is to be paid: goods - discount + delivery - its discount';
COMMENT ON COLUMN facts.orders.paid_minor IS 'what was paid for it: nothing, or the total';
COMMENT ON COLUMN facts.orders.refunded_minor IS 'what of that has been, or is being, paid back';
COMMENT ON COLUMN facts.orders.coupon IS 'the coupon on the goods';
COMMENT ON COLUMN facts.orders.delivery_coupon IS 'the coupon on the fee';
COMMENT ON COLUMN facts.orders.delivery_method IS 'door or pickup; NULL: there was nothing to choose';
COMMENT ON COLUMN facts.orders.lines IS 'how many lines it has, gifts among them';
COMMENT ON COLUMN facts.orders.units IS 'how many units, of all lines';
COMMENT ON COLUMN facts.orders.cancel_reason IS 'timeout, buyer, staff, stock_gone or refunded; NULL unless cancelled';
COMMENT ON COLUMN facts.orders.created_at IS 'when it was made';
COMMENT ON COLUMN facts.orders.paid_at IS 'when it was paid; NULL: it was not';
COMMENT ON COLUMN facts.orders.cancelled_at IS 'when it was cancelled; NULL: it was not';

CREATE VIEW facts.payments AS
SELECT id AS payment_id, order_id, person, provider, state, amount_minor, currency, to_timestamp(created_ms / 1000.0) AS created_at,
    to_timestamp(paid_ms / 1000.0) AS paid_at, to_timestamp(ended_ms / 1000.0) AS ended_at
FROM payments;
COMMENT ON VIEW facts.payments IS 'A row for each try to pay an order; of one order there may be many.';
COMMENT ON COLUMN facts.payments.payment_id IS 'the try';
COMMENT ON COLUMN facts.payments.order_id IS 'the order that it is for';
COMMENT ON COLUMN facts.payments.person IS 'who pays: an id, or what stands in its place once they were forgotten';
COMMENT ON COLUMN facts.payments.provider IS 'sandbox, wechatpay, stripe or another';
COMMENT ON COLUMN facts.payments.state IS 'open, paid, failed or closed, now';
COMMENT ON COLUMN facts.payments.amount_minor IS 'what is paid with it, in minor units of the currency';
COMMENT ON COLUMN facts.payments.currency IS 'ISO 4217';
COMMENT ON COLUMN facts.payments.created_at IS 'when it began';
COMMENT ON COLUMN facts.payments.paid_at IS 'when we counted the money; NULL: none came in';
COMMENT ON COLUMN facts.payments.ended_at IS 'when it failed or was closed; NULL: it did not';

CREATE VIEW facts.refunds AS
SELECT r.id AS refund_id, r.order_id, r.payment AS payment_id, p.person, p.provider, r.kind, r.state, r.amount_minor, r.currency,
    r.asked_by IS NOT NULL AS is_by_staff, to_timestamp(r.created_ms / 1000.0) AS created_at,
    to_timestamp(r.paid_ms / 1000.0) AS paid_at, to_timestamp(r.failed_ms / 1000.0) AS failed_at
FROM refunds AS r JOIN payments AS p ON p.id = r.payment;
COMMENT ON VIEW facts.refunds IS 'A row for each sum of money that goes back to a buyer.';
COMMENT ON COLUMN facts.refunds.refund_id IS 'the refund';
COMMENT ON COLUMN facts.refunds.order_id IS 'the order that was paid';
COMMENT ON COLUMN facts.refunds.payment_id IS 'the payment that it is taken from';
COMMENT ON COLUMN facts.refunds.person IS 'who paid: an id, or what stands in its place once they were forgotten';
COMMENT ON COLUMN facts.refunds.provider IS 'through whom the money came, and goes back';
COMMENT ON COLUMN facts.refunds.kind IS 'lines: units of lines; late: the order was over; double: it was paid already; delivery: the fee; weight: it weighed less';
COMMENT ON COLUMN facts.refunds.state IS 'approval, processing, paid or failed, now';
COMMENT ON COLUMN facts.refunds.amount_minor IS 'what goes back, in minor units of the currency';
COMMENT ON COLUMN facts.refunds.currency IS 'ISO 4217';
COMMENT ON COLUMN facts.refunds.is_by_staff IS 'somebody asked for it; else it began by itself';
COMMENT ON COLUMN facts.refunds.created_at IS 'when it was asked for';
COMMENT ON COLUMN facts.refunds.paid_at IS 'when the provider had paid it; NULL: not yet';
COMMENT ON COLUMN facts.refunds.failed_at IS 'when it failed; NULL: it did not';
