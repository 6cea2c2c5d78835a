-- name: charge
-- No row back when that would be too much.
-- $1 kind, $2 subject, $3 day integer, $4 bytes bigint, $5 uploads at most integer, $6 bytes at most bigint
INSERT INTO upload_counts (kind, subject, day, uploads, bytes)
SELECT $1, $2, $3, 1, $4::bigint WHERE $4::bigint <= $6::bigint
ON CONFLICT (kind, subject, day) DO UPDATE
SET uploads = upload_counts.uploads + 1, bytes = upload_counts.bytes + excluded.bytes
WHERE upload_counts.uploads < $5::integer AND upload_counts.bytes + excluded.bytes <= $6::bigint
RETURNING true;

-- name: known
-- $1 id
SELECT owner, state, sha256, width, height FROM uploads WHERE id = $1 FOR UPDATE;

-- name: begin
-- $1 id, $2 owner, $3 sha256 bytea, $4 now, Unix ms
INSERT INTO uploads (id, owner, state, sha256, created_ts) VALUES ($1, $2, 'storing', $3, $4);

-- name: forget
-- Before anything of it was stored.
-- $1 id
DELETE FROM uploads WHERE id = $1 AND state = 'storing';

-- name: finish
-- No row back when it was given up meanwhile.
-- $1 id, $2 width, $3 height
UPDATE uploads SET state = 'stored', width = $2, height = $3 WHERE id = $1 AND state = 'storing' RETURNING true;

-- name: use
-- No row back when it is not there, or not for $2 to use: of others only what is shown already.
-- $1 id, $2 person, $3 as what, $4 now, Unix ms
UPDATE uploads SET used_ts = coalesce(used_ts, $4::bigint), used_as = coalesce(used_as, $3)
WHERE id = $1 AND state = 'stored' AND (owner = $2 OR used_ts IS NOT NULL) RETURNING true;

-- name: give_up
-- What nobody used in time, and what was never finished.
-- $1 unused since before, Unix ms, $2 unfinished since before, Unix ms
UPDATE uploads SET state = 'gone'
WHERE used_ts IS NULL AND (state = 'stored' AND created_ts < $1 OR state = 'storing' AND created_ts < $2);

-- name: gone
-- $1 how many
SELECT id FROM uploads WHERE state = 'gone' ORDER BY id LIMIT $1;

-- name: delete_gone
-- $1 text[] of ids
DELETE FROM uploads WHERE id = ANY($1::text[]) AND state = 'gone';

-- name: forget_counts
-- $1 of days before this moment, Unix ms, $2 how many
WITH gone AS (
    DELETE FROM upload_counts WHERE (kind, subject, day) IN (
        SELECT kind, subject, day FROM upload_counts WHERE day < $1::bigint / 86400000 ORDER BY day LIMIT $2
    ) RETURNING true
) SELECT count(*) FROM gone;

-- name: merge_uploads
-- $1 who, $2 turned out to be
UPDATE uploads SET owner = $2 WHERE owner = $1 RETURNING id;

-- name: unmerge_uploads
-- $1 who was, $2 whom they were taken for, $3 text[] of ids
UPDATE uploads SET owner = $1 WHERE owner = $2 AND id = ANY($3::text[]) RETURNING id;

-- name: export_uploads
-- $1 person
SELECT jsonb_build_object(
    'id', id, 'sha256', encode(sha256, 'hex'), 'width', width, 'height', height, 'created_ts', created_ts,
    'used_ts', used_ts, 'used_as', used_as, 'url', '/uploads/' || id || '/large.webp'
) FROM uploads WHERE owner = $1 AND state = 'stored' ORDER BY created_ts, id;

-- name: erase_uploads
-- The pictures of the shop's own products, certificates, posters and batches stay, and nobody's name at them; the files of the others go soon.
-- $1 person, $2 what stands for them
WITH erased AS (
    UPDATE uploads
    SET owner = $2, state = CASE WHEN state = 'stored' AND used_as IN ('product', 'poster', 'certificate', 'step') THEN state ELSE 'gone' END
    WHERE owner = $1 RETURNING true
) SELECT count(*) FROM erased;

-- name: merge_counts
-- What both have sent adds up.
-- $1 who, $2 turned out to be
WITH moved AS (
    DELETE FROM upload_counts WHERE kind = 'person' AND subject = $1 RETURNING day, uploads, bytes
), added AS (
    INSERT INTO upload_counts (kind, subject, day, uploads, bytes)
    SELECT 'person', $2, day, uploads, bytes FROM moved
    ON CONFLICT (kind, subject, day) DO UPDATE
    SET uploads = upload_counts.uploads + excluded.uploads, bytes = upload_counts.bytes + excluded.bytes
)
SELECT day::text || ' ' || uploads || ' ' || bytes FROM moved;

-- name: unmerge_counts
-- $1 who, $2 turned out to be, $3 keys: each a day, uploads and bytes
WITH moved AS (
    SELECT split_part(key, ' ', 1)::integer AS day, split_part(key, ' ', 2)::integer AS uploads,
        split_part(key, ' ', 3)::bigint AS bytes
    FROM unnest($3::text[]) AS key
), taken AS (
    UPDATE upload_counts AS c
    SET uploads = greatest(0, c.uploads - m.uploads), bytes = greatest(0, c.bytes - m.bytes)
    FROM moved AS m WHERE c.kind = 'person' AND c.subject = $2 AND c.day = m.day
)
INSERT INTO upload_counts (kind, subject, day, uploads, bytes)
SELECT 'person', $1, day, uploads, bytes FROM moved
ON CONFLICT (kind, subject, day) DO UPDATE
SET uploads = upload_counts.uploads + excluded.uploads, bytes = upload_counts.bytes + excluded.bytes;

-- name: export_counts
-- $1 person
SELECT jsonb_build_object('day', day, 'uploads', uploads, 'bytes', bytes)
FROM upload_counts WHERE kind = 'person' AND subject = $1 ORDER BY day;

-- name: erase_counts
-- $1 person, $2 what stands for them
WITH erased AS (
    DELETE FROM upload_counts WHERE kind = 'person' AND subject = $1 AND $2::text IS NOT NULL RETURNING true
) SELECT count(*) FROM erased;
