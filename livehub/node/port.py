"""The port that this node listens on, and nobody else.

Workers share it by SO_REUSEPORT, and the kernel lets any process of the same user join: a second installation on the same port
would take half of the connections without a word. So a supervisor first looks whether somebody listens, with a socket that does
not share, and then keeps one that is bound and never listens: it takes no connections, and no look of another succeeds.
"""

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from livehub.base.config import ConfigError, variable

BACKLOG = 4_096  # an opening show brings thousands of connections in a second


def listen(host: str, port: int, *, shared: bool, setting: str = "host") -> socket.socket:
    """A listening socket. `shared`: with the other workers of this node. `setting`: the field that `host` is of.

    Raises ConfigError when `host` is none of this machine, OSError when the port is in use.
    """
    try:
        socket.getaddrinfo(host, port, _family(host))  # whose error `create_server` would hide
        return socket.create_server((host, port), family=_family(host), backlog=BACKLOG, reuse_port=shared)
    except OSError as error:
        if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
            raise ConfigError(f"{variable(setting)}: {host} is no address or name of this machine") from error
        raise


def check(host: str, port: int, setting: str = "host") -> None:
    """Look whether a server could listen there now. Raises as `listen` does."""
    listen(host, port, shared=False, setting=setting).close()


@contextmanager
def reserved(host: str, port: int) -> Iterator[None]:
    """Keeps the port for the workers of this node. Raises OSError when somebody listens on it."""
    check(host, port)
    with socket.socket(_family(host)) as placeholder:
        # Not SO_REUSEADDR: with it another bound socket may have the same address as long as neither listens.
        placeholder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        try:
            placeholder.bind((host, port))
        except OSError:
            # Connections of the one before, which did not share, are in TIME_WAIT. Then only the look protects the port, until
            # the first worker listens.
            pass
        yield


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
