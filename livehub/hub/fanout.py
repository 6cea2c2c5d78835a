"""Fan-out: one room's frames to the viewers in this process, in order, each encoded once.

The roster is gone through in slices; when its turn comes, a slice gets in one write all that it is owed by then: control
messages that came meanwhile, and the tick. So a message that comes in the middle costs the rest of the roster no second write,
and who had their turn before get it next. After every slice of `fanout_slice` the event loop has a turn, so that a large room
does not hold up what comes in. At most one tick waits (a newer one is merged by the caller).
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterable

from livehub.hub.connection import Connection
from livehub.hub.frames import Frame
from livehub.hub.sending import Deliver, Parcel

TOGETHER_MAX = 64  # control messages in one write

Tick = tuple[Frame, Iterable[tuple[Frame, Connection]]]


class Fanout:
    """The outgoing side of one room. `deliveries` counts messages handed over in this process.

    `members`: the number of the last control message that each viewer has; at a join, from the snapshot.
    """

    __slots__ = (
        "_along",
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

    def __init__(
        self,
        slice_size: int,
        deliver: Deliver,
        ticked: Callable[[float], None],
        along: Callable[[], Tick | None] = lambda: None,
    ) -> None:
        """`ticked(s)`: a tick has been handed over, which kept the event loop for `s` seconds.

        `along()`: what a tick would tell now, for a round that control messages make anyway; None: nothing, or it is too early.
        """
        self._along = along
        self._deliver_to = deliver
        self._ticked = ticked
        self.members: dict[Connection, int] = {}
        self.deliveries = 0
        self._enqueued = 0
        self._slice = slice_size
        self._controls: list[Frame] = []  # the last ones of those enqueued, which not everybody has yet
        self._tick: Callable[[], Tick | None] | None = None
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

    def tick(self, make: Callable[[], Tick | None]) -> None:
        """Ask `make` as late as possible what to tell: (to everybody, to some alone), or None."""
        self._tick = make
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
                make, self._tick = self._tick, None
                started_s = time.perf_counter()
                tick = make() if make is not None else self._along()
                spent_s = time.perf_counter() - started_s
                spent_s += await self._round(tick[0] if tick is not None else None)
                for frame, connection in tick[1] if tick is not None else ():
                    self.deliveries += connection in self.members and connection.send(frame, droppable=True)
                if make is not None:
                    self._ticked(spent_s)

    async def _round(self, tick: Frame | None) -> float:
        """Everybody gets what they are owed, those in whose slice something is left in the end included. The seconds spent."""
        if tick is None and not self._controls:
            return 0.0  # a tick that had nothing to tell
        spent_s = await self._pass(tick)
        self._forget()
        while self._controls and self._tick is None:  # else the next tick takes them along
            spent_s += await self._pass(None)
            self._forget()
        return spent_s

    def _forget(self) -> None:
        """The controls that everybody has."""
        if not self._controls:
            return
        behind = self._enqueued - min(self.members.values(), default=self._enqueued)
        del self._controls[: len(self._controls) - behind]

    async def _pass(self, tick: Frame | None) -> float:
        members = tuple(self.members)
        spent_s = 0.0
        for start in range(0, len(members), self._slice):
            if start:
                await asyncio.sleep(0)
            started_s = time.perf_counter()
            self._write(members[start : start + self._slice], tick)
            spent_s += time.perf_counter() - started_s
        return spent_s

    def _write(self, members: tuple[Connection, ...], tick: Frame | None) -> None:
        if not self._controls:
            if tick is not None:
                here = [connection for connection in members if connection in self.members]
                self.deliveries += self._deliver_to(here, Parcel(None, tick))
            return
        standing: defaultdict[int, list[Connection]] = defaultdict(list)
        for connection in members:
            number = self.members.get(connection)
            if number is not None:  # else they left
                standing[number].append(connection)
        oldest = self._enqueued - len(self._controls)
        for number, connections in standing.items():
            owed = self._controls[number - oldest :][:TOGETHER_MAX] if number < self._enqueued else []
            if owed or tick is not None:
                controls = owed[0].followed_by(*owed[1:]) if owed else None
                self.deliveries += self._deliver_to(connections, Parcel(controls, tick))
                if owed:
                    self.members.update(dict.fromkeys(connections, number + len(owed)))
