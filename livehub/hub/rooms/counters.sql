-- Times here are real ones: a process that is not seen for so long has ended, whatever business time is.

-- name: likes_of
-- $1 room
SELECT worker, count FROM room_likes WHERE room = $1;

-- name: people_of
-- $1 room
SELECT people, peak, version FROM room_people WHERE room = $1;

-- name: begin_worker
-- $1 worker
INSERT INTO workers (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET seen_at = now() RETURNING true;

-- name: see_worker
-- Locks the worker's row, so that nobody takes it for ended before this transaction ends. Nothing: that was done already.
-- $1 worker
UPDATE workers SET seen_at = now() WHERE id = $1 RETURNING true;

-- name: store_likes
-- $1 rooms text[], $2 worker, $3 counts bigint[]. A count never shrinks, so a late write does no harm.
INSERT INTO room_likes (room, worker, count)
SELECT t.room, $2, t.count FROM unnest($1::text[], $3::bigint[]) AS t (room, count)
ON CONFLICT (room, worker) DO UPDATE SET count = greatest(room_likes.count, excluded.count);

-- name: add_to_ended
-- Likes of a process that was taken for ended, and had not stored these.
-- $1 rooms text[], $2 counts bigint[]
INSERT INTO room_likes (room, worker, count)
SELECT t.room, '', t.count FROM unnest($1::text[], $2::bigint[]) AS t (room, count) ORDER BY t.room
ON CONFLICT (room, worker) DO UPDATE SET count = room_likes.count + excluded.count;

-- name: begin_people
-- $1 rooms text[]
INSERT INTO room_people (room) SELECT * FROM unnest($1::text[]) ORDER BY 1 ON CONFLICT (room) DO NOTHING;

-- name: people_for_update
-- Locks the rows, in the order of their rooms, as everybody who locks several.
-- $1 rooms text[]
SELECT room, people, peak FROM room_people WHERE room = ANY($1::text[]) ORDER BY room FOR UPDATE;

-- name: store_people
-- A version is what others have to read, so viewers, whom they hear of by themselves, make none.
-- $1 rooms text[], $2 people bytea[], $3 peaks integer[], $4 viewers integer[]
UPDATE room_people p SET people = t.people, peak = greatest(p.peak, t.peak),
    version = p.version + CASE WHEN p.people <> t.people OR p.peak < t.peak THEN 1 ELSE 0 END,
    viewers = t.viewers, viewers_at = now()
FROM unnest($1::text[], $2::bytea[], $3::integer[], $4::integer[]) AS t (room, people, peak, viewers) WHERE p.room = t.room;

-- name: people_newer
-- $1 rooms text[], $2 versions bigint[]: those known here
SELECT p.room, p.people, p.peak, p.version FROM unnest($1::text[], $2::bigint[]) AS t (room, version)
JOIN room_people p ON p.room = t.room AND p.version > t.version;

-- name: merge_dead_workers
-- The likes of processes that have ended go to one row per room, whose worker is ''; their own rows go. Locks the workers'
-- rows; one that is just being seen is left alone. No sum passes 2^53 - 1, so that a row that somebody forged fits as well.
-- $1 not seen for, interval
WITH ended AS (
    DELETE FROM workers WHERE id IN (
        SELECT id FROM workers WHERE seen_at < now() - $1::text::interval FOR UPDATE SKIP LOCKED
    ) RETURNING id
), gone AS (
    DELETE FROM room_likes l USING ended WHERE l.worker = ended.id RETURNING l.room, l.count
)
INSERT INTO room_likes (room, worker, count)
SELECT room, '', least(sum(count), 9007199254740991)::bigint FROM gone GROUP BY room ORDER BY room
ON CONFLICT (room, worker) DO UPDATE
SET count = least(room_likes.count::numeric + excluded.count, 9007199254740991)::bigint;
