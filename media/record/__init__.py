"""Recordings: the parts of live streams on disk, played while they go on and after, and what a stream needs after a crash."""
