-- name: hold_line
-- $1 room, $2 line_id, $3 line jsonb, $4 reason, $5 now, Unix ms, $6 matched jsonb
INSERT INTO held_lines (room, line_id, line, reason, held_at, matched)
VALUES ($1, $2, $3, $4, to_timestamp($5::bigint / 1000.0), $6)
ON CONFLICT (room, line_id) DO NOTHING;

-- name: insert_report
-- $1 room, $2 line_id, $3 user_id, $4 now, Unix ms
INSERT INTO chat_reports (room, line_id, user_id, at) VALUES ($1, $2, $3, to_timestamp($4::bigint / 1000.0))
ON CONFLICT DO NOTHING RETURNING true;

-- name: count_report
-- A line that was approved waits again, now for its reports, and so does one that was rejected and is shown again since: then the
-- event log has its deletion and its restoring. Any other that was rejected stays so, and no row comes back. An approval stays
-- with the row until the next decision, for the event log.
-- $1 room, $2 line_id, $3 line jsonb, $4 now, Unix ms
INSERT INTO held_lines AS h (room, line_id, line, reason, reports, held_at)
VALUES ($1, $2, $3, 'report', 1, to_timestamp($4::bigint / 1000.0))
ON CONFLICT (room, line_id) DO UPDATE SET
    reports = h.reports + 1, status = 'waiting',
    decided_by = CASE h.status WHEN 'rejected' THEN NULL ELSE h.decided_by END,
    decided_at = CASE h.status WHEN 'rejected' THEN NULL ELSE h.decided_at END,
    reason = CASE h.status WHEN 'waiting' THEN h.reason ELSE 'report' END
WHERE h.status <> 'rejected' OR (
    EXISTS (SELECT FROM chats c WHERE c.room = h.room AND c.id = h.line_id)
    AND NOT EXISTS (SELECT FROM chat_deletions d WHERE d.room = h.room AND d.line = h.line_id)
    AND NOT EXISTS (
        SELECT FROM chat_hidden c
        WHERE c.room = h.room AND c.user_id = h.line->>'user' AND c.before_ts >= (h.line->>'ts')::bigint
    )
)
RETURNING line_id, line, reason, reports, held_at, matched;

-- name: chat_line
-- $1 room, $2 id
SELECT id, user_id, name, role, text, ts FROM chats WHERE room = $1 AND id = $2;

-- name: waiting_lines
-- $1 room, $2 how many
SELECT line_id, line, reason, reports, held_at, matched FROM held_lines
WHERE room = $1 AND status = 'waiting' ORDER BY held_at LIMIT $2;

-- name: decide_line
-- What is hidden with a ban is not approved: it would be shown to those who watch, and to nobody later.
-- $1 room, $2 line_id, $3 status, $4 decided_by, $5 now, Unix ms
UPDATE held_lines SET status = $3, decided_by = $4, decided_at = to_timestamp($5::bigint / 1000.0)
WHERE room = $1 AND line_id = $2 AND status = 'waiting' AND ($3 = 'rejected' OR NOT EXISTS (
    SELECT FROM chat_hidden c
    WHERE c.room = $1 AND c.user_id = line->>'user' AND c.before_ts >= (line->>'ts')::bigint
))
RETURNING line, reason;

-- name: delete_line
-- $1 room, $2 line, $3 deleted_by, $4 now, Unix ms
INSERT INTO chat_deletions (room, line, deleted_by, deleted_at) VALUES ($1, $2, $3, to_timestamp($4::bigint / 1000.0))
ON CONFLICT DO NOTHING RETURNING true;

-- name: deleted_ms
-- $1 room, $2 line
SELECT (extract(epoch FROM deleted_at) * 1000)::bigint FROM chat_deletions WHERE room = $1 AND line = $2;

-- name: is_deleted_unstored
-- $1 room, $2 line
SELECT EXISTS (SELECT FROM chat_deletions WHERE room = $1 AND line = $2)
    AND NOT EXISTS (SELECT FROM chats WHERE room = $1 AND id = $2);

-- name: undelete_line
-- $1 room, $2 line
DELETE FROM chat_deletions WHERE room = $1 AND line = $2;

-- name: is_hidden
-- $1 room, $2 user_id, $3 said at, Unix ms
SELECT true FROM chat_hidden WHERE room = $1 AND user_id = $2 AND before_ts >= $3;

-- name: names_of
-- $1 room, $2 users text[]
SELECT DISTINCT ON (user_id) user_id, name FROM chats WHERE room = $1 AND user_id = ANY($2::text[])
ORDER BY user_id, ts DESC;

-- name: waiting_count
-- $1 room
SELECT count(*) FROM held_lines WHERE room = $1 AND status = 'waiting';

-- name: hide_lines
-- All that a person has said in a room. $1 room, $2 user_id, $3 now, Unix ms
INSERT INTO chat_hidden AS h (room, user_id, before_ts) VALUES ($1, $2, $3)
ON CONFLICT (room, user_id) DO UPDATE SET before_ts = greatest(h.before_ts, excluded.before_ts);

-- name: reject_lines
-- What of a person's waits in a room. $1 room, $2 user_id, $3 decided_by, $4 now, Unix ms
UPDATE held_lines SET status = 'rejected', decided_by = $3, decided_at = to_timestamp($4::bigint / 1000.0)
WHERE room = $1 AND status = 'waiting' AND line->>'user' = $2;
