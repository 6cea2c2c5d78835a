-- name: product_for_update
-- $1 id
SELECT id, farm, title, subtitle, images, price_minor, list_price_minor, currency, unit, titles, subtitles, unit_names, sku, gtin,
    variant_of, variant, variant_names, weighed_grams, weighed_per_kg_minor, gift, gift_qty, is_on_sale, version, flags_seen
FROM products WHERE id = $1 FOR NO KEY UPDATE;

-- name: components
-- $1 product
SELECT component, qty FROM product_components WHERE product = $1 ORDER BY position;

-- name: insert_product
-- $1 id, $2 farm, $3 title, $4 subtitle, $5 images text[], $6 price_minor, $7 list_price_minor, $8 currency, $9 unit, $10 titles jsonb,
-- $11 subtitles jsonb, $12 unit_names jsonb, $13 sku, $14 gtin, $15 variant_of, $16 variant, $17 variant_names jsonb,
-- $18 weighed_grams integer, $19 weighed_per_kg_minor bigint, $20 gift, $21 gift_qty integer, $22 is_on_sale, $23 flags_seen text[],
-- $24 claims text[], $25 now, Unix ms
INSERT INTO products
    (id, farm, title, subtitle, images, image, price_minor, list_price_minor, currency, unit, titles, subtitles, unit_names, sku, gtin,
     variant_of, variant, variant_names, weighed_grams, weighed_per_kg_minor, gift, gift_qty, is_on_sale, flags_seen, claims, created_at,
     changed_ms)
VALUES ($1, $2, $3, $4, $5, ($5::text[])[1], $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
    to_timestamp($25::bigint / 1000.0), $25);

-- name: update_product
-- The same; under the row's lock.
UPDATE products SET farm = $2, title = $3, subtitle = $4, images = $5, image = ($5::text[])[1], price_minor = $6,
    list_price_minor = $7, currency = $8, unit = $9, titles = $10, subtitles = $11, unit_names = $12, sku = $13, gtin = $14,
    variant_of = $15, variant = $16, variant_names = $17, weighed_grams = $18, weighed_per_kg_minor = $19, gift = $20, gift_qty = $21,
    is_on_sale = $22, flags_seen = $23, claims = $24, changed_ms = $25, version = version + 1
WHERE id = $1;

-- name: sku_of
-- $1 sku, $2 but of this product
SELECT id FROM products WHERE sku = $1 AND id <> $2;

-- name: lock_others
-- Those of the products that are there, with what they may not be as parts of others; nobody changes that meanwhile.
-- $1 text[] of ids
SELECT id, variant_of, EXISTS (SELECT FROM product_components c WHERE c.product = p.id) AS is_bundle
FROM products p WHERE id = ANY($1::text[]) ORDER BY id FOR SHARE OF p;

-- name: is_part
-- Whether a product is in a bundle, or a gift.
-- $1 id
SELECT EXISTS (SELECT FROM product_components WHERE component = $1) OR EXISTS (SELECT FROM products WHERE gift = $1);

-- name: has_variants
-- $1 id
SELECT EXISTS (SELECT FROM products WHERE variant_of = $1);

-- name: delete_components
-- $1 product
DELETE FROM product_components WHERE product = $1;

-- name: insert_components
-- $1 product, $2 text[] of components, $3 integer[] of how many
INSERT INTO product_components (product, position, component, qty)
SELECT $1, c.position, c.component, c.qty
FROM unnest($2::text[], $3::integer[]) WITH ORDINALITY AS c (component, qty, position);

-- name: certificates
-- $1 product
SELECT id, kind, picture, number, valid_until FROM product_certificates
WHERE product = $1 AND removed_ms IS NULL ORDER BY added_ms, id;

-- name: insert_certificate
-- $1 id, $2 product, $3 kind, $4 picture, $5 number, $6 valid_until date, $7 now, Unix ms
INSERT INTO product_certificates (id, product, kind, picture, number, valid_until, added_ms) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: remove_certificates
-- $1 text[] of ids, $2 now, Unix ms
UPDATE product_certificates SET removed_ms = $2 WHERE id = ANY($1::text[]);
