-- name: erasure_of
-- $1 person
SELECT id, person, also, stand_in, asked_ts, due_ts, done_ts, swept_ts, rows FROM erasures WHERE person = $1;

-- name: erasure
-- $1 id
SELECT id, person, also, stand_in, asked_ts, due_ts, done_ts, swept_ts, rows FROM erasures WHERE id = $1;

-- name: ask
-- $1 id, $2 person, $3 stands in, $4 now, Unix ms, $5 due_ts
INSERT INTO erasures (id, person, stand_in, asked_ts, due_ts) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (person) WHERE person IS NOT NULL DO NOTHING RETURNING true;

-- name: take_back
-- $1 person, $2 now, Unix ms
DELETE FROM erasures WHERE person = $1 AND done_ts IS NULL AND due_ts > $2 AND also = '{}' RETURNING id;

-- name: begin
-- Who else they were: written once, before it is erased itself. $1 id, $2 names before text[]
UPDATE erasures SET also = CASE also WHEN '{}' THEN $2::text[] ELSE also END WHERE id = $1 AND person IS NOT NULL RETURNING also;

-- name: lay_tombstone
-- Of whoever had no row, as those who are known by a token alone. $1 person, $2 now, Unix ms, real time
INSERT INTO people (id, name, created_ts, seen_ts, erased_ts) VALUES ($1, '', $2, $2, $2) ON CONFLICT (id) DO NOTHING;

-- name: count_rows
-- $1 id, $2 table, $3 how many more
UPDATE erasures SET rows = jsonb_set(rows, ARRAY[$2::text], to_jsonb(coalesce((rows->>$2)::bigint, 0) + $3::bigint))
WHERE id = $1 AND person IS NOT NULL;

-- name: done
-- $1 id, $2 now, Unix ms
UPDATE erasures SET done_ts = $2 WHERE id = $1 AND done_ts IS NULL RETURNING true;

-- name: swept
-- $1 id, $2 now, Unix ms
UPDATE erasures SET swept_ts = $2, person = NULL, also = '{}' WHERE id = $1 AND swept_ts IS NULL;
