-- name: people
-- $1 what a name begins with, or the whole of an id, or null; $2 phone (E.164) or null; $3 role or null; $4 blocked only;
-- $5 staff only; $6 after (id) or null, $7 how many. The newest first. Who has become somebody else is looked for by their id alone.
SELECT p.id, p.name, p.role, p.created_ts, p.seen_ts, p.blocked_ts,
       (SELECT i.subject FROM identities AS i WHERE i.person = p.id AND i.kind = 'phone' ORDER BY i.used_ts DESC LIMIT 1) AS phone,
       m.person AS merged_into
FROM people AS p LEFT JOIN person_merges AS m ON m.merged = p.id AND m.undone_ts IS NULL
WHERE p.erased_ts IS NULL
  AND (m.person IS NULL OR p.id = $1)
  AND ($1::text IS NULL OR starts_with(lower(p.name), lower($1)) OR p.id = $1)
  AND ($2::text IS NULL OR EXISTS (SELECT FROM identities AS i WHERE i.kind = 'phone' AND i.subject = $2 AND i.person = p.id))
  AND ($3::text IS NULL OR p.role = $3)
  AND (NOT $4::boolean OR p.blocked_ts IS NOT NULL)
  AND (NOT $5::boolean OR p.role <> 'viewer')
  AND ($6::text IS NULL OR (p.created_ts, p.id) < (SELECT q.created_ts, q.id FROM people AS q WHERE q.id = $6))
ORDER BY p.created_ts DESC, p.id DESC LIMIT $7;

-- name: roles
-- How many have each.
SELECT role, count(*)::integer AS people FROM people WHERE erased_ts IS NULL GROUP BY role;

-- name: merges_into
-- $1 person. Who became them, in however many steps, and is them still.
WITH RECURSIVE known (id) AS (
    SELECT $1::text
    UNION SELECT m.merged FROM known AS k JOIN person_merges AS m ON m.person = k.id WHERE m.undone_ts IS NULL
)
SELECT m.merged, m.person, m.ts, coalesce(p.name, '') AS name
FROM person_merges AS m LEFT JOIN people AS p ON p.id = m.merged
WHERE m.person IN (SELECT id FROM known) AND m.undone_ts IS NULL ORDER BY m.ts DESC, m.merged LIMIT 100;

-- name: running_sessions
-- $1 person, $2 now, Unix ms
SELECT count(*)::integer FROM sessions WHERE person = $1 AND ended_ts IS NULL AND ends_ts > $2;
