-- name: latest_export
-- One that is being made or can be had, asked for since. $1 person, $2 since, Unix ms, $3 now
SELECT id, asked_ts, made_ts, ends_ts, bytes FROM exports
WHERE person = $1 AND asked_ts >= $2 AND (ends_ts IS NULL OR ends_ts > $3) ORDER BY asked_ts DESC LIMIT 1;

-- name: lock_exports
-- $1 person
SELECT pg_advisory_xact_lock(hashtextextended('livehub exports ' || $1::text, 0));

-- name: insert_export
-- $1 id, $2 person, $3 now, Unix ms
INSERT INTO exports (id, person, asked_ts) VALUES ($1, $2, $3);

-- name: exports
-- $1 person, $2 now, Unix ms, $3 how many at most
SELECT id, asked_ts, made_ts, ends_ts, bytes FROM exports
WHERE person = $1 AND (ends_ts IS NULL OR ends_ts > $2) ORDER BY asked_ts DESC, id DESC LIMIT $3;

-- name: export
-- $1 person, $2 id, $3 now, Unix ms
SELECT made_ts, bytes FROM exports WHERE person = $1 AND id = $2 AND (ends_ts IS NULL OR ends_ts > $3);

-- name: export_piece
-- $1 person, $2 id, $3 from which byte on, 1 the first, $4 how many
SELECT substring(zip FROM $3::integer FOR $4::integer) FROM exports WHERE person = $1 AND id = $2;

-- name: asked_export
-- $1 id
SELECT person FROM exports WHERE id = $1 AND made_ts IS NULL;

-- name: keep_export
-- $1 id, $2 zip bytea, $3 sha256 bytea, $4 now, Unix ms, $5 ends_ts
UPDATE exports SET zip = $2::bytea, bytes = length($2::bytea), sha256 = $3, made_ts = $4, ends_ts = $5
WHERE id = $1 AND made_ts IS NULL RETURNING person;

-- name: names_before
-- As whom somebody was known before they signed in, in however many steps. $1 person
WITH RECURSIVE known (id) AS (
    SELECT $1::text
    UNION SELECT m.merged FROM known AS k JOIN person_merges AS m ON m.person = k.id WHERE m.undone_ts IS NULL
)
SELECT subject FROM identities WHERE person = $1 AND kind = 'guest'
UNION SELECT id FROM known WHERE id <> $1 ORDER BY 1;

-- name: forget_exports
-- $1 now, Unix ms, $2 asked for before this and never made, Unix ms, $3 how many at most
WITH gone AS (
    DELETE FROM exports WHERE id IN (
        SELECT id FROM exports WHERE ends_ts < $1 OR (made_ts IS NULL AND asked_ts < $2) LIMIT $3
    ) RETURNING true
) SELECT count(*) FROM gone;
