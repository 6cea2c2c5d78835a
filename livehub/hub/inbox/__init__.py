"""Direct messages to one person, on every device of theirs."""
