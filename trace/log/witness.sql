-- What this server, as a witness, has cosigned of other logs.

-- name: begin
-- $1 origin, $2 root of nothing
INSERT INTO log_witnessed (origin, size, root) VALUES ($1, 0, $2) ON CONFLICT DO NOTHING;

-- name: seen
-- $1 origin. Nobody else gets to it until the transaction ends.
SELECT size, root FROM log_witnessed WHERE origin = $1 FOR UPDATE;

-- name: keep
-- $1 origin, $2 size, $3 root
UPDATE log_witnessed SET size = $2, root = $3 WHERE origin = $1;
