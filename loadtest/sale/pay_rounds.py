"""Buyers who pay: quotes one at a time, then rounds of purchases, each with a verdict.

quotes       somebody with coupons asks what a full cart costs, again and again
purchases    buyers tap, order and pay, on a schedule or as many as go
verdict      staff look at all orders, some buyers at theirs, the shop at its own books; all must agree
"""

import asyncio
import json
import random
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import msgspec

from loadtest import crowd as one_crowd
from loadtest.crowd import Crowd, Viewer
from loadtest.crowds import CrowdLost
from loadtest.hearing import added
from loadtest.people import host_of, remove_cameras
from loadtest.sale.paid_checks import PAID_INVARIANTS, ListedOrder, OwnOrder, PaidFacts, broken_when_paid
from loadtest.sale.paid_results import PaidPlan, PaidRound, Quotes, failures, paid_figures, quotes_of
from loadtest.sale.purchases import ADDRESS, Buyer, Purchase, Till
from loadtest.sale.rounds import people
from loadtest.sale.shop import CALL_TIMEOUT_S, Refused, Shop, shop_of
from loadtest.sale.taps import FIRST_ACK
from loadtest.server import LocalServer

ORDERS_PER_S_MAX = 1_000  # for which there are units
ASKED_MAX = 100  # orders that their buyers look at afterwards
PAGE = 100
SETTLE_S = 2.0
CLAIM_S = 10.0
QUOTES_PAUSE_S = 0.02  # between quotes, up to as much again: not in step with anything of the server


