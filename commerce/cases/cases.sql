-- name: insert_case
-- With its first step. $1 id, $2 order, $3 person, $4 kind, $5 reason, $6 text, $7 now, $8 due, Unix ms, $9 request_key and
-- $10 fingerprint bytea, or null
WITH opened AS (
    INSERT INTO cases (id, order_id, person, kind, reason, text, opened_ms, due_ms, request_key, fingerprint)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id
)
INSERT INTO case_steps (case_id, at_ms, step, by) SELECT id, $7, 'open', $3 FROM opened;

-- name: of_key
-- $1 request_key bytea
SELECT id, fingerprint FROM cases WHERE request_key = $1;

-- name: insert_case_lines
-- $1 case, $2 lines text[], $3 units integer[]
INSERT INTO case_lines (case_id, line, unit) SELECT $1, * FROM unnest($2::text[], $3::integer[]);

-- name: insert_photos
-- $1 case, $2 pictures text[]
INSERT INTO case_photos (case_id, position, picture) SELECT $1, p.position, p.picture
FROM unnest($2::text[]) WITH ORDINALITY AS p (picture, position);

-- name: delivered
-- When an order was. $1 order
SELECT min(at_ms) FROM order_changes WHERE order_id = $1 AND state = 'delivered';

-- name: case
-- $1 id
SELECT c.*, o.number, o.currency, o.room FROM cases c JOIN orders o ON o.id = c.order_id WHERE c.id = $1;

-- name: case_for_update
-- $1 id
SELECT c.*, o.number, o.currency, o.room FROM cases c JOIN orders o ON o.id = c.order_id WHERE c.id = $1 FOR NO KEY UPDATE OF c;

-- name: case_of_refund
-- $1 refund
SELECT id FROM cases WHERE refund = $1;

-- name: lines
-- $1 cases text[]
SELECT case_id, line, unit FROM case_lines WHERE case_id = ANY($1::text[]) ORDER BY case_id, line, unit;

-- name: photos
-- $1 cases text[]
SELECT case_id, picture FROM case_photos WHERE case_id = ANY($1::text[]) ORDER BY case_id, position;

-- name: steps
-- $1 cases text[]
SELECT case_id, at_ms, step, by, decision FROM case_steps WHERE case_id = ANY($1::text[]) ORDER BY case_id, id;

-- name: step
-- Under the row's lock. $1 case, $2 state, $3 step, $4 who or null, $5 now, Unix ms
WITH moved AS (
    UPDATE cases SET state = $2, version = version + 1,
        ended_ms = CASE WHEN $2 IN ('closed', 'withdrawn') THEN $5::bigint END
    WHERE id = $1 RETURNING id
)
INSERT INTO case_steps (case_id, at_ms, step, by) SELECT id, $5, $3, $4 FROM moved;

-- name: see
-- Under the row's lock. $1 case, $2 who, $3 now, Unix ms
WITH seen AS (UPDATE cases SET seen_ms = $3, seen_by = $2, version = version + 1 WHERE id = $1 RETURNING id)
INSERT INTO case_steps (case_id, at_ms, step, by) SELECT id, $3, 'see', $2 FROM seen;

-- name: decide
-- Under the row's lock. $1 case, $2 decision, $3 note, $4 refund or null, $5 who, $6 now, Unix ms, $7 the order that is sent or null,
-- $8 coupon or null
WITH decided AS (
    UPDATE cases SET state = 'decided', decision = $2, note = $3, refund = $4, decided_by = $5, decided_ms = $6, replacement = $7,
        coupon = $8, seen_by = coalesce(seen_by, $5), seen_ms = coalesce(seen_ms, $6), version = version + 1
    WHERE id = $1 RETURNING id
)
INSERT INTO case_steps (case_id, at_ms, step, by, decision) SELECT id, $6, 'decide', $5, $2 FROM decided;

-- name: appeal
-- Under the row's lock. $1 case, $2 text, $3 who, $4 now, $5 due, Unix ms
WITH appealed AS (
    UPDATE cases SET state = 'open', appeal = $2, appealed_ms = $4, due_ms = $5, version = version + 1 WHERE id = $1 RETURNING id
)
INSERT INTO case_steps (case_id, at_ms, step, by) SELECT id, $4, 'appeal', $3 FROM appealed;

