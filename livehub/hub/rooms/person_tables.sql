-- What rooms and their logs keep of people.

-- name: erase_room_owner
-- The state has nothing of them once the modules' messages are written (Part.person_erased); it is not touched behind the back of
-- those who follow the room. $1 person, $2 stands in
WITH gone AS (UPDATE rooms SET created_by = $2 WHERE created_by = $1 RETURNING true) SELECT count(*) FROM gone;

-- name: erase_controls
-- Messages keep their numbers, and say no more of whom they were. $1 person, $2 stands in
WITH gone AS (
    UPDATE room_controls SET
        by_id = CASE by_id WHEN $1 THEN $2 ELSE by_id END, by_name = CASE by_id WHEN $1 THEN '' ELSE by_name END,
        data = without_person(data, $1, $2),
        why = CASE WHEN data->>'user' = $1 THEN NULL ELSE without_person(why, $1, $2) END
    WHERE by_id = $1 OR has_person(data, $1) OR has_person(why, $1) RETURNING true
) SELECT count(*) FROM gone;

-- name: rooms_made_by
-- $1 person
SELECT jsonb_build_object('room', id, 'title', title, 'made_at', created_at) FROM rooms WHERE created_by = $1 ORDER BY created_at;

-- name: messages_by
-- $1 person
SELECT jsonb_build_object('room', room, 'at', to_timestamp(ts / 1000.0), 'type', data->>'type')
FROM room_controls WHERE by_id = $1 ORDER BY ts, room, "offset";
