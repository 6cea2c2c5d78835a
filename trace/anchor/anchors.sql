-- Checkpoints at anchors.

-- name: newest
-- The newest published checkpoint, if there is one.
SELECT origin, size, root, note, at_ms FROM log_head WHERE note IS NOT NULL AND size > 0;

-- name: last
-- $1 anchor. The checkpoint that was anchored last there, whatever became of it.
SELECT size, begun_ms FROM anchorings WHERE anchor = $1 ORDER BY id DESC LIMIT 1;

-- name: open
-- $1 anchor, $2 how many
SELECT * FROM anchorings WHERE anchor = $1 AND state IN ('pending', 'sent') ORDER BY id LIMIT $2;

-- name: newest_confirmed
-- $1 anchor, $2 how many
SELECT * FROM anchorings WHERE anchor = $1 AND state = 'confirmed' ORDER BY size DESC, id DESC LIMIT $2;

-- name: attempts
-- $1 ids of anchorings, bigint[]
SELECT * FROM anchor_attempts WHERE anchoring = ANY ($1::bigint[]) ORDER BY anchoring, at_ms, ref;

-- name: begin
-- $1 anchor, $2 kind, $3 chain, $4 is_development, $5 origin, $6 size, $7 root, $8 note, $9 published_ms, $10 now_ms
INSERT INTO anchorings (anchor, kind, chain, is_development, origin, size, root, note, published_ms, begun_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id;

-- name: renew
-- $1 id, $2 size, $3 root, $4 note, $5 published_ms. Of what was never sent: a newer checkpoint takes its place.
UPDATE anchorings SET size = $2, root = $3, note = $4, published_ms = $5
WHERE id = $1 AND state = 'pending' AND NOT EXISTS (SELECT FROM anchor_attempts WHERE anchoring = $1) AND size < $2;

-- name: put_attempt
-- $1 anchoring, $2 ref, $3 raw, $4 nonce, $5 fee_wei, $6 tip_wei, $7 at_ms
INSERT INTO anchor_attempts (anchoring, ref, raw, nonce, fee_wei, tip_wei, at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (anchoring, ref) DO NOTHING;

-- name: change
-- $1 id, $2 state, $3 nonce, $4 tx, $5 block, $6 block_hash, $7 block_ms, $8 depth, $9 proof, $10 fallbacks, $11 now_ms
UPDATE anchorings SET state = $2, nonce = $3, tx = $4, block = $5, block_hash = $6, block_ms = $7, depth = $8, proof = $9,
    fallbacks = $10, confirmed_ms = CASE WHEN $2 = 'confirmed' THEN coalesce(confirmed_ms, $11) END
WHERE id = $1;

-- name: put_health
-- $1 anchor, $2 kind, $3 chain, $4 is_development, $5 now_ms, $6 reason, empty while it answers
INSERT INTO anchor_health AS h (anchor, kind, chain, is_development, looked_ms, failing_since_ms, reason)
VALUES ($1, $2, $3, $4, $5, CASE WHEN $6::text <> '' THEN $5::bigint END, $6)
ON CONFLICT (anchor) DO UPDATE SET kind = $2, chain = $3, is_development = $4, looked_ms = $5, reason = $6,
    failing_since_ms = CASE WHEN $6::text <> '' THEN coalesce(h.failing_since_ms, $5) END;

-- --- for readers ---

-- name: page
-- $1 before which id, null: from the newest; $2 how many
SELECT * FROM anchorings WHERE $1::bigint IS NULL OR id < $1 ORDER BY id DESC LIMIT $2;

-- name: one
-- $1 id
SELECT * FROM anchorings WHERE id = $1;

-- name: health
-- With the newest checkpoint that each has.
SELECT h.*, c.id, c.size, c.tx, c.published_ms, c.block_ms, c.confirmed_ms
FROM anchor_health AS h LEFT JOIN LATERAL (
    SELECT * FROM anchorings AS a WHERE a.anchor = h.anchor AND a.state = 'confirmed' ORDER BY a.size DESC, a.id DESC LIMIT 1
) AS c ON true
ORDER BY h.anchor;

-- name: covering
-- $1 leaves, bigint[]. For each leaf the first anchor on a chain whose tree has it; what is on a chain for development comes last.
SELECT l.leaf, c.*
FROM unnest($1::bigint[]) AS l (leaf) CROSS JOIN LATERAL (
    SELECT f.* FROM (SELECT DISTINCT anchor FROM anchor_health WHERE kind = 'evm') AS h CROSS JOIN LATERAL (
        SELECT a.id AS anchoring, a.anchor, a.chain, a.tx, a.size, a.is_development, a.published_ms, a.block_ms
        FROM anchorings AS a WHERE a.anchor = h.anchor AND a.state = 'confirmed' AND a.size > l.leaf
        ORDER BY a.size, a.id LIMIT 1
    ) AS f ORDER BY f.is_development, f.block_ms, f.anchoring LIMIT 1
) AS c;
