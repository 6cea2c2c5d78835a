-- name: kind_in_room
-- One row if the room is there; `kind` is null for whoever is none of its hosts.
-- A room that a process of the version before made has no hosts yet: it is whose who made it.
-- $1 room, $2 person
SELECT coalesce(h.kind, CASE
    WHEN r.created_by = $2 AND NOT EXISTS (SELECT FROM room_hosts WHERE room = r.id) THEN 'host'
END) AS kind
FROM rooms r LEFT JOIN room_hosts h ON h.room = r.id AND h.person = $2 WHERE r.id = $1;

-- name: rooms_of
-- $1 person, $2 how many at most
SELECT room, kind FROM room_hosts WHERE person = $1 ORDER BY ts DESC LIMIT $2;

-- name: rooms_to_leave
-- Rooms in which a person is something; in an order in which they can be locked. $1 person
SELECT room FROM room_hosts WHERE person = $1 ORDER BY room;

-- name: hosts
-- The host first. A name: as it is now, as they were called when they came, or as they last spoke here.
-- $1 room
SELECT h.person, h.kind, h.by, h.ts, coalesce(
    (SELECT p.name FROM people p WHERE p.id = h.person), nullif(h.name, ''),
    (SELECT c.name FROM chats c WHERE c.room = h.room AND c.user_id = h.person ORDER BY c.ts DESC LIMIT 1), ''
) AS name
FROM room_hosts h WHERE h.room = $1
ORDER BY array_position(ARRAY['host', 'cohost', 'expert'], h.kind), h.ts, h.person;

-- name: put_host
-- $1 room, $2 person, $3 kind, $4 name, $5 by, $6 ts
INSERT INTO room_hosts (room, person, kind, name, by, ts) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (room, person) DO UPDATE SET kind = excluded.kind, by = excluded.by, ts = excluded.ts,
    name = coalesce(nullif(excluded.name, ''), room_hosts.name);

-- name: remove_host
-- $1 room, $2 person
DELETE FROM room_hosts WHERE room = $1 AND person = $2;

-- name: withdraw_invitations_by
-- Of somebody who does not run the room any more.
-- $1 room, $2 by, $3 now, Unix ms
UPDATE room_invitations SET withdrawn_ts = $3
WHERE room = $1 AND by_id = $2 AND accepted_ts IS NULL AND withdrawn_ts IS NULL;

-- name: export_hosts
-- $1 person
SELECT jsonb_build_object('room', room, 'kind', kind, 'ts', ts) FROM room_hosts WHERE person = $1 ORDER BY ts;

-- name: erase_hosts
-- The room's state keeps the id alone, which says nothing any more. $2 is not needed: nothing stays.
-- $1 person, $2 text
WITH gone AS (DELETE FROM room_hosts WHERE person = $1 AND $2::text IS NOT NULL RETURNING 1) SELECT count(*) FROM gone;

-- name: export_invitations
-- $1 person
SELECT jsonb_build_object('room', room, 'kind', kind, 'made', by_id = $1, 'ts', coalesce(accepted_ts, created_ts))
FROM room_invitations WHERE by_id = $1 OR accepted_by = $1 ORDER BY created_ts;

-- name: erase_invitations
-- $1 person, $2 text
WITH gone AS (
    DELETE FROM room_invitations WHERE (by_id = $1 OR accepted_by = $1) AND $2::text IS NOT NULL RETURNING 1
) SELECT count(*) FROM gone;

-- name: host_names
-- What the hosts of the latest rooms are called, in each language. $1 how many at most
SELECT DISTINCT n.name FROM (SELECT host FROM rooms ORDER BY created_at DESC LIMIT $1) AS r
CROSS JOIN LATERAL (
    SELECT r.host->>'name' UNION ALL SELECT value FROM jsonb_each_text(coalesce(r.host->'names', '{}'))
) AS n (name)
WHERE n.name IS NOT NULL LIMIT $1;
