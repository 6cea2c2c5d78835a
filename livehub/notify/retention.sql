-- name: forget_deliveries
-- $1 made before, Unix ms, $2 how many at most
WITH gone AS (
    DELETE FROM notice_deliveries WHERE ctid IN (
        SELECT ctid FROM notice_deliveries WHERE created_ms < $1::bigint ORDER BY created_ms LIMIT $2
    ) RETURNING true
) SELECT count(*) FROM gone;
