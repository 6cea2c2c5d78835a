"""The connections of this process: who they are, who is let in, and what is sent to all of them.

Both ways in lead here: listener.py for clients that open a WebSocket at once, server.py for those that begin by long-polling.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Collection
from typing import Any

from livehub.base import errors
from livehub.base.auth import GUEST, Identity, Tokens, guest
from livehub.base.clock import Clock
from livehub.base.metrics import TASK_FAILURES
from livehub.hub.settings import HubConfig
from livehub.hub.sockets import frames
from livehub.hub.sockets.admission import Admission
from livehub.hub.sockets.close_codes import CloseCode
from livehub.hub.sockets.connection import Connection, Limits
from livehub.hub.sockets.heartbeat import Heartbeat
from livehub.hub.sockets.router import SocketRouter
from livehub.hub.sockets.socketio import State
from livehub.room import wire

log = logging.getLogger("livehub.hub.sockets.registry")

DRAIN_BATCH = 200
OnConnection = Callable[[Connection], None]


def closed_after(error: errors.LivehubError) -> CloseCode:
    """Close code for a connection refused at CONNECT."""
    if isinstance(error, errors.SessionEnded):
        return CloseCode.SESSION_ENDED
    return CloseCode.BAD_TOKEN if isinstance(error, errors.BadToken) else CloseCode.FULL


def _run(work: str, act: OnConnection, connection: Connection) -> None:
    """What fails for one connection is logged and counted, and the others go on."""
    try:
        act(connection)
    except Exception:
        TASK_FAILURES.labels(task=work).inc()
        log.exception("connection.failed", extra={"work": work, "connection": connection.sid})


class ConnectionRegistry:
    """Features append to `connected` and `disconnected`, which are called for each client that came and went; `disconnected`
    also for one that never got as far as `connected`.

    `clock` is for what is said (business time) and signed (real time), `monotonic_s` for how long something takes.
    """

    def __init__(
        self,
        config: HubConfig,
        tokens: Tokens,
        router: SocketRouter,
        *,
        clock: Clock,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._config = config
        self._tokens = tokens
        self.connected: list[OnConnection] = []
        self.disconnected: list[OnConnection] = []
        self._clock = clock
        self._monotonic_s = monotonic_s
        self._router = router
        self.limits = Limits(config)
        self.admission = Admission(config, random.randrange)
        self.heartbeat = Heartbeat(config, monotonic_s, real_s=clock.real_s)
        self.connections: dict[str, Connection] = {}
        self._by_person: dict[str, set[Connection]] = {}  # people with a token; a guest's one connection has their id
        self.notice: wire.Notice | None = None

    async def stop(self) -> None:
        """Tell every client to come back elsewhere or later, spread over time, and hang up."""
        self.admission.draining = True
        for index, connection in enumerate(list(self.connections.values())):
            _run("drain", self._send_away, connection)
            if index % DRAIN_BATCH == DRAIN_BATCH - 1:
                await asyncio.sleep(0)
        await self.heartbeat.stop()

    def _send_away(self, connection: Connection) -> None:
        after_ms = random.randrange(self._config.reconnect_spread_ms + 1)
        notice = wire.Notice(type="moving", ts=int(self._clock.now_s() * 1000), after_ms=after_ms)
        connection.send(frames.event("notice", notice))
        connection.close(CloseCode.DRAIN)

    def tell_all(self, notice: wire.Notice | None) -> None:
        """Tell every client about the service; those who come later hear it, too, until it is None."""
        told = notice or wire.Notice(type="restored", ts=int(self._clock.now_s() * 1000))
        self.notice = notice
        frame = frames.event("notice", told)

        def tell(connection: Connection) -> None:
            if connection.state is State.CONNECTED:
                connection.send(frame, droppable=True)

        for connection in list(self.connections.values()):
            _run("notice", tell, connection)

    def enter(self, connection: Connection) -> None:
        """A connection opened; `admission.opened` said yes to its address."""
        self.connections[connection.sid] = connection
        self.heartbeat.enter(connection)

    def forget(self, connection: Connection) -> None:
        """It is over, by whatever way. Everything it had is given back, also when some part of that fails."""
        if not connection.ended():
            return
        if self.connections.pop(connection.sid, None) is not None:
            self.admission.closed(connection.network)
        self.heartbeat.leave(connection)
        connection.end_poll()
        self._leave(connection)
        for disconnected in self.disconnected:
            _run("disconnect", disconnected, connection)

    def admit(self, connection: Connection, auth: Any) -> None:
        """The Socket.IO CONNECT came: find out who it is. Raises what `admission.check` and Tokens.read do, BadToken."""
        self.admission.check(connection.network, self._monotonic_s())
        connection.admitted(self._identify(auth, connection.sid))

    def on_connect(self, connection: Connection) -> None:
        """The CONNECT was accepted, and the client has been told so. It may have left since."""
        if connection.state is not State.CONNECTED:
            return
        if connection.identity is not None and not connection.is_anonymous:
            self._by_person.setdefault(connection.identity.id, set()).add(connection)
        for connected in self.connected:
            _run("connect", connected, connection)
        if self.notice is not None:
            connection.send(frames.event("notice", self.notice))

    def of_person(self, user: str) -> Collection[Connection]:
        """A person's connections in this process."""
        devices = self._by_person.get(user)
        if devices is not None:
            return devices
        connection = self.connections.get(user.removeprefix(GUEST))
        here = connection is not None and connection.state is State.CONNECTED and connection.person.id == user
        return (connection,) if connection is not None and here else ()

    def session_ended(self, session: str, person: str) -> None:
        """Send the devices away that came with a token of this session."""
        for connection in list(self.of_person(person)):
            if connection.person.session == session:
                connection.close(CloseCode.SESSION_ENDED)

    def renew(self, connection: Connection, token: str) -> None:
        """The connection goes on with a new token of the same person, who may be called something else by now, or be something
        else. Raises what Tokens.read does, OtherPerson.
        """
        identity = self._tokens.read(token, now_s=self._clock.real_s())
        before = connection.person
        if identity.id != before.id:
            raise errors.OtherPerson
        if (identity.role, identity.runs_every_room) != (before.role, before.runs_every_room):
            connection.close(CloseCode.TOKEN_ENDED)  # what it is told in its rooms goes by what it was
            return
        connection.identity = identity

    def _leave(self, connection: Connection) -> None:
        user = connection.identity.id if connection.identity is not None else ""
        devices = self._by_person.get(user)
        if devices is not None:
            devices.discard(connection)
            if not devices:
                del self._by_person[user]

    def received(self, connection: Connection, text: str) -> None:
        """An event of a CONNECTED client: `text` is what follows `42`."""
        connection.heard_in_round = True
        self._router.received(connection, text)

    def _identify(self, auth: Any, sid: str) -> Identity:
        if auth is None or auth == "":
            auth = {}
        if not isinstance(auth, dict):
            raise errors.BadToken
        token = auth.get("token")
        if token is None or token == "":
            return guest(sid)
        if not isinstance(token, str):
            raise errors.BadToken
        return self._tokens.read(token, now_s=self._clock.real_s())
