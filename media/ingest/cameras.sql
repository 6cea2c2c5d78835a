-- Cameras of rooms (migration 0007).

-- name: cameras
-- $1 room
SELECT id, name, kind, url FROM cameras WHERE room = $1 ORDER BY created_ts, id;

-- name: cameras_of_rooms
-- $1 rooms
SELECT id, room, name, kind, url FROM cameras WHERE room = ANY($1) ORDER BY created_ts, id;

-- name: room_is_there
-- $1 room
SELECT true FROM rooms WHERE id = $1;

-- name: camera
-- $1 id
SELECT id, room, name, kind, url, token_sha256 FROM cameras WHERE id = $1;

-- name: camera_held
-- $1 id. As `camera`, and it stays so until the end of the transaction; waits for one that changes or deletes it.
SELECT id, room, name, kind, url, token_sha256 FROM cameras WHERE id = $1 FOR SHARE;

-- name: pulled
-- Cameras that this side pulls: of rooms whose show is not over (`is_on`), and of others that are looked at. $1 those rooms
SELECT c.id, c.room, c.name, c.kind, c.url, coalesce(r.show->>'status', '') <> 'ended' AS is_on
FROM cameras c JOIN rooms r ON r.id = c.room
WHERE c.kind <> 'whip' AND (coalesce(r.show->>'status', '') <> 'ended' OR c.room = ANY($1))
ORDER BY c.created_ts, c.id;

-- name: reusable
-- $1 room, $2 created_by, $3 name. Cameras of that name that the same person added, the newest first.
SELECT id, room, name, kind, url FROM cameras WHERE room = $1 AND created_by = $2 AND name = $3 AND kind = 'whip'
ORDER BY created_ts DESC, id DESC;

-- name: lock_room
-- $1 room. Locks its row, so that two who add a camera count one after the other.
SELECT id FROM rooms WHERE id = $1 FOR UPDATE;

-- name: count_cameras
-- $1 room
SELECT count(*) FROM cameras WHERE room = $1;

-- name: insert_camera
-- $1 id, $2 room, $3 name, $4 kind, $5 url, $6 token_sha256, $7 created_ts, $8 created_by
INSERT INTO cameras (id, room, name, kind, url, token_sha256, created_ts, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: set_token
-- $1 room, $2 id, $3 token_sha256
UPDATE cameras SET token_sha256 = $3 WHERE room = $1 AND id = $2 AND kind = 'whip' RETURNING name;

-- name: delete_camera
-- $1 room, $2 id
DELETE FROM cameras WHERE room = $1 AND id = $2 RETURNING name;

-- name: rooms_with_picture
-- Rooms that tell of a picture.
SELECT id FROM rooms WHERE jsonb_typeof(state -> 'view' -> 'program') = 'object';
