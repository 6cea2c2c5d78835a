-- What chat keeps of people. Lines are found room by room, by the index that there is.

-- name: move_lines
-- What a ban hid stays hidden: it stays with who it was. $1 who it was, $2 who it is
UPDATE chats c SET user_id = $2 FROM rooms r
WHERE c.room = r.id AND c.user_id = $1 AND NOT EXISTS (
    SELECT FROM chat_hidden h WHERE h.room = c.room AND h.user_id = $1 AND h.before_ts >= c.ts
)
RETURNING c.id;

-- name: move_lines_back
-- $1 who it was, $2 who it is, $3 ids text[]
UPDATE chats SET user_id = $1 WHERE id = ANY($3::text[]) AND user_id = $2 RETURNING id;

-- name: lines_of
-- $1 person
SELECT jsonb_build_object('room', c.room, 'at', to_timestamp(c.ts / 1000.0), 'name', c.name, 'text', c.text)
FROM rooms r JOIN chats c ON c.room = r.id WHERE c.user_id = $1 ORDER BY c.ts, c.id;

-- name: erase_lines
-- $1 person, $2 stands in
WITH gone AS (
    DELETE FROM chats c USING rooms r WHERE c.room = r.id AND c.user_id = $1 AND $2::text IS NOT NULL RETURNING true
) SELECT count(*) FROM gone;

-- name: erase_deletions
-- $1 person, $2 stands in
WITH gone AS (UPDATE chat_deletions SET deleted_by = $2 WHERE deleted_by = $1 RETURNING true) SELECT count(*) FROM gone;

-- name: erase_hidden
-- Their lines are gone. $1 person, $2 stands in
WITH gone AS (DELETE FROM chat_hidden WHERE user_id = $1 AND $2::text IS NOT NULL RETURNING true) SELECT count(*) FROM gone;

-- name: move_held
-- $1 who it was, $2 who it is
UPDATE held_lines SET line = jsonb_set(line, '{user}', to_jsonb($2::text))
WHERE status = 'waiting' AND line->>'user' = $1 RETURNING room || ' ' || line_id;

-- name: move_held_back
-- $1 who it was, $2 who it is, $3 "room line" text[]
UPDATE held_lines SET line = jsonb_set(line, '{user}', to_jsonb($1::text))
WHERE room || ' ' || line_id = ANY($3::text[]) AND line->>'user' = $2 RETURNING line_id;

-- name: held_of
-- $1 person
SELECT jsonb_build_object('room', room, 'at', held_at, 'text', line->>'text', 'state', status)
FROM held_lines WHERE line->>'user' = $1 ORDER BY held_at, line_id;

-- name: erase_held
-- $1 person, $2 stands in
WITH gone AS (
    DELETE FROM held_lines WHERE line->>'user' = $1 RETURNING true
), decided AS (
    UPDATE held_lines SET decided_by = $2 WHERE decided_by = $1 AND line->>'user' <> $1 RETURNING true
) SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM decided);

-- name: move_reports
-- $1 who it was, $2 who it is
UPDATE chat_reports r SET user_id = $2 WHERE user_id = $1 AND NOT EXISTS (
    SELECT FROM chat_reports o WHERE o.room = r.room AND o.line_id = r.line_id AND o.user_id = $2
)
RETURNING room || ' ' || line_id;

-- name: move_reports_back
-- $1 who it was, $2 who it is, $3 "room line" text[]
UPDATE chat_reports r SET user_id = $1
WHERE user_id = $2 AND room || ' ' || line_id = ANY($3::text[]) AND NOT EXISTS (
    SELECT FROM chat_reports o WHERE o.room = r.room AND o.line_id = r.line_id AND o.user_id = $1
)
RETURNING line_id;

-- name: reports_of
-- $1 person
SELECT jsonb_build_object('room', room, 'line', line_id, 'at', at) FROM chat_reports WHERE user_id = $1 ORDER BY at, line_id;

-- name: erase_reports
-- $1 person, $2 stands in
WITH gone AS (DELETE FROM chat_reports WHERE user_id = $1 AND $2::text IS NOT NULL RETURNING true) SELECT count(*) FROM gone;

-- name: rooms_with_lines_of
-- Rooms that show something of somebody, or shut them out, in one order. $1 person
SELECT id FROM rooms r
WHERE EXISTS (SELECT FROM chats c WHERE c.room = r.id AND c.user_id = $1) OR r.state->'mutes' ? $1 OR r.state->'bans' ? $1
ORDER BY id;

-- name: rooms_restricting
-- Rooms that shut somebody out, in one order. $1 person
SELECT id FROM rooms r WHERE r.state->'mutes' ? $1 OR r.state->'bans' ? $1 ORDER BY id;
