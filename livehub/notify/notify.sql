-- name: insert_deliveries
-- Gives those that are new. Rows come in the order of the key, so that two of these wait for each other and cannot deadlock.
-- $1 keys text[], $2 channels text[], $3 templates text[], $4 people text[], $5 due bigint[] (Unix ms), $6 now (Unix ms)
INSERT INTO notice_deliveries (key, channel, template, person, due_ms, created_ms)
SELECT d.key, d.channel, d.template, d.person, d.due_ms, $6::bigint
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[])
    AS d (key, channel, template, person, due_ms)
ORDER BY d.key, d.channel
ON CONFLICT (key, channel) DO NOTHING RETURNING key, channel;
