-- name: open_quizzes
-- Held FOR SHARE, so that no quiz closes between this check and the commit: what is acknowledged counts.
-- $1 quizzes text[]
SELECT id, closes_ts FROM quizzes WHERE id = ANY($1::text[]) AND status = 'open' ORDER BY id FOR SHARE;

-- name: insert_answers
-- $1 quizzes text[], $2 users text[], $3 names text[], $4 choices integer[], $5 values double precision[], $6 ts bigint[]
INSERT INTO quiz_answers (quiz, user_id, name, choice, value, ts)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::integer[], $5::double precision[], $6::bigint[])
ON CONFLICT (quiz, user_id) DO NOTHING;

-- name: answers_of
-- $1 quizzes text[], $2 users text[]: pairs
SELECT a.quiz, a.user_id, a.choice, a.value
FROM unnest($1::text[], $2::text[]) AS t (quiz, user_id)
JOIN quiz_answers a ON a.quiz = t.quiz AND a.user_id = t.user_id;
