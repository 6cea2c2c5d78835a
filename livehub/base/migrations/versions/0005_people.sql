-- How many people have been in a room, and how many at once at most. What changes it merges under the row's lock.
CREATE TABLE room_people (
    room     text    PRIMARY KEY REFERENCES rooms (id),
    people   bytea   NOT NULL DEFAULT 'e',            -- livehub.room.people.People, packed; 'e': nobody
    peak     integer NOT NULL DEFAULT 0 CHECK (peak >= 0),
    version  bigint  NOT NULL DEFAULT 0               -- one more with every change
);

-- The processes that count likes, and when each was last heard of. Who is not in it may not raise its row of room_likes:
-- after a long silence its likes were added to those of the others that have ended (livehub/hub/rooms/counters.py).
CREATE TABLE workers (
    id       text        PRIMARY KEY,
    seen_at  timestamptz NOT NULL DEFAULT now()
);
INSERT INTO workers (id) SELECT DISTINCT worker FROM room_likes;
