-- What payments keep of people.

-- name: move_payments
-- Of two attempts under one key each stays whose it was. $1 who it was, $2 who it is
UPDATE payments p SET person = $2
WHERE p.person = $1 AND NOT EXISTS (SELECT FROM payments o WHERE o.person = $2 AND o.key = p.key)
RETURNING p.id;

-- name: move_payments_back
-- $1 who it was, $2 who it is, $3 ids text[]
UPDATE payments p SET person = $1
WHERE p.person = $2 AND p.id = ANY($3::text[]) AND NOT EXISTS (SELECT FROM payments o WHERE o.person = $1 AND o.key = p.key)
RETURNING p.id;

-- name: payments_of
-- $1 person
SELECT jsonb_build_object(
    'order', p.order_id, 'provider', p.provider, 'state', p.state, 'amount_minor', p.amount_minor, 'currency', p.currency,
    'at', to_timestamp(p.created_ms / 1000.0), 'refunds', (
        SELECT coalesce(jsonb_agg(jsonb_build_object('amount_minor', r.amount_minor, 'state', r.state, 'reason', r.reason,
                                                     'at', to_timestamp(r.created_ms / 1000.0)) ORDER BY r.created_ms, r.id), '[]')
        FROM refunds r WHERE r.payment = p.id
    )
)
FROM payments p WHERE p.person = $1 ORDER BY p.created_ms, p.id;

-- name: refunds_by
-- Of the staff. $1 person
SELECT jsonb_build_object(
    'amount_minor', amount_minor, 'currency', currency, 'reason', reason, 'asked_by_you', asked_by IS NOT DISTINCT FROM $1,
    'approved_by_you', approved_by IS NOT DISTINCT FROM $1, 'at', to_timestamp(created_ms / 1000.0)
)
FROM refunds WHERE $1 IN (asked_by, approved_by, rejected_by) ORDER BY created_ms, id;

-- name: findings_by
-- $1 person
SELECT jsonb_build_object('kind', kind, 'note', note, 'at', to_timestamp(resolved_ms / 1000.0))
FROM payment_findings WHERE resolved_by = $1 ORDER BY resolved_ms, id;
