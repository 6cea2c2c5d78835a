-- name: chat_count
-- Kept by whoever stores lines (chat/store.sql). No row: none were stored.
-- $1 room
SELECT count FROM room_chats WHERE room = $1;

-- name: recent_chats
-- $1 room, $2 how many
SELECT c.id, c.user_id, c.name, c.role, c.text, c.ts, c.badge FROM chats c
WHERE c.room = $1 AND NOT EXISTS (SELECT FROM chat_deletions d WHERE d.room = c.room AND d.line = c.id)
    AND NOT EXISTS (SELECT FROM chat_hidden h WHERE h.room = c.room AND h.user_id = c.user_id AND h.before_ts >= c.ts)
ORDER BY c.ts DESC, c.id DESC LIMIT $2;