-- name: case_of_replacement
-- $1 order
SELECT id FROM cases WHERE replacement = $1;

-- name: reopen
-- What was decided is not to be. Under the row's lock. $1 case, $2 now, $3 due, Unix ms, $4 step
WITH reopened AS (
    UPDATE cases SET state = 'open', decision = NULL, refund = NULL, replacement = NULL, due_ms = $3, version = version + 1
    WHERE id = $1 RETURNING id
)
INSERT INTO case_steps (case_id, at_ms, step) SELECT id, $2, $4 FROM reopened;

-- name: end_lines
-- Its units are in no open case any more. $1 case
UPDATE case_lines SET is_open = false WHERE case_id = $1;

-- name: reopen_lines
-- They are again. $1 case
UPDATE case_lines SET is_open = true WHERE case_id = $1;

-- name: to_close
-- Decided cases of which nothing is to come: the money or the replacement is there, or no appeal came in time. $1 decided before,
-- Unix ms, $2 how many
SELECT c.id FROM cases c LEFT JOIN refunds r ON r.id = c.refund LEFT JOIN orders o ON o.id = c.replacement
WHERE c.state = 'decided' AND (
    (c.decision = 'refund' AND r.state = 'paid')
    OR (c.decision = 'replace' AND o.state IN ('delivered', 'done'))
    OR (c.decision IN ('gift', 'reject') AND (c.decided_ms < $1 OR (c.decision = 'reject' AND c.appealed_ms IS NOT NULL)))
)
ORDER BY c.id LIMIT $2 FOR NO KEY UPDATE OF c SKIP LOCKED;

-- name: cases
-- Of the staff, latest first. $1 state or null, $2 order number or null, $3 order or null,
-- $4 overdue at, Unix ms, or null, $5 ms and $6 id of the one before or null, $7 how many
SELECT c.*, o.number, o.currency, o.room FROM cases c JOIN orders o ON o.id = c.order_id
WHERE ($1::text IS NULL OR c.state = $1) AND ($2::text IS NULL OR o.number = $2) AND ($3::text IS NULL OR c.order_id = $3)
    AND ($4::bigint IS NULL OR (c.state = 'open' AND c.due_ms < $4))
    AND ($5::bigint IS NULL OR (c.opened_ms, c.id) < ($5, $6::text))
ORDER BY c.opened_ms DESC, c.id DESC LIMIT $7;

-- name: queue
-- Of the staff: open ones, by when they are due. $1 order number or null, $2 order or null, $3 overdue at, Unix ms, or null, $4 due_ms and
-- $5 id of the one before or null, $6 how many
SELECT c.*, o.number, o.currency, o.room FROM cases c JOIN orders o ON o.id = c.order_id
WHERE c.state = 'open' AND ($1::text IS NULL OR o.number = $1) AND ($2::text IS NULL OR c.order_id = $2)
    AND ($3::bigint IS NULL OR c.due_ms < $3) AND ($4::bigint IS NULL OR (c.due_ms, c.id) > ($4, $5::text))
ORDER BY c.due_ms, c.id LIMIT $6;

-- name: own_cases
-- $1 person, $2 id of the one before or null, $3 how many, $4 of this order alone, or null
SELECT c.*, o.number, o.currency, o.room FROM cases c JOIN orders o ON o.id = c.order_id
WHERE c.person = $1 AND ($2::text IS NULL OR c.id < $2) AND ($4::text IS NULL OR c.order_id = $4)
ORDER BY c.id DESC LIMIT $3;

-- name: subjects_of
-- What acts about an order are about: itself, its refunds, its cases. $1 order
SELECT $1::text AS id UNION ALL SELECT id FROM refunds WHERE order_id = $1 UNION ALL SELECT id FROM cases WHERE order_id = $1;

-- name: counts
-- For the staff: open, and of those overdue. $1 now, Unix ms
SELECT count(*) AS open, count(*) FILTER (WHERE due_ms < $1) AS overdue FROM cases WHERE state = 'open';
