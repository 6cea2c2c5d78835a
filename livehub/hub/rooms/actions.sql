-- name: insert_actions
-- $1 room or null, $2 ts, Unix ms, $3 by_id, $4 by_name, $5 [{type, subject, was, became, about_id, about_name, data}] as JSON
INSERT INTO room_actions (room, ts, type, subject, was, became, by_id, by_name, about_id, about_name, data)
SELECT $1, $2, a.type, a.subject, a.was, a.became, $3, $4, a.about_id, a.about_name, a.data
FROM jsonb_to_recordset($5::jsonb) AS a (
    type text, subject text, was text, became text, about_id text, about_name text, data jsonb
);
