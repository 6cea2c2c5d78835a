-- How many watched a room when a process that follows it last said so; for processes that do not, whose list of rooms shows it.
-- `viewers_at` is in real time: a figure that is not told again grows old.
ALTER TABLE room_people
    ADD COLUMN viewers    integer     NOT NULL DEFAULT 0 CHECK (viewers >= 0),
    ADD COLUMN viewers_at timestamptz NOT NULL DEFAULT '-infinity';
