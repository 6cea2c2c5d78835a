"""The bus to one Valkey server: a connection that publishes, one that listens, each made anew when lost.

redis-py's own PubSub and ClusterPubSub were read and not taken. Both connect again by themselves, so that a gap in what was
heard goes unnoticed, and notice a server that hangs by no bound; ClusterPubSub polls all nodes from one loop, where a quiet
one delays the others, and looks for a moved slot only when some command of its client was refused. Connections, parsing,
signing in and TLS are the library's.

**What is subscribed to** follows `desired`, whatever happens: by `reconcile`, when a connection is new, and again by whoever
is told that a slot has moved (`on_moved`). Valkey answers a connection's commands in order, but a refused SUBSCRIBE (the slot
is another node's, the Cluster is down) is answered by an error that names no channel. So a numbered PING follows every batch of
subscriptions, and each channel remembers the number of its own:

    SUBSCRIBE a, SUBSCRIBE b, PING 7    _pending = {a: 7, b: 7}
    subscribe a                         _pending = {b: 7}, _confirmed = {a}
    pong 7                              whatever is pending at 7 or before was refused

(`_on_pong`.) What was refused is forgotten, so that the next `reconcile` asks again, at the node that owns the slot by then.
The server also unsubscribes by itself, when a slot moves away; that is told from the answer to our own UNSUBSCRIBE, which
may come after the next SUBSCRIBE to the same channel was sent, by counting our own (`_leaving`). While anything was refused
or moved, messages may have been missed: `resubscribing` is true until all that is desired is confirmed; then comes `on_change`.

**Whether it works** is `connected`: both connections have answered a PING, and neither has failed since. The listening one must
answer a PING within HEARTBEATS_MISSED_MAX seconds; each batch that is published is answered command by command. Any exception,
of the library or of ours, ends both connections (where one was cut, the other may not have noticed), is logged, and they begin
again; nothing but `stop` ends that. An exception of `receive` is the message's defect: counted, and over.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import AskError, ClusterDownError, RedisError, TryAgainError

from livehub.base.logs import Occasional
from livehub.base.metrics import BUS_LOST, FOREIGN_MESSAGES
from livehub.base.tasks import Tasks, end_all
from livehub.hub.broker.cluster_slots import Address, connection_to
from livehub.hub.settings import HubConfig

log = logging.getLogger("livehub.hub.broker.broker")
_occasional = Occasional(log)

OUTGOING_MAX = 10_000  # messages that wait for the connection; more than a second's worth means that it is stuck
BATCH_MAX = 256
HEARTBEAT_S = 1.0
HEARTBEATS_MISSED_MAX = 5
CONNECTION_ERRORS = (RedisError, OSError, TimeoutError, asyncio.IncompleteReadError)
MOVED_ERRORS = (AskError, ClusterDownError, TryAgainError)  # MovedError is an AskError

Receive = Callable[[str, bytes], None]
Command = tuple[str | bytes, ...]


class PubSubConnection:
    """`sharded`: the server is a Cluster's, and each channel lives on the node that owns its slot."""

    def __init__(
        self,
        config: HubConfig,
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
        self._asked: set[str] = set()  # subscribed to, or about to be: pending or confirmed
        self._pending: dict[str, int] = {}  # channel: the number of the PING that follows
        self._confirmed: set[str] = set()
        self._unconfirmed: dict[str, asyncio.Event] = {}  # channels that somebody waits for
        self._leaving: Counter[str] = Counter()  # our UNSUBSCRIBEs that are not answered yet
        self._pings = 0
        self._listening: AbstractConnection | None = None
        self._up: set[str] = set()
        self._tasks = Tasks()
        self._is_stopping = False
        self.desired: set[str] = set()
        self.resubscribing = False
        self.dropped = 0

    @property
    def connected(self) -> bool:
        return len(self._up) == 2

    def start(self) -> None:
        """Connect and stay connected, in the background."""
        self._tasks.start("broker connection", self._connect_forever)

    async def stop(self) -> None:
        self._is_stopping = True
        await self._tasks.stop()
        self._drop_outgoing()

    def publish(self, channel: str, payload: bytes) -> bool:
        """Send to every process that listens to `channel`; False when it was dropped."""
        if len(self._up) != 2 or self._outgoing.full():
            self.dropped += 1
            return False
        self._outgoing.put_nowait((f"{self._s}PUBLISH", channel, payload))
        return True

    async def reconcile(self) -> None:
        """Listen to what is `desired` and to nothing else, now if the server is there, else as soon as it is back."""
        await self._ask(self.desired - self._asked, self._asked - self.desired)

    async def follow(self, channels: set[str]) -> None:
        """The same for these channels alone, of which some have become desired or are so no more."""
        await self._ask((channels & self.desired) - self._asked, (channels - self.desired) & self._asked)

    async def confirmed(self, channel: str, within_s: float) -> bool:
        """Whether the server says that it has subscribed us to `channel`; at once False while it is away."""
        if channel not in self._confirmed and self._listening is not None:
            event = self._unconfirmed.setdefault(channel, asyncio.Event())
            try:
                async with asyncio.timeout(within_s):
                    await event.wait()
            except TimeoutError:
                pass
            finally:
                self._unconfirmed.pop(channel, None)
        return channel in self._confirmed

    async def _ask(self, missing: set[str], surplus: set[str]) -> None:
        connection = self._listening
        if connection is None or not connection.is_connected:
            return
        commands: list[Command] = [(f"{self._s}SUBSCRIBE", channel) for channel in sorted(missing)]
        commands += [(f"{self._s}UNSUBSCRIBE", channel) for channel in sorted(surplus)]
        ping = self._ping()
        self._asked.update(missing)
        self._asked.difference_update(surplus)
        self._confirmed.difference_update(surplus)
        self._pending |= dict.fromkeys(missing, self._pings)
        self._leaving.update(surplus)
        for channel in surplus:
            self._pending.pop(channel, None)
        try:
            await connection.send_packed_command(connection.pack_commands([*commands, ping]))
        except CONNECTION_ERRORS as error:  # the listening task meets the same, connects anew, and subscribes to all
            log.info("bus.reconcile_failed", extra={"reason": repr(error)})

    def _ping(self) -> Command:
        self._pings += 1
        return ("PING", str(self._pings))

    async def _connect_forever(self) -> None:
        try:
            while True:
                await self._connect()
                await asyncio.sleep(self._config.redis_retry_s)
        finally:
            self._mark_down("ended")

    async def _connect(self) -> None:
        """Both connections, until one of them ends, and with it the other."""
        create_task = asyncio.get_running_loop().create_task
        halves = [
            create_task(self._on_connection(self._listen), name="bus listen"),
            create_task(self._on_connection(self._send), name="bus send"),
        ]
        try:
            await asyncio.wait(halves, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await end_all(halves)
        for error in [half.exception() for half in halves if not half.cancelled()]:
            if error is not None and not isinstance(error, CONNECTION_ERRORS):
                _occasional.error("bus.defect", type(error).__name__, extra={}, exc_info=error)
            self._mark_down(repr(error))

    async def _on_connection(self, work: Callable[[AbstractConnection], Awaitable[None]]) -> None:
        connection = connection_to(self._config.redis_url, self._address, timeout_s=self._config.redis_timeout_s)
        try:
            await connection.connect()  # type: ignore[no-untyped-call]
            await work(connection)
        finally:
            await connection.disconnect(nowait=True)

    # --- listening ---

    async def _listen(self, connection: AbstractConnection) -> None:
        self._asked, self._pending, self._confirmed, self._leaving = set(), {}, set(), Counter()
        self._listening = connection
        try:
            await self.reconcile()
            missed = 0
            while missed < HEARTBEATS_MISSED_MAX:
                reply = await self._read(connection)
                if reply is not None:
                    missed = 0
                    self._handle_reply(reply)
                    continue
                missed += 1  # and what a live server would answer, even if nobody has anything to say:
                await connection.send_command(*self._ping())
            raise TimeoutError("no heartbeat on the bus")
        finally:
            self._listening = None
            self._confirmed = set()
            self._release(*self._unconfirmed)

    @staticmethod
    async def _read(connection: AbstractConnection) -> list[bytes] | None:
        """The next message; None when none came for HEARTBEAT_S. A subscription that was refused counts as answered."""
        try:
            reply = await connection.read_response(timeout=HEARTBEAT_S, disconnect_on_error=False)
        except MOVED_ERRORS:
            return [b"refused"]
        return [b"pong", reply] if isinstance(reply, bytes) else reply  # it comes bare while nothing is subscribed to

    def _handle_reply(self, reply: list[bytes]) -> None:
        kind = reply[0].removeprefix(b"s") if self._s else reply[0]
        if kind == b"message":
            self._handle_message(reply[1], reply[2])
        elif reply[0] == b"pong":
            self._on_pong(int(reply[1]))
        elif reply[0] == b"refused":
            self._on_moved()
        elif reply[0].endswith(b"unsubscribe"):
            self._on_unsubscribed(reply[1].decode())
        elif reply[0].endswith(b"subscribe"):
            self._on_subscribed(reply[1].decode())

    def _handle_message(self, channel: bytes, payload: bytes) -> None:
        try:
            self._receive(channel.decode(), payload)
        except Exception as error:  # noqa: BLE001
            FOREIGN_MESSAGES.inc()
            name = channel.decode(errors="replace")
            _occasional.warning("bus.foreign_message", name, extra={"channel": name}, exc_info=error)

    def _on_subscribed(self, channel: str) -> None:
        self._pending.pop(channel, None)
        self._confirmed.add(channel)
        self._release(channel)

    def _on_unsubscribed(self, channel: str) -> None:
        """The answer to our own word or, for a channel that we want, the server's: the slot is another node's now."""
        self._confirmed.discard(channel)
        if self._leaving[channel]:
            self._leaving[channel] -= 1
            if not self._leaving[channel]:
                del self._leaving[channel]
        elif channel in self.desired:
            self._asked.discard(channel)
            self._pending.pop(channel, None)
            self.resubscribing = True
            self._on_moved()

    def _on_pong(self, ping: int) -> None:
        """All that was asked before this PING was answered; what was refused is to be asked again."""
        refused = [channel for channel, asked_at in self._pending.items() if asked_at <= ping]
        for channel in refused:
            del self._pending[channel]
            self._asked.discard(channel)
        self._release(*refused)
        if refused:
            self.resubscribing = True
            self._on_moved()
        self._mark_up("listen")
        if self.resubscribing and self.desired <= self._confirmed:
            self.resubscribing = False
            self._on_change()

    def _release(self, *channels: str) -> None:
        for channel in channels:
            if (event := self._unconfirmed.get(channel)) is not None:
                event.set()

    # --- publishing ---

    async def _send(self, connection: AbstractConnection) -> None:
        await self._send_batch(connection, [("PING",)])
        self._mark_up("send")
        while True:
            await self._send_batch(connection, await self._next_batch())

    async def _next_batch(self) -> list[Command]:
        try:
            async with asyncio.timeout(HEARTBEAT_S):
                batch = [await self._outgoing.get()]
        except TimeoutError:
            return [("PING",)]
        while not self._outgoing.empty() and len(batch) < BATCH_MAX:
            batch.append(self._outgoing.get_nowait())
        return batch

    async def _send_batch(self, connection: AbstractConnection, commands: list[Command]) -> None:
        """Send, and read every answer. A message for a slot that moved is lost, as any on the bus may be."""
        async with asyncio.timeout(self._config.redis_timeout_s):
            await connection.send_packed_command(connection.pack_commands(commands))
            for _ in commands:
                try:
                    await connection.read_response()
                except MOVED_ERRORS:
                    self.dropped += 1
                    self._on_moved()

    # --- there or away ---

    def _mark_up(self, half: str) -> None:
        was_connected = self.connected
        self._up.add(half)
        if self.connected and not was_connected:
            log.info("bus.connected", extra={"server": self._address})
            self._on_change()

    def _mark_down(self, reason: str) -> None:
        was_connected = self.connected
        self._up.clear()
        if was_connected and not self._is_stopping:
            BUS_LOST.inc()
            log.warning("bus.lost", extra={"server": self._address, "reason": reason})
            self._drop_outgoing()
            self._on_change()

    def _drop_outgoing(self) -> None:
        self.dropped += self._outgoing.qsize()
        while not self._outgoing.empty():
            self._outgoing.get_nowait()
