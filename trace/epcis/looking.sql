-- name: by_time
-- events that match, the earliest first. $1 to $17: as epcis_found has them; $18 event us and $19 seq after which, $20 how
-- many
SELECT e.seq, e.event_us, e.recorded_us, e.event
FROM epcis_found($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) e
WHERE (e.event_us, e.seq) > ($18::bigint, $19::bigint)
ORDER BY e.event_us, e.seq
LIMIT $20;

-- name: by_time_back
-- the latest first. $18 event us and $19 seq before which, $20 how many
SELECT e.seq, e.event_us, e.recorded_us, e.event
FROM epcis_found($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) e
WHERE (e.event_us, e.seq) < ($18::bigint, $19::bigint)
ORDER BY e.event_us DESC, e.seq DESC
LIMIT $20;

-- name: by_record
-- in the order in which they were captured. $18 seq after which, $19 how many
SELECT e.seq, e.event_us, e.recorded_us, e.event
FROM epcis_found($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) e
WHERE e.seq > $18::bigint
ORDER BY e.seq
LIMIT $19;

-- name: by_record_back
-- the latest captured first. $18 seq before which, $19 how many
SELECT e.seq, e.event_us, e.recorded_us, e.event
FROM epcis_found($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) e
WHERE e.seq < $18::bigint
ORDER BY e.seq DESC
LIMIT $19;

-- name: about
-- events about any of these things. $1 things, $2 roles, $3 how many at most
SELECT DISTINCT event FROM epcis_links WHERE thing = ANY ($1::text[]) AND role = ANY ($2::smallint[]) LIMIT $3;

-- name: of_id
-- an event and declarations that it was an error. $1 id
SELECT seq, event_us, recorded_us, event FROM epcis_events WHERE event_id = $1 ORDER BY declared_us;

-- name: words
-- that events have used. $1 kind, $2 after which, $3 how many
SELECT word FROM epcis_words WHERE kind = $1 AND word > $2 ORDER BY word LIMIT $3;

-- name: word
-- $1 kind, $2 word
SELECT word FROM epcis_words WHERE kind = $1 AND word = $2;

-- name: things
-- that events are about. $1 after which, $2 how many
WITH RECURSIVE t (thing, n) AS (
    (SELECT thing, 1 FROM epcis_links WHERE thing > $1 ORDER BY thing LIMIT 1)
    UNION ALL
    SELECT (SELECT l.thing FROM epcis_links l WHERE l.thing > t.thing ORDER BY l.thing LIMIT 1), t.n + 1
    FROM t
    WHERE t.thing IS NOT NULL AND t.n < $2
)
SELECT thing FROM t WHERE thing IS NOT NULL;

-- name: thing
-- $1 thing
SELECT thing FROM epcis_links WHERE thing = $1 LIMIT 1;
