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
-- in the order in which they were captured. $18 recorded us and $19 seq after which, $20 how many
SELECT e.seq, e.event_us, e.recorded_us, e.event
FROM epcis_found($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) e
WHERE (e.recorded_us, e.seq) > ($18::bigint, $19::bigint)
ORDER BY e.recorded_us, e.seq
LIMIT $20;

-- name: by_record_back
-- the latest captured first. $18 recorded us and $19 seq before which, $20 how many
SELECT e.seq, e.event_us, e.recorded_us, e.event
FROM epcis_found($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) e
WHERE (e.recorded_us, e.seq) < ($18::bigint, $19::bigint)
ORDER BY e.recorded_us DESC, e.seq DESC
LIMIT $20;

-- name: about
-- events about any of these things, some twice. $1 things, $2 roles, $3 how many at most
SELECT event FROM epcis_links WHERE thing = ANY ($1::text[]) AND role = ANY ($2::smallint[]) LIMIT $3;

-- name: about_from
-- events about things in this range, some twice. $1 the first, $2 after which there is none, $3 roles, $4 how many at most
SELECT event FROM epcis_links WHERE thing BETWEEN $1::text AND $2::text AND role = ANY ($3::smallint[]) LIMIT $4;

-- name: of_numbers
-- events with a number of one of these names in a range, or one of some, some twice. $1 names, $2 least, $3 most, $4 numbers or
-- null, $5 how many at most
SELECT event FROM epcis_values
WHERE name = ANY ($1::text[]) AND num BETWEEN $2::float8 AND $3::float8 AND ($4::float8[] IS NULL OR num = ANY ($4::float8[]))
LIMIT $5;

-- name: of_texts
-- events with one of these texts, some twice. $1 names, $2 texts, $3 their first 64 characters, $4 how many at most
SELECT event FROM epcis_values
WHERE name = ANY ($1::text[]) AND left(text, 64) = ANY ($3::text[]) AND text = ANY ($2::text[])
LIMIT $4;

-- name: of_times
-- events with a time of one of these names in a range, some twice. $1 names, $2 from and $3 until (us), $4 how many at most
SELECT event FROM epcis_values WHERE name = ANY ($1::text[]) AND at_us BETWEEN $2::bigint AND $3::bigint LIMIT $4;

-- name: places_below
-- places that events have used, among these and what lies in them. $1 kind, $2 places
SELECT w.word FROM epcis_words w
WHERE w.kind = $1 AND (
    w.word = ANY ($2::text[]) OR EXISTS (SELECT FROM unnest($2::text[]) p WHERE starts_with(w.word, p || '/254/'))
);

-- name: custom_plan
-- a query is planned for what it asks for: what it leaves out is null, of which a plan for all queries knows nothing
SET LOCAL plan_cache_mode = force_custom_plan;

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
