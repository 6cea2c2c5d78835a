"""A payment provider in the house, for trying out and for tests: it does everything a real one does, also wrong."""
