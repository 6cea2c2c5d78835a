"""The bus between processes: Valkey pub/sub, never the truth. Messages here may be lost; nothing depends on their arrival.

One server: one line to it. A Cluster: a line to each primary, and every channel on the one that owns its slot (SSUBSCRIBE,
SPUBLISH), so that traffic is spread over the nodes; the slots are asked for every few seconds, and at once when a node
says that one has moved. While a line is away what would be published there is dropped (`publish` says so), the others go
on; it tries again every `redis_retry_s`. `on_change()` tells that a line went or came back, or that channels were moved, so
that followers compare their heads with PostgreSQL. Payloads are msgpack between our own processes.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable

from livehub.base.config import Config
from livehub.hub.busline import AWAY, Line, Receive
from livehub.hub.shards import Address, Shards, ask_shards

log = logging.getLogger("livehub.hub.bus")

LOOK_S = 5.0  # how late a moved slot may be noticed when nobody says so
LOOK_UNSETTLED_S = 1.0  # the same while a node is away, which others may be about to take over from
ASKED_MAX = 4  # servers asked for the slots in one look


class Bus:
    """See the module."""

    def __init__(self, config: Config, *, receive: Receive, on_change: Callable[[], None]) -> None:
        self._config = config
        self._receive = receive
        self._on_change = on_change
        self._channels: set[str] = set()
        self._shards: Shards | None = None  # of a Cluster
        self._lines: dict[Address | None, Line] = {}  # None: the one server that is no part of a Cluster
        self._moved = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._dropped = 0

    @property
    def connected(self) -> bool:
        """Whether every channel reaches everybody who listens to it."""
        lines = self._lines.values()
        return bool(lines) and all(line.connected and not line.unsettled for line in lines) and self._covered()

    @property
    def dropped(self) -> int:
        """Messages that were not sent."""
        return self._dropped + sum(line.dropped for line in self._lines.values())

    def start(self) -> None:
        """Connect and stay connected, in the background."""
        self._task = asyncio.create_task(self._watch(), name="bus watch")

    async def stop(self) -> None:
        """Hang up."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await asyncio.gather(*(line.stop() for line in self._lines.values()))

    def publish(self, channel: str, payload: bytes) -> bool:
        """Send to every process that listens to `channel`; False when it was dropped."""
        line = self._line_of(channel)
        if line is not None:
            return line.publish(channel, payload)
        self._dropped += 1
        return False

    async def subscribe(self, channel: str) -> None:
        """Listen to `channel`, now if its server is there, else as soon as it is back."""
        self._channels.add(channel)
        line = self._line_of(channel)
        if line is not None:
            line.wanted.add(channel)
            await line.settle()

    async def unsubscribe(self, channel: str) -> None:
        """Stop listening to `channel`."""
        self._channels.discard(channel)
        line = self._line_of(channel)
        if line is not None:
            line.wanted.discard(channel)
            await line.settle()

    def _line_of(self, channel: str) -> Line | None:
        return self._lines.get(None if self._shards is None else self._shards.owner(channel))

    def _covered(self) -> bool:
        return self._shards is None or all(self._shards.owner(channel) is not None for channel in self._channels)

    # --- which servers there are ---

    async def _watch(self) -> None:
        """Until the one server is known or, in a Cluster, for ever."""
        while True:
            try:
                shards = await self._look()
            except AWAY as error:
                log.info("bus.not_found", extra={"reason": repr(error)})
            else:
                await self._take(shards)
                if shards is None:
                    return
            self._moved.clear()
            await asyncio.sleep(self._config.redis_retry_s)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S if self.connected else LOOK_UNSETTLED_S):
                    await self._moved.wait()

    async def _look(self) -> Shards | None:
        """The slots, by the word of a server that we hear from if there is one. Raises what the last one raised."""
        known = sorted(self._lines, key=lambda address: not self._lines[address].connected)
        for address in known[: ASKED_MAX - 1]:
            with contextlib.suppress(*AWAY):
                shards = await ask_shards(self._config.redis_url, address, timeout_s=self._config.redis_timeout_s)
                if shards is not None and shards.owners:
                    return shards
        return await ask_shards(self._config.redis_url, None, timeout_s=self._config.redis_timeout_s)

    async def _take(self, shards: Shards | None) -> None:
        """Have the lines that are needed, and each channel on its own; new ones first, so that as little as can be is lost."""
        owners: set[Address | None] = {None} if shards is None else {*shards.owners}
        moved = self._shards is not None and shards is not None and shards.ranges != self._shards.ranges
        for address in owners - self._lines.keys():
            self._lines[address] = self._line(address)
        self._shards = shards
        for address, line in self._lines.items():
            wanted = {channel for channel in self._channels if shards is None or shards.owner(channel) == address}
            line.unsettled = line.unsettled or (moved and not wanted <= line.wanted)
            line.wanted = wanted
        for line in list(self._lines.values()):
            await line.settle()
        for address in self._lines.keys() - owners:
            line = self._lines.pop(address)
            await line.stop()
            self._dropped += line.dropped

    def _line(self, address: Address | None) -> Line:
        line = Line(
            self._config,
            address,
            sharded=address is not None,
            receive=self._receive,
            on_change=self._on_change,
            on_moved=self._moved.set,
        )
        line.start()
        return line
