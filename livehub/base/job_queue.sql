-- Jobs, in procrastinate's tables, by its functions where there are any. Its times are real ones: of heartbeats and tries.

-- name: defer_job
-- procrastinate goes by real time. Where business time is another (`demo`), the moment is converted by the row of business_clock,
-- which stays as it is until this transaction ends, and remembered: see move_jobs.
-- $1 queue, $2 task, $3 lock or null, $4 queueing lock or null, $5 args jsonb, $6 not before, business time, timestamptz or null
WITH clock AS MATERIALIZED (
    SELECT real_s, business_s, rate FROM business_clock
    WHERE $6::timestamptz IS NOT NULL AND current_setting('livehub.business_clock', true) = 'on'
    FOR SHARE
), deferred AS MATERIALIZED (
    SELECT procrastinate_defer_jobs_v1(ARRAY[ROW($1::text, $2::text, 0, $3::text, $4::text, $5::jsonb, coalesce(
        (SELECT to_timestamp(real_s + (extract(epoch FROM $6)::float8 - business_s) / rate) FROM clock), $6
    ))::procrastinate_job_to_defer_v1]) AS jobs
), remembered AS (
    INSERT INTO job_moments (job, moment) SELECT d.jobs[1], $6 FROM deferred d, clock
)
SELECT jobs[1] FROM deferred;

-- name: forget_moments
-- Of jobs that have been tried: they keep their own pauses, which are real time.
DELETE FROM job_moments m WHERE NOT EXISTS (
    SELECT FROM procrastinate_jobs j WHERE j.id = m.job AND j.status = 'todo' AND j.attempts = 0
);

-- name: move_jobs
-- Business time was $2 at the real time $1 (both Unix seconds), and goes $3 times as fast from there on. What is due by that
-- already runs $4 seconds later.
UPDATE procrastinate_jobs j SET scheduled_at = to_timestamp(greatest(
    $1::float8 + $4::float8, $1::float8 + (extract(epoch FROM m.moment)::float8 - $2::float8) / $3::float8
))
FROM job_moments m
WHERE m.job = j.id AND j.status = 'todo' AND j.attempts = 0 AND j.scheduled_at > to_timestamp($1::float8);

-- name: rescue_jobs
-- Give jobs of workers that are gone back to the queue; those that have been tried $2 times fail for good: it may be they that
-- end their workers. Jobs that another process is just giving back are left alone; the status is looked at under the lock.
-- $1 workers unheard of for this time, seconds, $2 tries
WITH gone AS MATERIALIZED (
    SELECT id FROM procrastinate_workers WHERE last_heartbeat < now() - $1::float8 * interval '1 second'
), stalled AS (
    SELECT id, task_name, attempts FROM procrastinate_jobs
    WHERE status = 'doing' AND (worker_id IS NULL OR worker_id IN (SELECT id FROM gone))
    ORDER BY id LIMIT 100
    FOR UPDATE SKIP LOCKED
)
SELECT id, task_name, attempts + 1 >= $2::integer AS is_dead, CASE
    WHEN attempts + 1 >= $2::integer THEN procrastinate_finish_job_v1(id, 'failed', false)
    ELSE procrastinate_retry_job_v2(id, now(), NULL, NULL, NULL)
END::text AS done
FROM stalled;

-- name: unfinished_jobs
-- Dead ones and those that have failed so far, the latest first. $1 at most
SELECT j.id, j.task_name, j.args, j.status, j.attempts, j.scheduled_at,
    (SELECT max(e.at) FROM procrastinate_events e WHERE e.job_id = j.id) AS changed_at
FROM procrastinate_jobs j WHERE j.status = 'failed' OR (j.status = 'todo' AND j.attempts > 0)
ORDER BY j.id DESC LIMIT $1;

-- name: job_counts
SELECT task_name, status, count(*) AS number,
    min(scheduled_at) FILTER (WHERE status = 'todo') AS next_at
FROM procrastinate_jobs GROUP BY task_name, status ORDER BY task_name, status;

-- name: retry_job
-- A dead job is tried again from its first try; one that waits for its next try is due now. Null if it is neither. $1 id
UPDATE procrastinate_jobs
SET status = 'todo', attempts = CASE WHEN status = 'failed' THEN 0 ELSE attempts END, scheduled_at = now(), worker_id = NULL,
    abort_requested = false
WHERE id = $1 AND status IN ('failed', 'todo') RETURNING task_name;

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
