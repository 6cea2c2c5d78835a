"""When rooms tell what has gathered: viewers here at the pace this process can keep, other processes a little more often.

A lone message leaves at once. Under load ticks become fewer and larger (room/pace.py); what other processes should hear does
not wait for that, or a line would wait in two places.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable

from livehub.base.config import Config
from livehub.hub.fanout import Tick
from livehub.hub.liveroom import LiveRoom
from livehub.hub.messages import Batch
from livehub.room.pace import Pace

LOOK_S = 0.1
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
        now_s = asyncio.get_running_loop().time()
        if live.id not in self._wakes or now_s - self._last_s.get(live.id, 0.0) < self._least_s:
            return None
        self._last_s[live.id] = now_s
        return live.tick(self._now_s())

    async def _tick_forever(self, live: LiveRoom) -> None:
        wake = self._wakes[live.id]
        loop = asyncio.get_running_loop()
        waits = False
        self._last_s[live.id] = -1e9
        while True:
            last_s = self._last_s[live.id]
            pause_s = (
                max(0.0, last_s + self.pace.interval_s - loop.time()) if waits else self._config.presence_interval_s
            )
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await wake.wait()
            wake.clear()
            now_s, interval_s = loop.time(), self.pace.interval_s
            batch = live.batch(self._now_s())
            if batch is not None:
                self._publish(live.id, batch)
            since_s = now_s - self._last_s[live.id]
            waits = since_s < interval_s
            if not waits:
                self._busy[live.id] = since_s < 1.5 * interval_s
                self._last_s[live.id] = now_s
                live.fanout.tick(lambda: live.tick(self._now_s()))
            await asyncio.sleep(max(0.0, self._least_s - (loop.time() - now_s)))

    async def _measure_forever(self) -> None:
        cpu_s, wall_s = time.process_time(), time.perf_counter()
        looks = 0
        while True:
            before_s = time.perf_counter()
            await asyncio.sleep(LOOK_S)
            self._late(max(0.0, time.perf_counter() - before_s - LOOK_S))
            looks += 1
            if looks % MEASURE_EVERY == 0:
                cpu_before_s, wall_before_s = cpu_s, wall_s
                cpu_s, wall_s = time.process_time(), time.perf_counter()
                self.pace.measured(cpu_s - cpu_before_s, wall_s - wall_before_s)
