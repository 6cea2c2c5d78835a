-- What cases keep of people.

-- name: move_cases
-- $1 who it was, $2 who it is
UPDATE cases SET person = $2 WHERE person = $1 RETURNING id;

-- name: move_cases_back
-- $1 who it was, $2 who it is, $3 ids text[]
UPDATE cases SET person = $1 WHERE person = $2 AND id = ANY($3::text[]) RETURNING id;

-- name: cases_of
-- $1 person
SELECT jsonb_build_object(
    'order', c.order_id, 'kind', c.kind, 'reason', c.reason, 'text', c.text, 'appeal', c.appeal, 'state', c.state,
    'decision', c.decision, 'note', c.note, 'at', to_timestamp(c.opened_ms / 1000.0),
    'photos', (SELECT coalesce(jsonb_agg(p.picture ORDER BY p.position), '[]') FROM case_photos p WHERE p.case_id = c.id)
)
FROM cases c WHERE c.person = $1 ORDER BY c.id;

-- name: erase_cases
-- What they wrote, and the addresses of their pictures, which go with their uploads. $1 person, $2 stands in
WITH photos AS (
    DELETE FROM case_photos WHERE case_id IN (SELECT id FROM cases WHERE person = $1)
), erased AS (
    UPDATE cases SET text = '', appeal = '' WHERE person = $1 AND $2::text IS NOT NULL RETURNING true
) SELECT count(*) FROM erased;

-- name: steps_by
-- $1 person
SELECT jsonb_build_object('case', case_id, 'step', step, 'at', to_timestamp(at_ms / 1000.0)) FROM case_steps WHERE by = $1 ORDER BY id;

-- name: move_fapiao
-- $1 who it was, $2 who it is
UPDATE fapiao SET person = $2 WHERE person = $1 RETURNING id;

-- name: move_fapiao_back
-- $1 who it was, $2 who it is, $3 ids text[]
UPDATE fapiao SET person = $1 WHERE person = $2 AND id = ANY($3::text[]) RETURNING id;

-- name: fapiao_of
-- $1 person
SELECT jsonb_build_object(
    'order', order_id, 'kind', kind, 'title', title, 'tax_number', tax_number, 'email', email, 'amount_minor', amount_minor,
    'currency', currency, 'state', state, 'number', number, 'at', to_timestamp(asked_ms / 1000.0)
)
FROM fapiao WHERE person = $1 ORDER BY id;

-- name: erase_fapiao
-- The address it is sent to; whom it was issued to stays in the books. $1 person, $2 stands in
WITH erased AS (
    UPDATE fapiao SET email = '' WHERE person = $1 AND $2::text IS NOT NULL RETURNING true
) SELECT count(*) FROM erased;
