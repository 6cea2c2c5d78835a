-- name: insert_basket
-- $1 room, $2 weight_g, $3 put at, Unix ms
INSERT INTO toy_baskets (room, weight_g, put_ts) VALUES ($1, $2, $3) RETURNING id;

-- name: empty_basket
-- $1 id bigint
UPDATE toy_baskets SET is_empty = true WHERE id = $1;

-- name: add_harvest
-- $1 room, $2 weight_g
INSERT INTO toy_harvests (room, weight_g) VALUES ($1, $2)
ON CONFLICT (room) DO UPDATE SET weight_g = toy_harvests.weight_g + excluded.weight_g;

-- name: baskets
-- $1 room
SELECT count(*)::integer AS baskets, (count(*) FILTER (WHERE is_empty))::integer AS emptied,
    coalesce((SELECT weight_g FROM toy_harvests WHERE room = $1), 0)::integer AS harvested_g
FROM toy_baskets WHERE room = $1;

-- name: forget_baskets
-- $1 put before, Unix ms, $2 how many at most
WITH gone AS (
    DELETE FROM toy_baskets WHERE id IN (SELECT id FROM toy_baskets WHERE put_ts < $1 LIMIT $2) RETURNING true
) SELECT count(*) FROM gone;
