-- name: insert_payments
-- One that is there stays as it is. $1 ids text[], $2 amounts bigint[], $3 currencies, $4 descriptions, $5 states, $6 refs,
-- $7 notify_urls, $8 return_urls text[], $9 created_ms, $10 closes_ms bigint[]
INSERT INTO sandbox_payments (id, amount_minor, currency, description, state, ref, notify_url, return_url, created_ms, closes_ms)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                     $9::bigint[], $10::bigint[])
ON CONFLICT (id) DO NOTHING RETURNING id;

-- name: payment
-- $1 id
SELECT * FROM sandbox_payments WHERE id = $1;

-- name: payments_for_update
-- Locks rows in the order of their ids. $1 ids text[]
SELECT * FROM sandbox_payments WHERE id = ANY($1::text[]) ORDER BY id FOR NO KEY UPDATE;

-- name: update_payments
-- Under the rows' locks. $1 ids, $2 states, $3 refs, $4 refunds text[]
UPDATE sandbox_payments p SET state = now.state, ref = now.ref, refunds = now.refunds
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS now (id, state, ref, refunds) WHERE p.id = now.id;

-- name: insert_captures
-- $1 refs, $2 payments text[], $3 amounts bigint[], $4 currencies text[], $5 at_ms bigint[]
INSERT INTO sandbox_captures (ref, payment, amount_minor, currency, at_ms)
SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::bigint[]);

-- name: first_capture
-- $1 payment
SELECT c.* FROM sandbox_payments p JOIN sandbox_captures c ON c.ref = p.ref WHERE p.id = $1;

-- name: capture
-- With what of it has gone back, or is on its way. $1 ref
SELECT c.*, coalesce((SELECT sum(r.amount_minor) FROM sandbox_refunds r WHERE r.capture = c.ref AND r.state <> 'failed'), 0)::bigint
    AS refunded_minor
FROM sandbox_captures c WHERE c.ref = $1;

-- name: refund
-- $1 id
SELECT * FROM sandbox_refunds WHERE id = $1;

-- name: put_refund
-- One that failed may be asked for again. Under the lock of its payment. $1 id, $2 payment, $3 capture, $4 amount_minor,
-- $5 currency, $6 state, $7 ref, $8 now, Unix ms
INSERT INTO sandbox_refunds (id, payment, capture, amount_minor, currency, state, ref, created_ms, ended_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, CASE WHEN $6 <> 'processing' THEN $8::bigint END)
ON CONFLICT (id) DO UPDATE SET state = excluded.state, ended_ms = excluded.ended_ms WHERE sandbox_refunds.state = 'failed'
RETURNING *;

-- name: end_refunds
-- Those of a payment that are under way. $1 payment, $2 state, $3 now, Unix ms
UPDATE sandbox_refunds SET state = $2, ended_ms = $3 WHERE payment = $1 AND state = 'processing' RETURNING *;

-- name: insert_notices
-- $1 ids, $2 payments, $3 notify_urls, $4 bodies text[], $5 due_ms bigint[]
INSERT INTO sandbox_notices (id, payment, notify_url, body, due_ms)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[]);

-- name: due_notices
-- Notices to tell now, and when again; nobody else gets them until then. One that is further ahead than its own pause was put there
-- by a clock that was set back since.
-- $1 now, Unix ms, $2 pauses by the tries before, ms bigint[], $3 how many, $4 the longest pause before the first try, ms
WITH due AS (
    SELECT id FROM sandbox_notices WHERE told_ms IS NULL AND (
        due_ms <= $1
        OR due_ms > $1 + CASE tries WHEN 0 THEN $4::bigint ELSE ($2::bigint[])[least(tries, array_length($2::bigint[], 1))] END
    ) ORDER BY due_ms LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE sandbox_notices n SET tries = n.tries + 1,
    due_ms = $1 + ($2::bigint[])[least(n.tries + 1, array_length($2::bigint[], 1))]
FROM due WHERE n.id = due.id
RETURNING n.id, n.notify_url, n.body, n.tries;

-- name: next_due
SELECT min(due_ms) FROM sandbox_notices WHERE told_ms IS NULL;

-- name: told
-- $1 ids text[], $2 statuses of the answers integer[], $3 whether they were acknowledgements boolean[], $4 now, Unix ms
UPDATE sandbox_notices n SET last_status = answer.status, told_ms = CASE WHEN answer.is_acknowledged THEN $4::bigint END
FROM unnest($1::text[], $2::integer[], $3::boolean[]) AS answer (id, status, is_acknowledged)
WHERE n.id = answer.id AND n.told_ms IS NULL;

-- name: bill
-- $1 from, $2 until, Unix ms
SELECT 'payment' AS kind, payment AS id, ref, amount_minor, currency, at_ms FROM sandbox_captures WHERE at_ms >= $1 AND at_ms < $2
UNION ALL
SELECT 'refund', id, ref, amount_minor, currency, ended_ms FROM sandbox_refunds WHERE state = 'paid' AND ended_ms >= $1 AND ended_ms < $2
ORDER BY at_ms, ref;
