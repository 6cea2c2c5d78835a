-- Times here are real ones: of how long a call may take, and a key is remembered.

-- name: claim_key
-- Waits for nobody: `is_free` is false while another transaction that asked for the same key is open. (An old process, which
-- doesn't ask, is waited for at the key's unique index.) `is_new`: the key is ours now.
-- $1 scope, $2 key, $3 fingerprint bytea, $4 seconds double precision for which it is ours beyond this transaction, or null
WITH asked AS MATERIALIZED (SELECT pg_try_advisory_xact_lock(1768252784, hashtext($1 || ' ' || $2)) AS is_free),
     claimed AS (
         INSERT INTO idempotency_keys (scope, key, fingerprint, claimed_until)
         SELECT $1, $2, $3, clock_timestamp() + make_interval(secs => $4::double precision) FROM asked WHERE is_free
         ON CONFLICT (scope, key) DO NOTHING
         RETURNING true
     )
SELECT is_free, EXISTS (SELECT FROM claimed) AS is_new FROM asked;

-- name: claimed
-- $1 scope, $2 key
SELECT fingerprint, status, body, sealed, coalesce(claimed_until > clock_timestamp(), false) AS is_under_way
FROM idempotency_keys WHERE scope = $1 AND key = $2;

-- name: claim_again
-- $1 scope, $2 key, $3 seconds double precision or null
UPDATE idempotency_keys
SET attempts = attempts + 1, claimed_until = clock_timestamp() + make_interval(secs => $3::double precision)
WHERE scope = $1 AND key = $2 RETURNING attempts;

-- name: remember
-- Nothing, and no row back, if another attempt was begun since.
-- $1 scope, $2 key, $3 attempt, $4 status integer, $5 body text or null, $6 sealed bytea or null
UPDATE idempotency_keys SET status = $4, body = $5, sealed = $6, claimed_until = NULL
WHERE scope = $1 AND key = $2 AND attempts = $3 AND status IS NULL RETURNING true;

-- name: end_claim
-- The attempt may have had an effect: the next one need not wait, and is told.
-- $1 scope, $2 key, $3 attempt
UPDATE idempotency_keys SET claimed_until = clock_timestamp()
WHERE scope = $1 AND key = $2 AND attempts = $3 AND status IS NULL;

-- name: release_claim
-- The attempt had no effect: the next one is the first.
-- $1 scope, $2 key, $3 attempt
DELETE FROM idempotency_keys WHERE scope = $1 AND key = $2 AND attempts = $3 AND status IS NULL;

-- name: forget
-- $1 older than, Unix ms, $2 how many at most
WITH gone AS (
    DELETE FROM idempotency_keys WHERE (scope, key) IN (
        SELECT scope, key FROM idempotency_keys
        WHERE created_at < to_timestamp($1::bigint / 1000.0) ORDER BY created_at LIMIT $2
    ) RETURNING true
) SELECT count(*) FROM gone;
