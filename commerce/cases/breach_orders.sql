-- Orders that a breach of the cold chain flagged, for those who look after it.

-- name: of_breach
-- $1 breach, $2 after which order or null, $3 how many
SELECT b.order_id, b.shipment, b.offer, b.told_ms, o.number, o.person, o.state,
    (SELECT count(*)::integer FROM breach_lines AS l WHERE l.order_id = b.order_id AND l.breach = b.breach) AS lines
FROM breach_orders AS b JOIN orders AS o ON o.id = b.order_id
WHERE b.breach = $1 AND ($2::text IS NULL OR b.order_id > $2) ORDER BY b.order_id LIMIT $3;
