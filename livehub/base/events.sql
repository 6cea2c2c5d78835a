-- Domain events. Times here are real ones: of schedules and retention, not of business.

-- name: insert_event
-- $1 type, $2 key text or null, $3 payload json
INSERT INTO domain_events (type, key, payload) VALUES ($1, $2, $3);

-- name: insert_events
-- $1 types, $2 keys, $3 payloads, each text[]
INSERT INTO domain_events (type, key, payload)
SELECT type, key, payload::json FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS e (type, key, payload, n)
ORDER BY n;

-- --- reading ---

-- name: look_again
-- At the start of a process: after a restore into another cluster, transaction ids begin anew.
UPDATE event_head SET settled = '0';

-- name: sequence
-- $1 at most, integer. Null: another process is at it.
SELECT sequence_domain_events($1);

-- name: register
-- Also says that the subscription is run. $1 subscription, $2 types text[], $3 'start' or 'now'
INSERT INTO event_cursors (subscription, type, begins, position)
SELECT $1, type, $3::text, CASE WHEN $3 = 'now' THEN event_head.position ELSE 0 END
FROM unnest($2::text[]) AS types (type), event_head
ON CONFLICT (subscription, type) DO UPDATE SET seen_at = clock_timestamp();

-- name: with_work
-- Which subscriptions have something to read, or to try again (`is_due`).
-- $1 subscriptions, $2 their types: text[], in pairs, $3 the longest pause, seconds
SELECT subscription, bool_or(is_due) AS is_due FROM (
    SELECT c.subscription, EXISTS (SELECT FROM domain_events e WHERE e.type = c.type AND e.position > c.position) AS is_unread,
        EXISTS (
            SELECT FROM parked_events p
            WHERE p.subscription = c.subscription AND p.type = c.type
                AND (p.next_try_at <= clock_timestamp() OR p.next_try_at > clock_timestamp() + $3::float8 * interval '1 second')
        ) AS is_due
    FROM unnest($1::text[], $2::text[]) AS mine (subscription, type) JOIN event_cursors c USING (subscription, type)
) AS found
WHERE is_unread OR is_due GROUP BY subscription;

-- name: try_lock
-- One process at a time moves a cursor; until the transaction ends. No row lock: that would take a transaction id, and hold
-- up what waits for all older transactions. $1 subscription
SELECT pg_try_advisory_xact_lock(hashtextextended('livehub subscription ' || $1::text, 0));

-- name: batch
-- $1 subscription, $2 types, $3 at most. `is_behind`: an earlier event of its key is parked.
SELECT e.id, e.type, e.key, e.payload, e.created_at, e.position,
    e.key IS NOT NULL AND EXISTS (SELECT FROM parked_events p WHERE p.subscription = $1 AND p.key = e.key) AS is_behind
FROM event_cursors c CROSS JOIN LATERAL (
    SELECT * FROM domain_events d WHERE d.type = c.type AND d.position > c.position ORDER BY d.position LIMIT $3
) AS e
WHERE c.subscription = $1 AND c.type = ANY($2::text[])
ORDER BY e.position LIMIT $3;

-- name: advance
-- $1 subscription, $2 types, $3 position
UPDATE event_cursors SET position = $3, seen_at = clock_timestamp()
WHERE subscription = $1 AND type = ANY($2::text[]) AND position < $3;

-- --- parking ---

-- name: park
-- $1 subscription, $2 events bigint[], $3 errors text[]; one without an error waits behind another of its key,
-- $4 pause before the first further try, seconds
INSERT INTO parked_events (subscription, event, type, key, position, error, tries, next_try_at)
SELECT $1, e.id, e.type, e.key, e.position, p.error, CASE WHEN p.error IS NULL THEN 0 ELSE 1 END,
    CASE WHEN p.error IS NOT NULL THEN clock_timestamp() + $4::float8 * interval '1 second' END
FROM unnest($2::bigint[], $3::text[]) AS p (event, error) JOIN domain_events e ON e.id = p.event
ORDER BY e.position;

-- name: count_parked
-- Those that failed. $1 subscription
SELECT count(*) FROM parked_events WHERE subscription = $1 AND error IS NOT NULL;

-- name: due
-- One that is further ahead than the longest pause was put there by a clock that was set back since.
-- $1 subscription, $2 types, $3 the longest pause, seconds
SELECT id, key FROM parked_events
WHERE subscription = $1 AND type = ANY($2::text[])
    AND (next_try_at <= clock_timestamp() OR next_try_at > clock_timestamp() + $3::float8 * interval '1 second')
ORDER BY next_try_at LIMIT 1;

-- name: parked_from
-- A parked event and those behind it, in order. $1 id, $2 at most
SELECT p.id AS parked, p.tries, e.id, e.type, e.key, e.payload, e.created_at, e.position
FROM parked_events head CROSS JOIN LATERAL (
    SELECT head.*
    UNION ALL
    (SELECT * FROM parked_events q
     WHERE q.subscription = head.subscription AND q.key = head.key AND q.position > head.position
     ORDER BY q.position LIMIT $2)
) AS p
JOIN domain_events e ON e.id = p.event
WHERE head.id = $1
ORDER BY p.position LIMIT $2;

-- name: try_later
-- $1 id, $2 error, $3 pause in seconds
UPDATE parked_events SET error = $2, tries = tries + 1, next_try_at = clock_timestamp() + $3::float8 * interval '1 second'
WHERE id = $1;

