-- name: insert_chats
-- $1: [{room, line, shown_ts}] as JSON; one value costs asyncpg a fraction of what seven arrays cost.
-- What a room has had in lines is counted with them, each line once; rooms in the order in which everybody locks them.
WITH stored AS (
    INSERT INTO chats (id, room, user_id, name, role, text, ts, shown_ts, badge)
    SELECT l.id, t.room, l."user", l.name, l.role, l.text, l.ts, t.shown_ts, l.badge
    FROM jsonb_to_recordset($1::jsonb) AS t (room text, line jsonb, shown_ts bigint),
         jsonb_to_record(t.line) AS l (id text, "user" text, name text, role text, text text, ts bigint, badge text)
    ON CONFLICT (id) DO NOTHING RETURNING room
)
INSERT INTO room_chats (room, count) SELECT room, count(*) FROM stored GROUP BY room ORDER BY room
ON CONFLICT (room) DO UPDATE SET count = room_chats.count + excluded.count;
