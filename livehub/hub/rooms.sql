-- name: chat_count
-- $1 room
SELECT count(*) FROM chats WHERE room = $1;

-- name: recent_chats
-- $1 room, $2 how many
SELECT c.id, c.user_id, c.name, c.role, c.text, c.ts FROM chats c
WHERE c.room = $1 AND NOT EXISTS (SELECT FROM chat_deletions d WHERE d.room = c.room AND d.line = c.id)
ORDER BY c.ts DESC, c.id DESC LIMIT $2;
