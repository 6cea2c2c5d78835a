"""Ticks of a busy room keep the pause between them, though each is made some time after it was due."""

import asyncio
import itertools
from collections.abc import Callable

from livehub.hub.rooms.fanout import Tick
from livehub.hub.rooms.scheduler import EARLY_S, RoomScheduler
from livehub.hub.sockets.frames import Frame
from livehub.room.pace import TickRateController

LEAST_S = 0.05
TICKS = 8


async def test_a_tick_is_not_sent_before_its_time_because_the_last_one_was_late() -> None:
    loop = asyncio.get_running_loop()
    made_s: list[float] = []
    enough = asyncio.Event()

    def make() -> Tick | None:
        made_s.append(loop.time())
        if len(made_s) > TICKS:
            enough.set()
        return Frame(b"42"), []

    def as_late_as_possible(made: Callable[[], Tick | None]) -> None:
        loop.call_soon(made)

    pace = TickRateController(min_s=LEAST_S, max_s=LEAST_S, share_max=0.5)
    scheduler = RoomScheduler("farm", pace, least_s=LEAST_S, idle_s=60.0, tell=lambda: True, make=make)
    scheduler.start(as_late_as_possible)
    try:
        async with asyncio.timeout(10.0):
            while not enough.is_set():
                scheduler.wake()  # a line came
                await asyncio.sleep(LEAST_S / 20)
    finally:
        scheduler.stop()
    pauses = [later - earlier for earlier, later in itertools.pairwise(made_s)]
    assert min(pauses) >= LEAST_S - 2 * EARLY_S
