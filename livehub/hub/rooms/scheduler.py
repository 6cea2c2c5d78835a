"""When a room tells what has gathered: viewers here at the pace this process can keep, other processes a little more often.

A room owes two things. Each has an earliest moment, and each is independent of the other:

    to_tell   the delta for other processes     `_told_s` + least pause
    to_show   the tick for the viewers here     `_shown_s` + `pace.interval_s` (room/pace.py: longer under load)

What other processes should hear does not wait for the longer of the two, or a line would wait in two places. `wake()` makes
both due. A lone line in a quiet room finds both moments past and leaves in the next turn of the loop; under load ticks
become fewer and larger. When nobody wakes the room for `presence_interval_s`, a tick is due all the same (viewers of
silent processes have to fade), and the loop looks whether the presence of viewers here is due to be told again.

The tick itself is made by the fan-out, as late as possible (`fanout.tick(make)`), so that what comes while an earlier round is
still under way is in it. When a control message makes a round through all viewers before the tick is due, it takes the
tick's contents along (`piggyback_tick`): `_shown_s` moves on, and the tick that was due is later or not needed.

Whatever raises here costs the room that one delta or tick: lines in it are lost to viewers here or there (they are stored by
then, or wait to be), the next one leaves as if nothing had been.
"""

import asyncio
from collections.abc import Callable

from livehub.base.tasks import Tasks
from livehub.hub.rooms import defects
from livehub.hub.rooms.fanout import Tick
from livehub.room.pace import TickRateController

EARLY_S = 0.001  # that a timer may be, without another one for the rest
BUSY_WITHIN = 1.5  # intervals: a room whose tick came so soon after its last has something to tell at every one
LONG_AGO_S = -1e9


class RoomScheduler:
    """Of one room. `tell()` publishes what is new and says whether it was anything; `make()` is the tick, or None."""

    __slots__ = (
        "_busy",
        "_idle_s",
        "_least_s",
        "_make",
        "_pace",
        "_room",
        "_show",
        "_shown_s",
        "_tasks",
        "_tell",
        "_told_s",
        "_wake",
    )

    def __init__(
        self,
        room: str,
        pace: TickRateController,
        *,
        least_s: float,
        idle_s: float,
        tell: Callable[[], bool],
        make: Callable[[], Tick | None],
    ) -> None:
        self._room = room
        self._pace = pace
        self._least_s = least_s
        self._idle_s = idle_s
        self._tell = tell
        self._make = make
        self._show: Callable[[Callable[[], Tick | None]], None] = lambda _make: None
        self._wake = asyncio.Event()
        self._busy = False
        self._shown_s = self._told_s = LONG_AGO_S  # by the loop's clock
        self._tasks = Tasks()

    def start(self, show: Callable[[Callable[[], Tick | None]], None]) -> None:
        """Let the room tick; `show(make)` is the fan-out's."""
        self._show = show
        self._tasks.start("room ticks", self._tick_forever, of=self._room)

    def stop(self) -> None:
        self._tasks.cancel()
        self._pace.closed(self._room)

    def wake(self) -> None:
        """Something waits for the next tick."""
        self._wake.set()

    def on_tick_sent(self, spent_s: float) -> None:
        """A tick was handed over, which kept the event loop for `spent_s`."""
        self._pace.ticked(self._room, spent_s, busy=self._busy)

    def piggyback_tick(self) -> Tick | None:
        """What a round that goes to everybody anyway may take along; None when it is too early."""
        since_s = asyncio.get_running_loop().time() - self._shown_s
        return self._made() if since_s >= self._least_s else None

    def _made(self) -> Tick | None:
        tick = self._make()
        if tick is not None:
            self._shown_s = asyncio.get_running_loop().time()
        return tick

    async def _tick_forever(self) -> None:
        loop, wake = asyncio.get_running_loop(), self._wake
        to_show = to_tell = False
        while True:
            show_at_s, tell_at_s = self._shown_s + self._pace.interval_s, self._told_s + self._least_s
            if to_tell:  # nothing that may come changes what is to be done next
                await asyncio.sleep(min(tell_at_s, show_at_s if to_show else tell_at_s) - loop.time())
            else:
                pause_s = show_at_s - loop.time() if to_show else self._idle_s
                came = await _within(max(0.0, pause_s), wake)
                to_tell = came or not to_show
                to_show = True
            if wake.is_set():
                wake.clear()
                to_show = to_tell = True
            now_s = loop.time() + EARLY_S
            if to_tell and now_s >= tell_at_s:
                to_tell = False
                if self._told():
                    self._told_s = now_s
            if to_show and now_s >= self._shown_s + self._pace.interval_s:  # which may have moved on meanwhile
                to_show = False
                self._busy = now_s - self._shown_s < BUSY_WITHIN * self._pace.interval_s
                self._show(self._made)

    def _told(self) -> bool:
        try:
            return self._tell()
        except Exception as error:  # noqa: BLE001
            defects.report("delta", self._room, error)
            return True


async def _within(pause_s: float, event: asyncio.Event) -> bool:
    """Whether `event` came within `pause_s`."""
    try:
        async with asyncio.timeout(pause_s):
            await event.wait()
    except TimeoutError:
        return False
    return True
