-- --- a batch, by the one who leads ---

-- name: fence
-- $1 batch, $2 now_ms, $3 real_ms, $4 epoch; $5 ids of resources, $6 units, $7 held, $8 sold. False: another leads, or nobody.
WITH fence AS (
    UPDATE stock_epochs SET batch = $1, now_ms = $2, real_ms = $3, at = clock_timestamp() WHERE epoch = $4 AND NOT is_over
    RETURNING epoch
), units AS (
    UPDATE stock_resources AS r SET units = c.units, held = c.held, sold = c.sold
    FROM unnest($5::text[], $6::bigint[], $7::bigint[], $8::bigint[]) AS c (id, units, held, sold) WHERE r.id = c.id
)
SELECT EXISTS (SELECT FROM fence);

-- name: still_leads
-- $1 epoch
SELECT EXISTS (SELECT FROM stock_epochs WHERE epoch = $1 AND NOT is_over);

-- name: change_holds
-- $1 ids, $2 states, $3 expires_ms, $4 has: each as the text of a bigint[]
UPDATE stock_holds AS h SET state = c.state, expires_ms = c.expires_ms, has = c.has::bigint[]
FROM unnest($1::text[], $2::smallint[], $3::bigint[], $4::text[]) AS c (id, state, expires_ms, has) WHERE h.id = c.id;

-- name: put_resource
-- $1 id, $2 units, $3 limits, $4 opens_ms, $5 closes_ms. Units of one that is known are set with the fence.
INSERT INTO stock_resources (id, units, limits, opens_ms, closes_ms) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (id) DO UPDATE SET limits = excluded.limits, opens_ms = excluded.opens_ms, closes_ms = excluded.closes_ms;

-- name: put_alias
-- $1 person, $2 whom
INSERT INTO stock_aliases (person, whom) VALUES ($1, $2) ON CONFLICT (person) DO UPDATE SET whom = excluded.whom;

-- name: drop_alias
-- $1 person
DELETE FROM stock_aliases WHERE person = $1;

-- name: drop_waits
-- $1 resources, $2 people
DELETE FROM stock_waits AS w USING unnest($1::text[], $2::text[]) AS c (resource, person)
WHERE w.resource = c.resource AND w.person = c.person;

-- name: put_wait
-- $1 resource, $2 person, $3 place, $4 key, $5 also, $6 ttl_ms, $7 resources, $8 asked
INSERT INTO stock_waits (resource, person, place, key, also, ttl_ms, resources, asked) VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: put_adjustment
-- $1 key, $2 resource, $3 units
INSERT INTO stock_adjustments (key, resource, units) VALUES ($1, $2, $3);

-- name: retire_resources
-- $1 ids
UPDATE stock_resources SET is_kept = false WHERE id = ANY ($1::text[]);

-- --- looking back ---

-- name: holds_by_key
-- $1 people, $2 keys
SELECT h.id, h.person, h.key, h.also, h.state, h.expires_ms, h.resources, h.asked, h.has
FROM unnest($1::text[], $2::text[]) AS c (person, key) JOIN stock_holds AS h ON h.person = c.person AND h.key = c.key;

-- name: holds_by_id
-- $1 ids
SELECT id, person, key, also, state, expires_ms, resources, asked, has FROM stock_holds WHERE id = ANY ($1::text[]);

-- name: retired
-- $1 ids
SELECT id FROM stock_resources WHERE id = ANY ($1::text[]) AND NOT is_kept;

-- name: adjustments
-- $1 keys
SELECT key, resource, units FROM stock_adjustments WHERE key = ANY ($1::text[]);

-- name: live_hold_of
-- $1 person, $2 resource. The latest one, of theirs or of somebody who has become them, in however many steps.
WITH RECURSIVE known (id) AS (
    SELECT $1::text
    UNION SELECT a.person FROM known AS k JOIN stock_aliases AS a ON a.whom = k.id
)
SELECT id, person, key, also, state, expires_ms, resources, asked, has FROM stock_holds
WHERE person IN (SELECT id FROM known) AND state IN (1, 2) AND $2 = ANY (resources) ORDER BY id DESC LIMIT 1;

