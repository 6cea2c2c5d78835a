"""The picture viewers see: one of a room's cameras, cut live, with a slate where a signal is lost."""
