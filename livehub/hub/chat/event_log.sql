-- name: past_events
-- A room's control messages, and what moderators decided of held lines, latest first. `key` tells events of one moment apart.
-- One that waits and was decided before had been approved.
-- $1 room, $2 and $3 before this moment (Unix ms) and key, or null, $4 how many at most
SELECT ts, key, type, data, by_id, by_name FROM (
    (SELECT ts, 'c' || lpad("offset"::text, 19, '0') || epoch AS key, coalesce(data->>'type', '') AS type, data,
            by_id, by_name
     FROM room_controls
     WHERE room = $1 AND ($2::bigint IS NULL OR ts <= $2::bigint)
        AND ($2::bigint IS NULL OR (ts, 'c' || lpad("offset"::text, 19, '0') || epoch) < ($2::bigint, $3::text COLLATE "C"))
     ORDER BY ts DESC, "offset" DESC LIMIT $4)
    UNION ALL
    (SELECT h.ts, h.key, h.type, h.data, h.by_id, h.by_name FROM (
        SELECT (extract(epoch FROM decided_at) * 1000)::bigint AS ts, 'h' || line_id AS key,
               CASE status WHEN 'rejected' THEN 'held_reject' ELSE 'held_approve' END AS type,
               jsonb_build_object('line', line) AS data, decided_by AS by_id, NULL::text AS by_name
        FROM held_lines WHERE room = $1 AND decided_at IS NOT NULL) h
     WHERE $2::bigint IS NULL OR (h.ts, h.key COLLATE "C") < ($2::bigint, $3::text COLLATE "C")
     ORDER BY h.ts DESC, h.key COLLATE "C" DESC LIMIT $4)
) e
ORDER BY ts DESC, key COLLATE "C" DESC LIMIT $4;
