-- name: product
-- $1 id
SELECT id, farm, title, subtitle, image, price_minor, list_price_minor, currency, unit,
    titles, subtitles, unit_names FROM products WHERE id = $1;

-- name: products
-- $1 how many
SELECT id, farm, title, subtitle, image, price_minor, list_price_minor, currency, unit,
    titles, subtitles, unit_names FROM products ORDER BY created_at, id LIMIT $1;

-- name: put_product
-- $1 id, $2 farm, $3 title, $4 subtitle, $5 image, $6 price_minor, $7 list_price_minor, $8 currency, $9 unit,
-- $10 titles jsonb, $11 subtitles jsonb, $12 unit_names jsonb, $13 now, Unix ms
INSERT INTO products
    (id, farm, title, subtitle, image, price_minor, list_price_minor, currency, unit, titles, subtitles, unit_names, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, to_timestamp($13::bigint / 1000.0))
ON CONFLICT (id) DO UPDATE SET farm = excluded.farm, title = excluded.title, subtitle = excluded.subtitle,
    image = excluded.image, price_minor = excluded.price_minor, list_price_minor = excluded.list_price_minor,
    currency = excluded.currency, unit = excluded.unit,
    titles = excluded.titles, subtitles = excluded.subtitles, unit_names = excluded.unit_names;
