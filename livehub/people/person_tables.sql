-- What is kept of people as people.

-- name: person_of
-- $1 person
SELECT jsonb_build_object(
    'id', id, 'name', name, 'role', role, 'language', language, 'since', to_timestamp(created_ts / 1000.0),
    'seen', to_timestamp(seen_ts / 1000.0)
)
FROM people WHERE id = $1;

-- name: erase_person
-- The id stays taken, so that no token of old speaks for anybody, and nobody gets it after them. $1 person, $2 stands in
WITH gone AS (
    UPDATE people SET name = '', role = 'viewer', language = '',
        erased_ts = coalesce(erased_ts, (extract(epoch FROM clock_timestamp()) * 1000)::bigint)
    WHERE id = $1 AND $2::text IS NOT NULL AND (erased_ts IS NULL OR name <> '' OR role <> 'viewer' OR language <> '')
    RETURNING true
) SELECT count(*) FROM gone;

-- name: erase_codes
-- $1 person, $2 stands in
WITH gone AS (
    DELETE FROM phone_codes WHERE $2::text IS NOT NULL AND (
        asked_by = $1 OR phone IN (SELECT subject FROM identities WHERE person = $1 AND kind = 'phone')
    ) RETURNING true
) SELECT count(*) FROM gone;

-- name: erase_dev_codes
-- $1 person, $2 stands in
WITH gone AS (
    DELETE FROM dev_codes WHERE $2::text IS NOT NULL
        AND phone IN (SELECT subject FROM identities WHERE person = $1 AND kind = 'phone') RETURNING true
) SELECT count(*) FROM gone;

-- name: identities_of
-- $1 person
SELECT jsonb_build_object(
    'kind', kind, 'subject', subject, 'since', to_timestamp(verified_ts / 1000.0), 'used', to_timestamp(used_ts / 1000.0)
)
FROM identities WHERE person = $1 ORDER BY verified_ts, kind, subject;

-- name: erase_identities
-- The phone may sign up anew, as somebody else. $1 person, $2 stands in
WITH gone AS (
    DELETE FROM identities WHERE (person = $1 OR (kind = 'guest' AND subject = $1)) AND $2::text IS NOT NULL RETURNING true
) SELECT count(*) FROM gone;

-- name: sessions_of
-- $1 person
SELECT jsonb_build_object(
    'app', app, 'how', how, 'device', device, 'since', to_timestamp(created_ts / 1000.0), 'seen', to_timestamp(seen_ts / 1000.0),
    'ended', to_timestamp(ended_ts / 1000.0)
)
FROM sessions WHERE person = $1 ORDER BY created_ts, id;

-- name: erase_sessions
-- Ended, and known as ended until no token of them can be: rows go by retention. $1 person, $2 stands in
WITH gone AS (
    UPDATE sessions SET
        device = '', why = CASE WHEN ended_ts IS NULL THEN 'erased' ELSE why END,
        ended_ts = coalesce(ended_ts, (extract(epoch FROM clock_timestamp()) * 1000)::bigint)
    WHERE person = $1 AND (ended_ts IS NULL OR device <> '') AND $2::text IS NOT NULL RETURNING true
) SELECT count(*) FROM gone;

-- name: erase_merges
-- $1 person, $2 stands in
WITH gone AS (
    DELETE FROM person_merges WHERE person = $1 OR merged = $1 RETURNING true
), undone AS (
    UPDATE person_merges SET undone_by = $2 WHERE undone_by = $1 AND person <> $1 AND merged <> $1 RETURNING true
) SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM undone);

-- name: exports_of
-- $1 person
SELECT jsonb_build_object('asked', to_timestamp(asked_ts / 1000.0), 'made', to_timestamp(made_ts / 1000.0))
FROM exports WHERE person = $1 ORDER BY asked_ts;

-- name: erase_exports
-- $1 person, $2 stands in
WITH gone AS (DELETE FROM exports WHERE person = $1 AND $2::text IS NOT NULL RETURNING true) SELECT count(*) FROM gone;

-- name: move_addresses
-- A default gives way to that of whom they turned out to be. $1 who it was, $2 who it is
WITH theirs AS (SELECT id, is_default FROM addresses WHERE person = $1 FOR UPDATE)
UPDATE addresses a SET person = $2, is_default = a.is_default AND NOT EXISTS (
    SELECT FROM addresses o WHERE o.person = $2 AND o.is_default
)
FROM theirs WHERE a.id = theirs.id RETURNING a.id || CASE WHEN theirs.is_default THEN ' default' ELSE '' END;

-- name: move_addresses_back
-- Each has one default again, if they have any address: what it was, or, where that is gone or went back, the latest.
-- $1 who it was, $2 who it is, $3 ids text[], with the word "default" where it was one
WITH moved AS (
    SELECT a.id, a.created_ts, m.key LIKE '% default' AS was_default FROM unnest($3::text[]) AS m (key)
    JOIN addresses a ON a.id = split_part(m.key, ' ', 1) WHERE a.person = $2
), back AS (
    UPDATE addresses a SET person = $1, is_default = a.id = (
        SELECT id FROM moved ORDER BY was_default DESC, created_ts DESC, id DESC LIMIT 1
    ) AND NOT EXISTS (SELECT FROM addresses o WHERE o.person = $1 AND o.is_default)
    FROM moved WHERE a.id = moved.id RETURNING a.id
), gone AS MATERIALIZED (
    SELECT coalesce(array_agg(id), '{}') AS ids FROM back  -- all of them have gone back before what stays is looked at
), first AS (
    UPDATE addresses a SET is_default = true WHERE a.id = (
        SELECT o.id FROM addresses o, gone WHERE o.person = $2 AND o.id <> ALL (gone.ids)
        ORDER BY o.is_default DESC, o.created_ts DESC, o.id DESC LIMIT 1
    ) AND NOT a.is_default
)
SELECT id FROM back;

-- name: addresses_of
-- $1 person
SELECT to_jsonb(a) - 'person' FROM addresses a WHERE person = $1 ORDER BY created_ts, id;

-- name: erase_addresses
-- $1 person, $2 stands in
WITH gone AS (DELETE FROM addresses WHERE person = $1 AND $2::text IS NOT NULL RETURNING true) SELECT count(*) FROM gone;

-- name: consents_of
-- $1 person
SELECT jsonb_build_object('purpose', purpose, 'granted', granted, 'version', version, 'at', to_timestamp(ts / 1000.0), 'where', place)
FROM consents WHERE person = $1 ORDER BY ts, id;
