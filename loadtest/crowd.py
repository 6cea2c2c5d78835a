"""The crowd: many viewers of one room in one process, each checking what it is owed.

Every viewer follows the control log: a message missing, doubled or out of order is counted against the server, and there may
be none. Latencies come from the payload: a control message and a chat line carry the moment they were sent.
"""

import asyncio
import time
from collections import Counter

import msgspec

from livehub.room import wire
from loadtest.socket import CrowdSocket, connect

CONNECTING_AT_ONCE = 50
VIEWERS_PER_SOURCE = 20_000
CHAT_MARK = "sent at "  # a chat line says when it was sent, in Unix ms

_control = msgspec.json.Decoder(tuple[str, wire.Control])
_tick = msgspec.json.Decoder(tuple[str, wire.Tick])


class Tally:
    """What the crowd heard. Latencies in ms."""

    def __init__(self) -> None:
        self.frames = 0
        self.events = 0
        self.control_ms: list[float] = []
        self.chat_ms: list[float] = []
        self.faults: Counter[str] = Counter()
        self.notices: Counter[str] = Counter()


class Viewer:
    """One viewer: a socket and a place in the control log."""

    __slots__ = ("epoch", "offset", "socket", "tally", "token")

    def __init__(self, tally: Tally, token: str | None) -> None:
        self.tally = tally
        self.token = token
        self.epoch = ""
        self.offset = 0
        self.socket: CrowdSocket | None = None

    async def enter(self, host: str, port: int, room: str, source: str | None) -> None:
        """Connect and join; a returning viewer says where it stood and must be made whole."""
        self.socket = await connect(host, port, self.hear, token=self.token, source=source)
        since = {"epoch": self.epoch, "offset": self.offset} if self.epoch else None
        joined = await self.socket.call("join", {"room": room, "since": since})
        if not joined["ok"]:
            self.tally.faults["join refused"] += 1
            return
        if since is not None and not joined["recovered"]:
            self.tally.faults["not recovered"] += 1
        for missed in joined["missed"]:
            self._follow(missed["epoch"], missed["offset"])
        self.epoch, self.offset = joined["epoch"], joined["offset"]

    def hear(self, _socket: CrowdSocket, text: str) -> None:
        """An event came."""
        now_ms = time.time() * 1000
        self.tally.frames += 1
        if text.startswith('["control"'):
            control = _control.decode(text)[1]
            self.tally.events += 1
            self.tally.control_ms.append(now_ms - control.ts)
            self._follow(control.epoch, control.offset)
        elif text.startswith('["tick"'):
            tick = _tick.decode(text)[1]
            self.tally.events += 1 + len(tick.chats)
            for line in tick.chats:
                if line.text.startswith(CHAT_MARK):
                    self.tally.chat_ms.append(now_ms - float(line.text.removeprefix(CHAT_MARK)))
        else:
            self.tally.notices[text[:24]] += 1

    def _follow(self, epoch: str, offset: int) -> None:
        if self.epoch and epoch != self.epoch:
            self.tally.faults["foreign epoch"] += 1
        elif self.offset and offset <= self.offset:
            self.tally.faults["doubled or reordered"] += 1
        elif self.offset and offset != self.offset + 1:
            self.tally.faults["missing"] += offset - self.offset - 1
        self.offset = max(self.offset, offset)


class Crowd:
    """`size` viewers of `room`."""

    def __init__(self, host: str, port: int, room: str, size: int) -> None:
        self._host = host
        self._port = port
        self._room = room
        self.tally = Tally()
        self.viewers = [Viewer(self.tally, None) for _ in range(size)]

    async def enter(self) -> float:
        """All come in, CONNECTING_AT_ONCE at a time; the seconds that took."""
        started_s = time.monotonic()
        gate = asyncio.Semaphore(CONNECTING_AT_ONCE)

        async def one(index: int, viewer: Viewer) -> None:
            source = f"127.0.0.{2 + index // VIEWERS_PER_SOURCE}" if self._host == "127.0.0.1" else None
            async with gate:
                await viewer.enter(self._host, self._port, self._room, source)

        await asyncio.gather(*(one(index, viewer) for index, viewer in enumerate(self.viewers)))
        return time.monotonic() - started_s

    def cut(self) -> None:
        """Everybody's network is gone at once."""
        for viewer in self.viewers:
            if viewer.socket is not None:
                viewer.socket.cut()

    def behind(self, epoch: str, offset: int) -> int:
        """How many viewers do not stand at (`epoch`, `offset`)."""
        return sum((viewer.epoch, viewer.offset) != (epoch, offset) for viewer in self.viewers)
