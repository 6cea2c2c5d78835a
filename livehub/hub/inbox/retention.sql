-- What is kept for a time only. Each query deletes one batch at most, and gives how many; whoever asks, asks again.

-- name: forget_directs
-- Those that nobody has read stay.
-- $1 read before, Unix ms, $2 how many at most
WITH gone AS (
    DELETE FROM directs WHERE id IN (
        SELECT id FROM directs WHERE read_at < to_timestamp($1::bigint / 1000.0) LIMIT $2
    ) RETURNING true
) SELECT count(*) FROM gone;
