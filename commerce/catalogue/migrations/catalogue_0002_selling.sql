-- Each SKU is a product of its own, with its own price, stock and history. `variant_of` names the product whose other size or sort
-- it is; that one is no variant itself. `image` is the first of `images`. All `*_ms` are Unix milliseconds of business time.
ALTER TABLE products
    ADD COLUMN version             integer NOT NULL DEFAULT 1,
    ADD COLUMN is_on_sale          boolean NOT NULL DEFAULT true,
    ADD COLUMN sku                 text    CHECK (sku <> ''),
    ADD COLUMN gtin                text    CHECK (gtin ~ '^[0-9]{14}$'),
    ADD COLUMN images              text[]  NOT NULL DEFAULT '{}',
    ADD COLUMN variant_of          text    REFERENCES products (id) CHECK (variant_of <> id),
    ADD COLUMN variant             text    NOT NULL DEFAULT '',
    ADD COLUMN variant_names       jsonb   CHECK (jsonb_typeof(variant_names) = 'object'),
    ADD COLUMN weighed_grams       integer CHECK (weighed_grams > 0),      -- what the price pays for, at most
    ADD COLUMN weighed_per_kg_minor bigint CHECK (weighed_per_kg_minor >= 0),
    ADD COLUMN gift                text    REFERENCES products (id) CHECK (gift <> id),
    ADD COLUMN gift_qty            integer CHECK (gift_qty > 0),
    ADD COLUMN flags_seen          text[]  NOT NULL DEFAULT '{}',          -- words of advertising that staff have answered for
    ADD COLUMN claims              text[]  NOT NULL DEFAULT '{}',          -- kinds of certificates that its words want
    ADD COLUMN changed_ms          bigint,
    ADD CHECK ((weighed_grams IS NULL) = (weighed_per_kg_minor IS NULL)),
    ADD CHECK ((gift IS NULL) = (gift_qty IS NULL));
UPDATE products SET images = ARRAY[image] WHERE image IS NOT NULL;
CREATE UNIQUE INDEX products_sku ON products (sku);
CREATE INDEX products_variant_of ON products (variant_of) WHERE variant_of IS NOT NULL;
CREATE INDEX products_created ON products (created_at, id);

-- What one unit of a bundle is made of. A bundle has no stock of its own.
CREATE TABLE product_components (
    product      text    NOT NULL REFERENCES products (id),
    position     integer NOT NULL,
    component    text    NOT NULL REFERENCES products (id) CHECK (component <> product),
    qty          integer NOT NULL CHECK (qty > 0),
    PRIMARY KEY (product, component)
);
CREATE INDEX product_components_component ON product_components (component);

-- What a product was offered for, and when: [from_ms, until_ms). A struck-through price needs it. `sale`: of a room, else the usual price.
CREATE TABLE product_prices (
    id           bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product      text    NOT NULL REFERENCES products (id),
    price_minor  bigint  NOT NULL CHECK (price_minor >= 0),
    currency     text    NOT NULL,
    from_ms      bigint  NOT NULL,
    until_ms     bigint  CHECK (until_ms >= from_ms),                      -- NULL: it still is
    sale         text
);
CREATE UNIQUE INDEX product_prices_current ON product_prices (product) WHERE until_ms IS NULL AND sale IS NULL;
CREATE UNIQUE INDEX product_prices_sale ON product_prices (sale) WHERE sale IS NOT NULL;
CREATE INDEX product_prices_product ON product_prices (product, from_ms DESC, id DESC);
INSERT INTO product_prices (product, price_minor, currency, from_ms)
    SELECT id, price_minor, currency, (extract(epoch FROM created_at) * 1000)::bigint FROM products;

-- Certificates on file. It holds up to the end of its last day in the shop's time zone.
CREATE TABLE product_certificates (
    id           text    PRIMARY KEY,
    product      text    NOT NULL REFERENCES products (id),
    kind         text    NOT NULL,
    picture      text    NOT NULL,
    number       text    NOT NULL DEFAULT '',
    valid_until  date    NOT NULL,
    added_ms     bigint  NOT NULL,
    removed_ms   bigint                                                    -- kept for later questions
);
CREATE INDEX product_certificates_product ON product_certificates (product);