class PayRounds:
    """Plays a PaidPlan on a server. `tell` hears how far it is."""

    def __init__(self, server: LocalServer, plan: PaidPlan, tell: Callable[[str], None]) -> None:
        self._server = server
        self._plan = plan
        self._tell = tell
        self._chance = random.Random(1)

    async def run(self) -> tuple[Quotes | None, list[PaidRound]]:
        """Raises CrowdLost, ServerLost or Refused when it cannot be played."""
        server, plan = self._server, self._plan
        await remove_cameras(server, "demo")
        self._tell("buyers sign in ...")
        self._tokens = await people(server, plan.buyers)
        seats = one_crowd.Plan(
            host=server.host, port=server.port, room=plan.room, size=plan.buyers, tokens=self._tokens
        )
        async with AsyncExitStack() as stack:
            self._host = await stack.enter_async_context(host_of(server, plan.room))
            self._shop: Shop = await stack.enter_async_context(shop_of(server, plan.room))
            await self._shop.live()
            self._crowd = Crowd(seats)
            stack.callback(self._crowd.close)
            if await self._crowd.enter(per_s=0, at_once=16) < plan.buyers:
                raise CrowdLost("not all buyers came in")
            self._session = await stack.enter_async_context(
                aiohttp.ClientSession(
                    connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(CALL_TIMEOUT_S),
                    cookie_jar=aiohttp.DummyCookieJar(),
                )
            )  # fmt: skip
            quotes = await self._quotes() if plan.quotes else None
            self._buyers = [
                Buyer(number, viewer, self._session, server.url, self._tokens[number])
                for number, viewer in enumerate(self._crowd.viewers)
            ]
            return quotes, [await self._round(number) for number in range(plan.rounds)]

    # --- quotes ---

    async def _quotes(self) -> Quotes:
        plan, shop = self._plan, self._shop
        self._tell(f"{plan.quotes} quotes ...")
        products = [await self._product(f"Crate {n}") for n in range(plan.quote_lines)]
        lines = [{"product": product, "qty": 1 + n % 3} for n, product in enumerate(products)]
        sale = await shop.sale(products[0], units=100, per_person_max=100, coupons=True)
        for number in range(plan.quote_coupons):
            body = {"title": f"Off {number}", "amount_minor": 100 + number, "currency": "CNY", "total": 10}
            told = await shop.call("POST", f"/api/rooms/{plan.room}/coupons", body)
            await _claim(self._crowd.viewers[0], told["coupon"]["id"])
        body = {"lines": lines, "address": ADDRESS}
        waits_ms, least = [], 0
        for number in range(plan.quotes + plan.quotes // 10):
            await asyncio.sleep(QUOTES_PAUSE_S * (1 + self._chance.random()))
            began_s = time.perf_counter()
            quote = await self._asked("POST", "/api/quotes", self._tokens[0], body)
            if number >= plan.quotes // 10:  # what is loaded, prepared and planned at first
                waits_ms.append((time.perf_counter() - began_s) * 1000)
            least = len(quote["coupons"])
            if len(quote["lines"]) != plan.quote_lines or (plan.quote_coupons and not quote["discount_minor"]):
                raise Refused(f"a quote that is not what was asked for: {json.dumps(quote)[:500]}")
        await shop.close(sale)
        return quotes_of(waits_ms, lines=plan.quote_lines, coupons=least)

    async def _product(self, title: str) -> str:
        body = {"title": title, "price_minor": 1_290, "currency": "CNY", "unit": "500 g"}
        product = str((await self._shop.call("POST", "/api/products", body))["id"])
        await self._shop.call("POST", f"/api/products/{product}/stock", {"delta": 1_000, "reason": "load test"})
        return product

    # --- purchases ---

    async def _round(self, number: int) -> PaidRound:
        plan, shop = self._plan, self._shop
        seconds = plan.warm_s + plan.seconds
        units = int((plan.orders_per_s or ORDERS_PER_S_MAX) * seconds) + plan.buyers
        product = await self._product(f"Pears {number}")
        stock = await shop.have_free(product, units)
        sale = await shop.sale(product, units=units, per_person_max=units)
        await shop.open(sale)
        await asyncio.sleep(SETTLE_S)
        self._crowd.figures(0)
        used = self._server.sample()
        self._tell(f"round {number + 1} of {plan.rounds}: {seconds:g} s ...")
        till = Till(self._buyers, sale, at_once=plan.at_once)
        if plan.orders_per_s:
            await till.steadily(plan.orders_per_s, seconds)
        else:
            await till.as_many_as_go(plan.in_flight, seconds)
        used_after, heard = self._server.sample(), self._crowd.figures(0)
        await asyncio.sleep(SETTLE_S)
        facts = await self._facts(till.purchases, product, sale, stock, heard.faults)
        await shop.close(sale)
        wrong = broken_when_paid(facts)
        cpu = {kind: used_after.cpu_s.get(kind, 0.0) - used.cpu_s.get(kind, 0.0) for kind in ("server", "postgresql")}
        return PaidRound(
            figures=paid_figures(
                till.purchases, plan, behind=till.behind, server_cpu_s=cpu["server"], postgresql_cpu_s=cpu["postgresql"],
                buyers_cpu_s=heard.cpu_s,
            ),
            failures=failures(till.purchases),
            invariants={invariant.__name__: invariant.__name__ not in wrong for invariant in PAID_INVARIANTS},
            broken=wrong,
        )  # fmt: skip

    async def _facts(
        self, purchases: Sequence[Purchase], product: str, sale: str, stock: Any, faults: dict[str, int]
    ) -> PaidFacts:
        shop = self._shop
        await self._host.pair()
        await asyncio.sleep(SETTLE_S)
        behind = self._crowd.behind(*self._host.head)
        orders = [order async for order in _orders(shop, product)]
        return PaidFacts(
            purchases=purchases,
            orders=orders,
            own=[await self._own(purchase) for purchase in self._some(purchases)],
            refunds=len((await shop.call("GET", "/api/refunds"))["items"]),
            sale=await shop.standing(sale),
            stock=(stock, await shop.stock(product)),
            books=await self._server.reconciled(),
            faults=added(added(faults, self._crowd.figures(0).faults), {"buyers behind the control log": behind}),
        )

    def _some(self, purchases: Sequence[Purchase]) -> list[Purchase]:
        with_order = [purchase for purchase in purchases if purchase.order]
        return self._chance.sample(with_order, min(ASKED_MAX, len(with_order)))

    async def _own(self, purchase: Purchase) -> OwnOrder:
        told = await self._asked("GET", f"/api/orders/{purchase.order}", self._tokens[purchase.buyer], None)
        payments = {payment["id"]: payment["state"] for payment in told["payments"]}
        return OwnOrder(id=told["id"], state=told["state"], payments=payments, refunds=len(told["refunds"]))

    async def _asked(self, method: str, path: str, token: str, body: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        data = None if body is None else msgspec.json.encode(body)
        async with self._session.request(method, self._server.url + path, data=data, headers=headers) as answer:
            if answer.status >= 400:
                raise Refused(f"{method} {path}: {answer.status} {(await answer.text())[:300]}")
            return msgspec.json.decode(await answer.read())


async def _orders(shop: Shop, product: str) -> Any:
    """All orders of a product, as staff see them."""
    after = ""
    while True:
        path = f"/api/orders?product={product}&limit={PAGE}" + (f"&after={after}" if after else "")
        told = await shop.call("GET", path)
        for order in told["items"]:
            names = [name for name in ListedOrder.__struct_fields__ if name != "units"]
            units = sum(line["qty"] for line in order["lines"])
            yield ListedOrder(**{name: order[name] for name in names}, units=units)
        after = told["next"]
        if not after:
            return


async def _claim(viewer: Viewer, coupon: str) -> None:
    """Take a coupon. Raises CrowdLost."""
    if viewer.socket is None:
        raise CrowdLost("a buyer was thrown out")
    answered: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
    viewer.answered = answered.set_result
    claim = ["claim", {"coupon": coupon, "key": f"claim-{coupon}"[:64]}]
    viewer.socket.say(f"42{FIRST_ACK}".encode() + msgspec.json.encode(claim))
    try:
        async with asyncio.timeout(CLAIM_S):
            text = await answered
    except TimeoutError:
        raise CrowdLost("a claim was not answered") from None
    finally:
        viewer.answered = None
    if b'"ok":true' not in text:
        raise CrowdLost(f"a claim was refused: {text.decode()[:300]}")
