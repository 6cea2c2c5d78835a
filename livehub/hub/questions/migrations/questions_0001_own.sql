CREATE INDEX questions_own ON questions (room, user_id, asked_at DESC);
