-- name: lock_batch
-- $1 batch; whoever makes boxes of it takes turns
SELECT b.gtin, b.lot, (SELECT count(*)::integer FROM batch_boxes WHERE batch = b.id) AS boxes FROM batches AS b
WHERE b.id = $1 FOR NO KEY UPDATE OF b;

-- name: insert_sheet
-- $1 id, $2 batch, $3 boxes, $4 entry bigint, $5 now, Unix ms, $6 who
INSERT INTO batch_sheets (id, batch, boxes, entry, created_ms, created_by) VALUES ($1, $2, $3, $4, $5, $6);

-- name: insert_boxes
-- $1 batch, $2 sheet, $3 text[] of serials, in order
INSERT INTO batch_boxes (batch, serial, sheet, position)
SELECT $1, serial, $2, n FROM unnest($3::text[]) WITH ORDINALITY AS s (serial, n);

-- name: sheet
-- $1 sheet, $2 its batch
SELECT s.id, s.batch, b.product, b.gtin, b.lot, b.made_ms, b.place_name,
       array(SELECT serial FROM batch_boxes WHERE sheet = s.id ORDER BY position) AS serials
FROM batch_sheets AS s JOIN batches AS b ON b.id = s.batch WHERE s.id = $1 AND s.batch = $2;

-- name: box
-- $1 gtin, $2 lot, $3 serial
SELECT b.id AS batch, b.gtin, b.lot, x.serial, x.order_line, x.packed_ms, l.leaf FROM batches AS b JOIN batch_boxes AS x ON x.batch = b.id
LEFT JOIN log_leaves AS l ON l.entry = x.entry AND l.leaf < (SELECT published FROM log_head)
WHERE b.gtin = $1 AND b.lot = $2 AND x.serial = $3;

-- name: box_for_update
-- $1 gtin, $2 lot, $3 serial
SELECT b.id AS batch, b.product, x.serial, x.order_line FROM batches AS b JOIN batch_boxes AS x ON x.batch = b.id
WHERE b.gtin = $1 AND b.lot = $2 AND x.serial = $3 FOR UPDATE OF x;

-- name: pack
-- $1 batch, $2 serial, $3 order line, $4 packed_ms, $5 who, $6 commitment, $7 entry bigint. Under the row's lock.
UPDATE batch_boxes SET order_line = $3, packed_ms = $4, packed_by = $5, commitment = $6, entry = $7 WHERE batch = $1 AND serial = $2;

-- name: of_order_line
-- $1 order line, $2 how many
SELECT b.id AS batch, b.gtin, b.lot, x.serial, x.order_line, x.packed_ms, l.leaf FROM batch_boxes AS x JOIN batches AS b ON b.id = x.batch
LEFT JOIN log_leaves AS l ON l.entry = x.entry AND l.leaf < (SELECT published FROM log_head)
WHERE x.order_line = $1 ORDER BY x.packed_ms, x.serial LIMIT $2;

-- name: scan
-- Rows in one order, so that two such batches cannot deadlock. $1 text[] of batches, $2 of serials, $3 of people, $4 bigint[] of moments, Unix ms
INSERT INTO batch_scans (batch, serial, person, scans, first_ms, last_ms)
SELECT batch, serial, person, count(*), min(at_ms), max(at_ms)
FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) AS s (batch, serial, person, at_ms)
GROUP BY batch, serial, person ORDER BY batch, serial, person
ON CONFLICT (batch, serial, person) DO UPDATE
SET scans = batch_scans.scans + excluded.scans, first_ms = least(batch_scans.first_ms, excluded.first_ms),
    last_ms = greatest(batch_scans.last_ms, excluded.last_ms);
