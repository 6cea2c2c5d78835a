"""Chat lines and their moderation."""
