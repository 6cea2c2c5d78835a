-- Orders of which something was in a van whose cold chain broke. `told_ms`: business time, Unix ms. Revision 0006 tells of lines and
-- breaches apart; 0007 has the index of lines by their batch.
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
