-- name: insert_session
-- $1 id, $2 person, $3 token_sha256, $4 app, $5 how, $6 device, $7 now, Unix ms, $8 ends_ts,
-- $9 when they proved who they are; 0: nobody says
INSERT INTO sessions (id, person, token_sha256, app, how, device, created_ts, signed_in_ts, seen_ts, ends_ts)
VALUES ($1, $2, $3, $4, $5, $6, $7, $9, $7, $8);

-- name: session_of_token
-- $1 token_sha256
SELECT s.id, s.person, s.app, s.how, s.signed_in_ts, s.seen_ts, s.ends_ts, s.ended_ts, p.name, p.role, p.blocked_ts,
       EXISTS (SELECT FROM identities AS i WHERE i.person = p.id AND i.kind <> 'guest') AS is_identified
FROM sessions AS s JOIN people AS p ON p.id = s.person
WHERE s.token_sha256 = $1;

-- name: people_of_tokens
-- Whose they are, or were: of those that have ended, too. $1 token_sha256 bytea[]
SELECT DISTINCT person FROM sessions WHERE token_sha256 = ANY($1::bytea[]);

-- name: running_session
-- $1 id, $2 person, $3 now. Locks it against its end.
SELECT true FROM sessions WHERE id = $1 AND person = $2 AND ended_ts IS NULL AND ends_ts > $3 FOR SHARE;

-- name: role_of
-- $1 person
SELECT role FROM people WHERE id = $1;

-- name: touch_session
-- $1 id, $2 now. Not at every token: the hour is enough for a person who looks at the list.
-- Somebody who is being changed just now was seen a little earlier: nobody waits here.
WITH held AS MATERIALIZED (
    SELECT p.id FROM sessions AS s JOIN people AS p ON p.id = s.person WHERE s.id = $1 FOR NO KEY UPDATE SKIP LOCKED
), seen AS (
    UPDATE people SET seen_ts = $2 FROM held WHERE people.id = held.id
)
UPDATE sessions SET seen_ts = $2 FROM held WHERE sessions.id = $1;

-- name: sessions_of
-- $1 person, $2 now, $3 after (id) or null, $4 limit. Those that run, the newest first.
SELECT id, app, how, device, created_ts, seen_ts FROM sessions
WHERE person = $1 AND ended_ts IS NULL AND ends_ts > $2 AND ($3::text IS NULL OR id < $3)
ORDER BY id DESC LIMIT $4;

-- name: end_session
-- $1 id, $2 person, $3 now, $4 why. Returns nothing if it is not theirs; one that has ended stays as it ended.
UPDATE sessions SET ended_ts = coalesce(ended_ts, $3), why = CASE WHEN ended_ts IS NULL THEN $4 ELSE why END
WHERE id = $1 AND person = $2 RETURNING id;

-- name: end_sessions_of
-- $1 person, $2 now, $3 why, $4 the id of one that goes on, or null
UPDATE sessions SET ended_ts = $2, why = $3
WHERE person = $1 AND ended_ts IS NULL AND ($4::text IS NULL OR id <> $4) RETURNING id;

-- name: oldest_beyond
-- $1 person, $2 now, $3 how many may run. The others, which end when a new one begins.
SELECT id FROM sessions WHERE person = $1 AND ended_ts IS NULL AND ends_ts > $2 ORDER BY id DESC OFFSET $3;

-- name: ended_since
-- $1 since, Unix ms, $2 most. By the time of the machine that ended it, so whoever asks looks back a little further each time.
SELECT id, person, ended_ts FROM sessions WHERE ended_ts >= $1 ORDER BY ended_ts DESC LIMIT $2;

-- name: erased_since
-- $1 since, Unix ms, $2 most
SELECT id, erased_ts FROM people WHERE erased_ts >= $1 ORDER BY erased_ts DESC LIMIT $2;

-- name: forget_sessions
-- $1 over before, Unix ms, $2 how many at most
WITH gone AS (
    DELETE FROM sessions WHERE id IN (
        SELECT id FROM sessions WHERE least(ends_ts, coalesce(ended_ts, ends_ts)) < $1 LIMIT $2
    ) RETURNING true
) SELECT count(*) FROM gone;
