-- name: post
-- All transfers with all their entries, each key once; how many were new. In the order of their keys, so that two of these that have
-- several in common do not wait for each other in a circle.
-- $1 keys text[], $2 whats text[], $3 orders text[], $4 currencies text[], $5 at_ms bigint[],
-- $6 how many entries smallint[]; for each entry: $7 key of its transfer text[], $8 place smallint[], $9 account text[],
-- $10 amount_minor bigint[]
WITH open AS MATERIALIZED (SELECT ledger_open_from() AS from_ms),
new AS (
    INSERT INTO ledger_transfers (key, what, order_id, currency, at_ms, booked_ms, entries)
    SELECT t.key, t.what, t.order_id, t.currency, t.at_ms, greatest(t.at_ms, open.from_ms), t.entries
    FROM open, unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::smallint[])
        AS t (key, what, order_id, currency, at_ms, entries)
    ORDER BY t.key
    ON CONFLICT (key) DO NOTHING
    RETURNING id, key
),
entered AS (
    INSERT INTO ledger_entries (transfer, place, account, amount_minor)
    SELECT new.id, e.place, e.account, e.amount_minor
    FROM unnest($7::text[], $8::smallint[], $9::text[], $10::bigint[]) AS e (key, place, account, amount_minor)
    JOIN new USING (key)
)
SELECT count(*) FROM new;

-- name: transfers
-- With their entries in their order.
-- $1 keys text[]
SELECT t.key, t.what, t.order_id, t.currency, t.at_ms, array_agg(e.account ORDER BY e.place) AS accounts,
       array_agg(e.amount_minor ORDER BY e.place) AS amounts
FROM ledger_transfers t JOIN ledger_entries e ON e.transfer = t.id
WHERE t.key = ANY($1::text[]) GROUP BY t.id;

-- name: income_of
-- What is on each account of income for an order, but those on which nothing is. $1 order
SELECT e.account, sum(e.amount_minor)::bigint AS amount_minor
FROM ledger_transfers t JOIN ledger_entries e ON e.transfer = t.id JOIN ledger_accounts a ON a.name = e.account
WHERE t.order_id = $1 AND a.kind = 'income'
GROUP BY e.account HAVING sum(e.amount_minor) <> 0 ORDER BY e.account;

-- name: lock_wait
-- $1 text
SELECT set_config('lock_timeout', $1, true);

-- name: lock_days
-- Against ledger_open_from().
SELECT pg_advisory_xact_lock(hashtext('livehub ledger days'));

-- name: first_open
-- Since when nothing is closed, and the first moment after it at which something moved.
SELECT o.from_ms, (SELECT min(booked_ms) FROM ledger_transfers WHERE booked_ms >= o.from_ms) AS first_ms
FROM (SELECT coalesce(max(until_ms), 0) AS from_ms FROM ledger_days) AS o;

-- name: close_day
-- Under the lock.
-- $1 day, $2 from, $3 until, Unix ms
WITH closed AS (INSERT INTO ledger_days (day, from_ms, until_ms) VALUES ($1, $2, $3) RETURNING day)
INSERT INTO ledger_closings (day, account, currency, debit_minor, credit_minor, entries)
SELECT closed.day, e.account, t.currency, coalesce(sum(e.amount_minor) FILTER (WHERE e.amount_minor > 0), 0),
       coalesce(-sum(e.amount_minor) FILTER (WHERE e.amount_minor < 0), 0), count(*)
FROM closed, ledger_transfers t JOIN ledger_entries e ON e.transfer = t.id
WHERE t.booked_ms >= $2 AND t.booked_ms < $3
GROUP BY closed.day, e.account, t.currency;

-- name: balances
SELECT a.name AS account, a.kind, m.currency, sum(m.amount_minor)::bigint AS amount_minor
FROM (
    SELECT account, currency, debit_minor - credit_minor AS amount_minor FROM ledger_closings
    UNION ALL
    SELECT e.account, t.currency, e.amount_minor
    FROM ledger_transfers t JOIN ledger_entries e ON e.transfer = t.id
    WHERE t.booked_ms >= (SELECT coalesce(max(until_ms), 0) FROM ledger_days)
) AS m JOIN ledger_accounts a ON a.name = m.account
GROUP BY a.name, a.kind, m.currency ORDER BY a.name, m.currency;
