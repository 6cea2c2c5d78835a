"""Clips cut from recordings without decoding, and where in a recording the room was moved."""
