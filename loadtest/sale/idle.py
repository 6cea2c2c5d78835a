"""One tap at a time on a server that has nothing else to do: how long a buyer waits for a durable answer.

In this process, on a loop that waits for its sockets: the crowd's own processes look only every other millisecond.
"""

import asyncio
import random
import time
from collections.abc import Callable

from msgspec import Struct

from loadtest import crowd as one_crowd
from loadtest.crowd import Crowd, Viewer
from loadtest.crowds import CrowdLost
from loadtest.people import host_of, remove_cameras
from loadtest.sale.results import percentile
from loadtest.sale.rounds import people
from loadtest.sale.shop import shop_of
from loadtest.sale.taps import FIRST_ACK, Told, reserve, told_of
from loadtest.server import LocalServer

PEOPLE = 50
PAUSE_S = 0.03  # between taps, up to as much again: not in step with anything of the server
ANSWER_S = 10.0
WARM = 20  # taps that are not counted


class Idle(Struct, frozen=True, kw_only=True):
    """Taps, one by one; `held`: those that got a hold of their own, which all should."""

    taps: int
    held: int
    p50_ms: float
    p99_ms: float
    max_ms: float

    @property
    def sound(self) -> bool:
        """Every tap got a hold."""
        return self.held == self.taps


async def idle(server: LocalServer, taps: int, tell: Callable[[str], None]) -> Idle:
    """So many taps. Raises CrowdLost when one is not answered."""
    await remove_cameras(server, "demo")
    given = await people(server, PEOPLE)
    room = "idle"
    seats = one_crowd.Plan(host=server.host, port=server.port, room=room, size=PEOPLE, tokens=given)
    crowd = Crowd(seats)
    async with host_of(server, room), shop_of(server, room) as shop:
        try:
            await shop.live()
            product, units = await shop.product(), taps + WARM
            await shop.have_free(product, units)
            sale = await shop.sale(product, units=units, per_person_max=units)
            await shop.open(sale)
            if await crowd.enter(per_s=0, at_once=8) < PEOPLE:
                raise CrowdLost("not all buyers came in")
            tell(f"{taps} taps, one at a time ...")
            told = [await _tap(crowd.viewers[number % PEOPLE], sale, number) for number in range(units)]
        finally:
            crowd.close()
    counted = told[WARM:]
    waits_ms = [one.at_ms for one in counted]
    return Idle(
        taps=taps,
        held=len({one.hold for one in counted if one.hold}),
        p50_ms=round(percentile(waits_ms, 50), 2),
        p99_ms=round(percentile(waits_ms, 99), 2),
        max_ms=round(max(waits_ms), 2),
    )


async def _tap(viewer: Viewer, sale: str, number: int) -> Told:
    """What it was told, `at_ms` after it was sent."""
    await asyncio.sleep(PAUSE_S * (1 + random.random()))
    if viewer.socket is None:
        raise CrowdLost("a buyer was thrown out")
    answered: asyncio.Future[tuple[bytes, float]] = asyncio.get_running_loop().create_future()
    viewer.answered = lambda text: answered.set_result((text, time.perf_counter()))
    began_s = time.perf_counter()
    viewer.socket.say(reserve(FIRST_ACK, sale, 1, f"idle-tap-{number}"))
    try:
        async with asyncio.timeout(ANSWER_S):
            text, at_s = await answered
    except TimeoutError:
        raise CrowdLost(f"tap {number} was not answered within {ANSWER_S:.0f} s") from None
    viewer.answered = None
    return told_of(text, sale, (at_s - began_s) * 1000)[1]
