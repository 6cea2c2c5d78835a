"""The bus between processes: Valkey pub/sub, never the truth. Messages here may be lost; nothing depends on their arrival.

What `publish` promises: at most once, to every process that is subscribed to the channel, this one included; in order per
channel and publisher while no connection is lost. Payloads are msgpack between our own processes (messages.py).

One server: one connection to it. A Cluster: one to each primary, and every channel on the one that owns its slot (SSUBSCRIBE,
SPUBLISH), so that traffic is spread over the nodes; the slots are asked for every few seconds, and at once when a node
says that one has moved. While a connection is away, what would be published there is dropped (`publish` says so), and the
others go on; it tries again every `redis_retry_s`. `on_change()` tells that a connection went or came back, or that channels
were moved, so that followers compare their heads with PostgreSQL.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable

from livehub.base.tasks import Tasks
from livehub.hub.broker.cluster_slots import Address, ClusterSlots, ask_slots
from livehub.hub.broker.redis_connection import CONNECTION_ERRORS, PubSubConnection, Receive
from livehub.hub.settings import HubConfig

log = logging.getLogger("livehub.hub.broker.broker")

LOOK_S = 5.0  # how late a moved slot may be noticed when nobody says so
LOOK_WHILE_AWAY_S = 1.0  # the same while a node is away, which others may be about to take over from
ASKED_MAX = 4  # servers asked for the slots in one look


class Broker:
    def __init__(self, config: HubConfig, *, receive: Receive, on_change: Callable[[], None]) -> None:
        self._config = config
        self._receive = receive
        self._on_change = on_change
        self._channels: set[str] = set()
        self._slots: ClusterSlots | None = None  # of a Cluster
        self._connections: dict[
            Address | None, PubSubConnection
        ] = {}  # None: the one server that is no part of a Cluster
        self._moved = asyncio.Event()
        self._tasks = Tasks()
        self._dropped = 0

    @property
    def connected(self) -> bool:
        """Whether every channel reaches everybody who listens to it."""
        connections = self._connections.values()
        return (
            bool(connections)
            and all(connection.connected and not connection.resubscribing for connection in connections)
            and self._covered()
        )

    @property
    def dropped(self) -> int:
        """Messages that were not sent."""
        return self._dropped + sum(connection.dropped for connection in self._connections.values())

    def start(self) -> None:
        """Connect and stay connected, in the background."""
        self._tasks.start("broker topology", self._watch)

    async def stop(self) -> None:
        await self._tasks.stop()
        await asyncio.gather(*(connection.stop() for connection in self._connections.values()))

    def publish(self, channel: str, payload: bytes) -> bool:
        """Send to every process that listens to `channel`; False when it was dropped."""
        connection = self._connection_of(channel)
        if connection is not None:
            return connection.publish(channel, payload)
        self._dropped += 1
        return False

    async def subscribe(self, *channels: str) -> bool:
        """Listen to `channels`, now if their servers are there, else as soon as they are back.

        Whether all of them are confirmed: what is published from now on comes here. Waits for that at most `redis_timeout_s`,
        and not at all for a server that is away.
        """
        self._channels.update(channels)
        await self._follow(channels)
        deadline_s = asyncio.get_running_loop().time() + self._config.redis_timeout_s
        return all([await self._confirmed(channel, deadline_s) for channel in channels])

    async def unsubscribe(self, *channels: str) -> None:
        self._channels.difference_update(channels)
        await self._follow(channels)

    async def _follow(self, channels: Iterable[str]) -> None:
        by_connection: dict[PubSubConnection, set[str]] = {}
        for channel in channels:
            connection = self._connection_of(channel)
            if connection is not None:
                by_connection.setdefault(connection, set()).add(channel)
                (connection.desired.add if channel in self._channels else connection.desired.discard)(channel)
        for connection, changed in by_connection.items():
            await connection.follow(changed)

    async def _confirmed(self, channel: str, deadline_s: float) -> bool:
        connection = self._connection_of(channel)
        left_s = deadline_s - asyncio.get_running_loop().time()
        return connection is not None and await connection.confirmed(channel, max(0.0, left_s))

    def _connection_of(self, channel: str) -> PubSubConnection | None:
        return self._connections.get(None if self._slots is None else self._slots.owner(channel))

    def _covered(self) -> bool:
        return self._slots is None or all(self._slots.owner(channel) is not None for channel in self._channels)

    # --- which servers there are ---

    async def _watch(self) -> None:
        """Until the one server is known or, in a Cluster, for ever."""
        while True:
            try:
                slots = await self._read_slots()
            except CONNECTION_ERRORS as error:
                log.info("bus.not_found", extra={"reason": repr(error)})
            else:
                await self._apply(slots)
                if slots is None:
                    return
            self._moved.clear()
            await asyncio.sleep(self._config.redis_retry_s)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S if self.connected else LOOK_WHILE_AWAY_S):
                    await self._moved.wait()

    async def _read_slots(self) -> ClusterSlots | None:
        """The slots, by the word of a server that we hear from if there is one. Raises what the last one raised."""
        known = sorted(self._connections, key=lambda address: not self._connections[address].connected)
        for address in known[: ASKED_MAX - 1]:
            with contextlib.suppress(*CONNECTION_ERRORS):
                slots = await ask_slots(self._config.redis_url, address, timeout_s=self._config.redis_timeout_s)
                if slots is not None and slots.owners:
                    return slots
        return await ask_slots(self._config.redis_url, None, timeout_s=self._config.redis_timeout_s)

    async def _apply(self, slots: ClusterSlots | None) -> None:
        """Have the connections that are needed, and each channel on its own. New ones first, so that little is lost."""
        owners: set[Address | None] = {None} if slots is None else {*slots.owners}
        moved = self._slots is not None and slots is not None and slots.ranges != self._slots.ranges
        for address in owners - self._connections.keys():
            self._connections[address] = self._connect(address)
        self._slots = slots
        for address, connection in self._connections.items():
            desired = {channel for channel in self._channels if slots is None or slots.owner(channel) == address}
            connection.resubscribing = connection.resubscribing or (moved and not desired <= connection.desired)
            connection.desired = desired
        for connection in list(self._connections.values()):
            await connection.reconcile()
        for address in self._connections.keys() - owners:
            connection = self._connections.pop(address)
            await connection.stop()
            self._dropped += connection.dropped

    def _connect(self, address: Address | None) -> PubSubConnection:
        connection = PubSubConnection(
            self._config,
            address,
            sharded=address is not None,
            receive=self._receive,
            on_change=self._on_change,
            on_moved=self._moved.set,
        )
        connection.start()
        return connection
