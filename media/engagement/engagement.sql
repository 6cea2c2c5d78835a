-- How rooms were moved while they were recorded (migration 0008), and what was pinned.

-- name: insert_signal
-- $1 room, $2 at_ts, $3 until, $4 likes, $5 orders. Counts what the room's log has of the step.
INSERT INTO room_signals (room, at_ts, likes, chats, orders, pins, quizzes, coupons)
SELECT $1, $2, $4,
    (SELECT count(*) FROM chats WHERE room = $1 AND ts >= $2 AND ts < $3), $5,
    count(*) FILTER (WHERE c.data->>'type' = 'pin'),
    count(*) FILTER (WHERE c.data->>'type' = 'quiz_open'),
    count(*) FILTER (WHERE c.data->>'type' = 'coupon')
FROM (SELECT data FROM room_controls WHERE room = $1 AND epoch = (SELECT epoch FROM rooms WHERE id = $1)
      AND ts >= $2 AND ts < $3 ORDER BY "offset" DESC LIMIT 1000) AS c
ON CONFLICT DO NOTHING;

-- name: signals
-- $1 room, $2 from, $3 to, $4 how many at most
SELECT at_ts, likes, chats, orders, pins, quizzes, coupons FROM room_signals
WHERE room = $1 AND at_ts >= $2 AND at_ts < $3 ORDER BY at_ts LIMIT $4;

-- name: pins
-- $1 room, $2 from, $3 to, $4 how many at most. What was pinned between two moments, and the last before them. The card is null
-- where nothing was pinned any more.
SELECT ts, card FROM (
    (SELECT ts, "offset", data->'card' AS card FROM room_controls
     WHERE room = $1 AND epoch = (SELECT epoch FROM rooms WHERE id = $1) AND ts < $2 AND data->>'type' IN ('pin', 'unpin')
     ORDER BY "offset" DESC LIMIT 1)
    UNION ALL
    (SELECT ts, "offset", data->'card' FROM room_controls
     WHERE room = $1 AND epoch = (SELECT epoch FROM rooms WHERE id = $1) AND ts >= $2 AND ts < $3
       AND data->>'type' IN ('pin', 'unpin')
     ORDER BY "offset" LIMIT $4)
) AS pins ORDER BY "offset";
