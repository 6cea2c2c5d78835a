-- What questions keep of people, found room by room, by the index that there is.

-- name: move_questions
-- $1 who it was, $2 who it is
UPDATE questions q SET user_id = $2 FROM rooms r WHERE q.room = r.id AND q.user_id = $1 RETURNING q.id;

-- name: move_questions_back
-- $1 who it was, $2 who it is, $3 ids text[]
UPDATE questions SET user_id = $1 WHERE id = ANY($3::text[]) AND user_id = $2 RETURNING id;

-- name: questions_of
-- $1 person
SELECT jsonb_build_object('room', q.room, 'at', q.asked_at, 'name', q.name, 'text', q.text, 'state', q.status, 'answer', q.answer)
FROM rooms r JOIN questions q ON q.room = r.id WHERE q.user_id = $1 ORDER BY q.asked_at, q.id;

-- name: erase_questions
-- What was answered before everybody stays, without them; the rest goes. $1 person, $2 stands in
WITH gone AS (
    DELETE FROM questions q USING rooms r WHERE q.room = r.id AND q.user_id = $1 AND q.status <> 'answered' RETURNING true
), kept AS (
    UPDATE questions q SET user_id = $2, name = '' FROM rooms r
    WHERE q.room = r.id AND q.user_id = $1 AND q.status = 'answered' RETURNING true
) SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM kept);

-- name: answered_of
-- By room. $1 person
SELECT q.room, q.id FROM rooms r JOIN questions q ON q.room = r.id
WHERE q.user_id = $1 AND q.status = 'answered' ORDER BY q.room, q.answered_at, q.id;

-- name: unname_answered
-- In the log of the room. $1 room, $2 ids text[]
UPDATE room_controls SET data = jsonb_set(data, '{question,name}', '""')
WHERE room = $1 AND data->>'type' = 'question' AND data->'question'->>'id' = ANY($2::text[]);

-- name: unname_audited
-- In the audit log. $1 ids text[]
SELECT unname_audited_questions($1);
