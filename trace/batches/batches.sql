-- name: by_key
-- $1 key bytea
SELECT id, fingerprint FROM batches WHERE key = $1;

-- name: insert
-- No row back when its lot, or its key, is another's.
-- $1 id, $2 product, $3 gtin, $4 lot, $5 made_by, $6 made_ms, $7 place_name, $8 lat, $9 lon, $10 given_lat, $11 given_lon, $12 datum, $13 units,
-- $14 key bytea or null, $15 fingerprint bytea or null, $16 entry bigint, $17 now, Unix ms, $18 who
INSERT INTO batches (id, product, gtin, lot, made_by, made_ms, place_name, lat, lon, given_lat, given_lon, datum, units, key, fingerprint,
                     entry, created_ms, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
ON CONFLICT DO NOTHING RETURNING id;

-- name: of_lot
-- $1 gtin, $2 lot
SELECT id FROM batches WHERE gtin = $1 AND lot = $2;

-- name: insert_certificate
-- $1 batch, $2 position, $3 kind, $4 number, $5 valid_until date or null, $6 picture or null, $7 sha256 bytea or null
INSERT INTO batch_certificates (batch, position, kind, number, valid_until, picture, sha256) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: certificates
-- $1 batch
SELECT kind, number, valid_until, picture, sha256 FROM batch_certificates WHERE batch = $1 ORDER BY position;

-- name: batch
-- $1 id
SELECT b.*, l.leaf, x.boxes, x.packed FROM batches AS b
LEFT JOIN log_leaves AS l ON l.entry = b.entry AND l.leaf < (SELECT published FROM log_head)
CROSS JOIN LATERAL (SELECT count(*)::integer AS boxes, count(order_line)::integer AS packed FROM batch_boxes WHERE batch = b.id) AS x
WHERE b.id = $1;

-- name: products_of
-- $1 ids
SELECT id, product FROM batches WHERE id = ANY ($1::text[]);

-- name: list
-- $1 after: Unix ms or null, $2 and id, $3 product or null, $4 part of a lot or GTIN, or '', $5 how many
SELECT b.*, l.leaf, x.boxes, x.packed FROM batches AS b
LEFT JOIN log_leaves AS l ON l.entry = b.entry AND l.leaf < (SELECT published FROM log_head)
CROSS JOIN LATERAL (SELECT count(*)::integer AS boxes, count(order_line)::integer AS packed FROM batch_boxes WHERE batch = b.id) AS x
WHERE ($1::bigint IS NULL OR (b.created_ms, b.id) < ($1::bigint, $2::text)) AND ($3::text IS NULL OR b.product = $3)
  AND ($4::text = '' OR strpos(lower(b.lot), lower($4)) > 0 OR strpos(b.gtin, $4) > 0)
ORDER BY b.created_ms DESC, b.id DESC LIMIT $5;

-- name: for_update
-- In the order of their ids, so that two makings cannot deadlock.
-- $1 text[] of ids
SELECT id, product, gtin, lot, units, used, place_name AS name, lat, lon, given_lat, given_lon, datum FROM batches
WHERE id = ANY($1::text[]) ORDER BY id FOR NO KEY UPDATE;

-- name: use
-- $1 id, $2 units. Under the row's lock.
UPDATE batches SET used = used + $2 WHERE id = $1;

-- name: insert_making
-- $1 id, $2 kind, $3 at_ms, $4 entry bigint, $5 now, Unix ms, $6 who
INSERT INTO batch_makings (id, kind, at_ms, entry, created_ms, created_by) VALUES ($1, $2, $3, $4, $5, $6);

-- name: insert_link
-- $1 child, $2 parent, $3 units, $4 making
INSERT INTO batch_lineage (child, parent, units, making) VALUES ($1, $2, $3, $4);

-- name: ancestors
-- UNION takes each batch once at each depth; a batch is always made after its parents, so there is no circle.
-- $1 id, $2 how many at most. `is_cut`: there may be more than were looked at.
WITH RECURSIVE kin (id, steps_away) AS (
    SELECT parent, 1 FROM batch_lineage WHERE child = $1
    UNION
    SELECT n.parent, k.steps_away + 1 FROM kin AS k JOIN batch_lineage AS n ON n.child = k.id
), pairs AS MATERIALIZED (
    SELECT id, steps_away FROM kin LIMIT 4 * $2::integer
), nearest AS (
    SELECT id, min(steps_away) AS steps_away FROM pairs GROUP BY id
)
SELECT b.id, b.gtin, b.lot, b.product, b.made_by, b.made_ms, n.steps_away,
    (SELECT count(*) FROM pairs) >= 4 * $2::integer AS is_cut
FROM nearest AS n JOIN batches AS b ON b.id = n.id
ORDER BY n.steps_away, b.lot, b.id LIMIT $2;

-- name: descendants
-- $1 id, $2 how many at most. `is_cut`: there may be more than were looked at.
WITH RECURSIVE kin (id, steps_away) AS (
    SELECT child, 1 FROM batch_lineage WHERE parent = $1
    UNION
    SELECT n.child, k.steps_away + 1 FROM kin AS k JOIN batch_lineage AS n ON n.parent = k.id
), pairs AS MATERIALIZED (
    SELECT id, steps_away FROM kin LIMIT 4 * $2::integer
), nearest AS (
    SELECT id, min(steps_away) AS steps_away FROM pairs GROUP BY id
)
SELECT b.id, b.gtin, b.lot, b.product, b.made_by, b.made_ms, n.steps_away,
    (SELECT count(*) FROM pairs) >= 4 * $2::integer AS is_cut
FROM nearest AS n JOIN batches AS b ON b.id = n.id
ORDER BY n.steps_away, b.lot, b.id LIMIT $2;

-- name: links
-- $1 text[] of batches, both ends of each
SELECT n.parent, n.child, n.units, n.making, m.kind FROM batch_lineage AS n JOIN batch_makings AS m ON m.id = n.making
WHERE n.child = ANY($1::text[]) AND n.parent = ANY($1::text[]) ORDER BY m.at_ms, n.making, n.parent, n.child;

-- name: leaf
-- $1 entry bigint; null as long as no checkpoint that was signed has it
SELECT l.leaf FROM log_leaves AS l JOIN log_head AS h ON l.leaf < h.published WHERE l.entry = $1;

-- name: sha256_of_upload
-- $1 id
SELECT sha256 FROM uploads WHERE id = $1;
