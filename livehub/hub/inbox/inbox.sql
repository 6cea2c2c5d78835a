-- name: insert_directs
-- A reaction that runs twice gives the same ids and so the same messages. Gives the ids that are new, and whose they are: what is
-- for somebody who has become somebody else is theirs.
-- $1 users text[], $2 [{id, type, ts, data}] as JSON, in the same order
WITH RECURSIVE becoming AS (
    SELECT user_id, n, 0 AS steps FROM unnest($1::text[]) WITH ORDINALITY AS u (user_id, n)
    UNION ALL
    SELECT m.person, b.n, b.steps + 1 FROM becoming AS b
    JOIN person_merges AS m ON m.merged = b.user_id AND m.undone_ts IS NULL WHERE b.steps < 8
), u AS (
    SELECT DISTINCT ON (n) user_id, n FROM becoming ORDER BY n, steps DESC
)
INSERT INTO directs (id, user_id, type, ts, data, created_at)
SELECT d.id, u.user_id, d.type, d.ts, d.data, to_timestamp(d.ts / 1000.0)
FROM u
JOIN ROWS FROM (jsonb_to_recordset($2::jsonb) AS (id text, type text, ts bigint, data jsonb)) WITH ORDINALITY
    AS d (id, type, ts, data, n) USING (n)
ORDER BY n
ON CONFLICT (id) DO NOTHING RETURNING id, user_id;

-- name: unread
-- $1 users text[], $2 how many each
SELECT d.* FROM unnest($1::text[]) AS t (user_id)
CROSS JOIN LATERAL (
    SELECT id, user_id, type, ts, data FROM directs
    WHERE user_id = t.user_id AND read_at IS NULL ORDER BY ts, id LIMIT $2
) d
ORDER BY d.user_id, d.ts, d.id;

-- name: horizon
-- Below `settled` every transaction has ended; whether there is anything unread at or above $1. Out of one snapshot.
-- $1 a transaction id as text, or null: then nothing is new
SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS settled,
       EXISTS (SELECT FROM directs WHERE read_at IS NULL AND xid >= $1::text::xid8) AS is_new;

-- name: unread_since
-- Out of an index alone.
-- $1 users text[], $2 a transaction id as text, $3 how many each
SELECT d.id FROM unnest($1::text[]) AS t (user_id)
CROSS JOIN LATERAL (
    SELECT id FROM directs
    WHERE user_id = t.user_id AND read_at IS NULL AND xid >= $2::text::xid8 ORDER BY xid LIMIT $3
) d;

-- name: directs
-- $1 ids text[]
SELECT id, user_id, type, ts, data FROM directs WHERE id = ANY($1::text[]) ORDER BY ts, id;

-- name: mark_read
-- $1 user_id, $2 ids text[], $3 now, Unix ms
UPDATE directs SET read_at = to_timestamp($3::bigint / 1000.0)
WHERE user_id = $1 AND id = ANY($2::text[]) AND read_at IS NULL;
