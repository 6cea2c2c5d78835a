"""Fetches each provider's bill of the days before, stores its rows, and tells the staff what they say that we know otherwise.

    bills = context.get(Bills)
    await bills.fetch_due()             by a job, again and again: what failed is tried with the next run
    await bills.fetch("wechatpay", day)    one, now

Rows are read as they come and written some hundreds at a time; each of them is there once (provider, kind, id) and stays as
it is, so a bill that breaks off is read anew from its beginning. What the provider kept is in the ledger when all of a bill has
been read, a sum for each currency. A payment that is paid by the bill and not by us is asked
about at the provider: that is how money is found whose notice was lost after its attempt had been closed.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import date
from typing import Any

from msgspec import Struct

from commerce.ledger.posting import post
from commerce.ledger.transfers import fee
from commerce.payments import findings, store
from commerce.payments.bills import comparing
from commerce.payments.bills.days import due, span_ms
from commerce.payments.bills.settings import BillsConfig
from commerce.payments.errors import ProviderAway, ProviderOff
from commerce.payments.findings import Finding
from commerce.payments.hearing import Hearing
from commerce.payments.provider import BillRow, Provider
from commerce.payments.providers import Providers
from livehub.base.clock import Clock
from livehub.base.db import Connection, Database
from livehub.base.errors import Unavailable
from livehub.base.sql import queries

log = logging.getLogger("commerce.payments.bills")
Q = queries(__file__, "bills.sql")

BATCH = 500
LATE_TRIES = 72  # a day of them
FAULT_CHARS_MAX = 200


class Fetched(Struct, frozen=True, kw_only=True):
    """What came of a bill."""

    rows: int
    findings: int


class Missing(Exception):
    """A bill without rows, of a day on which we were paid."""


class Bills:
    def __init__(
        self, config: BillsConfig, database: Database, clock: Clock, *, providers: Providers, hearing: Hearing
    ) -> None:
        self._config = config
        self._database = database
        self._clock = clock
        self._providers = providers
        self._hearing = hearing

    async def fetch_due(self) -> None:
        """All that are due. What one provider, or one day, fails at is no other's affair. Raises Unavailable."""
        for provider in self._providers.known:
            for day in await self._due(provider):
                await self._try(provider, day)

    async def fetch(self, name: str, day: date) -> Fetched:
        """One. Raises ProviderOff, ProviderAway, Missing, Unavailable."""
        provider = self._providers.get(name)
        told = _Told(self._config.bill_findings_max)
        count = 0
        async for batch in self._batches(provider, day):
            count += len(batch)
            await self._take(provider, day, batch, told)
        if not count and await self._was_paid(provider, day):
            raise Missing(f"a bill without rows, though we were paid on {day}")
        async with self._database.batch.transaction() as tx:
            rest = [comparing.more(name, day, untold=told.untold)] if told.untold else []
            await findings.note(tx.connection, rest, now_ms=self._now_ms())
            await tx.connection.execute(Q["day_fetched"], name, day, count, self._real_ms())
            await self._post_fees(tx.connection, name, day)
        log.info("bills.fetched", extra={"provider": name, "day": str(day), "rows": count, "findings": told.count})
        return Fetched(rows=count, findings=told.count)

    async def _post_fees(self, connection: Connection, name: str, day: date) -> None:
        """What the provider kept of a day's bill, once it is read whole; once by the day, whatever is read again later."""
        kept = await connection.fetch(Q["fees_to_post"], name, day)
        now_ms = self._now_ms()
        await post(
            connection,
            [
                fee(provider=name, bill=str(day), amount_minor=row["fee_minor"], currency=row["currency"], at_ms=now_ms)
                for row in kept
            ],
        )

    async def _due(self, provider: Provider) -> list[date]:
        times, days_max = provider.bill_times, self._config.bill_days_max
        now_s = self._clock.real_s()
        [first, *_] = days = due(now_s, zone=times.zone, ready_h=times.ready_h, fetched=(), days_max=days_max)
        async with self._database.batch.connection() as connection:
            rows = await connection.fetch(Q["fetched_days"], provider.name, first)
        fetched = {row["day"] for row in rows}
        return [day for day in days if day not in fetched]

    async def _try(self, provider: Provider, day: date) -> None:
        async with self._database.batch.transaction() as tx:
            tries = await tx.connection.fetchval(Q["begin_day"], provider.name, day)
        try:
            await self.fetch(provider.name, day)
        except (ProviderAway, ProviderOff, Missing) as error:
            fault = str(error)[:FAULT_CHARS_MAX]
        except (Unavailable, asyncio.CancelledError):
            raise
        except Exception as error:
            log.exception("bills.failed", extra={"provider": provider.name, "day": str(day)})
            fault = type(error).__name__
        else:
            return
        log.warning("bills.not_fetched", extra={"provider": provider.name, "day": str(day), "reason": fault})
        async with self._database.batch.transaction() as tx:
            await tx.connection.execute(Q["day_failed"], provider.name, day, fault)
            if tries >= LATE_TRIES:
                found = comparing.late(provider.name, day, tries=tries, fault=fault)
                await findings.note(tx.connection, [found], now_ms=self._now_ms())

    async def _batches(self, provider: Provider, day: date) -> AsyncIterator[list[BillRow]]:
        batch: list[BillRow] = []
        left = self._config.bill_rows_max
        rows: Any = provider.bill(day)
        async with aclosing(rows):
            async for row in rows:
                left -= 1
                if left < 0:
                    raise ProviderAway(f"the bill of {day} has more rows than LIVEHUB_BILL_ROWS_MAX")
                batch.append(row)
                if len(batch) >= BATCH:
                    yield batch
                    batch = []
        if batch:
            yield batch

    async def _take(self, provider: Provider, day: date, batch: list[BillRow], told: "_Told") -> None:
        rows, again = comparing.first_of_each(batch)
        unpaid = await self._unpaid(provider.name, rows)
        for row in unpaid:
            await self._ask(provider, row)
        async with self._database.batch.transaction() as tx:
            found = await self._compared(tx.connection, provider.name, day, rows)
            await tx.connection.execute(Q["insert_rows"], provider.name, day, *_columns(rows), *_more_columns(rows))
            if again:
                found += await _otherwise(tx.connection, provider.name, day, again)
            await findings.note(tx.connection, told.some(found), now_ms=self._now_ms())

    async def _compared(self, connection: Connection, name: str, day: date, rows: list[BillRow]) -> list[Finding]:
        found = await _otherwise(connection, name, day, rows)
        payments = await connection.fetch(Q["unlike_payments"], name, *_figures(rows, "payment"))
        refunds = await connection.fetch(Q["unlike_refunds"], name, *_figures(rows, "refund"))
        found += [comparing.of_payment(name, day, each) for each in payments]
        return found + [comparing.of_refund(name, day, each) for each in refunds]

    async def _unpaid(self, name: str, rows: list[BillRow]) -> list[store.PaymentRow]:
        """Payments of ours that the bill says are paid, and we do not."""
        async with self._database.batch.connection() as connection:
            records = await connection.fetch(Q["unlike_payments"], name, *_figures(rows, "payment"))
            found = [
                await store.payment(connection, record["id"])
                for record in records
                if record["state"] not in (None, "paid")
            ]
        return [row for row in found if row is not None]

    async def _ask(self, provider: Provider, row: store.PaymentRow) -> None:
        try:
            await self._hearing.heard(row, await provider.query(row.attempt()))
        except ProviderAway as error:
            log.warning("bills.not_asked", extra={"payment": row.id, "reason": repr(error)})

    async def _was_paid(self, provider: Provider, day: date) -> bool:
        since_ms, until_ms = span_ms(day, provider.bill_times.zone)
        async with self._database.batch.connection() as connection:
            was: bool = await connection.fetchval(Q["paid_between"], provider.name, since_ms, until_ms)
        return was

    def _now_ms(self) -> int:
        return int(self._clock.now_s() * 1000)

    def _real_ms(self) -> int:
        return int(self._clock.real_s() * 1000)


class _Told:
    """How many findings there were, and how many of them are too many."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.count = 0

    @property
    def untold(self) -> int:
        return max(0, self.count - self._most)

    def some(self, found: list[Finding]) -> list[Finding]:
        room = max(0, self._most - self.count)
        self.count += len(found)
        return found[:room]


async def _otherwise(connection: Connection, name: str, day: date, rows: list[BillRow]) -> list[Finding]:
    records = await connection.fetch(Q["otherwise"], name, day, *_columns(rows))
    return [comparing.twice(name, day, record) for record in records]


def _columns(rows: list[BillRow]) -> list[list[Any]]:
    return [[getattr(row, name) for row in rows] for name in ("kind", "id", "ref", "amount_minor", "currency")]


def _more_columns(rows: list[BillRow]) -> list[list[Any]]:
    return [[getattr(row, name) for row in rows] for name in ("fee_minor", "at_ms")]


def _figures(rows: list[BillRow], kind: str) -> list[list[Any]]:
    of_kind = [row for row in rows if row.kind == kind]
    return [[getattr(row, name) for row in of_kind] for name in ("id", "amount_minor", "currency")]
