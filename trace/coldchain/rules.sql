-- What products bear.

-- name: rules
-- $1 how many
SELECT product, rule, model, offer, version FROM coldchain_rules ORDER BY product LIMIT $1;

-- name: rule_for_update
-- $1 product
SELECT product, rule, model, offer, version FROM coldchain_rules WHERE product = $1 FOR NO KEY UPDATE;

-- name: rule_of
-- $1 product: its own, or that of all others
SELECT product, rule, model, offer, version FROM coldchain_rules WHERE product IN ($1, 'default')
ORDER BY product = 'default' LIMIT 1;

-- name: lock_rules
-- In turn: they are counted.
SELECT pg_advisory_xact_lock(hashtextextended('livehub cold chain rules', 0));

-- name: count_rules
SELECT count(*) FROM coldchain_rules;

-- name: put_rule
-- $1 product, $2 rule, $3 model, $4 offer, $5 now, Unix ms, $6 who
INSERT INTO coldchain_rules AS r (product, rule, model, offer, changed_ms, changed_by) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (product) DO UPDATE SET
    rule = excluded.rule, model = excluded.model, offer = excluded.offer, changed_ms = excluded.changed_ms,
    changed_by = excluded.changed_by, version = r.version + 1
RETURNING product, rule, model, offer, version;
