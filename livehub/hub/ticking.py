"""When rooms tell what has gathered: viewers here at the pace this process can keep, other processes a little more often.

A lone message leaves at once. Under load ticks become fewer and larger (room/pace.py); what other processes should hear does
not wait for that, or a line would wait in two places.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable

from livehub.base.config import Config
from livehub.hub.fanout import Tick
from livehub.hub.liveroom import LiveRoom
from livehub.hub.messages import Batch
from livehub.room.pace import Pace

LOOK_S = 0.1
EARLY_S = 0.001  # that a timer may be, without another one for the rest
MEASURE_EVERY = 5  # looks


class Ticking:
    """See the module. `publish(room, batch)` tells the other processes; `late(s)` hears how late the event loop is."""

    def __init__(
        self,
        config: Config,
        publish: Callable[[str, Batch], object],
        late: Callable[[float], None],
        now_s: Callable[[], float],
    ) -> None:
        self._config = config
        self._publish = publish
        self._late = late
        self._now_s = now_s
        self._least_s = config.tick_interval_ms / 1000
        self.pace = Pace(min_s=self._least_s, max_s=config.tick_interval_ms_max / 1000, share_max=config.cpu_share_max)
        self._wakes: dict[str, asyncio.Event] = {}
        self._busy: dict[str, bool] = {}
        self._last_s: dict[str, float] = {}  # when each room ticked, by the loop's clock
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._watch: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to measure."""
        self._watch = asyncio.create_task(self._measure_forever(), name="pace")

    def stop(self) -> None:
        """No more ticks."""
        for task in (*self._tasks.values(), *filter(None, (self._watch,))):
            task.cancel()

    def follow(self, live: LiveRoom) -> None:
        """Let a room tick."""
        self._wakes[live.id] = asyncio.Event()
        self._tasks[live.id] = asyncio.create_task(self._tick_forever(live), name=f"tick {live.id}")

    def drop(self, room: str) -> None:
        """No longer."""
        self._tasks.pop(room).cancel()
        del self._wakes[room]
        self._busy.pop(room, None)
        self._last_s.pop(room, None)
        self.pace.closed(room)

    def wake(self, room: str) -> None:
        """Something waits for the room's next tick."""
        self._wakes[room].set()

    def ticked(self, room: str, spent_s: float) -> None:
        """A tick of the room was handed over, which kept the event loop for `spent_s`."""
        if room in self._wakes:
            self.pace.ticked(room, spent_s, busy=self._busy.get(room, False))

    def along(self, live: LiveRoom) -> Tick | None:
        """What a round that goes to everybody anyway may take along: then the room's next tick is later, or not needed."""
        since_s = asyncio.get_running_loop().time() - self._last_s.get(live.id, 0.0)
        return self._make(live) if live.id in self._wakes and since_s >= self._least_s else None

    def _make(self, live: LiveRoom) -> Tick | None:
        tick = live.tick(self._now_s())
        if tick is not None:
            self._last_s[live.id] = asyncio.get_running_loop().time()
        return tick

    async def _tick_forever(self, live: LiveRoom) -> None:
        wake, loop = self._wakes[live.id], asyncio.get_running_loop()
        self._last_s[live.id] = told_s = -1e9  # when viewers here, and the others, were told last
        to_show = to_tell = False
        while True:
            show_at_s, tell_at_s = self._last_s[live.id] + self.pace.interval_s, told_s + self._least_s
            if to_tell:
                await asyncio.sleep(min(tell_at_s, show_at_s if to_show else tell_at_s) - loop.time())
            else:
                pause_s = show_at_s - loop.time() if to_show else self._config.presence_interval_s
                came = await _within(max(0.0, pause_s), wake)
                to_tell = came or not to_show
                to_show = True
            if wake.is_set():
                wake.clear()
                to_show = to_tell = True
            now_s = loop.time() + EARLY_S
            if to_tell and now_s >= tell_at_s:
                to_tell, batch = False, live.batch(self._now_s())
                if batch is not None:
                    told_s = now_s
                    self._publish(live.id, batch)
            if to_show and now_s >= show_at_s:
                to_show = False
                self._busy[live.id] = now_s - self._last_s[live.id] < 1.5 * self.pace.interval_s
                live.fanout.tick(lambda: self._make(live))

    async def _measure_forever(self) -> None:
        cpu_s, wall_s = time.process_time(), time.perf_counter()
        looks = 0
        lately: deque[float] = deque([0.0], maxlen=3)  # once is a hiccup
        while True:
            before_s = time.perf_counter()
            await asyncio.sleep(LOOK_S)
            lately.append(max(0.0, time.perf_counter() - before_s - LOOK_S))
            self._late(min(lately))
            looks += 1
            if looks % MEASURE_EVERY == 0:
                cpu_before_s, wall_before_s = cpu_s, wall_s
                cpu_s, wall_s = time.process_time(), time.perf_counter()
                self.pace.measured(cpu_s - cpu_before_s, wall_s - wall_before_s)


async def _within(pause_s: float, event: asyncio.Event) -> bool:
    """Whether `event` came within `pause_s`."""
    try:
        async with asyncio.timeout(pause_s):
            await event.wait()
    except TimeoutError:
        return False
    return True
