-- What is kept for a time only. Each query deletes one batch at most, and gives how many; whoever asks, asks again.

-- name: forget_controls
-- The last of each room stay, however old: whoever comes back with a position among them is owed what followed.
-- $1 older than, Unix ms, $2 how many of each room stay, $3 how many at most
WITH gone AS (
    DELETE FROM room_controls WHERE (room, epoch, "offset") IN (
        SELECT c.room, c.epoch, c."offset" FROM room_controls c JOIN rooms r ON r.id = c.room
        WHERE c.ts < $1 AND (c.epoch <> r.epoch OR c."offset" <= r.head_offset - $2::integer) LIMIT $3
    ) RETURNING true
) SELECT count(*) FROM gone;

-- name: forget_invitations
-- $1 ended before, Unix ms, $2 how many at most
WITH gone AS (
    DELETE FROM room_invitations WHERE id IN (SELECT id FROM room_invitations WHERE ends_ts < $1 LIMIT $2) RETURNING true
) SELECT count(*) FROM gone;
