-- name: by_key
-- $1 key bytea
SELECT id, fingerprint FROM batch_steps WHERE key = $1;

-- name: insert
-- $1 id, $2 batch, $3 kind, $4 at_ms, $5 now, Unix ms, $6 place_name, $7 lat, $8 lon, $9 given_lat, $10 given_lon, $11 datum (all or none),
-- $12 celsius or null, $13 photo or null, $14 photo_sha256 bytea or null, $15 note, $16 key bytea or null,
-- $17 fingerprint bytea or null, $18 entry bigint, $19 who
INSERT INTO batch_steps (id, batch, kind, at_ms, recorded_ms, place_name, lat, lon, given_lat, given_lon, datum, celsius, photo, photo_sha256,
                         note, key, fingerprint, entry, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
ON CONFLICT (key) DO NOTHING RETURNING id;

-- name: step
-- $1 id
SELECT s.*, l.leaf FROM batch_steps AS s
LEFT JOIN log_leaves AS l ON l.entry = s.entry AND l.leaf < (SELECT published FROM log_head)
WHERE s.id = $1;

-- name: of_batch
-- $1 batch, $2 how many
SELECT s.*, l.leaf FROM batch_steps AS s
LEFT JOIN log_leaves AS l ON l.entry = s.entry AND l.leaf < (SELECT published FROM log_head)
WHERE s.batch = $1 ORDER BY s.at_ms, s.id LIMIT $2;
