-- name: rooms
-- Live ones first. Reads columns that PostgreSQL keeps beside the state, never the state; `state` is one with these members
-- alone, or null where there are none.
-- Viewers of rooms that nobody follows here, in real time: a figure that was not told again is not believed.
-- $1 how many at most, $2 how long a figure of viewers is believed, interval
SELECT r.id,
       CASE WHEN r.title IS NULL AND r.host IS NULL AND r.show IS NULL THEN 'null'::jsonb
            ELSE jsonb_build_object('view', jsonb_strip_nulls(jsonb_build_object(
                'title', r.title, 'titles', r.titles, 'host', r.host, 'poster', r.poster, 'show', r.show, 'pin', r.pin
            ))) END AS state,
       r.on_air,
       least(coalesce((SELECT sum(l.count) FROM room_likes l WHERE l.room = r.id), 0), 9007199254740991)::bigint AS likes,
       coalesce((SELECT p.viewers FROM room_people p
                 WHERE p.room = r.id AND p.viewers_at > now() - $2::text::interval), 0) AS viewers
FROM rooms r ORDER BY r.place, r.created_at, r.id LIMIT $1;
