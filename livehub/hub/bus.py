"""The bus between processes: Valkey pub/sub, never the truth. Messages here may be lost; nothing depends on their arrival.

One connection publishes, one listens. While Valkey is away what would be published is dropped (`publish` says so), and both
sides try again every `redis_retry_s`; `on_change()` tells that it went or came back (`connected`), so that
followers compare their heads with PostgreSQL. Payloads are msgpack between our own processes.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import redis.asyncio as redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from livehub.base.config import Config
from livehub.base.metrics import BUS_LOST

log = logging.getLogger("livehub.hub.bus")

OUTGOING_MAX = 10_000  # messages that wait for the connection; more than a second's worth means that it is stuck
HEARTBEAT_S = 1.0
_HEARTBEAT_CHANNEL = b"livehub:heartbeat"
AWAY = (RedisError, OSError, TimeoutError, asyncio.IncompleteReadError)

Receive = Callable[[str, bytes], None]


class Bus:
    """See the module."""

    def __init__(self, config: Config, *, receive: Receive, on_change: Callable[[], None]) -> None:
        self._config = config
        self._receive = receive
        self._on_change = on_change
        self._channels: set[str] = set()
        self._outgoing: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue(OUTGOING_MAX)
        self._tasks: list[asyncio.Task[None]] = []
        self._pubsub: PubSub | None = None
        self.connected = False
        self.dropped = 0

    def start(self) -> None:
        """Connect and stay connected, in the background."""
        self._tasks = [
            asyncio.create_task(self._forever(self._listen), name="bus listen"),
            asyncio.create_task(self._forever(self._send), name="bus send"),
        ]

    async def stop(self) -> None:
        """Hang up."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def publish(self, channel: str, payload: bytes) -> bool:
        """Send to every process that listens to `channel`; False when it was dropped."""
        if not self.connected or self._outgoing.full():
            self.dropped += 1
            return False
        self._outgoing.put_nowait((channel, payload))
        return True

    async def subscribe(self, channel: str) -> None:
        """Listen to `channel`, now if the bus is there, else as soon as it is back."""
        self._channels.add(channel)
        if self._pubsub is not None:
            try:
                await self._pubsub.subscribe(channel)
            except AWAY as error:  # the listening task meets the same, reconnects, and subscribes to all
                log.info("bus.subscribe_failed", extra={"channel": channel, "reason": repr(error)})

    async def unsubscribe(self, channel: str) -> None:
        """Stop listening to `channel`."""
        self._channels.discard(channel)
        if self._pubsub is not None:
            try:
                await self._pubsub.unsubscribe(channel)
            except AWAY as error:
                log.info("bus.unsubscribe_failed", extra={"channel": channel, "reason": repr(error)})

    def _client(self) -> redis.Redis:
        return redis.Redis.from_url(
            self._config.redis_url,
            socket_connect_timeout=self._config.redis_timeout_s,
            socket_timeout=None,
            health_check_interval=0,
        )

    async def _forever(self, work: Callable[[redis.Redis], Awaitable[None]]) -> None:
        while True:
            client = self._client()
            try:
                await work(client)
            except AWAY as error:
                self._lost(repr(error))
            finally:
                await client.aclose()
            await asyncio.sleep(self._config.redis_retry_s)

    async def _listen(self, client: redis.Redis) -> None:
        async with client.pubsub() as pubsub:
            try:
                await pubsub.subscribe(_HEARTBEAT_CHANNEL, *self._channels)
                self._pubsub = pubsub
                self._found()
                while True:
                    message = await pubsub.get_message(timeout=HEARTBEAT_S * 5)
                    if message is None:  # not even our own heartbeat came back: the line is dead
                        raise TimeoutError("no heartbeat on the bus")
                    if message["type"] == "message" and message["channel"] != _HEARTBEAT_CHANNEL:
                        self._receive(message["channel"].decode(), message["data"])
            finally:
                self._pubsub = None

    async def _send(self, client: redis.Redis) -> None:
        await client.ping()
        while True:
            batch = [await self._next()]
            while not self._outgoing.empty() and len(batch) < 256:
                batch.append(self._outgoing.get_nowait())
            async with asyncio.timeout(self._config.redis_timeout_s), client.pipeline(transaction=False) as pipeline:
                for channel, payload in batch:
                    pipeline.publish(channel, payload)
                await pipeline.execute()

    async def _next(self) -> tuple[str | bytes, bytes]:
        try:
            async with asyncio.timeout(HEARTBEAT_S):
                return await self._outgoing.get()
        except TimeoutError:
            return _HEARTBEAT_CHANNEL, b""

    def _found(self) -> None:
        if not self.connected:
            self.connected = True
            log.info("bus.connected")
            self._on_change()

    def _lost(self, reason: str) -> None:
        if self.connected:
            self.connected = False
            BUS_LOST.inc()
            log.warning("bus.lost", extra={"reason": reason})
            while not self._outgoing.empty():
                self._outgoing.get_nowait()
                self.dropped += 1
            self._on_change()
