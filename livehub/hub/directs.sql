-- name: insert_direct
-- A reaction that runs twice gives the same id and so the same message.
-- $1 id, $2 user_id, $3 type, $4 ts bigint, $5 data jsonb
INSERT INTO directs (id, user_id, type, ts, data) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING RETURNING id;

-- name: unread
-- $1 users text[], $2 how many each
SELECT d.* FROM unnest($1::text[]) AS t (user_id)
CROSS JOIN LATERAL (
    SELECT id, user_id, type, ts, data FROM directs
    WHERE user_id = t.user_id AND read_at IS NULL ORDER BY ts, id LIMIT $2
) d
ORDER BY d.user_id, d.ts, d.id;

-- name: now
SELECT now();

-- name: unread_since
-- Out of an index alone; the newest, if there are more than can be looked at.
-- $1 since, timestamptz, $2 how many at most
SELECT id, user_id FROM directs WHERE read_at IS NULL AND created_at > $1 ORDER BY created_at DESC LIMIT $2;

-- name: directs
-- $1 ids text[]
SELECT id, user_id, type, ts, data FROM directs WHERE id = ANY($1::text[]) ORDER BY ts, id;

-- name: mark_read
-- $1 user_id, $2 ids text[]
UPDATE directs SET read_at = now() WHERE user_id = $1 AND id = ANY($2::text[]) AND read_at IS NULL;
