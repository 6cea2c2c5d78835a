"""Anchors: checkpoints of the log where others keep them: on a chain, at a time stamp authority, in another folder."""
