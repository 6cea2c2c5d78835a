-- name: insert_acts
-- $1 room or null, $2 ts, Unix ms, $3 by_id, $4 by_name, $5 by_role, $6 [{type, subject, ...}] as JSON, $7 network, $8 is_event
INSERT INTO audit (
    room, ts, type, subject, was, became, by_id, by_name, by_role, about_id, about_name, before, after, why, data, network, is_event
)
SELECT $1, $2, a.type, a.subject, a.was, a.became, $3, $4, $5, a.about_id, a.about_name, nullif(a.before, 'null'),
       nullif(a.after, 'null'), a.why, a.data, $7, $8
FROM jsonb_to_recordset($6::jsonb) AS a (
    type text, subject text, was text, became text, about_id text, about_name text, before jsonb, after jsonb, why text, data jsonb
);

-- name: acts
-- Latest first. $1 who or null, $2 subject, room or whom it met, or null, $3 types text[] or null, $4 from and $5 to this moment
-- (Unix ms, the second not included) or null, $6 and $7 before this moment (Unix ms) and id, or null, $8 with looks
-- for which nobody gave a reason, $9 how many at most
SELECT id, room, ts, type, subject, was, became, by_id, by_name, by_role, about_id, about_name, before, after, why, data, network
FROM audit
WHERE ($1::text IS NULL OR by_id = $1) AND ($2::text IS NULL OR $2 IN (subject, about_id, room))
    AND ($3::text[] IS NULL OR type = ANY($3::text[])) AND ($4::bigint IS NULL OR ts >= $4::bigint)
    AND ($5::bigint IS NULL OR ts < $5::bigint) AND ($6::bigint IS NULL OR (ts, id) < ($6::bigint, $7::bigint))
    AND ($8::boolean OR type NOT IN ('person_look', 'people_searched') OR why <> '')
ORDER BY ts DESC, id DESC LIMIT $9;

-- name: acts_on
-- What was done to any of these, latest first. $1 subjects text[], $2 how many at most
SELECT id, room, ts, type, subject, was, became, by_id, by_name, by_role, about_id, about_name, before, after, why, data, '' AS network
FROM audit WHERE subject = ANY($1::text[]) AND subject <> '' ORDER BY ts DESC, id DESC LIMIT $2;

-- name: forget_acts
-- $1 older than, Unix ms, $2 how many at most
SELECT forget_audit($1, $2);

-- name: anonymise_acts
-- $1 person, $2 what stands in place of their id
SELECT anonymise_audit($1, $2);

-- name: acts_of
-- What staff did, and what was done to somebody, for themselves: with what staff wrote down for each other left out. $1 person
SELECT jsonb_build_object(
    'at', to_timestamp(ts / 1000.0), 'type', type, 'room', room, 'by_you', by_id = $1, 'about_you', about_id IS NOT DISTINCT FROM $1,
    'was', was, 'became', became
)
FROM audit WHERE by_id = $1 OR about_id = $1 ORDER BY ts, id;
