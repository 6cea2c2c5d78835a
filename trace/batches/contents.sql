-- What is in batches, for those who sell it.

-- name: food_batch
-- A recall of what it was made of is one of it; so many of those are looked at. $1 batch, $2 how many
WITH RECURSIVE up (id) AS (
    SELECT $1::text UNION SELECT n.parent FROM up AS u JOIN batch_lineage AS n ON n.child = u.id
)
SELECT b.product, CASE
    WHEN EXISTS (
        SELECT FROM (SELECT id FROM up LIMIT $2) AS u JOIN batch_steps AS s ON s.batch = u.id WHERE s.kind = 'recalled'
    ) THEN 'recalled'
    WHEN EXISTS (SELECT FROM batch_steps AS s WHERE s.batch = b.id AND s.kind = 'destroyed') THEN 'destroyed'
END AS gone
FROM batches AS b WHERE b.id = $1;

-- name: reach
-- Batches, what they were made of, and what was made of them since; `is_inside`: goods of the given ones are in it.
-- $1 text[] of batches, $2 since, Unix ms, $3 how many in each direction
WITH RECURSIVE up (id) AS (
    SELECT unnest($1::text[]) UNION SELECT n.parent FROM up AS u JOIN batch_lineage AS n ON n.child = u.id
), down (id) AS (
    SELECT unnest($1::text[])
    UNION
    SELECT n.child FROM down AS d JOIN batch_lineage AS n ON n.parent = d.id JOIN batch_makings AS m ON m.id = n.making AND m.at_ms >= $2
)
SELECT id, bool_or(is_inside) AS is_inside FROM (
    (SELECT id, false AS is_inside FROM up LIMIT $3) UNION ALL (SELECT id, true FROM down LIMIT $3)
) AS r GROUP BY id ORDER BY id;

-- name: packed_of
-- $1 text[] of batches
SELECT order_line, count(*)::integer AS boxes FROM batch_boxes
WHERE batch = ANY($1::text[]) AND order_line IS NOT NULL GROUP BY order_line;

-- name: boxes_of
-- $1 text[] of order lines
SELECT order_line, count(*)::integer AS boxes FROM batch_boxes WHERE order_line = ANY($1::text[]) GROUP BY order_line;

-- name: packed_for
-- How many boxes of one product are packed for an order line. $1 order line, $2 product
SELECT count(*) FROM batch_boxes AS x JOIN batches AS b ON b.id = x.batch WHERE x.order_line = $1 AND b.product = $2;
