-- name: insert_quiz
-- $1 id, $2 room, $3 card jsonb, $4 correct_choice, $5 correct_value, $6 winners_max, $7 closes_ts, $8 now, Unix ms
INSERT INTO quizzes (id, room, card, correct_choice, correct_value, winners_max, closes_ts, created_at)
VALUES ($1, $2, $3, $4::integer, $5::double precision, $6, $7, to_timestamp($8::bigint / 1000.0));

-- name: quiz_for_update
-- Waits for answers that are being stored (they hold the row FOR SHARE); after this none can come any more.
-- $1 room, $2 id
SELECT card, correct_choice, correct_value, winners_max, status, closes_ts, result FROM quizzes
WHERE room = $1 AND id = $2 FOR UPDATE;

-- name: room_of_quiz
-- $1 id
SELECT room FROM quizzes WHERE id = $1;

-- name: close_quiz
-- $1 id, $2 result jsonb
UPDATE quizzes SET status = 'closed', result = $2 WHERE id = $1;

-- name: quizzes
-- $1 room, $2 how many
SELECT q.card, q.correct_choice, q.correct_value, q.winners_max, q.status, q.result,
       (SELECT count(*) FROM quiz_answers a WHERE a.quiz = q.id) AS answers
FROM quizzes q WHERE q.room = $1 ORDER BY q.created_at DESC LIMIT $2;
