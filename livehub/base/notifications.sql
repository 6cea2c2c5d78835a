-- name: notify
-- $1 channels text[]
SELECT pg_notify(channel, '') FROM unnest($1::text[]) AS c (channel);
