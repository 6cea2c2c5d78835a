"""Ports of 127.0.0.1 for servers that we start."""

import socket
from pathlib import Path


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nobody holds at this moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def kept_port(file: Path) -> int:
    """The one of the last run; another if that is taken, or was never chosen."""
    port = _port_in(file)
    if port is not None:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                pass
            else:
                return port
    port = free_port()
    file.write_text(str(port))
    return port


def _port_in(file: Path) -> int | None:
    """The one in a file; None where there is none, whatever else is in it: a disk that was full leaves an empty file."""
    try:
        port = int(file.read_bytes()[:8])
    except (OSError, ValueError):
        return None
    return port if 0 < port < 65_536 else None
