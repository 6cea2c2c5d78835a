-- name: likes_of
-- $1 room
SELECT worker, count FROM room_likes WHERE room = $1;

-- name: store_likes
-- $1 rooms text[], $2 worker, $3 counts bigint[]. A count never shrinks, so a late write does no harm.
INSERT INTO room_likes (room, worker, count)
SELECT t.room, $2, t.count FROM unnest($1::text[], $3::bigint[]) AS t (room, count)
ON CONFLICT (room, worker) DO UPDATE SET count = greatest(room_likes.count, excluded.count);

-- name: chat_count
-- $1 room
SELECT count(*) FROM chats WHERE room = $1;

-- name: recent_chats
-- $1 room, $2 how many
SELECT c.id, c.user_id, c.name, c.role, c.text, c.ts FROM chats c
WHERE c.room = $1 AND NOT EXISTS (SELECT FROM chat_deletions d WHERE d.room = c.room AND d.line = c.id)
ORDER BY c.ts DESC, c.id DESC LIMIT $2;
