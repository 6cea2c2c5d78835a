-- Lines that a room has had, for good: raised by whoever stores lines, in the same statement. Counted once here, without a lock,
-- some seconds for five million lines; those that processes of the release before store from then on are not in it.
CREATE TABLE room_chats (
    room   text   PRIMARY KEY REFERENCES rooms (id),
    count  bigint NOT NULL CHECK (count >= 0)
);
INSERT INTO room_chats (room, count) SELECT room, count(*) FROM chats GROUP BY room;

-- What a list of rooms shows, written with the state by PostgreSQL itself, so that nobody reads the whole state for it.
ALTER TABLE rooms
    ADD COLUMN title  jsonb GENERATED ALWAYS AS (state->'view'->'title') STORED,
    ADD COLUMN host   jsonb GENERATED ALWAYS AS (state->'view'->'host') STORED,
    ADD COLUMN poster jsonb GENERATED ALWAYS AS (state->'view'->'poster') STORED,
    ADD COLUMN show   jsonb GENERATED ALWAYS AS (state->'view'->'show') STORED,
    ADD COLUMN pin    jsonb GENERATED ALWAYS AS (state->'view'->'pin') STORED,
    ADD COLUMN place  smallint NOT NULL GENERATED ALWAYS AS (
        CASE state->'view'->'show'->>'status' WHEN 'live' THEN 0 WHEN 'paused' THEN 1 ELSE 2 END
    ) STORED;
CREATE INDEX rooms_listed ON rooms (place, created_at, id);

-- The transaction that wrote a message: a comparison that begins at a snapshot's xmin passes over none that commits late.
ALTER TABLE directs ADD COLUMN xid xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX directs_unread_xid ON directs (user_id, xid) INCLUDE (id) WHERE read_at IS NULL;
CREATE INDEX directs_xid ON directs (xid) WHERE read_at IS NULL;
