-- name: by_keys
-- A row for each: the attempt of that key, if any; how many attempts the order has; and whether the key was used for something
-- else. $1 persons, $2 keys, $3 orders text[]
SELECT p.id IS NULL AND EXISTS (
           SELECT FROM idempotency_keys k WHERE k.scope = asked.person AND k.key = asked.key
       ) AS is_other, (SELECT count(*) FROM payments o WHERE o.order_id = asked.order_id) AS attempts, p.*, p.order_id AS "order"
FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS asked (person, key, order_id, place)
LEFT JOIN payments p ON p.person = asked.person AND p.key = asked.key
ORDER BY asked.place;

-- name: wechat_ids
-- $1 person
SELECT subject FROM identities WHERE person = $1 AND kind = 'wechat';

-- name: payment
-- $1 id
SELECT p.*, p.order_id AS "order" FROM payments p WHERE p.id = $1;

-- name: payment_by_ref
-- Rarely: by a provider's own number of it. $1 provider, $2 ref
SELECT p.*, p.order_id AS "order" FROM payments p WHERE p.provider = $1 AND p.ref = $2 ORDER BY p.id LIMIT 1;

-- name: payment_for_update
-- $1 id
SELECT p.*, p.order_id AS "order" FROM payments p WHERE p.id = $1 FOR NO KEY UPDATE;

-- name: of_order
-- The latest first. $1 order, $2 how many
SELECT p.*, p.order_id AS "order" FROM payments p WHERE p.order_id = $1 ORDER BY p.created_ms DESC, p.id DESC LIMIT $2;

-- name: open_of_order
-- And those that are paid, the latest first. $1 order
SELECT p.*, p.order_id AS "order" FROM payments p WHERE p.order_id = $1 AND p.state IN ('open', 'paid')
ORDER BY p.created_ms DESC, p.id DESC;

-- name: insert_payments
-- Those whose key was taken meanwhile, those whose id is there, and those of an order that has as many, insert nothing.
-- $1 ids, $2 orders, $3 persons, $4 providers, $5 keys text[], $6 fingerprints bytea[], $7 amounts bigint[], $8 currencies,
-- $9 descriptions, $10 return paths text[], $11 created_ms, $12 closes_ms, $13 next_try_real_ms bigint[], $14 how many of an order, or null
WITH new AS (
    INSERT INTO payments (
        id, order_id, person, provider, key, fingerprint, amount_minor, currency, description, return_path, created_ms, closes_ms,
        next_try_real_ms
    )
    SELECT id, order_id, person, provider, key, fingerprint, amount_minor, currency, description, return_path, created_ms, closes_ms,
        next_try_real_ms
    FROM (
        SELECT *, row_number() OVER (PARTITION BY order_id ORDER BY place) AS nth FROM unnest(
            $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bytea[], $7::bigint[], $8::text[], $9::text[],
            $10::text[], $11::bigint[], $12::bigint[], $13::bigint[]
        ) WITH ORDINALITY AS a (
            id, order_id, person, provider, key, fingerprint, amount_minor, currency, description, return_path, created_ms, closes_ms,
            next_try_real_ms, place
        )
    ) AS asked
    WHERE $14::integer IS NULL OR nth + (SELECT count(*) FROM payments o WHERE o.order_id = asked.order_id) <= $14
    ON CONFLICT (person, key) DO NOTHING RETURNING id, person, key, fingerprint
), noted AS (
    INSERT INTO idempotency_keys (scope, key, fingerprint) SELECT person, key, fingerprint FROM new
    ON CONFLICT (scope, key) DO NOTHING
)
SELECT id FROM new;

-- name: set_created
-- How each can be paid, while it is open; returns those that are. Locks rows in the order of their ids.
-- $1 ids, $2 hows, $3 urls, $4 refs text[], $5 params, JSON text[]
WITH open AS (
    SELECT p.id FROM payments p WHERE p.id = ANY($1::text[]) AND p.state = 'open' ORDER BY p.id FOR NO KEY UPDATE
)
UPDATE payments p SET how = made.how, url = made.url, ref = coalesce(made.ref, p.ref), params = made.params::jsonb
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) AS made (id, how, url, ref, params)
JOIN open USING (id) WHERE p.id = made.id
RETURNING p.id;

