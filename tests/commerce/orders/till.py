"""A payment provider outside of the house that does just what a test says: pays, refuses, says nothing, pays after a close."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from commerce.payments.errors import NoticeRefused, ProviderAway
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
from tests.integration.server import Answer, LocalServer

_notices = itertools.count(1)


class Till:
    """`payments`: opened here, by id; `states`: what each is here; `refunds`: by id. `is_away`: it answers nobody."""

    name = "till"
    bill_times = BillTimes(zone=ZoneInfo("UTC"))

    def __init__(self) -> None:
        self.payments: dict[str, NewPayment] = {}
        self.states: dict[str, Status] = {}
        self.refunds: dict[str, NewRefund] = {}
        self.is_away = False
        self.closed = asyncio.Event()

    # --- what the house asks ---

    async def create(self, payment: NewPayment) -> Created:
        self._look()
        self.payments[payment.id] = payment
        self.states.setdefault(payment.id, Status(state="open"))
        return Created(how="url", url=f"https://till.example/{payment.id}")

    async def query(self, payment: Attempt) -> Status:
        self._look()
        return self.states.get(payment.id, Status(state="unknown"))

    async def close(self, payment: Attempt) -> Status:
        self._look()
        if self.states.get(payment.id, Status(state="open")).state == "open":
            self.states[payment.id] = Status(state="closed")
        self.closed.set()
        return self.states[payment.id]

    async def refund(self, refund: NewRefund) -> RefundStatus:
        self._look()
        self.refunds[refund.id] = refund
        return RefundStatus(state="paid", ref=f"r-{refund.id}")

    async def query_refund(self, refund: NewRefund) -> RefundStatus:
        self._look()
        return RefundStatus(state="paid" if refund.id in self.refunds else "unknown")

    async def bill(self, day: date) -> AsyncIterator[BillRow]:
        for _ in (day,) if self.is_away else ():
            yield BillRow(kind="payment", id="", ref=None, amount_minor=1, currency="CNY", at_ms=0)

    def verify(self, headers: Mapping[str, str], body: bytes, *, now_s: float) -> Notice:
        del now_s
        if headers.get("X-Till") != "signed":
            raise NoticeRefused
        return msgspec.json.decode(body, type=Notice)

    def acknowledged(self) -> tuple[int, bytes]:
        return 200, b'"ok"'

    def _look(self) -> None:
        if self.is_away:
            raise ProviderAway

    # --- what happens here ---

    def take(self, payment: str) -> Notice:
        """Money comes in for a payment, whatever it was before; the notice of it, not sent yet."""
        asked = self.payments[payment]
        self.states[payment] = Status(
            state="paid", amount_minor=asked.amount_minor, currency=asked.currency, ref=f"ref-{payment}"
        )
        return Notice(
            id=f"n-{next(_notices)}", kind="payment", about=payment, state="paid", amount_minor=asked.amount_minor,
            currency=asked.currency, ref=f"ref-{payment}",
        )  # fmt: skip

    async def tell(self, server: LocalServer, notice: Notice) -> Answer:
        """Send a notice, as often as this is called."""
        body: dict[str, Any] = msgspec.to_builtins(notice)
        headers = {"X-Till": "signed"}
        return await server.call("POST", "/api/payments/notices/till", body, headers=headers)
