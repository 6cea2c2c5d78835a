-- What a refund of payments (`refunds`) is of. Whoever begins one holds the payment's row, then the order's.
-- goods_minor - discount_minor + delivery_minor is its amount. is_rejected: the second person said no; its units are free again.
CREATE TABLE refund_terms (
    refund          text    PRIMARY KEY REFERENCES refunds (id),
    order_id        text    NOT NULL REFERENCES orders (id),
    goods_minor     bigint  NOT NULL CHECK (goods_minor >= 0),
    discount_minor  bigint  NOT NULL CHECK (discount_minor BETWEEN 0 AND goods_minor),
    delivery_minor  bigint  NOT NULL CHECK (delivery_minor >= 0),
    restock         boolean,                             -- whether its goods go back on the shelf; NULL: not decided before it is let go
    is_at_fault     boolean NOT NULL,
    case_id         text,                                -- of the case that it was decided in
    is_rejected     boolean NOT NULL DEFAULT false
);
CREATE INDEX refund_terms_order ON refund_terms (order_id);

-- No unit twice. The first unit of a line is 0.
CREATE TABLE refund_lines (
    refund        text    NOT NULL REFERENCES refund_terms (refund),
    line          text    NOT NULL REFERENCES order_lines (id),
    unit          integer NOT NULL CHECK (unit >= 0),
    amount_minor  bigint  NOT NULL CHECK (amount_minor >= 0),
    is_rejected   boolean NOT NULL DEFAULT false,
    PRIMARY KEY (refund, line, unit)
);
CREATE UNIQUE INDEX refund_lines_once ON refund_lines (line, unit) WHERE NOT is_rejected;

-- What units of goods sold by weight really weighed, once each. refund: of the difference; NULL: there was none.
CREATE TABLE order_weights (
    line          text    NOT NULL REFERENCES order_lines (id),
    unit          integer NOT NULL CHECK (unit >= 0),
    order_id      text    NOT NULL REFERENCES orders (id),
    grams         integer NOT NULL CHECK (grams >= 0),
    amount_minor  bigint  NOT NULL CHECK (amount_minor >= 0),
    refund        text    REFERENCES refunds (id),
    weighed_by    text    NOT NULL,
    weighed_ms    bigint  NOT NULL,
    PRIMARY KEY (line, unit),
    CHECK ((refund IS NULL) = (amount_minor = 0))
);
CREATE INDEX order_weights_order ON order_weights (order_id);
