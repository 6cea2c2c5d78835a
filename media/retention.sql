-- What is kept for a time only. Each query deletes one batch at most, and gives how many; whoever asks, asks again.

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

-- name: let_unmade_clips_go
-- Those that failed, or whose process and disk went away before they were made. Whoever has that disk looks for what is left.
-- $1 asked for before, Unix ms, $2 now, $3 how many at most
WITH gone AS (
    UPDATE clips SET state = 'gone', updated_ts = $2
    WHERE id IN (SELECT id FROM clips WHERE state IN ('failed', 'making') AND created_ts < $1 LIMIT $3) RETURNING true
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
