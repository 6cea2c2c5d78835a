"""Heartbeats: one wheel for all clients, instead of a sleeping task for each. `now_s` is monotonic.

The clients are spread over the slots of a wheel that turns once per `ping_interval_s`. When a client's slot comes round it
must have answered the ping of the last turn, or it is cut off; then it is pinged again. So a dead peer is noticed after one
to two turns, a token that ran out within one, and a client that never finished the Socket.IO handshake after
`socket_handshake_s`, rounded up to a turn.
"""

import asyncio
import logging
from collections.abc import Callable

from livehub.base.metrics import TASK_FAILURES
from livehub.base.tasks import Tasks
from livehub.hub.settings import HubConfig
from livehub.hub.sockets import frames
from livehub.hub.sockets.close_codes import CloseCode
from livehub.hub.sockets.connection import Connection
from livehub.hub.sockets.socketio import State

log = logging.getLogger("livehub.hub.sockets.heartbeat")

SLOT_S = 1.0


class Heartbeat:
    def __init__(self, config: HubConfig, now_s: Callable[[], float], *, real_s: Callable[[], float]) -> None:
        """`real_s`: Unix seconds, by which tokens end."""
        self._config = config
        self._now_s = now_s
        self._real_s = real_s
        slots = max(1, round(config.ping_interval_s / SLOT_S))
        self._wheel: list[set[Connection]] = [set() for _ in range(slots)]
        self._hand = 0
        self._new: set[Connection] = set()
        self._tasks = Tasks()

    def start(self) -> None:
        self._tasks.start("heartbeat", self._turn_forever)

    async def stop(self) -> None:
        await self._tasks.stop()

    def enter(self, connection: Connection) -> None:
        """A connection opened; it is pinged for the first time a whole turn from now."""
        connection.slot = (self._hand - 1) % len(self._wheel)
        self._wheel[connection.slot].add(connection)
        if connection.state is State.OPEN:
            self._new.add(connection)

    def leave(self, connection: Connection) -> None:
        if connection.slot >= 0:
            self._wheel[connection.slot].discard(connection)
        self._new.discard(connection)

    async def _turn_forever(self) -> None:
        while True:
            await asyncio.sleep(SLOT_S)
            self.turn()

    def turn(self) -> None:
        """One slot further. A connection that cannot be pinged or closed is left, and the others are not."""
        slot, self._hand = self._wheel[self._hand], (self._hand + 1) % len(self._wheel)
        over_s = self._real_s() - self._config.socket_token_grace_s
        for connection in list(slot):
            try:
                self._beat(connection, over_s)
            except Exception:
                TASK_FAILURES.labels(task="heartbeat").inc()
                log.exception("heartbeat.failed", extra={"connection": connection.sid})
                self.leave(connection)
        late_s = self._now_s() - self._config.socket_handshake_s
        for connection in [c for c in self._new if c.state is not State.OPEN or c.connected_s < late_s]:
            self._new.discard(connection)
            if connection.state is State.OPEN:
                connection.close(CloseCode.HANDSHAKE_TIMEOUT)

    @staticmethod
    def _beat(connection: Connection, over_s: float) -> None:
        """`over_s`: whose token ended before has not sent a new one in time."""
        if connection.identity is not None and 0 < connection.identity.ends_s < over_s:
            connection.close(CloseCode.TOKEN_ENDED)
        elif connection.heard_in_round:
            connection.heard_in_round = False
            connection.send(frames.PING)
        else:
            connection.close(CloseCode.PING_TIMEOUT)
