-- name: open_invitations
-- Latest first.
-- $1 room, $2 now, Unix ms
SELECT id, kind, by_id, by_name, created_ts, ends_ts FROM room_invitations
WHERE room = $1 AND accepted_ts IS NULL AND withdrawn_ts IS NULL AND ends_ts > $2
ORDER BY created_ts DESC, id DESC;

-- name: insert_invitation
-- $1 id, $2 room, $3 kind, $4 code_sha256 bytea, $5 by_id, $6 by_name, $7 now, Unix ms, $8 ends_ts
INSERT INTO room_invitations (id, room, kind, code_sha256, by_id, by_name, created_ts, ends_ts)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: invitation_by_code
-- $1 code_sha256 bytea
SELECT id, room, kind, by_id, by_name, ends_ts, accepted_ts, accepted_by, withdrawn_ts FROM room_invitations WHERE code_sha256 = $1;

-- name: role_of
-- No row: they have no account, and what they may is in their tokens alone. $1 person
SELECT role FROM people WHERE id = $1;

-- name: accept_invitation
-- Nothing when somebody was faster, or it is over.
-- $1 id, $2 accepted_by, $3 now, Unix ms
UPDATE room_invitations SET accepted_by = $2, accepted_ts = $3
WHERE id = $1 AND accepted_ts IS NULL AND withdrawn_ts IS NULL AND ends_ts > $3 RETURNING id;

-- name: withdraw_invitation
-- $1 room, $2 id, $3 now, Unix ms
UPDATE room_invitations SET withdrawn_ts = $3
WHERE room = $1 AND id = $2 AND accepted_ts IS NULL AND withdrawn_ts IS NULL RETURNING kind;
