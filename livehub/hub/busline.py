"""The bus to one Valkey server: a connection that publishes, one that listens, each made anew when lost.

redis-py's own PubSub and ClusterPubSub were read and not taken. Both connect again by themselves, so that a gap in what was
heard goes unnoticed, and notice a server that hangs by no bound; ClusterPubSub polls all nodes from one loop, where a quiet
one delays the others, and looks for a moved slot only when some command of its client was refused. Connections, parsing,
signing in and TLS are the library's.

What is `wanted` is subscribed to, whatever happens: by `settle`, when a connection is new, and again by whoever is told
that a slot has moved (`on_moved`). A numbered PING follows every subscription: whatever of it is not confirmed when the
answer to that PING comes was refused.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import AskError, ClusterDownError, RedisError, TryAgainError

from livehub.base.config import Config
from livehub.base.metrics import BUS_LOST
from livehub.hub.shards import Address, connection_to

log = logging.getLogger("livehub.hub.bus")

OUTGOING_MAX = 10_000  # messages that wait for the connection; more than a second's worth means that it is stuck
BATCH_MAX = 256
HEARTBEAT_S = 1.0
HEARTBEATS_MISSED_MAX = 5
AWAY = (RedisError, OSError, TimeoutError, asyncio.IncompleteReadError)
ELSEWHERE = (AskError, ClusterDownError, TryAgainError)  # MovedError is an AskError

Receive = Callable[[str, bytes], None]
Command = tuple[str | bytes, ...]


class Line:
    """See the module. `sharded`: the server is a Cluster's, and each channel lives on the node that owns its slot."""

    def __init__(
        self,
        config: Config,
        address: Address | None,
        *,
        sharded: bool,
        receive: Receive,
        on_change: Callable[[], None],
        on_moved: Callable[[], None],
    ) -> None:
        self._config = config
        self._address = address
        self._s = "S" if sharded else ""
        self._receive = receive
        self._on_change = on_change
        self._on_moved = on_moved
        self._outgoing: asyncio.Queue[Command] = asyncio.Queue(OUTGOING_MAX)
        self._asked: dict[str, int] = {}  # channel: the number of the PING that follows
        self._confirmed: set[str] = set()
        self._pings = 0
        self._listening: AbstractConnection | None = None
        self._up: set[str] = set()
        self._task: asyncio.Task[None] | None = None
        self.wanted: set[str] = set()
        self.unsettled = False  # whether messages may have passed while a channel was moving here; `on_change` ends it
        self.dropped = 0

    @property
    def connected(self) -> bool:
        """Whether both connections are there."""
        return len(self._up) == 2

    def start(self) -> None:
        """Connect and stay connected, in the background."""
        self._task = asyncio.create_task(self._forever(), name="bus line")

    async def stop(self) -> None:
        """Hang up."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._drop_outgoing()

    def publish(self, channel: str, payload: bytes) -> bool:
        """Send to every process that listens to `channel`; False when it was dropped."""
        if not self.connected or self._outgoing.full():
            self.dropped += 1
            return False
        self._outgoing.put_nowait((f"{self._s}PUBLISH", channel, payload))
        return True

    async def settle(self) -> None:
        """Listen to what is `wanted` and to nothing else, now if the server is there, else as soon as it is back."""
        connection = self._listening
        if connection is None or not connection.is_connected:
            return
        missing, surplus = self.wanted - self._asked.keys(), self._asked.keys() - self.wanted
        commands: list[Command] = [(f"{self._s}SUBSCRIBE", channel) for channel in sorted(missing)]
        commands += [(f"{self._s}UNSUBSCRIBE", channel) for channel in sorted(surplus)]
        ping = self._ping()
        self._asked |= dict.fromkeys(missing, self._pings)
        for channel in surplus:
            del self._asked[channel]
        try:
            await connection.send_packed_command(connection.pack_commands([*commands, ping]))
        except AWAY as error:  # the listening task meets the same, connects anew, and subscribes to all
            log.info("bus.settle_failed", extra={"reason": repr(error)})

    def _ping(self) -> Command:
        self._pings += 1
        return ("PING", str(self._pings))

    async def _forever(self) -> None:
        while True:
            try:
                async with asyncio.TaskGroup() as group:  # where one connection was cut, the other may not have noticed
                    group.create_task(self._on_connection(self._listen), name="bus listen")
                    group.create_task(self._on_connection(self._send), name="bus send")
            except* AWAY as errors:
                self._lost(repr(errors.exceptions[0]))
            await asyncio.sleep(self._config.redis_retry_s)

    async def _on_connection(self, work: Callable[[AbstractConnection], Awaitable[None]]) -> None:
        connection = connection_to(self._config.redis_url, self._address, timeout_s=self._config.redis_timeout_s)
        try:
            await connection.connect()  # type: ignore[no-untyped-call]
            await work(connection)
        finally:
            await connection.disconnect(nowait=True)

    # --- listening ---

    async def _listen(self, connection: AbstractConnection) -> None:
        self._asked, self._confirmed = {}, set()
        self._listening = connection
        try:
            await self.settle()
            missed = 0
            while missed < HEARTBEATS_MISSED_MAX:
                reply = await self._read(connection)
                if reply is not None:
                    missed = 0
                    self._heard(reply)
                    continue
                missed += 1  # and what a live server would answer, even if nobody has anything to say:
                await connection.send_command(*self._ping())
            raise TimeoutError("no heartbeat on the bus")
        finally:
            self._listening = None

    @staticmethod
    async def _read(connection: AbstractConnection) -> list[bytes] | None:
        """The next message; None when none came for HEARTBEAT_S. A subscription that was refused counts as answered."""
        try:
            reply = await connection.read_response(timeout=HEARTBEAT_S, disconnect_on_error=False)
        except ELSEWHERE:
            return [b"refused"]
        return [b"pong", reply] if isinstance(reply, bytes) else reply  # it comes bare while nothing is subscribed to

    def _heard(self, reply: list[bytes]) -> None:
        kind = reply[0].removeprefix(b"s") if self._s else reply[0]
        if kind == b"message":
            self._receive(reply[1].decode(), reply[2])
        elif reply[0] == b"pong":
            self._answered(int(reply[1]))
        elif reply[0] == b"refused":
            self._on_moved()
        elif reply[0].endswith(b"unsubscribe"):
            self._left(reply[1].decode())
        elif reply[0].endswith(b"subscribe"):
            self._confirmed.add(reply[1].decode())

    def _left(self, channel: str) -> None:
        """The answer to our own word or, for a channel that we want, the server's: the slot is another node's now."""
        self._confirmed.discard(channel)
        if channel in self.wanted:
            self._asked.pop(channel, None)
            self.unsettled = True
            self._on_moved()

    def _answered(self, ping: int) -> None:
        """All that was asked before this PING was answered; what was refused is to be asked again."""
        refused = [channel for channel, at in self._asked.items() if at <= ping and channel not in self._confirmed]
        for channel in refused:
            del self._asked[channel]
        if refused:
            self.unsettled = True
            self._on_moved()
        self._found("listen")
        if self.unsettled and self.wanted <= self._confirmed:
            self.unsettled = False
            self._on_change()

    # --- publishing ---

    async def _send(self, connection: AbstractConnection) -> None:
        await self._told(connection, [("PING",)])
        self._found("send")
        while True:
            await self._told(connection, await self._gathered())

    async def _gathered(self) -> list[Command]:
        try:
            async with asyncio.timeout(HEARTBEAT_S):
                batch = [await self._outgoing.get()]
        except TimeoutError:
            return [("PING",)]
        while not self._outgoing.empty() and len(batch) < BATCH_MAX:
            batch.append(self._outgoing.get_nowait())
        return batch

    async def _told(self, connection: AbstractConnection, commands: list[Command]) -> None:
        """Send, and read every answer. A message for a slot that moved is lost, as any on the bus may be."""
        async with asyncio.timeout(self._config.redis_timeout_s):
            await connection.send_packed_command(connection.pack_commands(commands))
            for _ in commands:
                try:
                    await connection.read_response()
                except ELSEWHERE:
                    self.dropped += 1
                    self._on_moved()

    # --- there or away ---

    def _found(self, half: str) -> None:
        was_connected = self.connected
        self._up.add(half)
        if self.connected and not was_connected:
            log.info("bus.connected", extra={"server": self._address})
            self._on_change()

    def _lost(self, reason: str) -> None:
        was_connected = self.connected
        self._up.clear()
        if was_connected:
            BUS_LOST.inc()
            log.warning("bus.lost", extra={"server": self._address, "reason": reason})
            self._drop_outgoing()
            self._on_change()

    def _drop_outgoing(self) -> None:
        self.dropped += self._outgoing.qsize()
        while not self._outgoing.empty():
            self._outgoing.get_nowait()
