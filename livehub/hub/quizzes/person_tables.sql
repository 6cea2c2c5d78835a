-- What quizzes keep of people.

-- name: move_answers
-- Of a quiz that both have answered each keeps their own. $1 who it was, $2 who it is
UPDATE quiz_answers a SET user_id = $2 FROM quizzes q
WHERE a.quiz = q.id AND a.user_id = $1 AND NOT EXISTS (SELECT FROM quiz_answers o WHERE o.quiz = a.quiz AND o.user_id = $2)
RETURNING a.quiz;

-- name: move_answers_back
-- $1 who it was, $2 who it is, $3 quizzes text[]
UPDATE quiz_answers a SET user_id = $1
WHERE a.quiz = ANY($3::text[]) AND a.user_id = $2
    AND NOT EXISTS (SELECT FROM quiz_answers o WHERE o.quiz = a.quiz AND o.user_id = $1)
RETURNING a.quiz;

-- name: answers_by
-- $1 person
SELECT jsonb_build_object(
    'room', q.room, 'question', q.card->>'question', 'at', to_timestamp(a.ts / 1000.0), 'name', a.name, 'choice', a.choice,
    'value', a.value
)
FROM quizzes q JOIN quiz_answers a ON a.quiz = q.id WHERE a.user_id = $1 ORDER BY a.ts, q.id;

-- name: erase_answers
-- They go on being counted. $1 person, $2 stands in
WITH gone AS (
    UPDATE quiz_answers a SET user_id = $2, name = '' FROM quizzes q WHERE a.quiz = q.id AND a.user_id = $1 RETURNING true
) SELECT count(*) FROM gone;

-- name: erase_results
-- $1 person, $2 stands in
WITH gone AS (
    UPDATE quizzes SET result = without_person(result, $1, $2) WHERE has_person(result, $1) RETURNING true
) SELECT count(*) FROM gone;

-- name: rooms_showing_winner
-- Rooms in which somebody stands among the winners now. $1 person
SELECT id FROM rooms WHERE has_person(state->'view'->'quiz'->'result', $1) ORDER BY id;
