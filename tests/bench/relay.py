"""A bad network: a UDP relay that loses, delays and cuts off datagrams, by chance that is the same at each run.

    with Relay(("127.0.0.1", 40000), Trouble(loss=0.05, delay_s=0.02), seed=1) as relay:
        ...                                     # peers speak to 127.0.0.1:relay.port
        relay.is_out = True                     # nothing passes

It runs in a thread of its own. Each peer gets a socket of its own towards the server, which sees as many addresses.
"""

import asyncio
import random
import threading
from typing import Any, Self

from msgspec import Struct

Address = tuple[str, int]
READY_WITHIN_S = 10.0


class Trouble(Struct, frozen=True, kw_only=True):
    """What happens to datagrams, each way alike. `loss`: share that is lost, `burst` in a row; `delay_s`: one way.

    `rate_bps`: how much passes a second, None: all; `queue_bytes`: that wait to, more is dropped.
    """

    loss: float = 0.0
    burst: int = 1
    delay_s: float = 0.0
    rate_bps: float | None = None
    queue_bytes: int = 250_000


class _Way:
    """One direction."""

    def __init__(self, trouble: Trouble, seed: int) -> None:
        self._trouble = trouble
        self._chance = random.Random(seed)
        self._to_lose = 0
        self._free_s = 0.0  # when all that waits has passed
        self.queued_s: list[tuple[float, float]] = []  # (when, how long the datagram then waits)
        self.passed = 0
        self.lost = 0

    def loses(self) -> bool:
        """Whether the next datagram is lost."""
        if self._to_lose == 0 and self._chance.random() < self._trouble.loss / self._trouble.burst:
            self._to_lose = self._trouble.burst
        if self._to_lose:
            self._to_lose -= 1
            self.lost += 1
            return True
        self.passed += 1
        return False

    def wait_s(self, size: int, now_s: float) -> float | None:
        """How long a datagram of `size` bytes is on its way; None: the queue is full."""
        trouble = self._trouble
        if trouble.rate_bps is None:
            return trouble.delay_s
        queued_s = max(0.0, self._free_s - now_s)
        if queued_s * trouble.rate_bps / 8 + size > trouble.queue_bytes:
            self.lost += 1
            return None
        self._free_s = now_s + queued_s + size * 8 / trouble.rate_bps
        self.queued_s.append((now_s, queued_s))
        return self._free_s - now_s + trouble.delay_s


class _Peer(asyncio.DatagramProtocol):
    """The socket towards the server of one peer."""

    def __init__(self, relay: "MediaProxy", peer: Address) -> None:
        self._relay = relay
        self._peer = peer
        self.waiting: list[bytes] = []
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: Any) -> None:
        """The socket is there."""
        self.transport = transport
        for data in self.waiting:
            transport.sendto(data)

    def datagram_received(self, data: bytes, _address: Any) -> None:
        """From the server."""
        self._relay.down(data, self._peer)


class _Door(asyncio.DatagramProtocol):
    """The socket that peers speak to."""

    def __init__(self, relay: "MediaProxy") -> None:
        self._relay = relay

    def datagram_received(self, data: bytes, address: Any) -> None:
        """From a peer."""
        self._relay.up(data, address)


class MediaProxy:
    """See the module."""

    def __init__(self, server: Address, trouble: Trouble, *, seed: int) -> None:
        self._server = server
        self._trouble = trouble
        self.ways = {"up": _Way(trouble, seed), "down": _Way(trouble, seed + 1)}
        self.is_out = False
        self.port = 0
        self._peers: dict[Address, _Peer] = {}
        self._loop = asyncio.new_event_loop()
        self._door: asyncio.DatagramTransport | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._ready = threading.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(READY_WITHIN_S)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def up(self, data: bytes, peer: Address) -> None:
        """From a peer to the server."""
        if peer not in self._peers:
            made = self._peers[peer] = _Peer(self, peer)
            connecting = self._loop.create_datagram_endpoint(lambda: made, remote_addr=self._server)
            self._loop.create_task(connecting)
        known = self._peers[peer]
        self._pass(
            "up", len(data), lambda: known.transport.sendto(data) if known.transport else known.waiting.append(data)
        )

    def down(self, data: bytes, peer: Address) -> None:
        """From the server to a peer."""
        assert self._door is not None
        door = self._door
        self._pass("down", len(data), lambda: None if door.is_closing() else door.sendto(data, peer))

    def _pass(self, name: str, size: int, send: Any) -> None:
        way = self.ways[name]
        if self.is_out or way.loses():
            return
        wait_s = way.wait_s(size, self._loop.time())
        if wait_s:
            self._loop.call_later(wait_s, send)
        elif wait_s is not None:
            send()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        opening = self._loop.create_datagram_endpoint(lambda: _Door(self), local_addr=("127.0.0.1", 0))
        self._door, _ = self._loop.run_until_complete(opening)
        self.port = self._door.get_extra_info("sockname")[1]
        self._ready.set()
        self._loop.run_forever()
        for transport in (self._door, *(peer.transport for peer in self._peers.values())):
            if transport is not None:
                transport.abort()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()
