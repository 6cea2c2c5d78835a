-- name: hold_line
-- The line waits, and the event log says since when and for which words.
-- $1 room, $2 line_id, $3 line jsonb, $4 now, Unix ms, $5 matched jsonb
WITH held AS (
    INSERT INTO held_lines (room, line_id, line, reason, held_at, matched)
    VALUES ($1, $2, $3, 'word', to_timestamp($4::bigint / 1000.0), $5)
    ON CONFLICT (room, line_id) DO NOTHING RETURNING room, line_id, line, reason, matched
)
INSERT INTO room_actions (room, ts, type, subject, became, about_id, about_name, data)
SELECT room, $4, 'held', line_id, 'waiting', line->>'user', line->>'name',
       jsonb_build_object('line', line, 'reason', reason, 'matched', matched)
FROM held;

-- name: lock_line
-- Reports of one line come one after the other, or two would not see each other. $1 room, $2 line_id
SELECT pg_advisory_xact_lock(hashtextextended('livehub line ' || $1::text || ' ' || $2::text, 0));

-- name: reported_line
-- How the line stands, before whoever decides about it: is it gone, was it ever shown, and in which round is it?
-- $1 room, $2 line_id, $3 user_id, $4 said at, Unix ms
SELECT h.status, coalesce(h.round, 0) AS round,
       EXISTS (SELECT FROM chats c WHERE c.room = $1 AND c.id = $2) AS is_stored,
       EXISTS (SELECT FROM chat_deletions d WHERE d.room = $1 AND d.line = $2) OR EXISTS (
           SELECT FROM chat_hidden c WHERE c.room = $1 AND c.user_id = $3 AND c.before_ts >= $4::bigint
       ) AS is_gone
FROM (VALUES (0)) always LEFT JOIN (
    SELECT status, round FROM held_lines WHERE room = $1 AND line_id = $2 FOR UPDATE
) h ON true;

-- name: insert_report
-- One a person in each round, and of one person in so many rounds at most.
-- $1 room, $2 line_id, $3 user_id, $4 now, Unix ms, $5 round, $6 in how many rounds at most
INSERT INTO chat_reports AS r (room, line_id, user_id, at, round)
VALUES ($1, $2, $3, to_timestamp($4::bigint / 1000.0), $5)
ON CONFLICT (room, line_id, user_id) DO UPDATE SET at = excluded.at, round = excluded.round, times = r.times + 1
WHERE r.round < excluded.round AND r.times < $6
RETURNING true;

-- name: count_reports
-- $1 room, $2 line_id, $3 round
SELECT count(*) FROM chat_reports WHERE room = $1 AND line_id = $2 AND round = $3;

-- name: wait_for_reports
-- A line that was decided about waits again, now for its reports. What was decided is in the event log.
-- $1 room, $2 line_id, $3 line jsonb, $4 now, Unix ms, $5 reports in this round
INSERT INTO held_lines AS h (room, line_id, line, reason, reports, held_at)
VALUES ($1, $2, $3, 'report', $5, to_timestamp($4::bigint / 1000.0))
ON CONFLICT (room, line_id) DO UPDATE SET
    reports = excluded.reports, status = 'waiting', decided_by = NULL, decided_at = NULL, told_at = NULL,
    reason = CASE h.status WHEN 'waiting' THEN h.reason ELSE 'report' END
RETURNING line_id, line, reason, reports, held_at, matched;

-- name: carry_decision
-- What a process of the version before decided is told by nobody and begins no round. Both are made up for here, before the line
-- is reported or decided anew. What was reported after that decision is of the new round, as in a database carried over.
-- $1 room, $2 line_id or null, $3 of this person's lines or null
WITH told AS (
    UPDATE held_lines SET told_at = decided_at, round = round + 1
    WHERE room = $1 AND ($2::text IS NULL OR line_id = $2) AND ($3::text IS NULL OR line->>'user' = $3) AND decided_at IS NOT NULL
        AND decided_at IS DISTINCT FROM told_at
    RETURNING *
), since AS (
    UPDATE chat_reports r SET round = told.round FROM told
    WHERE r.room = told.room AND r.line_id = told.line_id AND r.at > told.decided_at
)
INSERT INTO room_actions (room, ts, type, subject, was, became, by_id, about_id, about_name, data)
SELECT room, (extract(epoch FROM decided_at) * 1000)::bigint,
       CASE status WHEN 'rejected' THEN 'held_reject' ELSE 'held_approve' END, line_id, 'waiting',
       CASE status WHEN 'rejected' THEN 'rejected' ELSE 'approved' END, decided_by, line->>'user', line->>'name',
       jsonb_build_object('line', line, 'reason', reason, 'matched', matched)
FROM told;

