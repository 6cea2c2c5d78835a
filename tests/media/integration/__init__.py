"""The media server whole: real publishers, players over HTTP, hostile peers."""
