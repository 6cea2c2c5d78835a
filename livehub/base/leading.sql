-- Who leads.

-- name: take_lead
-- $1 lock. Free it is when the session of whoever had it is over.
SELECT pg_try_advisory_lock($1);

-- name: end_frozen
-- $1 lock, $2 silence, ms, $3 longest time in which a leader reads everything, ms. Ends the session of a leader for whom PostgreSQL
-- waits in the middle of a statement, which none of its timeouts looks at.
SELECT pg_terminate_backend(a.pid)
FROM pg_locks AS l JOIN pg_database AS d ON d.oid = l.database AND d.datname = current_database() JOIN pg_stat_activity AS a USING (pid)
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
    AND (l.classid::bigint << 32) + l.objid::bigint = $1::bigint AND a.state = 'active'
    AND (a.wait_event = 'ClientRead' AND a.query_start < clock_timestamp() - $2::bigint * interval '1 ms'
        OR a.wait_event = 'ClientWrite' AND a.query_start < clock_timestamp() - $3::bigint * interval '1 ms');

-- name: end_when_silent
-- $1 ms
SELECT set_config('idle_session_timeout', $1, false);
