"""Sales, one after the other, in one room with the same buyers.

quiet        with viewers: lines of chat for some seconds, while nobody buys
sale         opened; all buyers tap within a second; ends when all have their answers
verdict      the server is asked how the sale stands, some buyers which holds they have; all must agree
"""

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import AsyncExitStack

import msgspec

from loadtest import crowd as one_crowd
from loadtest.crowds import Crowds, crowds
from loadtest.hearing import Figures as Heard
from loadtest.hearing import added
from loadtest.people import Host, host_of, remove_cameras, tokens
from loadtest.results import Plan as Mix
from loadtest.sale.checks import INVARIANTS, Facts, OwnHold, broken
from loadtest.sale.results import Plan, Round, figures_of, refusals
from loadtest.sale.shop import Shop, own_holds, shop_of
from loadtest.sale.taps import Tapped, Taps
from loadtest.server import LocalServer
from loadtest.talk import Talk

LEAD_S = 0.3  # between the opening and the first tap, so that all processes know in time
SETTLE_S = 2.0
ASKED_MAX = 100  # buyers with a hold, and as many without, who look for it afterwards
TOKENS_AT_ONCE = 8
BUYERS_FROM, VIEWERS_FROM, TALKERS_FROM = 2, 0x4000, 0xF000  # loopback addresses they come from
CATCH_UP_S = 30.0


