-- name: product
-- $1 id
SELECT id, farm, title, subtitle, image, price_minor, list_price_minor, currency, unit FROM products WHERE id = $1;

-- name: products
-- $1 how many
SELECT id, farm, title, subtitle, image, price_minor, list_price_minor, currency, unit FROM products ORDER BY created_at, id LIMIT $1;

-- name: put_product
-- $1 id, $2 farm, $3 title, $4 subtitle, $5 image, $6 price_minor, $7 list_price_minor, $8 currency, $9 unit, $10 now, Unix ms
INSERT INTO products (id, farm, title, subtitle, image, price_minor, list_price_minor, currency, unit, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, to_timestamp($10::bigint / 1000.0))
ON CONFLICT (id) DO UPDATE SET farm = excluded.farm, title = excluded.title, subtitle = excluded.subtitle,
    image = excluded.image, price_minor = excluded.price_minor, list_price_minor = excluded.list_price_minor,
    currency = excluded.currency, unit = excluded.unit;
