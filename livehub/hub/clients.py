"""The clients of this process: who they are, who is let in, and what is told to all of them.

Both ways in lead here: door.py for those who open a WebSocket at once, server.py for those who begin by long-polling.
"""

import asyncio
import random
from collections.abc import Callable
from typing import Any

from livehub.base import errors
from livehub.base.auth import Identity, Role, Tokens
from livehub.base.config import Config
from livehub.hub import frames
from livehub.hub.admission import Admission
from livehub.hub.closing import Close
from livehub.hub.connection import Connection, Limits
from livehub.hub.directs import Directs
from livehub.hub.dispatch import Dispatcher
from livehub.hub.events import RoomEvents
from livehub.hub.heartbeat import Heartbeat
from livehub.room import wire

DRAIN_BATCH = 200


def closed_after(error: errors.LivehubError) -> Close:
    """With which code a client that was refused at its CONNECT is sent away."""
    return Close.BAD_TOKEN if isinstance(error, errors.BadToken) else Close.FULL


class Clients:
    """See the module."""

    def __init__(
        self,
        config: Config,
        tokens: Tokens,
        dispatcher: Dispatcher,
        events: RoomEvents,
        directs: Directs,
        now_s: Callable[[], float],
    ) -> None:
        self._config = config
        self._tokens = tokens
        self._events = events
        self._directs = directs
        self._now_s = now_s
        self.dispatcher = dispatcher
        self.limits = Limits(config)
        self.admission = Admission(config, random.randrange)
        self.heartbeat = Heartbeat(config, now_s)
        self.connections: dict[str, Connection] = {}
        self.notice: wire.Notice | None = None

    async def stop(self) -> None:
        """Tell every client to come back elsewhere or later, spread over time, and hang up."""
        self.admission.draining = True
        for index, connection in enumerate(list(self.connections.values())):
            after_ms = random.randrange(self._config.reconnect_spread_ms + 1)
            notice = wire.Notice(type="moving", ts=int(self._now_s() * 1000), after_ms=after_ms)
            connection.send(frames.event("notice", notice))
            connection.close(Close.DRAIN)
            if index % DRAIN_BATCH == DRAIN_BATCH - 1:
                await asyncio.sleep(0)
        await self.heartbeat.stop()

    def tell_all(self, notice: wire.Notice | None) -> None:
        """Tell every client about the service; those who come later hear it, too, until it is None."""
        told = notice or wire.Notice(type="restored", ts=int(self._now_s() * 1000))
        self.notice = notice
        frame = frames.event("notice", told)
        for connection in list(self.connections.values()):
            connection.send(frame, droppable=True)

    def enter(self, connection: Connection) -> None:
        """A client opened; `admission.opened` said yes to its address."""
        self.connections[connection.sid] = connection

    def forget(self, connection: Connection) -> None:
        """It is gone, by whatever way."""
        if connection.gone:
            return
        connection.gone = True
        connection.end_poll()
        if self.connections.pop(connection.sid, None) is not None:
            self.admission.closed(connection.address)
        self.heartbeat.leave(connection)
        self._events.gone(connection)
        self._directs.leave(connection)

    def admit(self, connection: Connection, auth: Any) -> None:
        """The Socket.IO CONNECT came: find out who it is. Raises what `admission.check` and Tokens.read do, BadToken."""
        now_s = self._now_s()
        self.admission.check(connection.address, now_s)
        connection.identity = self._identify(auth, connection.sid, now_s)

    def welcome(self, connection: Connection) -> None:
        """The CONNECT was accepted, and the client has been told so."""
        self._directs.enter(connection)
        if self.notice is not None:
            connection.send(frames.event("notice", self.notice))

    def received(self, connection: Connection, text: str) -> None:
        """An event of the namespace `/`: `text` is what follows `42`."""
        connection.heard_in_round = True
        if connection.identity is None:
            connection.close(Close.PROTOCOL_ERROR)  # no event may come before CONNECT
            return
        self.dispatcher.received(connection, text)

    def too_fast(self, connection: Connection) -> bool:
        """Whether it sends packets faster than it may; takes one of its allowance."""
        return connection.events.wait_s(self._now_s()) > 0

    def _identify(self, auth: Any, sid: str, now_s: float) -> Identity:
        if auth is None or auth == "":
            auth = {}
        if not isinstance(auth, dict):
            raise errors.BadToken
        token = auth.get("token")
        if token is None or token == "":
            return Identity(id=f"guest-{sid}", name="Guest", role=Role.GUEST)
        if not isinstance(token, str):
            raise errors.BadToken
        return self._tokens.read(token, now_s=now_s)