-- name: release
-- These are done; the next of the key is due. $1 ids bigint[], $2 subscription, $3 key or null
WITH done AS (DELETE FROM parked_events WHERE id = ANY($1::bigint[]))
UPDATE parked_events SET next_try_at = clock_timestamp() WHERE id = (
    SELECT id FROM parked_events
    WHERE subscription = $2 AND key = $3 AND NOT id = ANY($1::bigint[]) ORDER BY position LIMIT 1
);

-- --- for operators ---

-- name: status
-- $1 events counted at most of a type, $2 subscriptions text[], or null: all
SELECT c.subscription, min(c.position) AS position, max(c.seen_at) AS seen_at, sum(unread.number)::bigint AS lag,
    coalesce(max(extract(epoch FROM clock_timestamp() - unread.oldest)), 0)::float8 AS lag_s,
    (SELECT count(*) FROM parked_events p WHERE p.subscription = c.subscription AND p.error IS NOT NULL) AS parked,
    (SELECT count(*) FROM parked_events p WHERE p.subscription = c.subscription AND p.error IS NULL) AS behind
FROM event_cursors c CROSS JOIN LATERAL (
    SELECT count(*) AS number, min(created_at) AS oldest FROM (
        SELECT created_at FROM domain_events e WHERE e.type = c.type AND e.position > c.position
        ORDER BY e.position LIMIT $1
    ) AS counted
) AS unread
WHERE $2::text[] IS NULL OR c.subscription = ANY($2)
GROUP BY c.subscription ORDER BY c.subscription;

-- name: head
SELECT position, (SELECT count(*) FROM domain_events WHERE position IS NULL) AS unsequenced FROM event_head;

-- name: parked
-- $1 at most
SELECT id, subscription, event, type, key, error, tries, parked_at, next_try_at FROM parked_events
ORDER BY subscription, position LIMIT $1;

-- name: retry_now
-- Null unless it is parked, and first of its key. $1 id
UPDATE parked_events SET next_try_at = clock_timestamp() WHERE id = $1 AND next_try_at IS NOT NULL RETURNING id;

-- name: parked_event
-- $1 id
SELECT subscription, key, next_try_at FROM parked_events WHERE id = $1 FOR UPDATE;

-- name: unknown_types
-- Types that no subscription reads. One step along the index for each type, however many events there are.
-- $1 events counted at most of a type
WITH RECURSIVE types AS (
    (SELECT type FROM domain_events WHERE position IS NOT NULL ORDER BY type LIMIT 1)
    UNION ALL
    SELECT (SELECT e.type FROM domain_events e WHERE e.position IS NOT NULL AND e.type > types.type ORDER BY e.type LIMIT 1)
    FROM types WHERE types.type IS NOT NULL
)
SELECT type, kept.number, kept.oldest FROM types CROSS JOIN LATERAL (
    SELECT count(*) AS number, min(created_at) AS oldest FROM (
        SELECT created_at FROM domain_events e WHERE e.type = types.type AND e.position > 0 ORDER BY e.position LIMIT $1
    ) AS counted
) AS kept
WHERE type IS NOT NULL AND NOT EXISTS (SELECT FROM event_cursors c WHERE c.type = types.type);

-- --- retention ---

-- name: forget_events
-- Those that every subscription has passed; one that no process has run for long is waited for no more. Parked ones stay.
-- $1 written before, Unix ms, $2 subscriptions not run since, Unix ms, $3 how many at most
WITH gone AS (
    DELETE FROM domain_events WHERE id IN (
        SELECT e.id FROM domain_events e
        WHERE e.created_at < to_timestamp($1::bigint / 1000.0) AND e.position IS NOT NULL
            AND NOT EXISTS (
                SELECT FROM event_cursors c
                WHERE c.type = e.type AND c.position < e.position AND c.seen_at >= to_timestamp($2::bigint / 1000.0))
            AND NOT EXISTS (SELECT FROM parked_events p WHERE p.event = e.id)
        LIMIT $3
    ) RETURNING true
) SELECT count(*) FROM gone;

-- name: forget_parked
-- Of subscriptions that no process has run for long. Never an event with another behind it: that one would wait for ever.
-- $1 parked before, $2 not run since, Unix ms, $3 how many at most
WITH gone AS (
    DELETE FROM parked_events WHERE id IN (
        SELECT p.id FROM parked_events p JOIN event_cursors c ON c.subscription = p.subscription AND c.type = p.type
        WHERE p.parked_at < to_timestamp($1::bigint / 1000.0) AND c.seen_at < to_timestamp($2::bigint / 1000.0)
            AND NOT EXISTS (
                SELECT FROM parked_events q JOIN event_cursors d ON d.subscription = q.subscription AND d.type = q.type
                WHERE q.subscription = p.subscription AND q.key = p.key AND q.position > p.position
                    AND (q.parked_at >= to_timestamp($1::bigint / 1000.0) OR d.seen_at >= to_timestamp($2::bigint / 1000.0))
            )
        ORDER BY p.position DESC LIMIT $3
    ) RETURNING true
) SELECT count(*) FROM gone;

-- name: forget_outbox
-- What versions before wrote; its events have moved. $1 older than, Unix ms, $2 how many at most
WITH gone AS (
    DELETE FROM outbox WHERE id IN (
        SELECT id FROM outbox WHERE created_at < to_timestamp($1::bigint / 1000.0) ORDER BY created_at LIMIT $2
    ) RETURNING true
) SELECT count(*) FROM gone;
