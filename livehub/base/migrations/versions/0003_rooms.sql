-- A room and what its control log has made of it. The row lock orders the log: whoever writes control holds it FOR UPDATE.
CREATE TABLE rooms (
    id           text PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9-]{0,47}$'),
    epoch        text        NOT NULL,            -- changes if the log ever starts anew
    head_offset  bigint      NOT NULL DEFAULT 0 CHECK (head_offset >= 0),
    state        jsonb       NOT NULL,            -- livehub.room.state.RoomState after head_offset
    created_by   text        NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now()
);

-- Ordered, numbered, never shed (ARCHITECTURE: two classes of room message).
CREATE TABLE room_controls (
    room     text   NOT NULL REFERENCES rooms (id),
    epoch    text   NOT NULL,
    "offset" bigint NOT NULL CHECK ("offset" > 0),
    ts       bigint NOT NULL,                     -- Unix milliseconds
    data     jsonb  NOT NULL,                     -- livehub.room.wire.ControlData
    PRIMARY KEY (room, epoch, "offset")
);

-- A grow-only counter: each process raises its own row, the total is the sum. Writing a row twice changes nothing.
CREATE TABLE room_likes (
    room    text   NOT NULL REFERENCES rooms (id),
    worker  text   NOT NULL,                      -- one incarnation of one process
    count   bigint NOT NULL CHECK (count >= 0),
    PRIMARY KEY (room, worker)
);

CREATE TABLE chats (
    id       text PRIMARY KEY,
    room     text   NOT NULL REFERENCES rooms (id),
    user_id  text   NOT NULL,
    name     text   NOT NULL,
    role     text   NOT NULL,
    text     text   NOT NULL,
    ts       bigint NOT NULL                      -- Unix milliseconds
);
CREATE INDEX chats_room_ts ON chats (room, ts DESC);
CREATE INDEX chats_room_user ON chats (room, user_id, ts DESC);

-- Kept apart from chats, because a line may be deleted before the batch that stores it is written.
CREATE TABLE chat_deletions (
    room        text        NOT NULL REFERENCES rooms (id),
    line        text        NOT NULL,
    deleted_by  text        NOT NULL,
    deleted_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (room, line)
);

-- Lines a moderator has to look at: held by the word list before anyone saw them, or reported by those who did.
CREATE TABLE held_lines (
    room        text        NOT NULL REFERENCES rooms (id),
    line_id     text        NOT NULL,
    line        jsonb       NOT NULL,             -- livehub.room.shown.ChatLine
    reason      text        NOT NULL CHECK (reason IN ('word', 'report')),
    reports     integer     NOT NULL DEFAULT 0 CHECK (reports >= 0),
    status      text        NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'approved', 'rejected')),
    held_at     timestamptz NOT NULL DEFAULT now(),
    decided_by  text,
    decided_at  timestamptz,
    PRIMARY KEY (room, line_id)
);
CREATE INDEX held_lines_waiting ON held_lines (room, held_at) WHERE status = 'waiting';

CREATE TABLE chat_reports (
    room      text        NOT NULL REFERENCES rooms (id),
    line_id   text        NOT NULL,
    user_id   text        NOT NULL,
    at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (room, line_id, user_id)
);

CREATE TABLE words (
    word  text PRIMARY KEY,
    kind  text NOT NULL CHECK (kind IN ('block', 'hold'))
);

CREATE TABLE questions (
    id           text PRIMARY KEY,
    room         text        NOT NULL REFERENCES rooms (id),
    user_id      text        NOT NULL,
    name         text        NOT NULL,
    text         text        NOT NULL,
    status       text        NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'answered', 'dismissed')),
    answer       text        NOT NULL DEFAULT '',
    asked_at     timestamptz NOT NULL DEFAULT now(),
    answered_at  timestamptz
);
CREATE INDEX questions_room ON questions (room, status, asked_at);

CREATE TABLE quizzes (
    id              text PRIMARY KEY,
    room            text        NOT NULL REFERENCES rooms (id),
    card            jsonb       NOT NULL,         -- livehub.room.shown.QuizCard as opened
    correct_choice  integer,
    correct_value   double precision,
    winners_max     integer     NOT NULL CHECK (winners_max > 0),
    status          text        NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'closed')),
    closes_ts       bigint      NOT NULL,
    result          jsonb,
    created_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX quizzes_room ON quizzes (room, created_at DESC);
CREATE UNIQUE INDEX quizzes_one_open ON quizzes (room) WHERE status = 'open';

-- One answer per person; whoever stores answers holds the quiz row FOR SHARE, whoever closes holds it FOR UPDATE.
CREATE TABLE quiz_answers (
    quiz     text   NOT NULL REFERENCES quizzes (id),
    user_id  text   NOT NULL,
    name     text   NOT NULL,
    choice   integer,
    value    double precision,
    ts       bigint NOT NULL,                     -- when we received it, Unix milliseconds
    PRIMARY KEY (quiz, user_id)
);

-- To one person, on every device of theirs, sent again at each connection until read.
CREATE TABLE directs (
    id       text PRIMARY KEY,
    user_id  text   NOT NULL,
    type     text   NOT NULL,
    ts       bigint NOT NULL,
    data     jsonb  NOT NULL,
    read_at  timestamptz
);
CREATE INDEX directs_unread ON directs (user_id, ts) WHERE read_at IS NULL;