-- name: mark_paid
-- Returns those that were not paid yet. Locks rows in the order of their ids.
-- $1 ids, $2 refs text[], $3 paid_ms, $4 paid_real_ms bigint[], $5 amounts bigint[], $6 currencies text[], $7 states of before text[]
WITH unpaid AS (
    SELECT p.id FROM payments p WHERE p.id = ANY($1::text[]) AND p.state = ANY($7::text[]) ORDER BY p.id FOR NO KEY UPDATE
)
UPDATE payments p SET state = 'paid', ref = coalesce(heard.ref, p.ref), paid_ms = heard.at_ms, paid_real_ms = heard.real_ms
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[])
    AS heard (id, ref, at_ms, real_ms, amount_minor, currency)
JOIN unpaid USING (id) WHERE p.id = heard.id AND p.amount_minor = heard.amount_minor AND p.currency = heard.currency
RETURNING p.id;

-- name: end_payment
-- $1 id, $2 failed or closed, $3 now, business Unix ms, $4 states of before text[]
UPDATE payments SET state = $2, ended_ms = $3 WHERE id = $1 AND state = ANY($4::text[]) RETURNING id;

-- name: charge_back
-- $1 id, $2 how much more the buyer's bank has by now, or, below 0, less
UPDATE payments SET charged_back_minor = charged_back_minor + $2 WHERE id = $1;

-- name: insert_notices_of_paid
-- Of those whose money is the one that their payment is paid by. $1 providers, $2 ids, $3 deliveries, $4 payments, $5 refs text[],
-- $6 received_real_ms
INSERT INTO payment_notices (provider, id, delivery, about, received_real_ms)
SELECT told.provider, told.id, told.delivery, told.payment, $6::bigint
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) AS told (provider, id, delivery, payment, ref)
JOIN payments p ON p.id = told.payment AND (told.ref IS NULL OR told.ref = p.ref)
ON CONFLICT DO NOTHING;

-- name: insert_notices
-- $1 providers, $2 ids, $3 deliveries, $4 abouts text[], $5 received_real_ms
INSERT INTO payment_notices (provider, id, delivery, about, received_real_ms)
SELECT told.*, $5::bigint FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS told ON CONFLICT DO NOTHING;

-- name: forget_notices
-- $1 received before, Unix ms, $2 how many
WITH gone AS (
    DELETE FROM payment_notices WHERE (provider, id) IN (
        SELECT provider, id FROM payment_notices WHERE received_real_ms < $1 ORDER BY received_real_ms LIMIT $2
    ) RETURNING true
) SELECT count(*) FROM gone;

-- name: told
-- A row for each: what a notice is about, and what was heard of it before. $1 payments or null, $2 providers, $3 notices text[]
SELECT p.*, p.order_id AS "order", n.delivery AS told_by
FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS asked (payment, provider, notice, place)
LEFT JOIN payments p ON p.id = asked.payment
LEFT JOIN payment_notices n ON n.provider = asked.provider AND n.id = asked.notice
ORDER BY asked.place;

-- name: due_payments
-- Attempts to ask about, and when next; nobody else gets them until then. Real time.
-- One that is further ahead than its own pause was put there by a clock that was set back since.
-- $1 now, Unix ms, $2 pauses by the tries before, ms bigint[], $3 how many, $4 the moment that says never
WITH due AS (
    SELECT id FROM payments WHERE state = 'open' AND (
        next_try_real_ms <= $1
        OR (next_try_real_ms > $1 + ($2::bigint[])[greatest(1, least(tries, array_length($2::bigint[], 1)))] AND next_try_real_ms < $4)
    ) ORDER BY next_try_real_ms LIMIT $3
    FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE payments p SET tries = p.tries + 1, next_try_real_ms = $1 + ($2::bigint[])[least(p.tries + 1, array_length($2::bigint[], 1))]
FROM due WHERE p.id = due.id
RETURNING p.*, p.order_id AS "order";
