-- What products bear.

-- name: rules
-- $1 how many
SELECT product, rule, model, offer, version FROM coldchain_rules ORDER BY product LIMIT $1;

-- name: rule_for_update
-- $1 product
SELECT product, rule, model, offer, version FROM coldchain_rules WHERE product = $1 FOR NO KEY UPDATE;

-- name: model_of
-- $1 product: by its own rule, or by that of all others
SELECT model FROM coldchain_rules WHERE product IN ($1, 'default') ORDER BY product = 'default' LIMIT 1;

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

-- name: insert_version
-- From when it stands: now, and after the one before. $1 product, $2 version, $3 now, Unix ms, $4 rule, $5 offer, $6 entry
INSERT INTO coldchain_rule_versions (product, version, from_ms, rule, offer, entry)
SELECT $1, $2, greatest($3, max(from_ms) + 1), $4, $5, $6 FROM coldchain_rule_versions WHERE product = $1;

-- name: waiting_for
-- Sensors whose silence is to be told later, beside a product or, for that of all others, any. $1 product, $2 'default', $3 now, Unix ms
SELECT DISTINCT sensor FROM shipment_sensors WHERE due_ms > $3 AND ($1 = $2 OR product = $1) ORDER BY sensor;

-- name: look_sooner
-- $1 product, $2 'default', $3 now, Unix ms, $4 sensors, which are locked
UPDATE shipment_sensors SET due_ms = $3 - 1 WHERE due_ms > $3 AND ($1 = $2 OR product = $1) AND sensor = ANY($4::text[]);
