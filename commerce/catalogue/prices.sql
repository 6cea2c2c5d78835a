-- name: current_price
-- $1 product
SELECT price_minor, currency, from_ms FROM product_prices WHERE product = $1 AND until_ms IS NULL AND sale IS NULL;

-- name: end_price
-- $1 product, $2 now, Unix ms
UPDATE product_prices SET until_ms = greatest($2::bigint, from_ms) WHERE product = $1 AND until_ms IS NULL AND sale IS NULL;

-- name: begin_price
-- $1 product, $2 price_minor, $3 currency, $4 from, Unix ms
INSERT INTO product_prices (product, price_minor, currency, from_ms) VALUES ($1, $2, $3, $4);

-- name: begin_sale_price
-- $1 product, $2 price_minor, $3 currency, $4 from, Unix ms, $5 until, Unix ms, or null, $6 sale
INSERT INTO product_prices (product, price_minor, currency, from_ms, until_ms, sale)
VALUES ($1, $2, $3, $4, greatest($5::bigint, $4), $6) ON CONFLICT DO NOTHING;

-- name: move_sale_price_end
-- $1 sale, $2 until, Unix ms, or null
UPDATE product_prices SET until_ms = $2 WHERE sale = $1;

-- name: end_sale_price
-- $1 sale, $2 now, Unix ms
UPDATE product_prices SET until_ms = greatest(least($2::bigint, until_ms), from_ms) WHERE sale = $1;

-- name: lowest_price
-- Of what was offered at any moment of [$3, $4). No row: nothing was.
-- $1 product, $2 currency, $3, $4 Unix ms, $5 but for this sale, or null
SELECT min(price_minor) FROM product_prices
WHERE product = $1 AND currency = $2 AND from_ms < $4 AND (until_ms IS NULL OR until_ms > $3)
    AND ($5::text IS NULL OR sale IS DISTINCT FROM $5);

-- name: prices
-- Latest first.
-- $1 product, $2 how many, $3 id before the first of them, or null
SELECT id, price_minor, currency, from_ms, until_ms, sale FROM product_prices
WHERE product = $1 AND ($3::bigint IS NULL OR id < $3) ORDER BY id DESC LIMIT $2;
