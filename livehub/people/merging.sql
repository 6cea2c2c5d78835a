-- name: merged_into
-- $1 merged. Whom they have become.
SELECT person FROM person_merges WHERE merged = $1 AND undone_ts IS NULL;

-- name: insert_merge
-- $1 merged, $2 person, $3 now, Unix ms, $4 {table: [key]} as JSON
INSERT INTO person_merges (merged, person, ts, moved) VALUES ($1, $2, $3, $4);

-- name: merge_for_update
-- $1 merged
SELECT person, moved FROM person_merges WHERE merged = $1 AND undone_ts IS NULL FOR UPDATE;

-- name: undo_merge
-- $1 merged, $2 now, Unix ms, $3 by whom
UPDATE person_merges SET undone_ts = $2, undone_by = $3 WHERE merged = $1 AND undone_ts IS NULL;

-- name: move_identities
-- $1 merged, $2 person. And what the merged one was known by: themselves, so that they are found.
WITH moved AS (
    UPDATE identities SET person = $2 WHERE person = $1 RETURNING kind || ':' || subject AS key
), added AS (
    INSERT INTO identities (kind, subject, person, verified_ts, used_ts)
    SELECT 'guest', $1, p.id, p.seen_ts, p.seen_ts FROM people AS p WHERE p.id = $2
    ON CONFLICT (kind, subject) DO NOTHING RETURNING kind || ':' || subject AS key
)
SELECT key FROM moved UNION ALL SELECT key FROM added;

-- name: move_identities_back
-- $1 merged, $2 person, $3 keys. The one that says whom a guest became goes; a guest was known by nothing.
WITH gone AS (
    DELETE FROM identities WHERE kind = 'guest' AND subject = $1 AND person = $2 AND 'guest:' || subject = ANY ($3::text[])
)
UPDATE identities SET person = $1
WHERE person = $2 AND kind || ':' || subject = ANY ($3::text[]) AND NOT (kind = 'guest' AND subject = $1);
