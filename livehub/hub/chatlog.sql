-- name: insert_chats
-- $1 ids text[], $2 rooms text[], $3 users text[], $4 names text[], $5 roles text[], $6 texts text[], $7 ts bigint[]
INSERT INTO chats (id, room, user_id, name, role, text, ts)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[])
ON CONFLICT (id) DO NOTHING;
