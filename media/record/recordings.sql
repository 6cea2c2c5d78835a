-- Recordings and clips (migration 0008). `gone` rows wait for a process that has their files to delete these.

-- name: upsert_recording
-- $1 id, $2 room, $3 started_ts, $4 ended_ts, $5 duration_ms, $6 bytes, $7 has_poster, $8 state, $9 store, $10 now,
-- $11 chapters jsonb, null: as they are. The title is the room's when the row is first written. A row that is gone stays so.
INSERT INTO recordings (id, room, title, started_ts, ended_ts, duration_ms, bytes, has_poster, state, store, updated_ts, chapters)
SELECT $1, r.id, coalesce(r.state->'view'->>'title', r.id), $3, $4, $5, $6, $7, $8, $9, $10, coalesce($11::jsonb, '[]') FROM rooms r WHERE r.id = $2
ON CONFLICT (id) DO UPDATE SET ended_ts = excluded.ended_ts, duration_ms = excluded.duration_ms, bytes = excluded.bytes,
    has_poster = excluded.has_poster, state = excluded.state, updated_ts = excluded.updated_ts,
    chapters = coalesce($11::jsonb, recordings.chapters)
WHERE recordings.state <> 'gone';

-- name: recordings
-- $1 room, $2 how many at most
SELECT id, room, title, started_ts, ended_ts, duration_ms, bytes, has_poster, chapters,
    (SELECT r.titles FROM rooms r WHERE r.id = room AND r.title = to_jsonb(recordings.title)) AS titles
FROM recordings WHERE room = $1 AND state <> 'gone' ORDER BY started_ts DESC, id DESC LIMIT $2;

-- name: clips
-- $1 room, $2 how many at most
SELECT id, recording, title, from_ts, to_ts, has_poster FROM clips
WHERE room = $1 AND state = 'kept' ORDER BY from_ts, id LIMIT $2;

-- name: recording
-- $1 id
SELECT id, room, title, started_ts, ended_ts, duration_ms, bytes, has_poster, chapters,
    (SELECT r.titles FROM rooms r WHERE r.id = room AND r.title = to_jsonb(recordings.title)) AS titles
FROM recordings WHERE id = $1 AND state <> 'gone';

-- name: room_of
-- $1 id of a recording or a clip
SELECT room FROM recordings WHERE id = $1 AND state <> 'gone' UNION ALL SELECT room FROM clips WHERE id = $1 AND state = 'kept';

-- name: room_exists
-- $1 room
SELECT 1 FROM rooms WHERE id = $1;

-- name: insert_clip
-- $1 id, $2 recording, $3 room, $4 title, $5 from_ts, $6 to_ts, $7 bytes, $8 has_poster, $9 now, $10 created_by, $11 store
INSERT INTO clips
    (id, recording, room, title, from_ts, to_ts, bytes, has_poster, created_ts, created_by, store, updated_ts)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $9);

-- name: clip
-- $1 id
SELECT id, recording, title, from_ts, to_ts, has_poster, state, code, problem FROM clips WHERE id = $1 AND state <> 'gone';

-- name: clips_of
-- $1 recording, $2 how many at most
SELECT id, recording, title, from_ts, to_ts, has_poster, state, code, problem FROM clips
WHERE recording = $1 AND state <> 'gone' ORDER BY from_ts, id LIMIT $2;

-- name: lock_making
-- $1 store. One at a time is counted and added.
SELECT pg_advisory_xact_lock(hashtextextended('livehub clips in the making ' || $1::text, 0));

-- name: count_making
-- $1 store
SELECT count(*) FROM clips WHERE state = 'making' AND store = $1;

-- name: insert_making
-- $1 id, $2 recording, $3 room, $4 title, $5 from_ts, $6 to_ts, $7 now, $8 created_by, $9 store. One of the same piece that is being
-- made stays the only one. Its first attempt is due at once.
INSERT INTO clips
    (id, recording, room, title, from_ts, to_ts, bytes, has_poster, created_ts, created_by, state, store, updated_ts)
VALUES ($1, $2, $3, $4, $5, $6, 0, false, $7, $8, 'making', $9, 0) ON CONFLICT DO NOTHING;

-- name: same_clip
-- $1 id, $2 recording, $3 from_ts, $4 to_ts
SELECT id, recording, title, from_ts, to_ts, has_poster, state, code, problem FROM clips
WHERE id = $1 OR (recording = $2 AND from_ts = $3 AND to_ts = $4 AND state = 'making') ORDER BY id = $1 DESC LIMIT 1;

-- name: take_making
-- $1 store, $2 now, $3 tried again if the last attempt began before. The next clip to make, and its attempt is counted.
UPDATE clips SET attempts = attempts + 1, updated_ts = $2 WHERE id = (
    SELECT id FROM clips WHERE state = 'making' AND store = $1 AND updated_ts <= $3
    ORDER BY attempts, created_ts, id LIMIT 1
) AND state = 'making' RETURNING id, recording, room, from_ts, to_ts, attempts, code, problem;

-- name: put_back_making
-- $1 id. The attempt was broken off on purpose, and does not count.
UPDATE clips SET attempts = greatest(attempts - 1, 0), updated_ts = 0 WHERE id = $1 AND state = 'making';

-- name: postpone_making
-- $1 id, $2 code, $3 problem. What the attempt needed is away; it does not count, and the next one waits its time.
UPDATE clips SET attempts = greatest(attempts - 1, 0), code = $2, problem = $3 WHERE id = $1 AND state = 'making';

-- name: release_making
-- $1 store. The process that made them is no more: the next attempts need not wait.
UPDATE clips SET updated_ts = 0 WHERE state = 'making' AND store = $1;

-- name: note_making
-- $1 id, $2 code, $3 problem. What the last attempt failed with.
UPDATE clips SET code = $2, problem = $3 WHERE id = $1 AND state = 'making';

-- name: fail_making
-- $1 id, $2 code, $3 problem, $4 now
UPDATE clips SET state = 'failed', code = $2, problem = $3, updated_ts = $4 WHERE id = $1 AND state = 'making';

-- name: keep_made
-- $1 id, $2 bytes, $3 has_poster, $4 now. None if it was let go meanwhile. May be said twice, where the first answer was lost.
UPDATE clips SET state = 'kept', bytes = $2, has_poster = $3, updated_ts = $4, code = NULL, problem = NULL
WHERE id = $1 AND state IN ('making', 'kept') RETURNING id;

-- name: let_recording_go
-- $1 id, $2 now. Not while it goes on.
UPDATE recordings SET state = 'gone', updated_ts = $2 WHERE id = $1 AND state = 'ended' RETURNING room, title;

-- name: let_clip_go
-- $1 id, $2 now
UPDATE clips SET state = 'gone', updated_ts = $2 WHERE id = $1 AND state <> 'gone' RETURNING room, title;

-- name: gone
-- $1 store, $2 before this moment anybody may, $3 how many at most
SELECT id, room FROM recordings WHERE state = 'gone' AND (store = $1 OR updated_ts < $2)
UNION ALL
SELECT id, room FROM clips WHERE state = 'gone' AND (store = $1 OR updated_ts < $2)
LIMIT $3;

-- name: delete_recording
-- $1 id
DELETE FROM recordings WHERE id = $1 AND state = 'gone';

-- name: delete_clip
-- $1 id
DELETE FROM clips WHERE id = $1 AND state = 'gone';

-- name: known
-- $1 ids text[]. Those that have a row that is complete, or are to be deleted.
SELECT id FROM recordings WHERE id = ANY($1::text[]) AND state IN ('ended', 'gone');
