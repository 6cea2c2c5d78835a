"""Those who pay: each taps, orders what they hold, pays at the provider's page, and looks on until the shop says "paid".

    tap        `reserve` on the socket             > a hold
    order      POST /api/orders                    > an order
    pay        POST /api/orders/{id}/payments      > a payment; with `at_once` the provider takes the money right away
    press      the sandbox's button "pay"          > the provider tells the shop, over HTTP
    paid       the message to this buyer on the socket, or GET /api/payments/{id}, which a page asks when none comes

What is refused for the moment (429, 503) is asked again under the same key, as a page does.
"""

import asyncio
import random
import secrets
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import aiohttp
import msgspec
from msgspec import Struct

from loadtest.crowd import Viewer
from loadtest.sale.taps import FIRST_ACK, reserve, told_of

PATIENCE_S = 30.0  # for one step, tries included
LOOK_AFTER_S = 2.0  # without a message a page asks by itself
LOOK_EVERY_S = 1.0
RETRY_S = 0.25
ADDRESS = {"name": "Ann", "phone": "+8613800138000", "line": "1 Orchard Lane"}
PAID = b'"id":"notice-order_paid:'  # begins the id of the message that says so
RETRIED = frozenset({429, 503})


class Purchase(Struct, kw_only=True):
    """What a buyer was told, and how long each step took, ms; -1: it did not come to that. `pay_ms`: from the tap on "pay" (a
    payment is begun) to the page that says so; `press_ms`: from the provider's button to there. `at_s`, `paid_s`: when it was
    begun and paid, seconds since the sale opened. `failed`: at which step, and why.
    """

    buyer: int
    at_s: float
    paid_s: float = -1.0
    hold: str = ""
    order: str = ""
    total_minor: int = 0
    payment: str = ""
    hold_ms: float = -1.0
    order_ms: float = -1.0
    open_ms: float = -1.0
    pay_ms: float = -1.0
    press_ms: float = -1.0
    retried: int = 0
    looked: int = 0
    failed: str = ""


class Failed(Exception):
    """A step came to nothing."""


