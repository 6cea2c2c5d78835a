"""Fan-out: one room's frames to the viewers in this process, in order, each encoded once.

Controls go before ticks, also in the middle of one, and those that wait together leave in one write; at most one tick waits
(a newer one is merged by the caller). A control goes to those who were here when it was enqueued, and have not joined anew
since: what joins later, or again, has it in the snapshot. After every `fanout_slice` writes the event loop has a turn, so that
a large room does not hold up what comes in.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable

from livehub.hub.connection import Connection
from livehub.hub.frames import Frame
from livehub.hub.sending import Deliver

TOGETHER_MAX = 64  # control messages in one write


class Fanout:
    """The outgoing side of one room. `deliveries` counts frames handed over in this process.

    `members`: how many controls had been enqueued when each viewer joined, the last time.
    """

    __slots__ = (
        "_controls",
        "_deliver_to",
        "_enqueued",
        "_slice",
        "_task",
        "_tick",
        "_ticked",
        "_wake",
        "deliveries",
        "members",
    )

    def __init__(self, slice_size: int, deliver: Deliver, ticked: Callable[[float], None]) -> None:
        """`ticked(s)`: a tick has been handed over, which kept the event loop for `s` seconds."""
        self._deliver_to = deliver
        self._ticked = ticked
        self.members: dict[Connection, int] = {}
        self.deliveries = 0
        self._enqueued = 0
        self._slice = slice_size
        self._controls: deque[Frame] = deque()
        self._tick: Callable[[], Iterable[tuple[Frame, tuple[Connection, ...]]]] | None = None
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self, name: str) -> None:
        """Begin to deliver."""
        self._task = asyncio.create_task(self._deliver(), name=f"fanout {name}")

    def stop(self) -> None:
        """Deliver no more."""
        if self._task is not None:
            self._task.cancel()

    def enter(self, connection: Connection) -> None:
        """A viewer joined, or joined again: gets what is enqueued from now on."""
        self.members[connection] = self._enqueued

    def control(self, frame: Frame) -> None:
        """To everybody who is here now, never shed."""
        self._enqueued += 1
        self._controls.append(frame)
        self._wake.set()

    def tick(self, frames: Callable[[], Iterable[tuple[Frame, tuple[Connection, ...]]]]) -> None:
        """Ask `frames` for what to tell when its turn comes; called once, as late as possible."""
        self._tick = frames
        self._wake.set()

    @property
    def idle(self) -> bool:
        """Whether nothing waits."""
        return not self._controls and self._tick is None

    async def _deliver(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while not self.idle:
                await self._deliver_controls()
                if self._tick is not None:
                    make, self._tick = self._tick, None
                    started_s = time.perf_counter()
                    frames = make()
                    spent_s = time.perf_counter() - started_s
                    for frame, members in frames:
                        spent_s += await self._write_tick(frame, members)
                    self._ticked(spent_s)

    async def _write_tick(self, frame: Frame, members: tuple[Connection, ...]) -> float:
        """The seconds that it kept the event loop."""
        spent_s = 0.0
        for start in range(0, len(members), self._slice):
            if start:
                await asyncio.sleep(0)
                await self._deliver_controls()
            started_s = time.perf_counter()
            here = [c for c in members[start : start + self._slice] if c in self.members]
            self.deliveries += self._deliver_to(here, frame, droppable=True)
            spent_s += time.perf_counter() - started_s
        return spent_s

    async def _deliver_controls(self) -> None:
        while self._controls:
            first = self._enqueued - len(self._controls) + 1
            batch = [self._controls.popleft() for _ in range(min(TOGETHER_MAX, len(self._controls)))]
            await self._write_controls(batch, first)

    async def _write_controls(self, batch: list[Frame], first: int) -> None:
        """`first`: the number of the first of them."""
        last, together = first + len(batch) - 1, batch[0].followed_by(*batch[1:])
        members = tuple(self.members)
        for start in range(0, len(members), self._slice):
            if start:
                await asyncio.sleep(0)
            # Those who left are not in `members` any more; those who came, or came back, since stand at its number.
            joined = [(c, self.members.get(c, last)) for c in members[start : start + self._slice]]
            all_of_it = [c for c, number in joined if number < first]
            self.deliveries += self._deliver_to(all_of_it, together, droppable=False) * len(batch)
            for connection, number in joined:
                if first <= number < last:
                    rest = batch[number - first + 1 :]
                    self.deliveries += connection.send(rest[0].followed_by(*rest[1:])) * len(rest)
