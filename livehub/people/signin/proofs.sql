-- name: use
-- $1 digest, $2 ends_ts. Returns nothing if it was used before; of two at once the second waits for the first.
INSERT INTO used_proofs (digest, ends_ts) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING RETURNING true;

-- name: forget_used
-- $1 over before, Unix ms, $2 how many at most
WITH gone AS (
    DELETE FROM used_proofs WHERE digest IN (SELECT digest FROM used_proofs WHERE ends_ts < $1 LIMIT $2) RETURNING true
) SELECT count(*) FROM gone;
