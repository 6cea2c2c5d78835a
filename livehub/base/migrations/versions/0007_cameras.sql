CREATE TABLE cameras (
    id            text PRIMARY KEY,
    room          text   NOT NULL REFERENCES rooms (id),
    name          text   NOT NULL,
    kind          text   NOT NULL CHECK (kind IN ('whip', 'rtsp', 'file', 'test')),
    url           text,                           -- of kinds rtsp (may hold a password) and file
    token_sha256  bytea,                          -- of kind whip; the token itself is nowhere
    created_ts    bigint NOT NULL,
    created_by    text   NOT NULL
);
CREATE INDEX cameras_room ON cameras (room, created_ts);
