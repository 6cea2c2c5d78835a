-- Orders of which something was in a van whose cold chain broke. One row for each order and shipment: however often that broke, a buyer
-- is told, and offered something, once. `told_ms`: business time, Unix ms.
CREATE TABLE breach_orders (
    order_id  text   NOT NULL REFERENCES orders (id),
    shipment  text   NOT NULL,
    breach    text   NOT NULL,
    lines     text[] NOT NULL,                          -- those of the batches
    offer     text   NOT NULL CHECK (offer IN ('none', 'coupon', 'replacement', 'refund')),
    told_ms   bigint NOT NULL,
    PRIMARY KEY (order_id, shipment)
);
CREATE INDEX breach_orders_breach ON breach_orders (breach);
CREATE INDEX order_lines_batch ON order_lines (batch) WHERE batch IS NOT NULL;
