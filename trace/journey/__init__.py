"""What became of a batch, for everybody: the resolver of codes, the story, and its page."""
