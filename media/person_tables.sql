-- What media keep of people: who put up a camera, who cut a clip.

-- name: cameras_by
-- $1 person
SELECT jsonb_build_object('room', room, 'name', name, 'at', to_timestamp(created_ts / 1000.0))
FROM cameras WHERE created_by = $1 ORDER BY created_ts, id;

-- name: erase_camera_makers
-- $1 person, $2 stands in
WITH gone AS (UPDATE cameras SET created_by = $2 WHERE created_by = $1 RETURNING true) SELECT count(*) FROM gone;

-- name: clips_by
-- $1 person
SELECT jsonb_build_object('room', room, 'title', title, 'at', to_timestamp(created_ts / 1000.0))
FROM clips WHERE created_by = $1 ORDER BY created_ts, id;

-- name: erase_clip_makers
-- $1 person, $2 stands in
WITH gone AS (UPDATE clips SET created_by = $2 WHERE created_by = $1 RETURNING true) SELECT count(*) FROM gone;
