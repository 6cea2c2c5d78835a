"""Those who order what they hold, pay for it, and get it back: requests over HTTP, each made until it is answered.

Whoever pays does what people do: presses twice, pays in two tabs, is declined at first, thinks better of it, or never pays.
Afterwards somebody of the staff pays back some of it, in two tabs now and then.
"""

import asyncio
import contextlib
import random
import secrets
from collections.abc import AsyncIterator
from typing import Any

import aiohttp

from loadtest.kill.bank import Bank
from loadtest.kill.node import WORKERS
from loadtest.kill.trade import Call
from loadtest.kill.wires import ANSWER_S, RETRYABLE, Room, token_of

RETRY_S = 0.3
LOOK_S = 0.4  # between two looks of a page that waits for "paid"
AGAIN, TWICE = 0.15, 0.15  # how many make a request once more after its answer, or twice at once
LEAVES, CANCELS_FIRST, CANCELS_PAYING = 0.1, 0.08, 0.06  # never pays; cancels before it, or while it pays
DECLINED, TWO_TABS, LATE, CHARGED_TWICE = 0.08, 0.12, 0.3, 0.04
REFUNDED, ALL_OF_IT = 0.4, 0.4
PROVIDER = "sandbox"
ADDRESS = {"name": "Ann", "phone": "+8613800138000", "line": "1 Orchard Lane"}
CARE = "kill-care"  # who pays back


