-- Whose lines a room shows no more: those said up to the last ban, which go for good, also when the ban is lifted.
CREATE TABLE chat_hidden (
    room      text   NOT NULL REFERENCES rooms (id),
    user_id   text   NOT NULL,
    before_ts bigint NOT NULL,                   -- Unix ms
    PRIMARY KEY (room, user_id)
);
