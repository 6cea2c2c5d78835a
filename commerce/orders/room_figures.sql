-- What a room has sold. Both read the index orders_by_room alone.

-- name: figures
-- A row for each currency, and one without for all of them. $1 room, $2 all states text[]
SELECT currency, count(*) FILTER (WHERE state <> 'cancelled') AS orders,
    count(*) FILTER (WHERE paid_minor > 0 OR state NOT IN ('unpaid', 'cancelled')) AS paid,
    coalesce(sum(paid_minor), 0)::bigint AS gmv_minor,
    count(DISTINCT person) FILTER (WHERE state <> 'cancelled') AS buyers
FROM orders WHERE room = $1 AND state = ANY($2::text[])
GROUP BY GROUPING SETS ((currency), ()) ORDER BY currency NULLS FIRST;

-- name: made_between
-- $1 room, $2 all states text[], $3 from id, $4 below id
SELECT count(*) FROM orders WHERE room = $1 AND state = ANY($2::text[]) AND id >= $3 AND id < $4;
