-- name: insert_findings
-- The same key again inserts nothing. $1 ids, $2 keys, $3 kinds, $4 providers, $5 payments, $6 refunds, $7 orders text[],
-- $8 amounts bigint[], $9 currencies, $10 details, JSON text[], $11 now, business Unix ms
INSERT INTO payment_findings (id, key, kind, provider, payment, refund, order_id, amount_minor, currency, details, found_ms)
SELECT id, key, kind, provider, payment, refund, order_id, amount_minor, currency, details::jsonb, $11::bigint
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::text[], $10::text[])
    AS found (id, key, kind, provider, payment, refund, order_id, amount_minor, currency, details)
ON CONFLICT (key) DO NOTHING RETURNING key;
