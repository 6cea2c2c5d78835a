"""Ports for servers of tests that share the machine with other tests.

Workers of one node listen on one port together (SO_REUSEPORT), so two tests that were given the same port would both start, and
each would get some of the other's connections. So every process of tests goes through the ports from a place of its own, below
those that the system gives to outgoing connections.
"""

import itertools
import os
import socket

FIRST, COUNT = 10_000, 20_000

_places = itertools.count(os.getpid() * 97)


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nobody holds at this moment, and that this process did not give lately."""
    for place in itertools.islice(_places, COUNT):
        port = FIRST + place % COUNT
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise OSError("no port is free")
