-- The log, by the one process that writes it, and what others ask about it.

-- name: begin
-- $1 origin, $2 vkey, $3 root of nothing. Does nothing to a log that has begun.
INSERT INTO log_head (origin, vkey, root) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING;

-- name: take_epoch
-- Waits for a commit of the one before that is under way; nothing of theirs counts afterwards.
UPDATE log_head SET epoch = epoch + 1 RETURNING origin, vkey, epoch, leaves, size, root, note;

-- name: head
SELECT origin, vkey, epoch, leaves, size, root, note, at_ms FROM log_head;

-- name: of_another_cluster
-- Whether transaction ids have begun anew, as after a restore into another cluster.
SELECT pg_snapshot_xmax(settled) > pg_snapshot_xmax(pg_current_snapshot()) FROM log_head;

-- name: unsettle
-- All entries are older than any transaction from now on; and are looked at once more.
WITH head AS (UPDATE log_head SET settled = '1:1:')
UPDATE log_entries SET xid = '1' WHERE xid >= pg_snapshot_xmax(pg_current_snapshot());

-- name: sequence
-- Gives leaves to entries that have committed, by their ids: of two of which one was committed before the other was written, the
-- first has the smaller id. $1 epoch, $2 at most. Null: our epoch is over, and the transaction is to be rolled back. Otherwise how
-- many leaves there are.
WITH unsettled AS MATERIALIZED (
    SELECT e.id FROM log_entries AS e WHERE e.xid >= (SELECT pg_snapshot_xmax(settled) FROM log_head)
    UNION ALL
    SELECT e.id FROM log_entries AS e WHERE e.xid IN (SELECT pg_snapshot_xip(settled) FROM log_head)
), pending AS MATERIALIZED (
    SELECT u.id FROM unsettled AS u WHERE NOT EXISTS (SELECT FROM log_leaves AS l WHERE l.entry = u.id) ORDER BY u.id LIMIT $2
), placed AS (
    INSERT INTO log_leaves (leaf, entry)
    SELECT h.leaves + row_number() OVER (ORDER BY p.id) - 1, p.id FROM pending AS p CROSS JOIN log_head AS h
    RETURNING true
), counted AS (
    SELECT count(*) AS number FROM placed
)
UPDATE log_head AS h SET
    leaves = h.leaves + c.number,
    settled = CASE WHEN c.number < $2 THEN pg_current_snapshot() ELSE h.settled END
FROM counted AS c WHERE h.epoch = $1
RETURNING h.leaves;

-- name: waiting
-- Whether there is an entry without a leaf.
SELECT EXISTS (
    SELECT FROM log_entries AS e
    WHERE e.xid >= (SELECT pg_snapshot_xmax(settled) FROM log_head)
        AND NOT EXISTS (SELECT FROM log_leaves AS l WHERE l.entry = e.id)
) OR EXISTS (
    SELECT FROM log_entries AS e
    WHERE e.xid IN (SELECT pg_snapshot_xip(settled) FROM log_head)
        AND NOT EXISTS (SELECT FROM log_leaves AS l WHERE l.entry = e.id)
);

-- name: entries_between
-- $1 first leaf, $2 the leaf after the last one
SELECT e.entry FROM log_leaves AS l JOIN log_entries AS e ON e.id = l.entry WHERE l.leaf >= $1 AND l.leaf < $2 ORDER BY l.leaf;

-- name: record
-- What has been signed. $1 epoch, $2 size, $3 root, $4 note, $5 Unix ms, $6 the size before. Null: our epoch is over.
UPDATE log_head SET size = $2, root = $3, note = $4, at_ms = $5 WHERE epoch = $1 AND size = $6 RETURNING size;

-- name: publish
-- Everybody can read the checkpoint of that size. $1 epoch, $2 size
UPDATE log_head SET published = $2 WHERE epoch = $1 AND size >= $2;

-- name: leaves_of
-- $1 ids of entries. Those that a published checkpoint has.
SELECT l.entry, l.leaf FROM log_leaves AS l WHERE l.entry = ANY ($1::bigint[]) AND l.leaf < (SELECT published FROM log_head);

-- name: state
-- What waits is counted up to $1.
SELECT h.origin, h.vkey, h.size, h.root, h.at_ms, h.note IS NOT NULL AS is_published, h.leaves - h.size + (
    SELECT count(*) FROM (
        SELECT FROM log_entries AS e
        WHERE (e.xid >= pg_snapshot_xmax(h.settled) OR e.xid IN (SELECT pg_snapshot_xip(h.settled)))
            AND NOT EXISTS (SELECT FROM log_leaves AS l WHERE l.entry = e.id)
        LIMIT $1
    ) AS w
) AS waiting
FROM log_head AS h;
