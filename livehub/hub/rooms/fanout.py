"""Fan-out: one room's frames to the viewers in this process, in order, each encoded once.

What a viewer has not got yet is a number, not a queue. Control frames are numbered as they come; `_controls` holds the last
ones of them, and `members[viewer]` is the number of the last one that this viewer has (at a join: of the last that the snapshot
contains). So

    pending for one    _controls from members[viewer] + 1 on
    kept               _controls from min(members.values()) + 1 on

A round (`_broadcast_once`) goes through the roster in slices. When its turn comes, a slice gets in one write all that it is
pending *by then*, and the tick: a message that comes in the middle of a round costs the rest of the roster no second write, and
those who had their turn before get it in the next round. Within a slice viewers who stand at the same number share one frame
(nearly always all of them do). After every slice of `fanout_slice` the event loop has a turn, so that a large room does not
hold up what comes in; members may come and go in that turn, so a slice is looked up again before it is written.

At most one tick waits; a newer one takes its place, since its maker has not been asked yet. Ticks may be skipped for a slow
viewer, control messages never: one who cannot take them is cut off by the connection, and recovers at its next join.

A defect costs what it touches. A tick that cannot be made is dropped. A write that raises is tried viewer by viewer; one for
whom a control message cannot be written is cut off, since nothing may be missing in the middle.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterable

from livehub.base.tasks import Tasks
from livehub.hub.rooms import defects
from livehub.hub.rooms.bulk_writer import Outbound, SendFn, one_by_one
from livehub.hub.sockets.close_codes import CloseCode
from livehub.hub.sockets.connection import Connection
from livehub.hub.sockets.frames import Frame

TOGETHER_MAX = 64  # control messages in one write

Tick = tuple[Frame, Iterable[tuple[Frame, Connection]]]


class Fanout:
    """The outgoing side of one room. `deliveries` counts messages handed over in this process."""

    __slots__ = (
        "_controls",
        "_deliver_to",
        "_enqueued",
        "_on_tick_sent",
        "_piggyback_tick",
        "_room",
        "_slice",
        "_tasks",
        "_tick",
        "_wake",
        "deliveries",
        "members",
    )

    def __init__(
        self,
        slice_size: int,
        deliver: SendFn,
        on_tick_sent: Callable[[float], None],
        piggyback_tick: Callable[[], Tick | None] = lambda: None,
    ) -> None:
        """`on_tick_sent(s)`: a tick has been handed over, which kept the event loop for `s` seconds.

        `piggyback_tick()`: what a tick would tell now, for a round that control messages make anyway; None: nothing yet.
        """
        self._piggyback_tick = piggyback_tick
        self._deliver_to = deliver
        self._on_tick_sent = on_tick_sent
        self.members: dict[Connection, int] = {}
        self.deliveries = 0
        self._room = ""
        self._enqueued = 0
        self._slice = slice_size
        self._controls: list[Frame] = []  # the last ones of those enqueued, which not everybody has yet
        self._tick: Callable[[], Tick | None] | None = None
        self._wake = asyncio.Event()
        self._tasks = Tasks()

    def start(self, room: str) -> None:
        self._room = room
        self._tasks.start("room fan-out", self._deliver_forever, of=room)

    def stop(self) -> None:
        self._tasks.cancel()

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
        return not self._controls and self._tick is None

    async def _deliver_forever(self) -> None:
        self._wake.set()  # begun again, it goes on with what waits
        while True:
            await self._wake.wait()
            self._wake.clear()
            while not self.idle:
                make, self._tick = self._tick, None
                started_s = time.perf_counter()
                tick = self._made(make or self._piggyback_tick)
                spent_s = time.perf_counter() - started_s
                spent_s += await self._flush(tick[0] if tick is not None else None)
                for frame, connection in tick[1] if tick is not None else ():
                    if connection in self.members:
                        self.deliveries += self._write_each((connection,), Outbound(None, frame))
                if make is not None:
                    self._on_tick_sent(spent_s)

    def _made(self, make: Callable[[], Tick | None]) -> Tick | None:
        try:
            return make()
        except Exception as error:  # noqa: BLE001
            defects.report("tick", self._room, error)
            return None

    async def _flush(self, tick: Frame | None) -> float:
        """Everybody gets what is pending, those in whose slice something is left in the end included. The seconds spent."""
        if tick is None and not self._controls:
            return 0.0  # a tick that had nothing to tell
        spent_s = await self._broadcast_once(tick)
        self._forget()
        while self._controls and self._tick is None:  # else the next tick takes them along
            spent_s += await self._broadcast_once(None)
            self._forget()
        return spent_s

    def _forget(self) -> None:
        """The controls that everybody has."""
        if not self._controls:
            return
        behind = self._enqueued - min(self.members.values(), default=self._enqueued)
        del self._controls[: len(self._controls) - behind]

    async def _broadcast_once(self, tick: Frame | None) -> float:
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
                self._send(here, Outbound(None, tick))
            return
        standing: defaultdict[int, list[Connection]] = defaultdict(list)
        for connection in members:
            number = self.members.get(connection)
            if number is not None:  # else they left
                standing[number].append(connection)
        oldest = self._enqueued - len(self._controls)
        for number, connections in standing.items():
            pending = self._controls[number - oldest :][:TOGETHER_MAX] if number < self._enqueued else []
            if pending or tick is not None:
                if pending:  # first: whoever is cut off by the write is a member no more
                    self.members.update(dict.fromkeys(connections, number + len(pending)))
                self._send(connections, Outbound(pending[0].concat(*pending[1:]) if pending else None, tick))

    def _send(self, connections: list[Connection], outbound: Outbound) -> None:
        try:
            self.deliveries += self._deliver_to(connections, outbound)
        except Exception as error:  # noqa: BLE001
            defects.report("write", self._room, error)
            self.deliveries += self._write_each(connections, outbound)

    def _write_each(self, connections: Iterable[Connection], outbound: Outbound) -> int:
        taken = 0
        for connection in connections:
            try:
                taken += one_by_one((connection,), outbound)
            except Exception as error:  # noqa: BLE001
                defects.report("write", self._room, error)
                if outbound.reliable is not None:
                    self.members.pop(connection, None)
                    connection.close(CloseCode.SLOW_CONSUMER)  # it joins again with its last position
        return taken
