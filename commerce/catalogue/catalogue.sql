-- name: product
-- $1 id
SELECT id, farm, title, subtitle, image, price_minor, list_price_minor, currency, unit, titles, subtitles, unit_names, version, images,
    sku, gtin, is_on_sale, variant_of, variant, variant_names, weighed_grams, weighed_per_kg_minor, gift, gift_qty, flags_seen, claims,
    (extract(epoch FROM created_at) * 1000)::bigint AS created_ms, changed_ms
FROM products WHERE id = $1;

-- name: parts
-- What is in a bundle, in its order, and then, without a position, the gift.
-- $1 product
SELECT p.id, c.qty, p.title, p.image, p.unit, p.titles, p.unit_names, false AS is_gift, c.position
FROM product_components c JOIN products p ON p.id = c.component WHERE c.product = $1
UNION ALL
SELECT p.id, of.gift_qty, p.title, p.image, p.unit, p.titles, p.unit_names, true, NULL
FROM products of JOIN products p ON p.id = of.gift WHERE of.id = $1
ORDER BY position NULLS LAST;

-- name: variants
-- All of a kind, the one that the others are of first.
-- $1 the one that they are of
SELECT id, variant, variant_names, price_minor, currency, is_on_sale FROM products
WHERE id = $1 OR variant_of = $1 ORDER BY variant_of IS NOT NULL, created_at, id;

-- name: of_batches
-- What grows and is cooked: no bundles, which are packed of such.
-- $1 the product before the first of them, or null, $2 how many
SELECT p.id, p.title, p.titles, p.unit, p.gtin FROM products p
WHERE ($1::text IS NULL OR p.id > $1) AND NOT EXISTS (SELECT FROM product_components c WHERE c.product = p.id)
ORDER BY p.id LIMIT $2;

-- name: products
-- Those in which all words occur: oldest first, or, with $7, latest first. `kinds`: what their certificates prove on $6.
-- $1 words text[], $2 on sale, off sale, or null, $3 only those that claim what is not proven, $4 the product before the first of
-- them, or null, $5 how many, $6 today, $7 latest first
WITH listed AS (
    SELECT p.*, ARRAY(
        SELECT DISTINCT c.kind FROM product_certificates c
        WHERE c.product = p.id AND c.removed_ms IS NULL AND c.valid_until >= $6::date ORDER BY c.kind
    ) AS kinds
    FROM products p
    WHERE ($2::boolean IS NULL OR p.is_on_sale = $2)
        AND ($4::text IS NULL OR CASE WHEN $7::boolean
            THEN (p.created_at, p.id) < (SELECT b.created_at, b.id FROM products b WHERE b.id = $4)
            ELSE (p.created_at, p.id) > (SELECT b.created_at, b.id FROM products b WHERE b.id = $4) END)
)
SELECT id, farm, title, subtitle, image, price_minor, list_price_minor, currency, unit, titles, subtitles, unit_names, version, images,
    sku, gtin, is_on_sale, variant_of, variant, variant_names, weighed_grams, weighed_per_kg_minor, gift, gift_qty, claims, kinds,
    ARRAY(SELECT c.component FROM product_components c WHERE c.product = l.id ORDER BY c.position) AS components,
    ARRAY(SELECT c.qty FROM product_components c WHERE c.product = l.id ORDER BY c.position) AS qtys
FROM listed l
WHERE (NOT $3::boolean OR NOT claims <@ kinds)
    AND NOT EXISTS (SELECT FROM unnest($1::text[]) AS word WHERE position(word IN lower(normalize(concat_ws(' ',
        id, title, subtitle, farm, sku, gtin, variant,
        (SELECT string_agg(value, ' ') FROM jsonb_each_text(titles)),
        (SELECT string_agg(value, ' ') FROM jsonb_each_text(subtitles)),
        (SELECT string_agg(value, ' ') FROM jsonb_each_text(variant_names))), NFKC))) = 0)
ORDER BY CASE WHEN $7 THEN created_at END DESC, CASE WHEN $7 THEN id END DESC, created_at, id
LIMIT $5;

-- name: put_product
-- $1 id, $2 farm, $3 title, $4 subtitle, $5 image, $6 price_minor, $7 list_price_minor, $8 currency, $9 unit,
-- $10 titles jsonb, $11 subtitles jsonb, $12 unit_names jsonb, $13 now, Unix ms, $14 claims text[]
INSERT INTO products
    (id, farm, title, subtitle, image, images, price_minor, list_price_minor, currency, unit, titles, subtitles, unit_names, created_at,
     claims)
VALUES ($1, $2, $3, $4, $5, array_remove(ARRAY[$5::text], NULL), $6, $7, $8, $9, $10, $11, $12, to_timestamp($13::bigint / 1000.0), $14)
ON CONFLICT (id) DO UPDATE SET farm = excluded.farm, title = excluded.title, subtitle = excluded.subtitle,
    image = excluded.image, images = excluded.images, price_minor = excluded.price_minor,
    list_price_minor = excluded.list_price_minor, currency = excluded.currency, unit = excluded.unit,
    titles = excluded.titles, subtitles = excluded.subtitles, unit_names = excluded.unit_names, claims = excluded.claims,
    version = products.version + 1;

-- name: shelves
-- The rooms in whose bags these products lie, or bundles and gifts that they are in, and which; not those whose show is over.
-- $1 products text[]
WITH changed AS (
    SELECT unnest($1::text[]) AS id
    UNION SELECT c.product FROM product_components c WHERE c.component = ANY ($1)
    UNION SELECT p.id FROM products p WHERE p.gift = ANY ($1)
)
SELECT r.id AS room, array_agg(DISTINCT changed.id ORDER BY changed.id) AS products
FROM rooms r
CROSS JOIN LATERAL jsonb_path_query(r.state, '$.view.bag[*].id') AS lying(id)
JOIN changed ON changed.id = lying.id #>> '{}'
WHERE r.show->>'status' IS DISTINCT FROM 'ended'
GROUP BY r.id ORDER BY r.id;
