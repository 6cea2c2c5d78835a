"""The server processes of one node."""
