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
-- $1 task, $2 args jsonb
SELECT procrastinate_defer_jobs_v1(
    ARRAY[ROW('default', $1::text, 0, NULL, NULL, $2::jsonb, NULL)::procrastinate_job_to_defer_v1]
)
WHERE NOT EXISTS (SELECT FROM procrastinate_jobs WHERE task_name = $1::text AND args = $2::jsonb);

-- name: forget_events
-- $1 older than, interval
DELETE FROM outbox WHERE created_at < now() - $1::text::interval;