class Rounds:
    """Plays a Plan on a server. `tell` hears how far it is."""

    def __init__(self, server: LocalServer, plan: Plan, tell: Callable[[str], None]) -> None:
        self._server = server
        self._plan = plan
        self._tell = tell
        self._chance = random.Random(plan.seed)

    async def run(self) -> list[Round]:
        """All rounds. Raises CrowdLost, ServerLost or Refused when they cannot be played."""
        server, plan = self._server, self._plan
        await remove_cameras(server, "demo")
        self._tell("buyers sign in ...")
        self._people = await people(server, plan.buyers)
        seats = one_crowd.Plan(
            host=server.host,
            port=server.port,
            room=plan.room,
            size=plan.buyers,
            tokens=self._people,
            first_source=BUYERS_FROM,
        )
        async with AsyncExitStack() as stack:
            self._host: Host = await stack.enter_async_context(host_of(server, plan.room))
            self._shop: Shop = await stack.enter_async_context(shop_of(server, plan.room))
            await self._shop.live()
            self._buyers: Crowds = await stack.enter_async_context(crowds(seats, processes=plan.processes))
            self._tell("buyers come in ...")
            await self._buyers.enter()
            self._viewers, self._talkers = await self._audience(stack, seats)
            return [await self._round(number) for number in range(plan.rounds)]

    async def _audience(self, stack: AsyncExitStack, seats: one_crowd.Plan) -> tuple[Crowds | None, Crowds | None]:
        """Viewers who do not buy, and those who chat, if there are to be any."""
        plan = self._plan
        if not plan.viewers:
            return None, None
        self._tell("viewers come in ...")
        speakers = Mix(chats_per_s=plan.chats_per_s, likes_per_s=0.0).talkers
        given = await tokens(self._server, speakers, first_source=TALKERS_FROM)
        viewing = msgspec.structs.replace(seats, size=plan.viewers, tokens=[], first_source=VIEWERS_FROM)
        stage = msgspec.structs.replace(seats, size=speakers, tokens=given, first_source=TALKERS_FROM)
        viewers = await stack.enter_async_context(crowds(viewing))
        talkers = await stack.enter_async_context(crowds(stage))
        await viewers.enter()
        await talkers.enter()
        return viewers, talkers

    async def _round(self, number: int) -> Round:
        plan, shop = self._plan, self._shop
        await asyncio.sleep(SETTLE_S)
        before_ms = await self._chat_p99_ms(plan.quiet_s)
        product = await shop.product()
        stock = await shop.have_free(product, plan.units)
        sale = await shop.sale(product, units=plan.units, per_person_max=plan.per_person_max)
        await self._buyers.take()
        used = self._server.sample()
        self._tell(f"sale {number + 1} of {plan.rounds} opens ...")
        await shop.open(sale)
        buyers, during_ms = await self._tapped(sale)
        used_after, heard = self._server.sample(), await self._buyers.take()
        faults = await self._faults(heard)
        await asyncio.sleep(SETTLE_S)
        facts = Facts(
            plan=plan,
            buyers=buyers,
            sale=await shop.standing(sale),
            stock=(stock, await shop.stock(product)),
            own=await self._own(sale, buyers),
            faults=faults,
        )
        await shop.close(sale)
        wrong = broken(facts)
        return Round(
            figures=figures_of(
                buyers,
                chat_ms=(before_ms, during_ms),
                server_cpu_s=used_after.cpu_s.get("server", 0.0) - used.cpu_s.get("server", 0.0),
                crowd_cpu_s=heard.cpu_s,
            ),
            refusals=refusals(buyers),
            invariants={invariant.__name__: invariant.__name__ not in wrong for invariant in INVARIANTS},
            broken=wrong,
        )

    async def _tapped(self, sale: str) -> tuple[list[Tapped], float | None]:
        """All buy, people chat meanwhile; what buyers were told, and the 99th percentile of chat."""
        plan = self._plan
        taps = Taps(
            sale=sale,
            qty=plan.qty,
            key=f"tap-{sale}"[:64],
            at_ms=(time.time() + LEAD_S) * 1000,
            within_s=plan.within_s,
            twice=plan.twice,
            again=plan.again,
            seconds_max=plan.seconds_max,
            seed=f"{plan.seed} {sale}",
        )
        buying = asyncio.get_running_loop().create_task(self._buyers.tap(taps))
        try:
            if self._viewers is None:
                return await buying, None
            await self._viewers.take()
            heard = Heard()
            while not buying.done():
                heard.merge(await self._chatted(LEAD_S + plan.within_s))
            return await buying, _p99_ms(heard)
        finally:
            buying.cancel()

    async def _chat_p99_ms(self, seconds: float) -> float | None:
        """Of lines of chat at the viewers, in some seconds."""
        if self._viewers is None:
            return None
        await self._viewers.take()
        return _p99_ms(await self._chatted(seconds))

    async def _chatted(self, seconds: float) -> Heard:
        assert self._viewers is not None
        assert self._talkers is not None
        await self._talkers.talk(Talk(seconds=seconds, chats_per_s=self._plan.chats_per_s))
        return await self._viewers.take()

    async def _faults(self, heard: Heard) -> dict[str, int]:
        """What went wrong with control messages, of which one more pair is made, and comes to all who buy."""
        await self._host.pair()
        behind = await self._buyers.caught_up(*self._host.head, timeout_s=CATCH_UP_S)
        faults = added(heard.faults, (await self._buyers.take()).faults)
        return added(faults, {"buyers behind the control log": behind})

    async def _own(self, sale: str, buyers: list[Tapped]) -> dict[int, list[OwnHold]]:
        """Of some with a hold, and some without: their holds, by their number."""
        have = [n for n, buyer in enumerate(buyers) if any(told.hold for told in buyer.told)]
        without = sorted(set(range(len(buyers))) - set(have))
        asked = [number for group in (have, without) for number in self._some(group)]
        found = await own_holds(self._server, sale, [self._people[number] for number in asked])
        return dict(zip(asked, found, strict=True))

    def _some(self, group: list[int]) -> list[int]:
        return self._chance.sample(group, min(ASKED_MAX, len(group)))


def _p99_ms(heard: Heard) -> float | None:
    return round(heard.chat.percentile(99), 1) if heard.chat.total else None


async def people(server: LocalServer, count: int) -> list[str]:
    """Tokens of so many signed-in people."""
    share = -(-count // TOKENS_AT_ONCE)
    parts = [(begin, min(share, count - begin)) for begin in range(0, count, share)]
    given = await asyncio.gather(*(tokens(server, size, first_source=BUYERS_FROM + begin) for begin, size in parts))
    return [token for part in given for token in part]
