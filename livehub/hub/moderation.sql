-- name: words_version
SELECT version FROM words_version;

-- name: raise_words_version
-- Locks the one row, so that two changes follow each other.
UPDATE words_version SET version = version + 1;

-- name: words
SELECT word, kind FROM words ORDER BY kind, word;

-- name: forget_words
DELETE FROM words;

-- name: insert_words
-- $1 words text[], $2 kinds text[]
INSERT INTO words (word, kind) SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT (word) DO NOTHING;

-- name: hold_line
-- $1 room, $2 line_id, $3 line jsonb, $4 reason
INSERT INTO held_lines (room, line_id, line, reason) VALUES ($1, $2, $3, $4) ON CONFLICT (room, line_id) DO NOTHING;

-- name: insert_report
-- $1 room, $2 line_id, $3 user_id
INSERT INTO chat_reports (room, line_id, user_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING true;

-- name: count_report
-- $1 room, $2 line_id, $3 line jsonb
INSERT INTO held_lines (room, line_id, line, reason, reports) VALUES ($1, $2, $3, 'report', 1)
ON CONFLICT (room, line_id) DO UPDATE SET reports = held_lines.reports + 1
RETURNING line_id, line, reason, reports, held_at;

-- name: chat_line
-- $1 room, $2 id
SELECT id, user_id, name, role, text, ts FROM chats WHERE room = $1 AND id = $2;

-- name: waiting_lines
-- $1 room, $2 how many
SELECT line_id, line, reason, reports, held_at FROM held_lines
WHERE room = $1 AND status = 'waiting' ORDER BY held_at LIMIT $2;

-- name: decide_line
-- $1 room, $2 line_id, $3 status, $4 decided_by
UPDATE held_lines SET status = $3, decided_by = $4, decided_at = now()
WHERE room = $1 AND line_id = $2 AND status = 'waiting'
RETURNING line, reason;

-- name: delete_line
-- $1 room, $2 line, $3 deleted_by
INSERT INTO chat_deletions (room, line, deleted_by) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING true;

-- name: names_of
-- $1 room, $2 users text[]
SELECT DISTINCT ON (user_id) user_id, name FROM chats WHERE room = $1 AND user_id = ANY($2::text[])
ORDER BY user_id, ts DESC;

-- name: waiting_count
-- $1 room
SELECT (SELECT count(*) FROM held_lines WHERE room = $1 AND status = 'waiting') AS held,
       (SELECT count(*) FROM questions WHERE room = $1 AND status = 'open') AS questions;