class Buyer:
    """One person, buying one thing after the other."""

    def __init__(self, number: int, viewer: Viewer, session: aiohttp.ClientSession, url: str, token: str) -> None:
        self.number = number
        self._viewer = viewer
        self._session = session
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"}
        self._taps = 0
        self._tapped: asyncio.Future[bytes] | None = None
        self._paid: dict[str, asyncio.Future[None]] = {}
        viewer.answered, viewer.direct = self._answered, self._directed

    async def buy(self, sale: str, opened_s: float, *, at_once: bool) -> Purchase:
        """All steps. `opened_s`: of time.monotonic()."""
        purchase = Purchase(buyer=self.number, at_s=time.monotonic() - opened_s)
        try:
            await self._steps(purchase, sale, at_once=at_once)
            purchase.paid_s = time.monotonic() - opened_s
        except Failed as failure:
            purchase.failed = str(failure)
        return purchase

    async def _steps(self, purchase: Purchase, sale: str, *, at_once: bool) -> None:
        began_s = time.monotonic()
        purchase.hold = await self._tap(sale, purchase)
        purchase.hold_ms = _ms_since(began_s)
        began_s = time.monotonic()
        body = {"hold": purchase.hold, "address": ADDRESS}
        made = await self._call("order", "/api/orders", body, purchase, is_keyed=True)
        purchase.order, purchase.total_minor = made["id"], made["total_minor"]
        purchase.order_ms = _ms_since(began_s)
        paid = self._paid[purchase.order] = asyncio.get_running_loop().create_future()
        try:
            tapped_s = time.monotonic()
            path = f"/api/orders/{purchase.order}/payments"
            purchase.payment = (await self._call("pay", path, {"provider": "sandbox"}, purchase, is_keyed=True))["id"]
            purchase.open_ms = _ms_since(tapped_s)
            pressed_s = time.monotonic()
            if not at_once:
                await self._call("press", f"/api/sandbox/payments/{purchase.payment}/pay", {}, purchase)
            await self._until_paid(purchase, paid)
            purchase.pay_ms, purchase.press_ms = _ms_since(tapped_s), _ms_since(pressed_s)
        finally:
            self._paid.pop(purchase.order, None)

    async def _tap(self, sale: str, purchase: Purchase) -> str:
        key = f"pay-{secrets.token_hex(10)}"
        until_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < until_s:
            socket = self._viewer.socket
            if socket is None or not socket.open:
                await asyncio.sleep(RETRY_S)
                continue
            self._taps += 1
            self._tapped = asyncio.get_running_loop().create_future()
            socket.say(reserve(FIRST_ACK + self._taps, sale, 1, key))
            try:
                async with asyncio.timeout_at(asyncio.get_running_loop().time() + until_s - time.monotonic()):
                    _, told, retry_ms = told_of(await self._tapped, sale, 0.0)
            except TimeoutError:
                break
            if told.hold:
                return told.hold
            if told.is_final:
                raise Failed(f"hold: {told.reason}")
            purchase.retried += 1
            await asyncio.sleep(retry_ms / 1000 * (1 + random.random()))
        raise Failed("hold: no answer")

    async def _until_paid(self, purchase: Purchase, paid: asyncio.Future[None]) -> None:
        until_s = time.monotonic() + PATIENCE_S
        wait_s = LOOK_AFTER_S
        while not paid.done() and time.monotonic() < until_s:
            await asyncio.wait([paid], timeout=wait_s)
            wait_s = LOOK_EVERY_S
            if not paid.done():
                purchase.looked += 1
                told = await self._asked("GET", f"/api/payments/{purchase.payment}", None, self._headers)
                if told is not None and told[0] == 200 and told[1]["state"] == "paid":
                    return
        if not paid.done():
            raise Failed("paid: never said")

    async def _call(self, step: str, path: str, body: Any, purchase: Purchase, *, is_keyed: bool = False) -> Any:
        headers = self._headers
        if is_keyed:
            headers = {**headers, "Idempotency-Key": f"pay-{secrets.token_hex(10)}"}
        until_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < until_s:
            told = await self._asked("POST", path, body, headers)
            if told is not None and told[0] < 300:
                return told[1]
            if told is not None and told[0] not in RETRIED:
                raise Failed(f"{step}: {told[0]} {told[1]}"[:200])
            purchase.retried += 1
            await asyncio.sleep(RETRY_S * (1 + random.random()))
        raise Failed(f"{step}: no answer")

    async def _asked(self, method: str, path: str, body: Any, headers: dict[str, str]) -> tuple[int, Any] | None:
        data = None if body is None else msgspec.json.encode(body)
        headers = headers if data is None else {**headers, "Content-Type": "application/json"}
        try:
            async with self._session.request(method, self._url + path, data=data, headers=headers) as answer:
                return answer.status, msgspec.json.decode(await answer.read())
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return None

    def _answered(self, text: bytes) -> None:
        if self._tapped is not None and not self._tapped.done():
            self._tapped.set_result(text)

    def _directed(self, text: bytes) -> None:
        _, found, rest = text.partition(PAID)
        paid = self._paid.get(rest.partition(b'"')[0].decode()) if found else None
        if paid is not None and not paid.done():
            paid.set_result(None)


class Till:
    """Lets buyers buy: so many a second, whoever is free, or so many at the same time, for some seconds."""

    def __init__(self, buyers: list[Buyer], sale: str, *, at_once: bool) -> None:
        self._free: deque[Buyer] = deque(buyers)
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._sale = sale
        self._at_once = at_once
        self.purchases: list[Purchase] = []
        self.behind = 0  # purchases for which nobody was free at their moment
        self.opened_s = 0.0

    async def steadily(self, per_s: float, seconds: float) -> None:
        """One after the other on a schedule that waits for nobody; until all that was begun is over."""
        self.opened_s = time.monotonic()
        buying = set()
        for number in range(int(per_s * seconds)):
            await asyncio.sleep(self.opened_s + number / per_s - time.monotonic())
            self.behind += not self._free
            buying.add(asyncio.create_task(self._one()))
        await asyncio.gather(*buying)

    async def as_many_as_go(self, in_flight: int, seconds: float) -> None:
        """Always so many at the same time."""
        self.opened_s = time.monotonic()

        async def on_and_on() -> None:
            while time.monotonic() - self.opened_s < seconds:
                await self._one()

        await asyncio.gather(*(on_and_on() for _ in range(in_flight)))

    async def _one(self) -> None:
        while not self._free:
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            await turn
        buyer = self._free.popleft()
        try:
            self.purchases.append(await buyer.buy(self._sale, self.opened_s, at_once=self._at_once))
        finally:
            self._free.append(buyer)
            if self._waiting:
                self._waiting.popleft().set_result(None)


def _ms_since(began_s: float) -> float:
    return (time.monotonic() - began_s) * 1000


Tell = Callable[[str], None]
