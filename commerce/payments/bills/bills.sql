-- name: fetched_days
-- Since when, so that few are read. $1 provider, $2 first day
SELECT day FROM bill_days WHERE provider = $1 AND day >= $2 AND fetched_real_ms IS NOT NULL;

-- name: days
-- The latest first, with how much of what a day's bill says is otherwise. $1 provider, "" for any, $2 which, or null for all: fetched,
-- missing, differs; $3 day and $4 provider of the one before, or null, $5 how many
SELECT d.provider, d.day, d.tries, d.rows, d.fetched_real_ms, d.fault, f.found, f.open
FROM bill_days d
CROSS JOIN LATERAL (
    SELECT count(*) AS found, count(*) FILTER (WHERE resolved_ms IS NULL) AS open
    FROM payment_findings WHERE kind = 'bill' AND provider = d.provider AND details ->> 'day' = d.day::text
) AS f
WHERE ($1 = '' OR d.provider = $1)
    AND CASE $2::text
        WHEN 'fetched' THEN d.fetched_real_ms IS NOT NULL WHEN 'missing' THEN d.fetched_real_ms IS NULL WHEN 'differs' THEN f.found > 0
        ELSE true END
    AND ($3::date IS NULL OR (d.day, d.provider) < ($3, $4::text))
ORDER BY d.day DESC, d.provider DESC LIMIT $5;

-- name: sums
-- What bills say, by currency. $1 providers text[], $2 days date[], together
SELECT b.provider, b.day, b.currency,
    coalesce(sum(b.amount_minor) FILTER (WHERE b.kind = 'payment'), 0)::bigint AS taken_minor,
    coalesce(sum(b.amount_minor) FILTER (WHERE b.kind = 'refund'), 0)::bigint AS returned_minor,
    sum(b.fee_minor)::bigint AS fee_minor
FROM unnest($1::text[], $2::date[]) AS d (provider, day) JOIN bill_rows b USING (provider, day)
GROUP BY b.provider, b.day, b.currency ORDER BY b.provider, b.day, b.currency;

-- name: begin_day
-- One more try; how many there were. $1 provider, $2 day
INSERT INTO bill_days (provider, day, tries) VALUES ($1, $2, 1)
ON CONFLICT (provider, day) DO UPDATE SET tries = bill_days.tries + 1 RETURNING tries;

-- name: day_failed
-- $1 provider, $2 day, $3 why
UPDATE bill_days SET fault = $3 WHERE provider = $1 AND day = $2 AND fetched_real_ms IS NULL;

-- name: day_fetched
-- $1 provider, $2 day, $3 how many rows, $4 now, real Unix ms
INSERT INTO bill_days (provider, day, tries, rows, fetched_real_ms) VALUES ($1, $2, 1, $3, $4)
ON CONFLICT (provider, day) DO UPDATE SET rows = $3, fetched_real_ms = $4, fault = NULL;

-- name: fees_to_post
-- What a day's bill says was kept, in currencies of which the ledger has nothing of that bill yet. $1 provider, $2 day
SELECT b.currency, sum(b.fee_minor)::bigint AS fee_minor FROM bill_rows b
WHERE b.provider = $1 AND b.day = $2
    AND NOT EXISTS (SELECT FROM ledger_transfers t WHERE t.key = 'fee:' || $1 || ':' || $2::date::text || ':' || b.currency)
GROUP BY b.currency HAVING sum(b.fee_minor) <> 0 ORDER BY b.currency;

-- name: paid_between
-- Whether there should be something in a bill. $1 provider, $2 since, $3 until, real Unix ms
SELECT EXISTS (
    SELECT FROM payments WHERE provider = $1 AND state = 'paid' AND paid_real_ms >= $2 AND paid_real_ms < $3
);

-- name: insert_rows
-- What is there stays as it is. $1 provider, $2 day, $3 kinds, $4 ids, $5 refs text[], $6 amounts bigint[], $7 currencies text[],
-- $8 fees, $9 at_ms bigint[]
INSERT INTO bill_rows (provider, day, kind, id, ref, amount_minor, currency, fee_minor, at_ms)
SELECT $1, $2, told.* FROM unnest($3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::bigint[], $9::bigint[]) AS told
ON CONFLICT DO NOTHING;

-- name: otherwise
-- Those that are there of another day, or with other figures. The same arguments, but for fees and times.
SELECT told.kind, told.id, told.ref, told.amount_minor, told.currency, known.day::text AS known_day,
    known.amount_minor AS known_minor, known.currency AS known_currency, known.ref AS known_ref
FROM unnest($3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[]) AS told (kind, id, ref, amount_minor, currency)
JOIN bill_rows known ON known.provider = $1 AND known.kind = told.kind AND known.id = told.id
WHERE (known.day, known.amount_minor, known.currency) IS DISTINCT FROM ($2::date, told.amount_minor, told.currency)
    OR known.ref IS DISTINCT FROM told.ref;

-- name: unlike_payments
-- Payments of a bill of which we know nothing, or another thing. $1 provider, $2 ids, $3 amounts bigint[], $4 currencies text[]
SELECT told.id, told.amount_minor, told.currency, p.order_id, p.state, p.amount_minor AS our_minor, p.currency AS our_currency
FROM unnest($2::text[], $3::bigint[], $4::text[]) AS told (id, amount_minor, currency)
LEFT JOIN payments p ON p.id = told.id AND p.provider = $1
WHERE p.id IS NULL OR p.state <> 'paid' OR p.amount_minor <> told.amount_minor OR p.currency <> told.currency;

-- name: unlike_refunds
-- The same of refunds; one that is under way is as it should be. $1 provider, $2 ids, $3 amounts bigint[], $4 currencies text[]
SELECT told.id, told.amount_minor, told.currency, r.order_id, r.payment, r.state, r.amount_minor AS our_minor,
    r.currency AS our_currency
FROM unnest($2::text[], $3::bigint[], $4::text[]) AS told (id, amount_minor, currency)
LEFT JOIN (refunds r JOIN payments p ON p.id = r.payment) ON r.id = told.id AND p.provider = $1
WHERE r.id IS NULL OR r.state NOT IN ('paid', 'processing') OR r.amount_minor <> told.amount_minor OR r.currency <> told.currency;
