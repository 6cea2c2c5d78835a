-- name: insert_room
-- $1 id, $2 epoch, $3 state jsonb, $4 created_by, $5 now, Unix ms
WITH made AS (
    INSERT INTO rooms (id, epoch, state, created_by, created_at) VALUES ($1, $2, $3, $4, to_timestamp($5::bigint / 1000.0))
    ON CONFLICT (id) DO NOTHING RETURNING id
), host AS (
    INSERT INTO room_hosts (room, person, kind, by, ts) SELECT id, $4, 'host', $4, $5 FROM made
)
SELECT id FROM made;

-- name: room_for_update
-- Locks the room's row: whoever writes control messages holds it, so that offsets have no hole and no double. The key does not
-- change, so foreign keys to it (each chat line, question, answer) do not wait.
-- $1 room
SELECT epoch, head_offset, state FROM rooms WHERE id = $1 FOR NO KEY UPDATE;

-- name: insert_control
-- $1 room, $2 epoch, $3 offset bigint, $4 ts bigint, $5 data jsonb, $6 by_id, $7 by_name, $8 why jsonb
INSERT INTO room_controls (room, epoch, "offset", ts, data, by_id, by_name, why) VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: update_room
-- $1 room, $2 head_offset bigint, $3 state jsonb
UPDATE rooms SET head_offset = $2, state = $3 WHERE id = $1;

-- name: room
-- $1 room
SELECT epoch, head_offset, state FROM rooms WHERE id = $1;

-- name: room_exists
-- $1 room
SELECT true FROM rooms WHERE id = $1;

-- name: heads
-- $1 rooms text[]
SELECT id, epoch, head_offset FROM rooms WHERE id = ANY($1::text[]);

-- name: controls_after
-- $1 room, $2 epoch, $3 after this offset, $4 how many at most
SELECT "offset", ts, coalesce(data->>'type', '') AS type, data FROM room_controls
WHERE room = $1 AND epoch = $2 AND "offset" > $3
ORDER BY "offset" LIMIT $4;
