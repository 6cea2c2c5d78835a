-- name: insert_refund
-- The same key again inserts nothing. Under the lock of the payment's row; the trigger counts it against what was paid.
-- $1 id, $2 order, $3 payment, $4 kind, $5 key, $6 amount_minor, $7 currency, $8 reason, $9 state, $10 asked_by or null,
-- $11 now, business Unix ms, $12 next_try_real_ms
INSERT INTO refunds (id, order_id, payment, kind, key, amount_minor, currency, reason, state, asked_by, created_ms, next_try_real_ms,
                     failed_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, CASE WHEN $9 = 'failed' THEN $11::bigint END) ON CONFLICT (key) DO NOTHING;

-- name: refunds_count
-- Of a payment, as its provider counts them: by number, whatever became of them. $1 payment
SELECT count(*) FROM refunds WHERE payment = $1 AND rejected_by IS NULL;

-- name: refund_by_key
-- $1 key
SELECT r.*, r.order_id AS "order", p.provider, p.person, p.amount_minor AS paid_in_minor, p.ref AS payment_ref
FROM refunds r JOIN payments p ON p.id = r.payment WHERE r.key = $1;

-- name: refund
-- $1 id
SELECT r.*, r.order_id AS "order", p.provider, p.person, p.amount_minor AS paid_in_minor, p.ref AS payment_ref
FROM refunds r JOIN payments p ON p.id = r.payment WHERE r.id = $1;

-- name: refund_for_update
-- Its payment first, as everywhere. $1 id
WITH payment AS (
    SELECT p.id, p.provider, p.person, p.amount_minor, p.ref FROM payments p
    WHERE p.id = (SELECT payment FROM refunds WHERE id = $1) FOR NO KEY UPDATE
)
SELECT r.*, r.order_id AS "order", p.provider, p.person, p.amount_minor AS paid_in_minor, p.ref AS payment_ref
FROM refunds r JOIN payment p ON p.id = r.payment WHERE r.id = $1 FOR NO KEY UPDATE OF r;

-- name: refunds_of_order
-- $1 order
SELECT r.*, r.order_id AS "order", p.provider, p.person, p.amount_minor AS paid_in_minor, p.ref AS payment_ref
FROM refunds r JOIN payments p ON p.id = r.payment WHERE r.order_id = $1 ORDER BY r.created_ms, r.id;

-- name: change_refund
-- Under the row's lock. $1 id, $2 state, $3 approved_by or null, $4 ref or null, $5 now, business Unix ms, $6 next_try_real_ms,
-- $7 rejected_by or null
UPDATE refunds SET state = $2, approved_by = coalesce($3, approved_by), rejected_by = $7, ref = coalesce($4, ref), next_try_real_ms = $6,
    paid_ms = CASE WHEN $2 = 'paid' THEN $5::bigint END, failed_ms = CASE WHEN $2 = 'failed' THEN $5::bigint END,
    tries = CASE WHEN $2 = 'processing' THEN 0 ELSE tries END,
    is_accepted = is_accepted AND $2 <> 'processing'
WHERE id = $1;

-- name: accept_refund
-- The provider has it. $1 id, $2 ref or null
UPDATE refunds SET is_accepted = true, ref = coalesce($2, ref) WHERE id = $1 AND state = 'processing';

-- name: due_refunds
-- Refunds to ask the provider for, or about, and when next; nobody else gets them until then. Real time.
-- One that is further ahead than its own pause was put there by a clock that was set back since.
-- $1 now, Unix ms, $2 pauses by the tries before, ms bigint[], $3 how many, $4 the moment that says never
WITH due AS (
    SELECT id FROM refunds WHERE state = 'processing' AND (
        next_try_real_ms <= $1
        OR (next_try_real_ms > $1 + ($2::bigint[])[greatest(1, least(tries, array_length($2::bigint[], 1)))] AND next_try_real_ms < $4)
    ) ORDER BY next_try_real_ms LIMIT $3
    FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE refunds r SET tries = r.tries + 1, next_try_real_ms = $1 + ($2::bigint[])[least(r.tries + 1, array_length($2::bigint[], 1))]
FROM due, payments p WHERE r.id = due.id AND p.id = r.payment
RETURNING r.*, r.order_id AS "order", p.provider, p.person, p.amount_minor AS paid_in_minor, p.ref AS payment_ref;
