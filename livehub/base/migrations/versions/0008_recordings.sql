-- A show, recorded. The pieces and the journal that tells of them are in media_dir/{room}/{id}; this is what lists are made of.
CREATE TABLE recordings (
    id           text PRIMARY KEY,
    room         text    NOT NULL REFERENCES rooms (id),
    title        text    NOT NULL,
    started_ts   bigint  NOT NULL,
    ended_ts     bigint,                          -- null: it goes on
    duration_ms  bigint  NOT NULL DEFAULT 0 CHECK (duration_ms >= 0),
    bytes        bigint  NOT NULL DEFAULT 0 CHECK (bytes >= 0),
    has_poster   boolean NOT NULL DEFAULT false,
    state        text    NOT NULL CHECK (state IN ('recording', 'broken', 'ended', 'gone')),
    store        text    NOT NULL,                -- whose media_dir its files are in; only its processes delete them
    updated_ts   bigint  NOT NULL
);
CREATE INDEX recordings_room ON recordings (room, started_ts DESC);
CREATE INDEX recordings_unfinished ON recordings (state) WHERE state <> 'ended';

-- A clip has copies of its own, so that it outlives its recording; hence no foreign key.
CREATE TABLE clips (
    id           text PRIMARY KEY,
    recording    text    NOT NULL,
    room         text    NOT NULL REFERENCES rooms (id),
    title        text    NOT NULL,
    from_ts      bigint  NOT NULL,
    to_ts        bigint  NOT NULL CHECK (to_ts > from_ts),
    bytes        bigint  NOT NULL CHECK (bytes >= 0),
    has_poster   boolean NOT NULL,
    created_ts   bigint  NOT NULL,
    created_by   text    NOT NULL,
    state        text    NOT NULL DEFAULT 'kept' CHECK (state IN ('kept', 'gone')),
    store        text    NOT NULL,
    updated_ts   bigint  NOT NULL
);
CREATE INDEX clips_recording ON clips (recording, from_ts);
CREATE INDEX clips_gone ON clips (state) WHERE state = 'gone';

-- How a room was moved, in steps of five seconds, while it was recorded.
CREATE TABLE room_signals (
    room     text    NOT NULL REFERENCES rooms (id),
    at_ts    bigint  NOT NULL,                    -- where the step begins
    likes    integer NOT NULL CHECK (likes >= 0),
    chats    integer NOT NULL CHECK (chats >= 0),
    orders   integer NOT NULL CHECK (orders >= 0),
    pins     integer NOT NULL CHECK (pins >= 0),
    quizzes  integer NOT NULL CHECK (quizzes >= 0),
    coupons  integer NOT NULL CHECK (coupons >= 0),
    PRIMARY KEY (room, at_ts)
);