-- name: chat_line
-- $1 room, $2 id
SELECT id, user_id, name, role, text, ts, badge FROM chats WHERE room = $1 AND id = $2;

-- name: waiting_lines
-- $1 room, $2 how many
SELECT line_id, line, reason, reports, held_at, matched FROM held_lines
WHERE room = $1 AND status = 'waiting' ORDER BY held_at LIMIT $2;

-- name: decide_line
-- What is hidden with a ban is not approved: it would be shown to those who watch, and to nobody later.
-- $1 room, $2 line_id, $3 status, $4 decided_by, $5 now, Unix ms
UPDATE held_lines SET
    status = $3, decided_by = $4, decided_at = to_timestamp($5::bigint / 1000.0),
    told_at = to_timestamp($5::bigint / 1000.0), round = round + 1
WHERE room = $1 AND line_id = $2 AND status = 'waiting' AND ($3 = 'rejected' OR NOT EXISTS (
    SELECT FROM chat_hidden c
    WHERE c.room = $1 AND c.user_id = line->>'user' AND c.before_ts >= (line->>'ts')::bigint
))
RETURNING line, reason, reports, matched;

-- name: delete_line
-- $1 room, $2 line, $3 deleted_by, $4 now, Unix ms
INSERT INTO chat_deletions (room, line, deleted_by, deleted_at) VALUES ($1, $2, $3, to_timestamp($4::bigint / 1000.0))
ON CONFLICT DO NOTHING RETURNING true;

-- name: reject_deleted
-- A line that is deleted waits no more, and one that was approved is so no more. Whether it waited comes with it.
-- $1 room, $2 line_id, $3 decided_by, $4 now, Unix ms
UPDATE held_lines h SET
    status = 'rejected', decided_by = $3, decided_at = to_timestamp($4::bigint / 1000.0),
    told_at = to_timestamp($4::bigint / 1000.0), round = h.round + 1
FROM (SELECT status FROM held_lines WHERE room = $1 AND line_id = $2 FOR UPDATE) before
WHERE h.room = $1 AND h.line_id = $2 AND before.status <> 'rejected'
RETURNING h.line, h.reason, h.reports, h.matched, before.status AS was;

-- name: deleted_ms
-- $1 room, $2 line
SELECT (extract(epoch FROM deleted_at) * 1000)::bigint FROM chat_deletions WHERE room = $1 AND line = $2;

-- name: is_deleted_unstored
-- $1 room, $2 line
SELECT EXISTS (SELECT FROM chat_deletions WHERE room = $1 AND line = $2)
    AND NOT EXISTS (SELECT FROM chats WHERE room = $1 AND id = $2);

-- name: undelete_line
-- $1 room, $2 line
DELETE FROM chat_deletions WHERE room = $1 AND line = $2;

-- name: approve_restored
-- The undoing of a deletion is a decision that the line may stay; reports count from then on.
-- $1 room, $2 line_id, $3 decided_by, $4 now, Unix ms
UPDATE held_lines h SET
    status = 'approved', decided_by = $3, decided_at = to_timestamp($4::bigint / 1000.0),
    told_at = to_timestamp($4::bigint / 1000.0), round = h.round + 1
FROM (SELECT status FROM held_lines WHERE room = $1 AND line_id = $2 FOR UPDATE) before
WHERE h.room = $1 AND h.line_id = $2
RETURNING h.line, h.reason, h.reports, h.matched, before.status AS was;

-- name: is_hidden
-- $1 room, $2 user_id, $3 said at, Unix ms
SELECT true FROM chat_hidden WHERE room = $1 AND user_id = $2 AND before_ts >= $3;

-- name: names_of
-- $1 room, $2 users text[]
SELECT DISTINCT ON (user_id) user_id, name FROM chats WHERE room = $1 AND user_id = ANY($2::text[])
ORDER BY user_id, ts DESC;

-- name: waiting_count
-- $1 room
SELECT count(*) FROM held_lines WHERE room = $1 AND status = 'waiting';

-- name: hide_lines
-- All that a person has said in a room. $1 room, $2 user_id, $3 now, Unix ms
INSERT INTO chat_hidden AS h (room, user_id, before_ts) VALUES ($1, $2, $3)
ON CONFLICT (room, user_id) DO UPDATE SET before_ts = greatest(h.before_ts, excluded.before_ts);

-- name: reject_lines
-- What of a person's waits in a room. $1 room, $2 user_id, $3 decided_by, $4 now, Unix ms
UPDATE held_lines SET
    status = 'rejected', decided_by = $3, decided_at = to_timestamp($4::bigint / 1000.0),
    told_at = to_timestamp($4::bigint / 1000.0), round = round + 1
WHERE room = $1 AND status = 'waiting' AND line->>'user' = $2
RETURNING line, reason, reports, matched;
