-- Sheets and boxes of a batch, as lists.

-- name: sheets
-- $1 batch, $2 before: Unix ms or null, $3 and id, $4 how many
SELECT id, boxes, created_ms FROM batch_sheets
WHERE batch = $1 AND ($2::bigint IS NULL OR (created_ms, id) < ($2::bigint, $3::text)) ORDER BY created_ms DESC, id DESC LIMIT $4;

-- name: boxes
-- By serial. $1 batch, $2 after which serial or null, $3 how many
SELECT x.serial, x.sheet, x.order_line, x.packed_ms, l.leaf FROM batch_boxes AS x
LEFT JOIN log_leaves AS l ON l.entry = x.entry AND l.leaf < (SELECT published FROM log_head)
WHERE x.batch = $1 AND ($2::text IS NULL OR x.serial > $2) ORDER BY x.serial LIMIT $3;
