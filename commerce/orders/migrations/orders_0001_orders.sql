-- What somebody wants to buy: lines [{product, qty}], each of another product. Guests keep theirs in the browser.
CREATE TABLE carts (
    person      text    PRIMARY KEY,
    lines       jsonb   NOT NULL,
    version     integer NOT NULL DEFAULT 1,
    changed_ms  bigint  NOT NULL
);

-- What somebody has bought, or is about to: frozen when it was made. All times are Unix ms of business time, all amounts minor units.
-- Whoever changes orders locks their rows in the order of their ids. `room` has no foreign key: each order would lock its room's row.
CREATE TABLE orders (
    id                       text    PRIMARY KEY,
    number                   text    NOT NULL UNIQUE,      -- for people: twelve digits, of chance
    person                   text    NOT NULL,
    key                      text    NOT NULL,             -- the Idempotency-Key it was made with, for ever
    fingerprint              bytea   NOT NULL,             -- of that request
    state                    text    NOT NULL DEFAULT 'unpaid' CHECK (
        state IN ('unpaid', 'paid', 'preparing', 'dispatched', 'delivered', 'done', 'cancelled')
    ),
    room                     text,                         -- where it was sold; NULL: out of a cart
    currency                 text    NOT NULL,
    goods_minor              bigint  NOT NULL CHECK (goods_minor >= 0),
    discount_minor           bigint  NOT NULL CHECK (discount_minor BETWEEN 0 AND goods_minor),
    delivery_minor           bigint  NOT NULL CHECK (delivery_minor >= 0),
    delivery_discount_minor  bigint  NOT NULL CHECK (delivery_discount_minor BETWEEN 0 AND delivery_minor),
    total_minor              bigint  NOT NULL,
    paid_minor               bigint  NOT NULL DEFAULT 0 CHECK (paid_minor IN (0, total_minor)),
    refunded_minor           bigint  NOT NULL DEFAULT 0 CHECK (refunded_minor BETWEEN 0 AND paid_minor),
    coupon                   text,
    delivery_coupon          text,
    address                  jsonb,                        -- as it was given then; NULL: none was, or its time is over
    slot                     text,
    delivery                 jsonb,                        -- the way and the window, as they were called then
    delivery_group           text,                         -- orders of the same buyer, address and window pay one fee
    hold                     text    UNIQUE,               -- of the tap
    extra_hold               text,                         -- of what the order took beyond that
    stock_state              text    NOT NULL DEFAULT 'held' CHECK (
        stock_state IN ('held', 'sold', 'freeing', 'freed')  -- freeing: the stock engine is still to be told
    ),
    closes_ms                bigint  NOT NULL,             -- unpaid, it is cancelled from then on
    closing_real_ms          bigint,                       -- real time: since when its payments are being closed,
    looked_real_ms           bigint,                       -- and when that was tried last
    payment                  text,                         -- the one that paid it
    note                     text,
    created_ms               bigint  NOT NULL,
    paid_ms                  bigint,
    cancelled_ms             bigint,
    cancel_reason            text,
    version                  integer NOT NULL DEFAULT 1,
    CHECK (total_minor = goods_minor - discount_minor + delivery_minor - delivery_discount_minor),
    CHECK (CASE state WHEN 'unpaid' THEN paid_ms IS NULL WHEN 'cancelled' THEN true ELSE paid_ms IS NOT NULL END)
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX orders_key ON orders (person, key);
CREATE INDEX orders_person ON orders (person, id DESC);
CREATE INDEX orders_unpaid ON orders (closes_ms) WHERE state = 'unpaid';
CREATE INDEX orders_paid_group ON orders (delivery_group)
WHERE delivery_group IS NOT NULL AND paid_ms IS NOT NULL AND state <> 'cancelled';
CREATE INDEX orders_stock_owed ON orders (id) WHERE stock_state = 'freeing';
CREATE INDEX orders_with_address ON orders (created_ms) WHERE address IS NOT NULL;

-- Each unit's share of what was paid is `unit_shares_minor`, the first being 0: refunds read it.
CREATE TABLE order_lines (
    id                 text     PRIMARY KEY,
    order_id           text     NOT NULL REFERENCES orders (id),
    position           smallint NOT NULL,
    product            text     NOT NULL,
    sale               text,
    batch              text,                               -- of which food the sale was
    title              text     NOT NULL,
    titles             jsonb,
    image              text,
    unit               text     NOT NULL,
    unit_names         jsonb,
    variant            text     NOT NULL DEFAULT '',       -- which size or sort of it
    variant_names      jsonb,
    sku                text,
    qty                bigint   NOT NULL CHECK (qty > 0),
    unit_price_minor   bigint   NOT NULL CHECK (unit_price_minor >= 0),
    amount_minor       bigint   NOT NULL,
    discount_minor     bigint   NOT NULL,
    paid_minor         bigint   NOT NULL CHECK (paid_minor >= 0 AND paid_minor = amount_minor - discount_minor),
    unit_shares_minor  bigint[] NOT NULL,
    weighed            jsonb,                              -- {grams, per_kg_minor} of one unit, at most
    components         jsonb,                              -- [{product, qty}] of one unit
    is_gift            boolean  NOT NULL DEFAULT false,
    tax_minor          bigint   NOT NULL DEFAULT 0,
    CHECK (cardinality(unit_shares_minor) = qty)
);
CREATE INDEX order_lines_order ON order_lines (order_id, position);
CREATE INDEX order_lines_product ON order_lines (product, order_id);

-- The time line. `by`: a person; NULL: time, or money that came in.
CREATE TABLE order_changes (
    id        bigint GENERATED ALWAYS AS IDENTITY,
    order_id  text   NOT NULL REFERENCES orders (id),
    at_ms     bigint NOT NULL,
    was       text,
    state     text   NOT NULL,
    by        text,
    why       text,
    PRIMARY KEY (order_id, id)
);
CREATE INDEX order_changes_by ON order_changes (by) WHERE by IS NOT NULL;

-- Units that the stock engine has sold to an order whose money goes back: they are added to the stock again, once by their key.
CREATE TABLE order_stock_returns (
    key        text     PRIMARY KEY,
    order_id   text     NOT NULL REFERENCES orders (id),
    resources  text[]   NOT NULL,
    units      bigint[] NOT NULL,
    is_done    boolean  NOT NULL DEFAULT false,
    CHECK (cardinality(resources) = cardinality(units))
);
CREATE INDEX order_stock_returns_owed ON order_stock_returns (key) WHERE NOT is_done;
