"""Load on a running server from outside: a client like any other, which knows only the wire."""
