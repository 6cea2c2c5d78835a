-- name: insert_findings
-- The same key again inserts nothing. $1 ids, $2 keys, $3 kinds, $4 providers, $5 payments, $6 refunds, $7 orders text[],
-- $8 amounts bigint[], $9 currencies, $10 details, JSON text[], $11 now, business Unix ms
INSERT INTO payment_findings (id, key, kind, provider, payment, refund, order_id, amount_minor, currency, details, found_ms)
SELECT id, key, kind, provider, payment, refund, order_id, amount_minor, currency, details::jsonb, $11::bigint
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::text[], $10::text[])
    AS found (id, key, kind, provider, payment, refund, order_id, amount_minor, currency, details)
ON CONFLICT (key) DO NOTHING RETURNING key;

-- name: lock_key
-- $1 key
SELECT pg_advisory_xact_lock(hashtextextended('livehub finding ' || $1, 0));

-- name: is_of_other_money
-- $1 key, $2 the provider's number of the money, or null
SELECT EXISTS (SELECT FROM payment_findings WHERE key = $1 AND details ->> 'ref' IS DISTINCT FROM $2::text);

-- name: findings
-- The latest first. $1 only those that nobody has resolved, $2 found_ms and $3 id of the one before, or null, $4 how many, $5 the id of
-- a payment, a refund or an order, an order's number or a provider's, $6 provider, $7 day of a bill, "" for any
SELECT id, kind, provider, payment, refund, order_id AS "order", amount_minor, currency, details, found_ms, resolved_ms, resolved_by, note
FROM payment_findings
WHERE (NOT $1 OR resolved_ms IS NULL) AND ($2::bigint IS NULL OR (found_ms, id) < ($2, $3::text))
    AND ($5 = '' OR $5 IN (payment, refund, order_id, details ->> 'ref') OR order_id = (SELECT id FROM orders WHERE number = $5)) AND ($6 = '' OR provider = $6)
    AND ($7 = '' OR (kind = 'bill' AND details ->> 'day' = $7))
ORDER BY found_ms DESC, id DESC LIMIT $4;

-- name: findings_of_order
-- The latest first. $1 order, $2 how many
SELECT id, kind, provider, payment, refund, order_id AS "order", amount_minor, currency, details, found_ms, resolved_ms, resolved_by, note
FROM payment_findings WHERE order_id = $1 ORDER BY found_ms DESC, id DESC LIMIT $2;

-- name: resolve_finding
-- What was resolved stays as it is. $1 id, $2 now, business Unix ms, $3 who, $4 note
WITH resolved AS (
    UPDATE payment_findings SET resolved_ms = $2, resolved_by = $3, note = $4 WHERE id = $1 AND resolved_ms IS NULL RETURNING *
)
SELECT id, kind, provider, payment, refund, order_id AS "order", amount_minor, currency, details, found_ms, resolved_ms, resolved_by, note,
       is_new
FROM (
    SELECT *, true AS is_new FROM resolved
    UNION ALL
    SELECT *, false FROM payment_findings WHERE id = $1 AND NOT EXISTS (SELECT FROM resolved)
) AS found;
