-- name: claim_key
-- Waits for a transaction that holds the same key; then either ours is new, or theirs is there to be read.
-- $1 scope, $2 key, $3 fingerprint bytea
INSERT INTO idempotency_keys (scope, key, fingerprint) VALUES ($1, $2, $3)
ON CONFLICT (scope, key) DO NOTHING
RETURNING true;

-- name: remembered
-- $1 scope, $2 key
SELECT fingerprint, status, body FROM idempotency_keys WHERE scope = $1 AND key = $2;

-- name: remember
-- $1 scope, $2 key, $3 status integer, $4 body text
UPDATE idempotency_keys SET status = $3, body = $4 WHERE scope = $1 AND key = $2;

-- name: forget
-- $1 older than, Unix ms, $2 how many at most
WITH gone AS (
    DELETE FROM idempotency_keys WHERE (scope, key) IN (
        SELECT scope, key FROM idempotency_keys
        WHERE created_at < to_timestamp($1::bigint / 1000.0) ORDER BY created_at LIMIT $2
    ) RETURNING true
) SELECT count(*) FROM gone;
