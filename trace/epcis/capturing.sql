-- name: captured
-- which of these events are there already. $1 ids, $2 when each was declared an error (us)
SELECT e.event_id, e.declared_us
FROM unnest($1::text[], $2::bigint[]) AS n (event_id, declared_us)
JOIN epcis_events e ON e.event_id = n.event_id AND e.declared_us = n.declared_us;

-- name: numbers
-- $1 numbers for events, in their order
SELECT nextval(pg_get_serial_sequence('epcis_events', 'seq')) AS seq FROM generate_series(1, $1::int);

-- name: add
-- events. $1 seq, $2 ids, $3 declared us, $4 hashes, $5 entries, $6 types, $7 event us, $8 actions, $9 steps,
-- $10 dispositions, $11 read points, $12 business locations, $13 events (JSON); $14 recorded us. A unique violation: one of them
-- was captured by somebody else in this moment.
INSERT INTO epcis_events (
    seq, event_id, declared_us, hash, entry, type, event_us, action, biz_step, disposition, read_point, biz_location, event,
    recorded_us
)
SELECT n.*, $14::bigint
FROM unnest(
    $1::bigint[], $2::text[], $3::bigint[], $4::bytea[], $5::bigint[], $6::text[], $7::bigint[], $8::text[], $9::text[],
    $10::text[], $11::text[], $12::text[], $13::jsonb[]
) AS n;

-- name: add_links
-- $1 events, $2 roles, $3 event us, $4 things
INSERT INTO epcis_links (event, role, event_us, thing)
SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::bigint[], $4::text[]);

-- name: add_members
-- $1 lots, $2 items, $3 events, $4 event us; the first that says so is kept
INSERT INTO epcis_members (lot, item, event, event_us)
SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[]) AS n (lot, item, event, event_us) ORDER BY lot, item
ON CONFLICT (lot, item) DO NOTHING;

-- name: add_values
-- $1 events, $2 names, $3 texts, $4 numbers, $5 times (us)
INSERT INTO epcis_values (event, name, text, num, at_us)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::float8[], $5::bigint[]);

-- name: add_words
-- $1 kinds, $2 words
INSERT INTO epcis_words (kind, word)
SELECT * FROM unnest($1::text[], $2::text[]) AS n (kind, word) ORDER BY kind, word
ON CONFLICT DO NOTHING;

-- name: add_job
-- $1 id, $2 person, $3 behaviour, $4 whether it succeeded, $5 events captured, $6 errors, $7 began ms, $8 ended ms
INSERT INTO epcis_jobs (id, person, behaviour, is_success, events, errors, created_ms, finished_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: job
-- $1 id
SELECT id, behaviour, is_success, errors, created_ms, finished_ms FROM epcis_jobs WHERE id = $1;

-- name: jobs
-- the latest first. $1 created ms and $2 id after which, $3 how many
SELECT id, behaviour, is_success, errors, created_ms, finished_ms
FROM epcis_jobs
WHERE (created_ms, id) < ($1, $2)
ORDER BY created_ms DESC, id DESC
LIMIT $3;
