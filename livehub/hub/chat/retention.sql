-- What is kept for a time only. Each query deletes one batch at most, and gives how many; whoever asks, asks again.

-- name: forget_chats
-- $1 older than, Unix ms, $2 how many at most
WITH gone AS (
    DELETE FROM chats WHERE id IN (SELECT id FROM chats WHERE ts < $1 LIMIT $2) RETURNING true
) SELECT count(*) FROM gone;

-- name: forget_deletions
-- $1 older than, Unix ms, $2 how many at most
WITH gone AS (
    DELETE FROM chat_deletions WHERE (room, line) IN (
        SELECT room, line FROM chat_deletions WHERE deleted_at < to_timestamp($1::bigint / 1000.0) LIMIT $2
    ) RETURNING true
) SELECT count(*) FROM gone;

-- name: forget_held
-- Lines that still wait for a moderator stay.
-- $1 older than, Unix ms, $2 how many at most
WITH gone AS (
    DELETE FROM held_lines WHERE (room, line_id) IN (
        SELECT room, line_id FROM held_lines
        WHERE status <> 'waiting' AND held_at < to_timestamp($1::bigint / 1000.0) LIMIT $2
    ) RETURNING true
) SELECT count(*) FROM gone;

-- name: forget_reports
-- $1 older than, Unix ms, $2 how many at most
WITH gone AS (
    DELETE FROM chat_reports WHERE (room, line_id, user_id) IN (
        SELECT room, line_id, user_id FROM chat_reports WHERE at < to_timestamp($1::bigint / 1000.0) LIMIT $2
    ) RETURNING true
) SELECT count(*) FROM gone;

-- name: forget_hidden
-- $1 older than, Unix ms, $2 how many at most
WITH gone AS (
    DELETE FROM chat_hidden WHERE (room, user_id) IN (
        SELECT room, user_id FROM chat_hidden WHERE before_ts < $1 LIMIT $2
    ) RETURNING true
) SELECT count(*) FROM gone;

-- name: forget_decisions
-- The text of a chat line, and whose it was, wherever the audit log has it; that somebody decided about it stays there.
-- $1 older than, Unix ms, $2 how many at most
SELECT forget_audited_lines($1, $2);
