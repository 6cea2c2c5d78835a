-- name: steps_of
-- $1 text[] of batches, $2 how many
SELECT s.id, s.batch, b.lot, s.kind, s.at_ms, s.place_name, s.lat, s.lon, s.celsius, s.photo, s.photo_sha256, l.leaf
FROM batch_steps AS s JOIN batches AS b ON b.id = s.batch
LEFT JOIN log_leaves AS l ON l.entry = s.entry AND l.leaf < (SELECT published FROM log_head)
WHERE s.batch = ANY($1::text[]) ORDER BY s.at_ms, s.id LIMIT $2;

-- name: address_of
-- $1 id
SELECT gtin, lot FROM batches WHERE id = $1;

-- name: batches
-- $1 text[] of ids
SELECT b.id, b.product, b.gtin, b.lot, b.made_by, b.made_ms, b.place_name, b.lat, b.lon, b.units, l.leaf FROM batches AS b
LEFT JOIN log_leaves AS l ON l.entry = b.entry AND l.leaf < (SELECT published FROM log_head)
WHERE b.id = ANY($1::text[]) ORDER BY b.made_ms, b.id;

-- name: certificates
-- Those of a batch and of those that it came of. $1 text[] of batches, $2 how many
SELECT DISTINCT kind, number, valid_until, picture, sha256 FROM batch_certificates WHERE batch = ANY($1::text[])
ORDER BY kind, number, valid_until, picture LIMIT $2;

-- name: driven
-- Those of which sensors may tell. $1 text[] of batches
SELECT DISTINCT k.batch, b.lot FROM shipment_batches AS k JOIN batches AS b ON b.id = k.batch WHERE k.batch = ANY($1::text[]);

-- name: key
-- The public key of the log.
SELECT vkey FROM log_head;

-- name: lots
-- $1 gtin, $2 how many
SELECT id, product, lot, made_ms, place_name FROM batches WHERE gtin = $1 ORDER BY made_ms DESC, id DESC LIMIT $2;
