-- name: people
-- $1 what a name begins with, or an id is, or null; $2 phone (E.164) or null; $3 role or null; $4 blocked only; $5 after (id) or
-- null, $6 how many. The newest first.
SELECT p.id, p.name, p.role, p.created_ts, p.seen_ts, p.blocked_ts,
       (SELECT i.subject FROM identities AS i WHERE i.person = p.id AND i.kind = 'phone' ORDER BY i.used_ts DESC LIMIT 1) AS phone
FROM people AS p
WHERE p.erased_ts IS NULL
  AND ($1::text IS NULL OR starts_with(lower(p.name), lower($1)) OR p.id = $1)
  AND ($2::text IS NULL OR EXISTS (SELECT FROM identities AS i WHERE i.kind = 'phone' AND i.subject = $2 AND i.person = p.id))
  AND ($3::text IS NULL OR p.role = $3)
  AND (NOT $4::boolean OR p.blocked_ts IS NOT NULL)
  AND ($5::text IS NULL OR (p.created_ts, p.id) < (SELECT q.created_ts, q.id FROM people AS q WHERE q.id = $5))
ORDER BY p.created_ts DESC, p.id DESC LIMIT $6;

-- name: merges_into
-- $1 person. Who became them, and is them still.
SELECT merged, ts FROM person_merges WHERE person = $1 AND undone_ts IS NULL ORDER BY ts DESC LIMIT 100;

-- name: running_sessions
-- $1 person, $2 now, Unix ms
SELECT count(*)::integer FROM sessions WHERE person = $1 AND ended_ts IS NULL AND ends_ts > $2;
