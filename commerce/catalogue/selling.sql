-- name: sellables
-- $1 text[] of ids
SELECT p.id, p.title, p.titles, p.image, p.unit, p.unit_names, p.price_minor, p.currency, p.weighed_grams, p.weighed_per_kg_minor,
    p.gift, p.gift_qty, p.sku, p.version, p.is_on_sale, p.variant, p.variant_names,
    array_agg(c.component ORDER BY c.position) FILTER (WHERE c.component IS NOT NULL) AS components,
    array_agg(c.qty ORDER BY c.position) FILTER (WHERE c.component IS NOT NULL) AS qtys
FROM products p LEFT JOIN product_components c ON c.product = p.id
WHERE p.id = ANY($1::text[]) GROUP BY p.id;
