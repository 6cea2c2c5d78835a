-- name: open_quizzes
-- Held FOR SHARE, so that no quiz closes between this check and the commit: what is acknowledged counts.
-- $1 quizzes text[]
SELECT id, closes_ts FROM quizzes WHERE id = ANY($1::text[]) AND status = 'open' ORDER BY id FOR SHARE;

-- name: insert_answers
-- $1 jsonb: a list of AnswerRow. One value costs much less to send than six arrays.
INSERT INTO quiz_answers (quiz, user_id, name, choice, value, ts)
SELECT quiz, "user", name, choice, value, ts
FROM jsonb_to_recordset($1::jsonb)
    AS t (quiz text, "user" text, name text, choice integer, value double precision, ts bigint)
ON CONFLICT (quiz, user_id) DO NOTHING;

-- name: answers_of
-- $1 quizzes text[], $2 users text[]: pairs
SELECT a.quiz, a.user_id, a.choice, a.value
FROM unnest($1::text[], $2::text[]) AS t (quiz, user_id)
JOIN quiz_answers a ON a.quiz = t.quiz AND a.user_id = t.user_id;
