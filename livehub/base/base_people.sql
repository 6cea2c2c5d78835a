-- What base keeps of people: keys of calls, events, jobs. `without_person` and `has_person` are functions of people_0002_records.

-- name: move_keys
-- Those whose call is over: what runs now remembers its answer under the id it began with. $1 who it was, $2 who it is
UPDATE idempotency_keys k SET scope = $2
WHERE scope = $1 AND status IS NOT NULL AND NOT EXISTS (SELECT FROM idempotency_keys o WHERE o.scope = $2 AND o.key = k.key)
RETURNING key;

-- name: move_keys_back
-- $1 who it was, $2 who it is, $3 keys text[]
UPDATE idempotency_keys k SET scope = $1
WHERE scope = $2 AND key = ANY($3::text[]) AND NOT EXISTS (SELECT FROM idempotency_keys o WHERE o.scope = $1 AND o.key = k.key)
RETURNING key;

-- name: erase_keys
-- Their own go; in the answers that others were given they are nobody. $1 person, $2 stands in
WITH own AS (
    DELETE FROM idempotency_keys WHERE scope = $1 RETURNING true
), told AS (
    UPDATE idempotency_keys SET body = without_person(body::jsonb, $1, $2)::text
    WHERE scope <> $1 AND status IS NOT NULL AND body <> '' AND position(to_json($1::text)::text IN body) > 0 RETURNING true
) SELECT (SELECT count(*) FROM own) + (SELECT count(*) FROM told);

-- name: erase_events
-- $1 person, $2 stands in
WITH gone AS (
    UPDATE domain_events SET key = CASE key WHEN $1 THEN $2 ELSE key END, payload = without_person(payload::jsonb, $1, $2)::json
    WHERE key = $1 OR position(to_json($1::text)::text IN payload::text) > 0 RETURNING true
) SELECT count(*) FROM gone;

-- name: erase_parked
-- $1 person, $2 stands in
WITH gone AS (UPDATE parked_events SET key = $2 WHERE key = $1 RETURNING true) SELECT count(*) FROM gone;

-- name: erase_outbox
-- $1 person, $2 stands in
WITH gone AS (
    UPDATE outbox SET payload = without_person(payload, $1, $2) WHERE has_person(payload, $1) RETURNING true
) SELECT count(*) FROM gone;

-- name: erase_jobs
-- What waits or runs does so for somebody who is gone. $1 person, $2 stands in
WITH gone AS (
    UPDATE procrastinate_jobs SET args = without_person(args, $1, $2) WHERE has_person(args, $1) RETURNING true
) SELECT count(*) FROM gone;
