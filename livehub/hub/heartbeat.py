"""Heartbeats of WebSocket clients: one wheel for all, instead of a sleeping task for each.

The clients are spread over the slots of a wheel that turns once per `ping_interval_s`. When a client's slot comes round it
must have answered the ping of the last turn, or it is cut off; then it is pinged again. So a dead peer is noticed after one
to two turns, and a client that never finished the Socket.IO handshake after `socket_handshake_s`, rounded up to a turn.
"""

import asyncio
from collections.abc import Callable

from livehub.base.config import Config
from livehub.hub import frames
from livehub.hub.closing import Close
from livehub.hub.connection import Connection

SLOT_S = 1.0


class Heartbeat:
    """See the module."""

    def __init__(self, config: Config, now_s: Callable[[], float]) -> None:
        self._config = config
        self._now_s = now_s
        slots = max(1, round(config.ping_interval_s / SLOT_S))
        self._wheel: list[set[Connection]] = [set() for _ in range(slots)]
        self._hand = 0
        self._new: set[Connection] = set()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to turn."""
        self._task = asyncio.create_task(self._turn_forever(), name="heartbeat")

    async def stop(self) -> None:
        """Stand still."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def enter(self, connection: Connection) -> None:
        """A WebSocket opened; it is pinged for the first time a whole turn from now."""
        connection.slot = (self._hand - 1) % len(self._wheel)
        self._wheel[connection.slot].add(connection)
        if connection.identity is None:
            self._new.add(connection)

    def leave(self, connection: Connection) -> None:
        """It closed."""
        if connection.slot >= 0:
            self._wheel[connection.slot].discard(connection)
        self._new.discard(connection)

    async def _turn_forever(self) -> None:
        while True:
            await asyncio.sleep(SLOT_S)
            self.turn()

    def turn(self) -> None:
        """One slot further."""
        for connection in list(self._wheel[self._hand]):
            if connection.heard_in_round:
                connection.heard_in_round = False
                connection.send(frames.PING)
            else:
                connection.close(Close.PING_TIMEOUT)
        self._hand = (self._hand + 1) % len(self._wheel)
        late_s = self._now_s() - self._config.socket_handshake_s
        for connection in [c for c in self._new if c.identity is not None or c.connected_s < late_s]:
            self._new.discard(connection)
            if connection.identity is None:
                connection.close(Close.HANDSHAKE_TIMEOUT)
