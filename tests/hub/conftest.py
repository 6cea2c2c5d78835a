"""Real connections without a network: an Engine.IO socket whose frames wait for a poll, where a test can read them."""

from collections.abc import Callable
from typing import Any

import engineio
import pytest
from engineio.async_socket import AsyncSocket

from livehub.hub.settings import HubConfig
from livehub.hub.sockets.connection import Connection, Limits


@pytest.fixture
def connect() -> Callable[..., Connection]:
    """A new connection; keywords change its limits."""
    server = engineio.AsyncServer(async_mode="aiohttp")

    def new(now_s: float = 0.0, **limits: Any) -> Connection:
        number = len(server.sockets)
        server.sockets[str(number)] = socket = AsyncSocket(server, str(number))
        return Connection(Limits(HubConfig(**limits)), str(number), "127.0.0.1", now_s, socket=socket)

    return new


def waiting(connection: Connection) -> list[str]:
    """The messages that wait for the connection's poll, taken."""
    assert connection._socket is not None
    queue = connection._socket.queue
    packets = [queue.get_nowait() for _ in range(queue.qsize())]
    return [packet.encode() for packet in packets if packet is not None]
