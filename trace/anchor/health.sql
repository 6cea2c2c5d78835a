-- How the log and its anchors are, for those who look after them.

-- name: log
-- The newest checkpoint. What waits is counted by log.sql.
SELECT origin, size, published, note, at_ms FROM log_head;

-- name: anchors
-- Each anchor as whoever leads saw it last, with the newest checkpoint that it has, and the oldest that is under way.
SELECT h.anchor, h.kind, h.chain, h.is_development, h.looked_ms, h.failing_since_ms, h.reason,
    c.id, c.size, c.tx, c.block, c.depth, c.block_ms, c.confirmed_ms, c.fallbacks, cf.fee_wei, cf.attempts,
    o.state AS open_state, o.size AS open_size, o.begun_ms AS open_begun_ms, o.depth AS open_depth, o.fallbacks AS open_fallbacks,
    oa.fee_wei AS open_fee_wei, oa.attempts AS open_attempts
FROM anchor_health AS h
LEFT JOIN LATERAL (
    SELECT * FROM anchorings AS a WHERE a.anchor = h.anchor AND a.state = 'confirmed' ORDER BY a.size DESC, a.id DESC LIMIT 1
) AS c ON true
LEFT JOIN LATERAL (
    SELECT max(t.fee_wei) FILTER (WHERE t.ref = c.tx) AS fee_wei, count(*)::integer AS attempts
    FROM anchor_attempts AS t WHERE t.anchoring = c.id
) AS cf ON true
LEFT JOIN LATERAL (
    SELECT * FROM anchorings AS a WHERE a.anchor = h.anchor AND a.state IN ('pending', 'sent') ORDER BY a.id LIMIT 1
) AS o ON true
LEFT JOIN LATERAL (
    SELECT max(t.fee_wei) AS fee_wei, count(*)::integer AS attempts FROM anchor_attempts AS t WHERE t.anchoring = o.id
) AS oa ON true
ORDER BY h.anchor;
