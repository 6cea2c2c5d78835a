-- name: insert_event
-- $1 type text, $2 payload jsonb
INSERT INTO outbox (type, payload) VALUES ($1, $2) RETURNING id;

-- name: event
-- $1 id bigint
SELECT type, payload FROM outbox WHERE id = $1;

-- name: defer_job
-- $1 queue, $2 task, $3 lock or null, $4 queueing lock or null, $5 args jsonb, $6 not before, timestamptz or null
SELECT procrastinate_defer_jobs_v1(
    ARRAY[ROW($1::text, $2::text, 0, $3::text, $4::text, $5::jsonb, $6::timestamptz)::procrastinate_job_to_defer_v1]
);

-- name: defer_reaction
-- As defer_job, but once for ever per (event, reaction): a dispatch that runs twice defers nothing twice.
-- $1 task, $2 args jsonb, $3 event bigint
WITH first AS (
    INSERT INTO reactions (event, task) VALUES ($3, $1::text) ON CONFLICT (event, task) DO NOTHING RETURNING true
)
SELECT procrastinate_defer_jobs_v1(
    ARRAY[ROW('default', $1::text, 0, NULL, NULL, $2::jsonb, NULL)::procrastinate_job_to_defer_v1]
)
FROM first;

-- name: forget_events
-- Their reactions go with them.
-- $1 older than, Unix ms, $2 how many at most
WITH gone AS (
    DELETE FROM outbox WHERE id IN (
        SELECT id FROM outbox WHERE created_at < to_timestamp($1::bigint / 1000.0) ORDER BY created_at LIMIT $2
    ) RETURNING true
) SELECT count(*) FROM gone;

-- name: forget_jobs
-- Jobs that have ended, in whatever way, with their history.
-- $1 ended before, Unix ms, $2 how many at most
WITH gone AS (
    DELETE FROM procrastinate_jobs WHERE id IN (
        SELECT j.id FROM procrastinate_jobs j
        WHERE j.status IN ('succeeded', 'failed', 'cancelled', 'aborted') AND NOT EXISTS (
            SELECT FROM procrastinate_events e
            WHERE e.job_id = j.id AND e.at >= to_timestamp($1::bigint / 1000.0)
        )
        ORDER BY j.id LIMIT $2
    ) RETURNING true
) SELECT count(*) FROM gone;

-- name: forget_periodic
-- That a periodic task was deferred at a moment long past.
-- $1 before, Unix ms, $2 how many at most
WITH gone AS (
    DELETE FROM procrastinate_periodic_defers WHERE id IN (
        SELECT id FROM procrastinate_periodic_defers
        WHERE job_id IS NULL AND defer_timestamp < $1::bigint / 1000 ORDER BY id LIMIT $2
    ) RETURNING true
) SELECT count(*) FROM gone;
