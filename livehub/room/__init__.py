"""The rooms: messages, state, ticks, history, presence, moderation, quizzes. Pure: no I/O, no clock, no randomness."""
