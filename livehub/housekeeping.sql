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

-- name: forget_controls
-- The last of each room stay, however old: whoever comes back with a position among them is owed what followed.
-- $1 older than, Unix ms, $2 how many of each room stay, $3 how many at most
WITH gone AS (
    DELETE FROM room_controls WHERE (room, epoch, "offset") IN (
        SELECT c.room, c.epoch, c."offset" FROM room_controls c JOIN rooms r ON r.id = c.room
        WHERE c.ts < $1 AND (c.epoch <> r.epoch OR c."offset" <= r.head_offset - $2::integer) LIMIT $3
    ) RETURNING true
) SELECT count(*) FROM gone;

-- name: forget_directs
-- Those that nobody has read stay.
-- $1 read before, Unix ms, $2 how many at most
WITH gone AS (
    DELETE FROM directs WHERE id IN (
        SELECT id FROM directs WHERE read_at < to_timestamp($1::bigint / 1000.0) LIMIT $2
    ) RETURNING true
) SELECT count(*) FROM gone;

-- name: let_recordings_go
-- Their files are deleted by a process that has them (media/record/recordings.py), and then the rows.
-- $1 ended before, Unix ms, $2 now, $3 how many at most
WITH gone AS (
    UPDATE recordings SET state = 'gone', updated_ts = $2
    WHERE id IN (SELECT id FROM recordings WHERE state = 'ended' AND ended_ts < $1 LIMIT $3) RETURNING true
) SELECT count(*) FROM gone;

-- name: let_clips_go
-- $1 made before, Unix ms, $2 now, $3 how many at most
WITH gone AS (
    UPDATE clips SET state = 'gone', updated_ts = $2
    WHERE id IN (SELECT id FROM clips WHERE state = 'kept' AND created_ts < $1 LIMIT $3) RETURNING true
) SELECT count(*) FROM gone;

-- name: end_recordings
-- Those whose process and disk went away for good: nobody has told of them since.
-- $1 not heard of since, Unix ms, $2 how many at most
WITH gone AS (
    UPDATE recordings SET state = 'ended', ended_ts = updated_ts
    WHERE id IN (SELECT id FROM recordings WHERE state IN ('recording', 'broken') AND updated_ts < $1 LIMIT $2) RETURNING true
) SELECT count(*) FROM gone;

-- name: forget_signals
-- $1 older than, Unix ms, $2 how many at most
WITH gone AS (
    DELETE FROM room_signals WHERE (room, at_ts) IN (SELECT room, at_ts FROM room_signals WHERE at_ts < $1 LIMIT $2)
    RETURNING true
) SELECT count(*) FROM gone;
