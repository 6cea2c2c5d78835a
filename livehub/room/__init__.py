"""The rooms: messages, state, ticks, history, presence, moderation and quizzes. Pure: no I/O, no clock, no randomness."""
