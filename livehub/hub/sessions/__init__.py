"""Sessions: tokens for guests and, where an installation allows it, for people by their name."""
