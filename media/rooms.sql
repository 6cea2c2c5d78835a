-- name: room_of_recording
-- $1 recording
SELECT room FROM recordings WHERE id = $1;

-- name: room_of_clip
-- $1 clip
SELECT room FROM clips WHERE id = $1;
