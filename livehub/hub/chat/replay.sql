-- name: lines_shown
-- In the order in which they were shown; without what was deleted, or hidden with a ban. Two ranges, so that each has its index.
-- $1 room, $2 from, $3 until before, both Unix ms, $4 and $5 after this moment and id, $6 how many at most
SELECT at_ts, id, user_id, name, role, text, ts, badge FROM (
    SELECT c.ts AS at_ts, c.id, c.user_id, c.name, c.role, c.text, c.ts, c.badge FROM chats c
    WHERE c.room = $1 AND c.shown_ts IS NULL AND c.ts >= $2::bigint AND c.ts < $3::bigint
    UNION ALL
    SELECT c.shown_ts, c.id, c.user_id, c.name, c.role, c.text, c.ts, c.badge FROM chats c
    WHERE c.room = $1 AND c.shown_ts >= $2::bigint AND c.shown_ts < $3::bigint
) c
WHERE (at_ts, id COLLATE "C") > ($4::bigint, $5::text COLLATE "C")
    AND NOT EXISTS (SELECT FROM chat_deletions d WHERE d.room = $1 AND d.line = c.id)
    AND NOT EXISTS (SELECT FROM chat_hidden h WHERE h.room = $1 AND h.user_id = c.user_id AND h.before_ts >= c.ts)
ORDER BY at_ts, id COLLATE "C" LIMIT $6;
