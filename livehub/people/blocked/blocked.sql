-- name: standing_block
-- The one that stands longest of those that any of these marks has; no row: none. A person is also whom they have become.
-- $1 people text[], $2 phones' marks text[], $3 devices' marks text[], $4 ids that are looked for as they are text[], $5 now, Unix ms
WITH RECURSIVE known (id) AS (
    SELECT unnest($1::text[])
    UNION SELECT m.person FROM known k JOIN person_merges m ON m.merged = k.id WHERE m.undone_ts IS NULL
)
SELECT b.id, b.until_ts FROM blocked_marks m JOIN blocked_people b ON b.id = m.block
WHERE (
    (m.kind = 'person' AND (m.mark IN (SELECT id FROM known) OR m.mark = ANY($4::text[])))
    OR (m.kind = 'phone' AND m.mark = ANY($2::text[])) OR (m.kind = 'device' AND m.mark = ANY($3::text[]))
) AND b.lifted_ts IS NULL AND (b.until_ts IS NULL OR b.until_ts > $5)
ORDER BY b.until_ts DESC NULLS FIRST LIMIT 1;

-- name: known_people
-- Those whom a block meets that have an account: the person, whom they have become, and whoever signs in with the phone.
-- $1 person or null, $2 phone (E.164) or null
WITH RECURSIVE known (id) AS (
    SELECT $1::text
    UNION SELECT m.person FROM known k JOIN person_merges m ON m.merged = k.id WHERE m.undone_ts IS NULL
)
SELECT p.id, p.name, p.role FROM people p
WHERE p.id IN (SELECT id FROM known)
    OR p.id IN (SELECT i.person FROM identities i WHERE i.kind = 'phone' AND i.subject = $2)
ORDER BY p.id;

-- name: is_somebody
-- Whether an id is, or was before they became another, a person's. $1 id
SELECT EXISTS (SELECT FROM people WHERE id = $1) OR EXISTS (SELECT FROM person_merges WHERE merged = $1);

-- name: people_met
-- Whom a block names or met when it was made, and whom they have become; of who has no account the id alone. $1 block
WITH RECURSIVE known (id) AS (
    SELECT m.mark FROM blocked_marks m WHERE m.block = $1 AND m.kind = 'person'
    UNION SELECT m.person FROM known k JOIN person_merges m ON m.merged = k.id WHERE m.undone_ts IS NULL
)
SELECT k.id, coalesce(p.role, 'viewer') AS role FROM known k LEFT JOIN people p ON p.id = k.id;

-- name: phones_of
-- $1 people text[]
SELECT subject FROM identities WHERE kind = 'phone' AND person = ANY($1::text[]) ORDER BY subject;

-- name: insert_block
-- $1 id, $2 person or null, $3 shown, $4 reason, $5 by_id, $6 by_name, $7 now, Unix ms, $8 until_ts or null
INSERT INTO blocked_people (id, person, shown, reason, by_id, by_name, ts, until_ts)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: insert_marks
-- $1 block, $2 kinds text[], $3 marks text[]
INSERT INTO blocked_marks (block, kind, mark) SELECT $1, k, m FROM unnest($2::text[], $3::text[]) AS t (k, m)
ON CONFLICT DO NOTHING;

-- name: block_people
-- $1 people text[], $2 now, Unix ms
UPDATE people SET blocked_ts = coalesce(blocked_ts, $2) WHERE id = ANY($1::text[]);

-- name: end_sessions
-- How many ended. $1 people text[], $2 now, Unix ms
WITH ended AS (
    UPDATE sessions SET ended_ts = $2, why = 'blocked'
    WHERE person = ANY($1::text[]) AND ended_ts IS NULL AND ends_ts > $2 RETURNING 1
) SELECT count(*) FROM ended;

-- name: blocks
-- Those that stand, latest first.
-- $1 now, Unix ms, $2 before ts or null, $3 before id or null, $4 whom it meets (id) or null, $5 the beginning of what is shown, in
-- lower case, or a person's id, or null, $6 the mark of a phone or null, $7 how many at most
SELECT b.id, b.person, b.shown, b.reason, b.by_name, b.ts, b.until_ts,
       (SELECT array_agg(DISTINCT m.kind ORDER BY m.kind) FROM blocked_marks m WHERE m.block = b.id) AS kinds
