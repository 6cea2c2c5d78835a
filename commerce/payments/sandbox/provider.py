"""The sandbox as a Provider: what the shop asks of it is answered out of its books, in this process."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from commerce.payments.provider import (
    Attempt,
    BillRow,
    Created,
    NewPayment,
    NewRefund,
    Notice,
    RefundStatus,
    Status,
)
from commerce.payments.sandbox import signed
from commerce.payments.sandbox.acting import Account, Message, RefundAccount, message, refund_notice
from commerce.payments.sandbox.books import Books, Q
from livehub.base.db import Database, Transaction

NAME = "sandbox"
PAGE = "/pay/sandbox"


class SandboxProvider:
    """See Provider in commerce/payments/provider.py for what each method is to do."""

    name = NAME

    def __init__(
        self,
        books: Books,
        database: Database,
        *,
        secret: str,
        zone: ZoneInfo,
        age_s_max: float,
        answers_after_s: float,
    ) -> None:
        """`zone`: of the days of its bills."""
        self._books = books
        self._database = database
        self._zone = zone
        self._age_s_max = age_s_max
        self._answers_after_s = answers_after_s
        self._notice_key = signed.key_of(secret, "notices")
        self._page_key = signed.key_of(secret, "pages")

    async def create(self, payment: NewPayment) -> Created:
        """It is paid at PAGE/{id}, by whoever has that address."""
        await self._books.opened(
            Account(
                id=payment.id,
                amount_minor=payment.amount_minor,
                currency=payment.currency,
                description=payment.description,
                state="open",
                ref=None,
                notify_url=_inside(payment),
                return_url=payment.return_url,
                refunds="now",
                created_ms=self._books.now_ms(),
                closes_ms=payment.closes_ms,
            )
        )
        await asyncio.sleep(self._answers_after_s)
        key = signed.page_key(self._page_key, payment.id)
        return Created(how="url", url=f"{payment.outside}{PAGE}/{quote(payment.id)}?k={key}")

    async def query(self, payment: Attempt) -> Status:
        account = await self._books.account(payment.id)
        return Status(state="unknown") if account is None else await self._status(account)

    async def close(self, payment: Attempt) -> Status:
        """One that was never opened is kept as closed, so that it never will be."""
        now_ms = self._books.now_ms()
        closed = Account(
            id=payment.id, amount_minor=payment.amount_minor, currency=payment.currency, description="", state="closed",
            ref=None, notify_url="", return_url="", refunds="now", created_ms=now_ms, closes_ms=now_ms,
        )  # fmt: skip
        return await self._status(await self._books.closed(closed))

    async def _status(self, account: Account) -> Status:
        if account.state != "paid":
            return Status(state=account.state)
        capture = await self._books.first_capture(account.id)
        assert capture is not None, "it is paid"
        return Status(
            state="paid",
            amount_minor=capture.amount_minor,
            currency=capture.currency,
            ref=capture.ref,
            paid_at_ms=capture.at_ms,
            capture=capture.ref,
        )

    async def refund(self, refund: NewRefund) -> RefundStatus:
        async with self._database.transaction() as tx:
            return await self._refunded(tx, refund)

    async def _refunded(self, tx: Transaction, refund: NewRefund) -> RefundStatus:
        """Under the lock of its payment. One of a payment that was made up of a second capture names that by its ref."""
        first = await tx.connection.fetchrow(Q["first_capture"], refund.payment)
        capture = refund.payment_ref or ("" if first is None else first["ref"])
        record = await tx.connection.fetchrow(Q["capture"], capture)
        if record is None:
            return RefundStatus(state="failed", why="there is no such payment")
        (payment,) = await tx.connection.fetch(Q["payments_for_update"], [record["payment"]])
        known = await tx.connection.fetchrow(Q["refund"], refund.id)
        if known is not None and known["state"] != "failed":
            return RefundStatus(state=known["state"], ref=known["ref"])
        record = await tx.connection.fetchrow(Q["capture"], capture)
        assert record is not None
        if (
            refund.amount_minor > record["amount_minor"] - record["refunded_minor"]
            or refund.currency != record["currency"]
        ):
            return RefundStatus(state="failed", why="it is more than was paid")
        now_ms = self._books.now_ms()
        state = {"now": "paid", "later": "processing", "fail": "failed"}[payment["refunds"]]
        put = await tx.connection.fetchrow(
            Q["put_refund"], refund.id, payment["id"], record["ref"], refund.amount_minor, refund.currency, state,
            self._books.new_id(), now_ms,
        )  # fmt: skip
        assert put is not None, "it was not there, or had failed"
        made = RefundAccount(**dict(put))
        if made.state == "paid":
            await self._books.tell(tx, [self._message(payment, made, now_ms)])
        return RefundStatus(state=made.state, ref=made.ref, why="as was asked for" if made.state == "failed" else "")

    def _message(self, payment: Any, refund: RefundAccount, now_ms: int) -> Message:
        account = Account(**dict(payment))
        notice = refund_notice(refund, self._books.new_id(), now_ms)
        return message(account, notice, new_id=self._books.new_id, due_ms=now_ms)

    async def query_refund(self, refund: NewRefund) -> RefundStatus:
        async with self._database.connection() as connection:
            record = await connection.fetchrow(Q["refund"], refund.id)
        return (
            RefundStatus(state="unknown") if record is None else RefundStatus(state=record["state"], ref=record["ref"])
        )

    async def bill(self, day: date) -> AsyncIterator[BillRow]:
        begins = datetime(day.year, day.month, day.day, tzinfo=self._zone)
        after = day + timedelta(days=1)
        ends = datetime(after.year, after.month, after.day, tzinfo=self._zone)
        between_ms = (int(moment.astimezone(UTC).timestamp() * 1000) for moment in (begins, ends))
        async with self._database.connection() as connection:
            records = await connection.fetch(Q["bill"], *between_ms)
        for record in records:
            yield BillRow(**dict(record))

    def verify(self, headers: Mapping[str, str], body: bytes, *, now_s: float) -> Notice:
        return signed.verified(self._notice_key, headers, body, now_s=now_s, age_s_max=self._age_s_max)

    def acknowledged(self) -> tuple[int, bytes]:
        return 200, b'{"code":"SUCCESS"}'


def _inside(payment: NewPayment) -> str:
    """It lives here, so it tells this process by the address at which it listens, whatever way leads to it from outside."""
    return f"{payment.here}/api/payments/notices/{NAME}" if payment.here else payment.notify_url
