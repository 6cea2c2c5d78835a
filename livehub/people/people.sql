-- name: insert_person
-- $1 id, $2 name, $3 role, $4 now, Unix ms. A person who is there stays as they are.
INSERT INTO people (id, name, role, created_ts, seen_ts) VALUES ($1, $2, $3, $4, $4) ON CONFLICT (id) DO NOTHING;

-- name: person
-- $1 id
SELECT id, name, role, language, created_ts, blocked_ts, erased_ts FROM people WHERE id = $1;

-- name: names_of
-- $1 ids text[]. What people are called who have a name and are not erased.
SELECT id, name FROM people WHERE id = ANY($1::text[]) AND name <> '' AND erased_ts IS NULL;

-- name: update_person
-- $1 id, $2 name or null, $3 language or null
UPDATE people SET name = coalesce($2::text, name), language = coalesce($3::text, language)
WHERE id = $1 AND erased_ts IS NULL
RETURNING id, name, role, language, created_ts, blocked_ts, erased_ts;

-- name: set_role
-- $1 id, $2 role, $3 the subject of kind oidc by whose provider it is given, or null. It is kept which one gave it last.
WITH given AS (
    UPDATE identities SET data = CASE WHEN subject = $3 THEN data || jsonb_build_object('role', $2::text) ELSE data - 'role' END
    WHERE person = $1 AND kind = 'oidc'
)
UPDATE people SET role = $2 WHERE id = $1 AND erased_ts IS NULL;

-- name: role_given
-- $1 kind, $2 subject
SELECT data ->> 'role' FROM identities WHERE kind = $1 AND subject = $2;

-- name: identities_of
-- $1 person. How they are known; a guest's is none of theirs to see.
SELECT kind, subject, verified_ts, used_ts, coalesce(data ->> 'label', '') AS label FROM identities WHERE person = $1 AND kind <> 'guest' ORDER BY verified_ts, subject;

-- name: find_identity
-- $1 kind, $2 subject. Locks the person's row.
SELECT p.id, p.name, p.role, p.language, p.created_ts, p.blocked_ts, p.erased_ts
FROM identities AS i JOIN people AS p ON p.id = i.person
WHERE i.kind = $1 AND i.subject = $2
FOR UPDATE OF p;

-- name: owners
-- $1 kinds text[], $2 subjects text[]. Who is known by any of them.
SELECT DISTINCT i.person FROM unnest($1::text[], $2::text[]) AS s (kind, subject)
JOIN identities AS i ON i.kind = s.kind AND i.subject = s.subject;

-- name: lock_person
-- $1 id. Whoever signs in, merges, separates, blocks or erases somebody holds it; see persons.py for the order.
SELECT pg_advisory_xact_lock(hashtextextended('person:' || $1::text, 0));

-- name: add_identity
-- $1 kind, $2 subject, $3 person, $4 now, $5 data as JSON. Returns whose it is now: of two who bring the same at once, the first's.
WITH added AS (
    INSERT INTO identities (kind, subject, person, verified_ts, used_ts, data) VALUES ($1, $2, $3, $4, $4, $5)
    ON CONFLICT (kind, subject) DO NOTHING
    RETURNING person
)
SELECT person FROM added UNION ALL SELECT person FROM identities WHERE kind = $1 AND subject = $2 LIMIT 1;

-- name: phone_used
-- $1 phone, E.164. When its person last signed in by it, or was seen where they did.
SELECT greatest(i.used_ts, i.verified_ts, (SELECT max(s.seen_ts) FROM sessions AS s WHERE s.person = i.person AND s.how = 'phone'))
FROM identities AS i WHERE i.kind = 'phone' AND i.subject = $1;

-- name: was_one_of
-- $1 person, $2 ids text[]. Whether one of them is that person, or has become them.
SELECT $1 = ANY ($2::text[])
    OR EXISTS (SELECT FROM identities WHERE kind = 'guest' AND person = $1 AND subject = ANY ($2::text[]));

-- name: is_among
-- Whether one of these is that person, or has become who they are by now. $1 person, $2 people text[]
WITH RECURSIVE one AS (
    SELECT $1::text AS id UNION SELECT m.person FROM one o JOIN person_merges m ON m.merged = o.id WHERE m.undone_ts IS NULL
), others AS (
    SELECT unnest($2::text[]) AS id
    UNION SELECT m.person FROM others o JOIN person_merges m ON m.merged = o.id WHERE m.undone_ts IS NULL
)
SELECT EXISTS (SELECT FROM one JOIN others USING (id));

-- name: touch_identity
-- $1 kind, $2 subject, $3 now
UPDATE identities SET used_ts = $3 WHERE kind = $1 AND subject = $2;

-- name: lock_identity
-- $1 kind, $2 subject. Two sign-ins with the same new subject come one after the other.
SELECT pg_advisory_xact_lock(hashtextextended('identity:' || $1::text || ':' || $2::text, 0));

-- name: is_identified
-- $1 person. Whether they have ever proved who they are; whoever was made staff is somebody, too.
SELECT EXISTS (SELECT FROM identities WHERE person = $1 AND kind <> 'guest')
    OR EXISTS (SELECT FROM people WHERE id = $1 AND role <> 'viewer');

-- name: passkey
-- $1 subject
SELECT data FROM identities WHERE kind = 'passkey' AND subject = $1;

-- name: passkey_for_update
-- $1 subject
SELECT data FROM identities WHERE kind = 'passkey' AND subject = $1 FOR UPDATE;

-- name: set_passkey
-- $1 subject, $2 data as JSON
UPDATE identities SET data = $2 WHERE kind = 'passkey' AND subject = $1;

-- name: delete_identity
-- $1 kind, $2 subject, $3 person
DELETE FROM identities WHERE kind = $1 AND subject = $2 AND person = $3;

-- name: staff
-- $1 most. Everybody who is more than a viewer, and how they are known.
SELECT p.id, p.name, p.role, p.seen_ts, p.blocked_ts,
    (SELECT string_agg(i.kind, ', ' ORDER BY i.kind) FROM identities AS i WHERE i.person = p.id AND i.kind <> 'guest') AS ways
FROM people AS p WHERE p.role <> 'viewer' AND p.erased_ts IS NULL ORDER BY p.role, p.id LIMIT $1;

-- name: lock_roles
-- Two who take away the last two admins come one after the other.
SELECT pg_advisory_xact_lock(hashtextextended('people.roles', 0));

-- name: admins_left
-- $1 people who are to be none any more, $2 kinds of identities by which staff sign in; of `link` nobody needs one.
-- Whether one of them is one; how many others there are who can sign in. Who has become another signs in no more.
SELECT coalesce(bool_or(p.id = ANY ($1::text[])), false) AS is_one,
    count(*) FILTER (WHERE p.id <> ALL ($1::text[]) AND (
        'link' = ANY ($2::text[]) OR EXISTS (SELECT FROM identities AS i WHERE i.person = p.id AND i.kind = ANY ($2::text[]))
    ))::integer AS others
FROM people AS p WHERE p.role = 'admin' AND p.erased_ts IS NULL AND p.blocked_ts IS NULL
    AND NOT EXISTS (SELECT FROM person_merges AS m WHERE m.merged = p.id AND m.undone_ts IS NULL);

-- name: free_identity
-- $1 kind, $2 subject. Of somebody whose erasure stands half done: nobody is known by it any more.
DELETE FROM identities AS i USING people AS p
WHERE i.kind = $1 AND i.subject = $2 AND p.id = i.person AND p.erased_ts IS NOT NULL;
