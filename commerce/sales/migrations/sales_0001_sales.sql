-- What a room sells, for how much, and when. How many are held and sold is known to the stock engine (stock_resources, sale:{id}).
-- Whoever changes a row holds it FOR NO KEY UPDATE while the engine is asked, and locks the room's row after it. All times are Unix ms
-- of business time.
CREATE TABLE sales (
    id              text    PRIMARY KEY,
    room            text    NOT NULL REFERENCES rooms (id),
    product         text    NOT NULL REFERENCES products (id),
    price_minor     bigint  NOT NULL CHECK (price_minor >= 0),
    currency        text    NOT NULL,
    units           bigint  NOT NULL CHECK (units > 0),
    per_person_max  bigint  NOT NULL CHECK (per_person_max > 0),
    opens_ms        bigint,                              -- it can be bought in [opens_ms, closes_ms); NULL: not opened, or closed, yet
    closes_ms       bigint,
    coupons         boolean NOT NULL,                    -- whether coupons count for it
    batch           text,                                -- of which batch of food it is
    opened_ms       bigint,                              -- when the room was told
    closed_ms       bigint,
    created_ms      bigint  NOT NULL,
    created_by      text    NOT NULL,
    opened_by       text,                                -- by hand
    closed_by       text,
    version         integer NOT NULL DEFAULT 1
);
CREATE INDEX sales_room ON sales (room, created_ms DESC, id DESC);

-- Who changed the stock of a product, and why. The engine has the units; the key is the one under which it changed them.
CREATE TABLE stock_changes (
    key         text   PRIMARY KEY,
    product     text   NOT NULL REFERENCES products (id),
    delta       bigint NOT NULL CHECK (delta <> 0),
    reason      text   NOT NULL,
    changed_by  text   NOT NULL,
    changed_ms  bigint NOT NULL
);
CREATE INDEX stock_changes_product ON stock_changes (product, changed_ms DESC);
