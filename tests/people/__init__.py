"""People: sign-in, sessions, and what is kept of them."""
