-- name: insert_question
-- $1 id, $2 room, $3 user_id, $4 name, $5 text, $6 now, Unix ms
INSERT INTO questions (id, room, user_id, name, text, asked_at)
VALUES ($1, $2, $3, $4, $5, to_timestamp($6::bigint / 1000.0))
RETURNING id, user_id, name, text, status, answer, asked_at;

-- name: questions
-- $1 room, $2 status or null, $3 how many
SELECT id, user_id, name, text, status, answer, asked_at FROM questions
WHERE room = $1 AND ($2::text IS NULL OR status = $2)
ORDER BY (status = 'open') DESC, asked_at, id LIMIT $3;

-- name: own_questions
-- $1 room, $2 user_id, $3 and $4 before this moment (Unix ms) and id, or null, $5 how many at most
SELECT id, text, status, answer, asked_ts, answered_ts FROM (
    SELECT id, text, status, answer, (extract(epoch FROM asked_at) * 1000)::bigint AS asked_ts,
           (extract(epoch FROM answered_at) * 1000)::bigint AS answered_ts
    FROM questions WHERE room = $1 AND user_id = $2
) q
WHERE $3::bigint IS NULL OR (asked_ts, id COLLATE "C") < ($3::bigint, $4::text COLLATE "C")
ORDER BY asked_ts DESC, id COLLATE "C" DESC LIMIT $5;

-- name: answer_question
-- $1 room, $2 id, $3 answer, $4 now, Unix ms
UPDATE questions SET status = 'answered', answer = $3, answered_at = to_timestamp($4::bigint / 1000.0)
WHERE room = $1 AND id = $2 RETURNING id, user_id, name, text;

-- name: dismiss_question
-- $1 room, $2 id
UPDATE questions SET status = 'dismissed' WHERE room = $1 AND id = $2 AND status = 'open' RETURNING id, user_id, name, text;

-- name: question_exists
-- $1 room, $2 id
SELECT status FROM questions WHERE room = $1 AND id = $2;

-- name: open_count
-- $1 room
SELECT count(*) FROM questions WHERE room = $1 AND status = 'open';
