"""What is paid for, in the tests of payments: a till that keeps its orders in memory, and the ledger in PostgreSQL.

It stands for commerce/orders, which is above payments: the first money of an order pays it, the second goes back.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from commerce.ledger.posting import post
from commerce.ledger.transfers import captured
from commerce.payments import refunding, store
from commerce.payments.closing import Closing
from commerce.payments.errors import NoticeRefused
from commerce.payments.payables import PaidIn, Payable, Payables
from commerce.payments.provider import (
    Attempt,
    BillRow,
    BillTimes,
    Created,
    NewPayment,
    NewRefund,
    Notice,
    RefundStatus,
    Status,
)
from commerce.payments.providers import Providers
from commerce.payments.refund_rows import RefundRow
from livehub.app import DEMO_MODULES, MODULES
from livehub.base.auth import Role
from livehub.base.db import Transaction
from livehub.base.errors import NotFound
from livehub.base.module import Context, Module, Part
from tests.base.served import Answer, Served, serving

ORDER, BUYER, TOTAL = "order-1", "mei", 5_990


class TillPart(Part):
    """Fills the port Payables. `orders`: whose, how much, in which currency; `paid_by`: order to its payment."""

    def __init__(self, context: Context) -> None:
        self._database = context.database
        self._clock = context.clock
        self.orders: dict[str, tuple[str, int, str]] = {ORDER: (BUYER, TOTAL, "CNY")}
        self.paid_by: dict[str, str] = {}
        self.heard: list[PaidIn] = []
        self.refunds: list[tuple[str, str]] = []
        self.opened: list[str] = []
        context.provide(Payables, self)

    async def opening(self, order: str, person: str, *, until_ms: int, now_ms: int) -> Payable:
        if order not in self.orders or self.orders[order][0] != person:
            raise NotFound
        self.opened.append(order)
        _, amount_minor, currency = self.orders[order]
        return Payable(
            amount_minor=amount_minor, currency=currency, description="Blueberries 蓝莓 <b>", closes_ms=until_ms,
            return_path=f"/orders/{order}",
        )  # fmt: skip

    async def paid(self, paid: PaidIn) -> None:
        self.heard.append(paid)
        now_ms = int(self._clock.real_s() * 1000)
        async with self._database.batch.transaction() as tx:
            (is_new,) = await store.mark_paid(tx, [paid], now_real_ms=now_ms)
            if not is_new:
                return
            await post(tx.connection, [
                captured(
                    payment=paid.payment, order=paid.order, provider=paid.provider, amount_minor=paid.amount_minor,
                    currency=paid.currency, at_ms=paid.at_ms,
                )
            ])  # fmt: skip
            if self.paid_by.setdefault(paid.order, paid.payment) != paid.payment:
                await refunding.begin(
                    tx, order=paid.order, payment=paid.payment, kind="double", key=f"double:{paid.payment}",
                    amount_minor=paid.amount_minor, reason="paid twice", by=None, needs_approval=False, now_ms=paid.at_ms,
                )  # fmt: skip

    async def refunded(self, tx: Transaction, refund: RefundRow) -> None:
        self.refunds.append((refund.id, refund.state))


TILL = Module(name="till", build=TillPart)


class Shop:
    """A server with a till; `till`, `closing`: its parts."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.till = served.application.get(TillPart)
        self.closing = served.application.get(Closing)
        self.database = served.database
        self.clock = served.clock

    async def pay(
        self, order: str = ORDER, *, user: str = BUYER, provider: str = "sandbox", key: str | None = None
    ) -> Answer:
        headers = {} if key is None else {"Idempotency-Key": key}
        call = f"POST /api/orders/{order}/payments"
        return await self.served.call(call, {"provider": provider}, role=Role.VIEWER, user=user, headers=headers)

    async def begun(self, order: str = ORDER, **how: Any) -> dict[str, Any]:
        """A payment that was begun."""
        answer = await self.pay(order, **how)
        assert answer.status == 201, answer
        return dict(answer.body)

    async def payment(self, id_: str, *, user: str = BUYER) -> dict[str, Any]:
        answer = await self.served.call(f"GET /api/payments/{id_}", role=Role.VIEWER, user=user)
        assert answer.status == 200, answer
        return dict(answer.body)

    async def press(self, id_: str, action: str, **body: Any) -> Answer:
        return await self.served.call(f"POST /api/sandbox/payments/{id_}/{action}", body, role=None)

    async def pressed(self, id_: str, action: str, **body: Any) -> None:
        answer = await self.press(id_, action, **body)
        assert answer.status == 200, answer

    async def told(self, provider: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """What a notice is answered."""
        path = f"POST /api/payments/notices/{provider}"
        return await self.served.call(path, raw=body, role=None, headers=dict(headers))

    async def value(self, query: str, *args: Any) -> Any:
        return await self.database.fetchval(query, *args)

    async def balances(self) -> dict[str, int]:
        """Of each account of the ledger that has seen money, debits less credits."""
        rows = await self.database.fetch(
            "SELECT account, sum(amount_minor)::bigint FROM ledger_entries GROUP BY 1 ORDER BY 1"
        )
        return dict(tuple(row) for row in rows)

    async def findings(self) -> list[tuple[str, int | None, str | None]]:
        rows = await self.database.fetch(
            "SELECT kind, amount_minor, currency FROM payment_findings ORDER BY found_ms, id"
        )
        return [tuple(row) for row in rows]


@asynccontextmanager
async def shop(
    database_url: str, *, is_demo: bool = True, without: Collection[str] = (), **settings: Any
) -> AsyncIterator[Shop]:
    """A shop that takes the sandbox, and what tests bring as `till`; somebody at this machine may press every button.
    `without`: modules of providers that are not there."""
    all_ = DEMO_MODULES if is_demo else MODULES
    modules = (*(module for module in all_ if module.name not in without), TILL)
    given: dict[str, Any] = {"payment_providers": "sandbox,till", "payment_poll_s": 0.05, "sandbox_poll_s": 0.05}
    async with serving(database_url, modules=modules, **(given | settings)) as served:
        yield Shop(served)


class Booked(Struct, kw_only=True):
    """A payment at the scripted provider."""

    new: NewPayment
    status: Status


class Scripted:
    """A provider that does what a test says. Its notices are JSON, and good if a header says so.

    `answers`: what the next calls do, by method: an exception is raised, an event waited for first.
    """

    name = "till"
    bill_times = BillTimes(zone=ZoneInfo("UTC"))

    def __init__(self) -> None:
        self.booked: dict[str, Booked] = {}
        self.refunds: dict[str, tuple[NewRefund, RefundStatus]] = {}
        self.calls: list[tuple[str, str]] = []
        self.answers: dict[str, list[Any]] = {}
        self.refund_state: Any = "paid"

    async def _scripted(self, method: str, id_: str) -> None:
        self.calls.append((method, id_))
        for answer in self.answers.pop(method, []):
            if isinstance(answer, Exception):
                raise answer
            if isinstance(answer, asyncio.Event):
                await answer.wait()
            else:
                await answer()

    async def create(self, payment: NewPayment) -> Created:
        self.booked.setdefault(payment.id, Booked(new=payment, status=Status(state="open")))
        await self._scripted("create", payment.id)
        return Created(how="url", url=f"https://provider.example/{payment.id}", ref=f"session-{payment.id}")

    async def query(self, payment: Attempt) -> Status:
        await self._scripted("query", payment.id)
        return self.booked[payment.id].status if payment.id in self.booked else Status(state="unknown")

    async def close(self, payment: Attempt) -> Status:
        await self._scripted("close", payment.id)
        booked = self.booked.get(payment.id)
        if booked is None:
            return Status(state="closed")
        if booked.status.state == "open":
            booked.status = Status(state="closed")
        return booked.status

    async def refund(self, refund: NewRefund) -> RefundStatus:
        known = self.refunds.get(refund.id)
        if known is None or known[1].state == "failed":
            self.refunds[refund.id] = (refund, RefundStatus(state=self.refund_state, ref=f"re-{refund.id}"))
        await self._scripted("refund", refund.id)
        return self.refunds[refund.id][1]

    async def query_refund(self, refund: NewRefund) -> RefundStatus:
        await self._scripted("query_refund", refund.id)
        return self.refunds[refund.id][1] if refund.id in self.refunds else RefundStatus(state="unknown")

    async def bill(self, day: date) -> AsyncIterator[BillRow]:
        rows: list[BillRow] = []
        for row in rows:
            yield row

    def verify(self, headers: Mapping[str, str], body: bytes, *, now_s: float) -> Notice:
        if headers.get("X-Good") != "yes":
            raise NoticeRefused
        if headers.get("X-Defect"):
            raise KeyError("a defect of the provider's module")
        return Notice(**json.loads(body))

    def acknowledged(self) -> tuple[int, bytes]:
        return 200, b"{}"

    def pay(self, id_: str, *, amount_minor: int | None = None, currency: str | None = None) -> None:
        """Somebody pays it there; nobody is told."""
        new = self.booked[id_].new
        self.booked[id_].status = Status(
            state="paid", amount_minor=amount_minor or new.amount_minor, currency=currency or new.currency, ref="pi_1",
            paid_at_ms=1,
        )  # fmt: skip


def scripted(shop_: Shop) -> Scripted:
    """The provider `till` of that shop."""
    provider = Scripted()
    shop_.served.application.get(Providers).add(provider)
    return provider


GOOD = {"X-Good": "yes", "Content-Type": "application/json"}


def notice(**fields: Any) -> bytes:
    return json.dumps({"kind": "payment", "state": "paid", "currency": "CNY", **fields}).encode()
