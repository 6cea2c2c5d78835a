"""How busy this process is: what it uses of a processor, for the pace of ticks, and how late its event loop is."""

import asyncio
import time
from collections import deque
from collections.abc import Callable

from livehub.base.tasks import Tasks
from livehub.room.pace import TickRateController

LOOK_S = 0.1
MEASURE_EVERY = 5  # looks
HICCUP_LOOKS = 3  # the loop is late when it was for so many looks in a row; once is a hiccup


class LoadMeter:
    """Feeds `pace`; `on_loop_lag(s)` hears how late the event loop is."""

    def __init__(self, pace: TickRateController, on_loop_lag: Callable[[float], None]) -> None:
        self._pace = pace
        self._on_loop_lag = on_loop_lag
        self._tasks = Tasks()

    def start(self) -> None:
        self._tasks.start("load meter", self._measure_forever)

    async def stop(self) -> None:
        await self._tasks.stop()

    async def _measure_forever(self) -> None:
        cpu_s, wall_s = time.process_time(), time.perf_counter()
        looks = 0
        lags: deque[float] = deque([0.0], maxlen=HICCUP_LOOKS)
        while True:
            before_s = time.perf_counter()
            await asyncio.sleep(LOOK_S)
            lags.append(max(0.0, time.perf_counter() - before_s - LOOK_S))
            self._on_loop_lag(min(lags))
            looks += 1
            if looks % MEASURE_EVERY == 0:
                cpu_before_s, wall_before_s = cpu_s, wall_s
                cpu_s, wall_s = time.process_time(), time.perf_counter()
                self._pace.measured(cpu_s - cpu_before_s, wall_s - wall_before_s)
