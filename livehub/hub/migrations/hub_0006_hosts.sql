-- What people are in a room. The room's state has the same (`hosts`), for whoever follows it; both change in one transaction.
CREATE TABLE room_hosts (
    room    text    NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    person  text    NOT NULL CHECK (length(person) BETWEEN 1 AND 255),
    kind    text    NOT NULL CHECK (kind IN ('host', 'cohost', 'expert')),
    name    text    NOT NULL DEFAULT '',          -- as they were called when they came
    by      text    NOT NULL,                     -- who named or invited them
    ts      bigint  NOT NULL,                     -- Unix milliseconds, here and below
    PRIMARY KEY (room, person)
);
CREATE UNIQUE INDEX room_hosts_one ON room_hosts (room) WHERE kind = 'host';
CREATE INDEX room_hosts_person ON room_hosts (person);

-- Whoever made a room is its host.
INSERT INTO room_hosts (room, person, kind, by, ts)
SELECT id, created_by, 'host', created_by, (extract(epoch FROM created_at) * 1000)::bigint FROM rooms;
UPDATE rooms SET state = state || jsonb_build_object('hosts', jsonb_build_object(created_by, 'host'))
WHERE jsonb_typeof(state) = 'object';

-- A link that makes whoever accepts it a co-host or an expert, once. Only the code's SHA-256 is here.
CREATE TABLE room_invitations (
    id           text    PRIMARY KEY,
    room         text    NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    kind         text    NOT NULL CHECK (kind IN ('cohost', 'expert')),
    code_sha256  bytea   NOT NULL UNIQUE CHECK (length(code_sha256) = 32),
    by_id        text    NOT NULL,
    by_name      text    NOT NULL,
    created_ts   bigint  NOT NULL,
    ends_ts      bigint  NOT NULL,
    accepted_by  text,
    accepted_ts  bigint,
    withdrawn_ts bigint
);
CREATE INDEX room_invitations_room ON room_invitations (room, created_ts DESC);
CREATE INDEX room_invitations_ends ON room_invitations (ends_ts);

-- What the speaker was in the room when they said it; null: nobody in particular.
ALTER TABLE chats ADD COLUMN badge text;
