"""livehub: a real-time livestream commerce server."""

VERSION = "0.1.0"
