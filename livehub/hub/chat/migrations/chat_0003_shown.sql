-- When a line was shown, if that was not when it was said: held lines are shown when a moderator lets them through.
ALTER TABLE chats ADD COLUMN shown_ts bigint;
CREATE INDEX chats_shown_later ON chats (room, shown_ts) WHERE shown_ts IS NOT NULL;
