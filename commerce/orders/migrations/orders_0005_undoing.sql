-- Which unit was sent again, and as which unit of another order. root: the unit that was paid for, at the beginning of the chain. The
-- first unit of a line is 0. is_undone: that other order was cancelled.
CREATE TABLE replaced_units (
    order_id    text    NOT NULL REFERENCES orders (id),
    line        text    NOT NULL REFERENCES order_lines (id),
    unit        integer NOT NULL CHECK (unit >= 0),
    root_order  text    NOT NULL REFERENCES orders (id),
    root_line   text    NOT NULL REFERENCES order_lines (id),
    root_unit   integer NOT NULL CHECK (root_unit >= 0),
    by_order    text    NOT NULL REFERENCES orders (id),
    by_line     text    NOT NULL REFERENCES order_lines (id),
    by_unit     integer NOT NULL CHECK (by_unit >= 0),
    is_undone   boolean NOT NULL DEFAULT false,
    PRIMARY KEY (by_line, by_unit)
);
-- No unit twice.
CREATE UNIQUE INDEX replaced_units_once ON replaced_units (line, unit) WHERE NOT is_undone;
CREATE INDEX replaced_units_of ON replaced_units (order_id);
CREATE INDEX replaced_units_by ON replaced_units (by_order);

-- When a replacement is cancelled its case is decided anew.
DROP INDEX orders_after_case;
CREATE UNIQUE INDEX orders_after_case ON orders (after_case) WHERE after_case IS NOT NULL AND state <> 'cancelled';

COMMENT ON COLUMN facts.orders.cancel_reason IS
    'timeout, buyer, staff, stock_gone, coupon_gone or refunded; NULL unless cancelled';