FROM blocked_people b
WHERE b.lifted_ts IS NULL AND (b.until_ts IS NULL OR b.until_ts > $1)
    AND ($2::bigint IS NULL OR (b.ts, b.id COLLATE "C") < ($2::bigint, $3::text COLLATE "C"))
    AND ($4::text IS NULL OR EXISTS (
        SELECT FROM blocked_marks m WHERE m.block = b.id AND m.kind = 'person' AND m.mark = $4
    ))
    AND ($5::text IS NULL OR starts_with(lower(b.shown), $5) OR lower(b.person) = $5)
    AND ($6::text IS NULL OR EXISTS (
        SELECT FROM blocked_marks m WHERE m.block = b.id AND m.kind = 'phone' AND m.mark = $6
    ))
ORDER BY b.ts DESC, b.id COLLATE "C" DESC LIMIT $7;

-- name: blocks_since
-- What was blocked or lifted since, the latest first: whom it names or met when it was made, and whoever has become them.
-- $1 since, Unix ms, $2 how many at most
WITH RECURSIVE changed AS (
    SELECT id, until_ts, lifted_ts, ts FROM blocked_people
    WHERE (lifted_ts IS NULL AND ts >= $1) OR lifted_ts >= $1 ORDER BY ts DESC LIMIT $2
), known (block, id) AS (
    SELECT m.block, m.mark FROM changed c JOIN blocked_marks m ON m.block = c.id WHERE m.kind = 'person'
    UNION SELECT k.block, m.merged FROM known k JOIN person_merges m ON m.person = k.id WHERE m.undone_ts IS NULL
)
SELECT c.id, c.until_ts, c.lifted_ts, ARRAY(SELECT k.id FROM known k WHERE k.block = c.id) AS people FROM changed c;

-- name: lift_block
-- $1 id, $2 now, Unix ms, $3 lifted_by
UPDATE blocked_people SET lifted_ts = $2, lifted_by = $3
WHERE id = $1 AND lifted_ts IS NULL AND (until_ts IS NULL OR until_ts > $2) RETURNING person, shown;

-- name: unblock_people
-- Those whom nothing blocks any more.
-- $1 now, Unix ms
UPDATE people p SET blocked_ts = NULL WHERE blocked_ts IS NOT NULL AND NOT EXISTS (
    SELECT FROM blocked_marks m JOIN blocked_people b ON b.id = m.block
    WHERE m.kind = 'person' AND m.mark = p.id AND b.lifted_ts IS NULL AND (b.until_ts IS NULL OR b.until_ts > $1)
);

-- name: export_blocks
-- $1 person
SELECT jsonb_build_object('reason', reason, 'ts', ts, 'until_ts', until_ts, 'lifted_ts', lifted_ts)
FROM blocked_people WHERE person = $1 ORDER BY ts;

-- name: erase_blocks
-- Those of a person that are over go, and those that stand have no name of them any more. Whom they blocked stays so.
-- $1 person, $2 what stands in place of them
WITH clock AS (
    SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now
), over AS (
    SELECT b.id FROM blocked_people b, clock WHERE b.person = $1 AND (b.lifted_ts IS NOT NULL OR b.until_ts <= clock.now)
), unmarked AS (
    DELETE FROM blocked_marks WHERE block IN (SELECT id FROM over)
), gone AS (
    DELETE FROM blocked_people WHERE id IN (SELECT id FROM over) RETURNING true
), changed AS (
    UPDATE blocked_people SET
        shown = CASE WHEN person = $1 THEN '' ELSE shown END,
        by_id = CASE WHEN by_id = $1 THEN $2 ELSE by_id END,
        by_name = CASE WHEN by_id = $1 THEN '' ELSE by_name END,
        lifted_by = CASE WHEN lifted_by = $1 THEN $2 ELSE lifted_by END
    WHERE ((person = $1 AND shown <> '') OR by_id = $1 OR lifted_by = $1) AND id NOT IN (SELECT id FROM over) RETURNING true
) SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM changed);

-- name: forget_blocks
-- That are over; of whoever was erased at once. $1 over before, Unix ms, $2 now, Unix ms, $3 how many at most
WITH over AS (
    SELECT id FROM blocked_people
    WHERE least(lifted_ts, until_ts) < CASE WHEN shown = '' THEN $2::bigint ELSE $1::bigint END
    ORDER BY ts LIMIT $3 FOR UPDATE
), unmarked AS (
    DELETE FROM blocked_marks WHERE block IN (SELECT id FROM over)
), gone AS (
    DELETE FROM blocked_people WHERE id IN (SELECT id FROM over) RETURNING true
) SELECT count(*) FROM gone;