class Checkout:
    """Of one buyer. `gives_up_s`: until when answers are asked for, seconds of the run."""

    def __init__(self, room: Room, person: str, chance: random.Random, bank: Bank) -> None:
        self._room = room
        self._person = person
        self._chance = chance
        self._bank = bank
        self._headers = {"Authorization": f"Bearer {token_of(person, 'viewer')}"}
        self._care = {"Authorization": f"Bearer {token_of(CARE, 'care')}"}
        self._keys = 0
        self.gives_up_s = 0.0

    async def buy(self, body: dict[str, Any], about: str) -> None:
        """Order it, and all that follows. `about`: the hold, or the product."""
        body = {**body, "address": ADDRESS}
        order = await self._insist("order", about, "/api/orders", body, key=self._key("order"))
        if order is None or order.answer != "ok":
            return
        if self._lot(LEAVES):
            await self._maybe_late(order.id)
            return
        if self._lot(CANCELS_FIRST):
            await self._cancel(order.id)
            return
        tabs = 2 if self._lot(TWO_TABS) else 1
        paying = [self._pay(order.id) for _ in range(tabs)]
        if self._lot(CANCELS_PAYING):
            paying.append(self._cancel_soon(order.id))
        await asyncio.gather(*paying)
        seen = await self._wait(order.id)
        if seen == "paid" and self._lot(REFUNDED):
            await self._refund(order.id)

    # --- paying ---

    async def _pay(self, order: str) -> None:
        if self._lot(DECLINED):
            first = await self._open(order)
            if first is not None:
                await self._press(first.id, "decline")
        payment = await self._open(order)
        if payment is None:
            return
        await self._press(payment.id, "pay")
        if self._lot(CHARGED_TWICE):
            await self._bank.charge_again(payment.id)

    async def _open(self, order: str) -> Call | None:
        path = f"/api/orders/{order}/payments"
        made = await self._insist("pay", order, path, {"provider": PROVIDER}, key=self._key("pay"))
        return made if made is not None and made.answer == "ok" else None

    async def _press(self, payment: str, action: str) -> None:
        await self._insist("press", payment, f"/api/sandbox/payments/{payment}/{action}", {})

    async def _maybe_late(self, order: str) -> None:
        """The page of the payment stays open; the provider takes the money although it was told that it is over."""
        if not self._lot(LATE):
            return
        payment = await self._open(order)
        if payment is None:
            return
        await self._cancel(order)
        await self._bank.take_late(payment.id)

    async def _cancel_soon(self, order: str) -> None:
        await asyncio.sleep(self._chance.random() * 0.3)
        await self._cancel(order)

    async def _cancel(self, order: str) -> None:
        await self._insist("cancel", order, f"/api/orders/{order}/cancel", {})

    async def _wait(self, order: str) -> str:
        """The page that waits for "paid"; what it shows in the end."""
        last = ""
        while self._room.times.now_s() < self.gives_up_s:
            call = await self._once("look", order, f"/api/orders/{order}", None, self._headers)
            last = call.state if call.answer == "ok" else last
            if last not in ("", "unpaid"):
                break
            await asyncio.sleep(self._chance.expovariate(1 / LOOK_S))
        return last

    # --- back ---

    async def _refund(self, order: str) -> None:
        """Some of it, or all of it; in two tabs with a key each, or twice with one."""
        line = f"{order}-0"
        units: Any = [0]
        if self._lot(ALL_OF_IT):
            told = await self._order(order)
            units = list(range(told["lines"][0]["qty"])) if told is not None else [0]
        body = {"lines": [{"line": line, "units": units}], "reason": "kill run", "at_fault": self._lot(0.2)}
        keys = [self._key("refund") for _ in range(2 if self._lot(TWO_TABS) else 1)]
        path = f"/api/orders/{order}/refunds"
        await asyncio.gather(
            *(self._insist("refund", order, path, body, key=key, headers=self._care, person=CARE) for key in keys)
        )

    async def _order(self, order: str) -> Any:
        with contextlib.suppress(aiohttp.ClientError, TimeoutError, ConnectionError, ValueError):
            async with self._asked(self._worker(), "GET", f"/api/orders/{order}", None, self._headers) as answer:
                if answer.status == 200:
                    return await answer.json()
        return None

    # --- requests ---

    async def _insist(
        self,
        kind: str,
        about: str,
        path: str,
        body: Any,
        *,
        key: str = "",
        headers: dict[str, str] | None = None,
        person: str = "",
    ) -> Call | None:
        """The same again and again, here or there, until there is an answer; some ask twice at once, or once more."""
        told = headers or self._headers
        if key:
            told = {**told, "Idempotency-Key": key}
        once = self._until_final(kind, about, path, body, told, key, person)
        if self._lot(TWICE):
            other = self._until_final(kind, about, path, body, told, key, person)
            answers = await asyncio.gather(once, other)
            call = next((one for one in answers if one is not None and one.answer == "ok"), answers[0])
        else:
            call = await once
        if call is not None and key and self._lot(AGAIN):
            await self._until_final(kind, about, path, body, told, key, person)
        return call

    async def _until_final(
        self, kind: str, about: str, path: str, body: Any, headers: dict[str, str], key: str, person: str
    ) -> Call | None:
        while self._room.times.now_s() < self.gives_up_s:
            call = await self._once(kind, about, path, body, headers, key=key, person=person)
            if call.is_final:
                return call
            await asyncio.sleep(self._chance.expovariate(1 / RETRY_S))
        return None

    async def _once(
        self,
        kind: str,
        about: str,
        path: str,
        body: Any,
        headers: dict[str, str],
        *,
        key: str = "",
        person: str = "",
    ) -> Call:
        worker, start_s = self._worker(), self._room.times.now_s()
        told: dict[str, Any] = {
            "kind": kind, "person": person or self._person, "about": about, "key": key, "via": worker, "start_s": start_s,
        }  # fmt: skip
        try:
            async with self._asked(worker, "GET" if body is None else "POST", path, body, headers) as answer:
                call = understood(told, answer.status, await answer.json(content_type=None), self._room.times.now_s())
        except (aiohttp.ClientError, TimeoutError, ConnectionError, ValueError):
            call = Call(**told)
        self._room.calls.append(call)
        return call

    @contextlib.asynccontextmanager
    async def _asked(
        self, worker: str, method: str, path: str, body: Any, headers: dict[str, str]
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        url, timeout = self._room.node.url(worker) + path, aiohttp.ClientTimeout(total=ANSWER_S)
        async with self._room.session.request(method, url, json=body, headers=headers, timeout=timeout) as answer:
            yield answer

    def _key(self, what: str) -> str:
        self._keys += 1
        return f"{self._person}-{what}-{self._keys}-{secrets.token_hex(2)}"

    def _lot(self, share: float) -> bool:
        return self._chance.random() < share

    def _worker(self) -> str:
        return self._chance.choice(WORKERS)


def understood(told: dict[str, Any], status: int, body: Any, end_s: float) -> Call:
    """An answer as it answers what was `told`. What failed on the way, or asks to come again, is not final."""
    if status < 300:
        id_ = body.get("id") or body.get("payment") or ""
        amount = body.get("total_minor", body.get("amount_minor", 0))
        return Call(
            **told, end_s=end_s, answer="ok", is_final=True, id=id_, state=body.get("state", ""), amount_minor=amount
        )
    error = body.get("error", body) if isinstance(body, dict) else {}
    name = str(error.get("name", status))
    is_final = name not in RETRYABLE and status not in (429, 502, 503, 504)
    return Call(**told, end_s=end_s, answer=name, is_final=is_final, state=str(error.get("state", "")))