-- name: holds_of
-- $1 person, $2 the least expires_ms of those that are over, $3 how many, $4 the hold before the first of them, or null,
-- $5 what the first of its resources is called begins with this. Of theirs, and of those who have become
-- them, in however many steps.
WITH RECURSIVE known (id) AS (
    SELECT $1::text
    UNION SELECT a.person FROM known AS k JOIN stock_aliases AS a ON a.whom = k.id
)
SELECT id, person, key, also, state, expires_ms, resources, asked, has FROM stock_holds
WHERE person IN (SELECT id FROM known) AND (state IN (1, 2) OR expires_ms >= $2) AND ($4::text IS NULL OR id < $4)
    AND starts_with(resources[1], $5)
ORDER BY id DESC LIMIT $3;

-- --- what is long over ---

-- name: long_over
-- $1 closed before, Unix ms; $2 how many. Resources that limit nobody (a product's stock) are never over.
SELECT id FROM stock_resources WHERE is_kept AND held = 0 AND closes_ms < $1 AND limits <> '{0,0,0}' ORDER BY closes_ms LIMIT $2;

-- name: forget_holds
-- $1 how many. Those that are confirmed or over, and count for no limit any more.
WITH forgotten AS (
    SELECT id FROM stock_holds AS h WHERE is_kept AND state IN (3, 4, 5) AND NOT EXISTS (
        SELECT FROM stock_resources AS r WHERE r.id = ANY (h.resources) AND r.is_kept AND r.limits <> '{0,0,0}'
    ) LIMIT $1
)
UPDATE stock_holds AS h SET is_kept = false FROM forgotten AS f WHERE h.id = f.id;

-- --- who leads ---

-- name: end_epochs
-- Waits for a commit of the one before that is under way.
UPDATE stock_epochs SET is_over = true WHERE NOT is_over;

-- name: last_epoch
-- How the one before left it, and PostgreSQL's time, s.
SELECT epoch, now_ms, real_ms, extract(epoch FROM clock_timestamp() - at)::float8 AS since_s
FROM stock_epochs ORDER BY epoch DESC LIMIT 1;

-- name: database_time
SELECT extract(epoch FROM clock_timestamp())::float8;

-- name: begin_epoch
-- $1 now_ms, $2 real_ms, $3 address
INSERT INTO stock_epochs (now_ms, real_ms, address) VALUES ($1, $2, $3) RETURNING epoch;

-- name: leader
SELECT epoch, address FROM stock_epochs WHERE NOT is_over;

-- name: last_batch
-- $1 epoch
SELECT batch FROM stock_epochs WHERE epoch = $1;

-- --- everything, for a new leader ---

-- name: resources
SELECT id, units, held, sold, limits, opens_ms, closes_ms FROM stock_resources WHERE is_kept;

-- name: retired_resources
-- $1 ids. Those that are forgotten, and that a hold of something else, too, may still name.
SELECT id, units, held, sold, limits, opens_ms, closes_ms FROM stock_resources WHERE id = ANY ($1::text[]) AND NOT is_kept;

-- name: live_holds
-- $1 an id, $2 how many: those that follow it. Those that are alike together, which is ten times as fast as one by one.
SELECT state, resources, asked, has, array_agg(id) AS ids, array_agg(person) AS people, array_agg(key) AS keys,
    array_agg(also[1]) FILTER (WHERE NOT is_alone) AS one, array_agg(also[2]) FILTER (WHERE NOT is_alone) AS other,
    array_agg(expires_ms) AS expires_ms
FROM (
    SELECT *, also = '{"",""}' AS is_alone FROM stock_holds WHERE is_kept AND state IN (1, 2, 3) AND id > $1 ORDER BY id LIMIT $2
) AS h
GROUP BY is_alone, state, resources, asked, has;

-- name: ended_holds
-- $1 how many, the latest ones
SELECT state, resources, asked, has, array_agg(id) AS ids, array_agg(person) AS people, array_agg(key) AS keys,
    array_agg(also[1]) FILTER (WHERE NOT is_alone) AS one, array_agg(also[2]) FILTER (WHERE NOT is_alone) AS other,
    array_agg(expires_ms) AS expires_ms
FROM (
    SELECT *, also = '{"",""}' AS is_alone FROM stock_holds WHERE is_kept AND state IN (4, 5) ORDER BY id DESC LIMIT $1
) AS h
GROUP BY is_alone, state, resources, asked, has;

-- name: aliases
SELECT person, whom FROM stock_aliases;

-- name: waits
SELECT resource, person, place, key, also, ttl_ms, resources, asked FROM stock_waits ORDER BY place;
