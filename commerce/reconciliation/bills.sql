-- name: providers
-- Those that have brought in money, or might have.
SELECT DISTINCT provider FROM payments ORDER BY provider;

-- name: ours
-- What we know of the rows of a bill, by the provider's number or by ours; of money that fits no payment, what is in suspense.
-- $1 provider, $2 kinds, $3 ids, $4 refs text[], $5 amounts bigint[], $6 currencies text[]
SELECT b.place, coalesce(by_ref.id, p.id, r.id) AS id, coalesce(by_ref.state, p.state, r.state) AS state,
    coalesce(by_ref.amount_minor, p.amount_minor, r.amount_minor) AS amount_minor,
    coalesce(by_ref.currency, p.currency, r.currency) AS currency,
    EXISTS (
        SELECT FROM ledger_transfers t WHERE t.key = 'misdirected:' || $1 || ':' || b.id || ':' || b.amount_minor || ':' || b.currency
    ) AS is_in_suspense
FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[]) WITH ORDINALITY
    AS b (kind, id, ref, amount_minor, currency, place)
LEFT JOIN LATERAL (
    SELECT q.id, q.state, q.amount_minor, q.currency FROM payments q
    WHERE b.kind = 'payment' AND q.provider = $1 AND q.order_id = (SELECT order_id FROM payments WHERE id = b.id) AND q.ref = b.ref
    LIMIT 1
) AS by_ref ON true
LEFT JOIN payments p ON b.kind = 'payment' AND p.id = b.id AND p.provider = $1 AND by_ref.id IS NULL
LEFT JOIN (refunds r JOIN payments rp ON rp.id = r.payment) ON b.kind = 'refund' AND r.id = b.id AND rp.provider = $1
ORDER BY b.place;

-- name: paid_between
-- Payments that we have as paid. $1 provider, $2 from, $3 until, real Unix ms
SELECT 'payment' AS kind, id, amount_minor, currency FROM payments
WHERE provider = $1 AND state = 'paid' AND paid_real_ms >= $2 AND paid_real_ms < $3 ORDER BY id;

-- name: sent_between
-- Refunds that we have as paid. $1 provider, $2 from, $3 until, business Unix ms
SELECT 'refund' AS kind, r.id, r.amount_minor, r.currency FROM refunds r JOIN payments p ON p.id = r.payment
WHERE p.provider = $1 AND r.state = 'paid' AND r.paid_ms >= $2 AND r.paid_ms < $3 ORDER BY r.id;

-- name: first_paid
-- $1 provider
SELECT min(paid_real_ms) FROM payments WHERE provider = $1 AND state = 'paid';

-- name: bill_days
-- Days of which the bill was read. $1 provider
SELECT day FROM bill_days WHERE provider = $1 AND fetched_real_ms IS NOT NULL ORDER BY day;

-- name: bill_rows
-- $1 provider, $2 day
SELECT kind, id, ref, amount_minor, currency, at_ms, fee_minor FROM bill_rows WHERE provider = $1 AND day = $2 ORDER BY kind, id;
