-- What the inbox keeps of people.

-- name: move_directs
-- What is not read yet; what is, is soon gone, and in the way of nobody. $1 who it was, $2 who it is
UPDATE directs SET user_id = $2 WHERE user_id = $1 AND read_at IS NULL RETURNING id;

-- name: move_directs_back
-- $1 who it was, $2 who it is, $3 ids text[]
UPDATE directs SET user_id = $1 WHERE id = ANY($3::text[]) AND user_id = $2 RETURNING id;

-- name: directs_of
-- $1 person
SELECT jsonb_build_object('at', to_timestamp(ts / 1000.0), 'type', type, 'data', data, 'read_at', read_at)
FROM directs WHERE user_id = $1 ORDER BY ts, id;

-- name: erase_directs
-- Theirs go; in what others were told (who won, say) they are nobody. $1 person, $2 stands in
WITH gone AS (
    DELETE FROM directs WHERE user_id = $1 RETURNING true
), told AS (
    UPDATE directs SET data = without_person(data, $1, $2) WHERE user_id <> $1 AND has_person(data, $1) RETURNING true
) SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM told);
