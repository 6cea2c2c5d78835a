"""Whether a payment provider has the same as we: each row of its bills is a payment or refund of ours, and the other way round.

    a provider in the house (sandbox)    is asked for its bill of each day, today's too: it is true at once
    all others                           the bills that commerce/payments/bills has read, by a job, in the nights after

A payment and a refund that the provider has just made, and we are about to hear of, is a difference too; whoever looks looks
again a moment later (reconcile.py).
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import aclosing
from datetime import date, datetime, timedelta
from typing import Any

from commerce.payments.bills.days import span_ms
from commerce.payments.provider import BillRow, Provider
from commerce.reconciliation.books import EVER_MS, Difference
from livehub.base.db import Database
from livehub.base.sql import queries

Q = queries(__file__, "bills.sql")

IN_THE_HOUSE = frozenset({"sandbox"})
ROWS = 1_000  # that are compared in one statement
DAYS_MAX = 400
DAY = timedelta(days=1)


class CouldNotLook(Exception):
    """The bill of a day that was asked for is not there."""


class Bills:
    """`now_s`: Unix seconds of real time."""

    def __init__(self, database: Database, provider: Provider, *, now_s: float) -> None:
        self._database = database
        self._provider = provider
        self._name = provider.name
        self._zone = provider.bill_times.zone
        self._today = datetime.fromtimestamp(now_s, self._zone).date()

    async def differences(self, day: date | None, *, most: int) -> list[Difference]:
        """What provider and books have otherwise, on a day, or on all of which there is a bill; at most so many.

        Raises CouldNotLook when the bill of that day was not read, ProviderAway, Unavailable.
        """
        days = await self._days() if day is None else [day]
        if day is not None and not await self._has(day):
            raise CouldNotLook(f"the bill of {self._name} of {day} was not read yet")
        found: list[Difference] = []
        seen: set[tuple[str, str]] = set()
        for each in days:
            async for rows in self._batches(each):
                found += await self._compared(each, rows, seen)
        if day is not None:  # a refund may be on the bill of the day before that on which we heard of it
            async for rows in self._batches(day - DAY):
                await self._compared(day - DAY, rows, seen)
        for each in days:
            found += await self._not_there(each, seen, is_open=day is None and each == self._today)
        return found[:most]

    async def _days(self) -> list[date]:
        if self._name not in IN_THE_HOUSE:
            async with self._database.connection() as connection:
                return [row["day"] for row in await connection.fetch(Q["bill_days"], self._name)]
        async with self._database.connection() as connection:
            first_ms = await connection.fetchval(Q["first_paid"], self._name)
        first = self._today if first_ms is None else datetime.fromtimestamp(first_ms / 1000, self._zone).date()
        count = min(DAYS_MAX, (self._today - first).days + 1)
        return [self._today - back * DAY for back in reversed(range(count))]

    async def _has(self, day: date) -> bool:
        if self._name in IN_THE_HOUSE:
            return True
        async with self._database.connection() as connection:
            return day in {row["day"] for row in await connection.fetch(Q["bill_days"], self._name)}

    async def _batches(self, day: date) -> AsyncIterator[list[BillRow]]:
        batch: list[BillRow] = []
        async for row in self._rows(day):
            batch.append(row)
            if len(batch) >= ROWS:
                yield batch
                batch = []
        if batch:
            yield batch

    async def _rows(self, day: date) -> AsyncIterator[BillRow]:
        if self._name in IN_THE_HOUSE:
            rows: Any = self._provider.bill(day)
            async with aclosing(rows):
                async for row in rows:
                    yield row
        else:
            async with self._database.connection() as connection:
                stored = await connection.fetch(Q["bill_rows"], self._name, day)
            for each in stored:
                yield BillRow(**dict(each))

    async def _compared(self, day: date, rows: Sequence[BillRow], seen: set[tuple[str, str]]) -> list[Difference]:
        columns = [[getattr(row, name) for row in rows] for name in ("kind", "id", "ref", "amount_minor", "currency")]
        async with self._database.connection() as connection:
            ours = await connection.fetch(Q["ours"], self._name, *columns)
        seen.update((row.kind, our["id"]) for row, our in zip(rows, ours, strict=True) if our["id"] is not None)
        told = (difference(self._name, day, row, our) for row, our in zip(rows, ours, strict=True))
        return [each for each in told if each is not None]

    async def _not_there(self, day: date, seen: set[tuple[str, str]], *, is_open: bool) -> list[Difference]:
        """`is_open`: of refunds all that follow, too: they have business time, which in `demo` may be ahead of real time."""
        from_ms, until_ms = span_ms(day, self._zone)
        async with self._database.connection() as connection:
            ours = [*await connection.fetch(Q["paid_between"], self._name, from_ms, until_ms)]
            sent_until_ms = EVER_MS if is_open else until_ms
            ours += await connection.fetch(Q["sent_between"], self._name, from_ms, sent_until_ms)
        return not_there(self._name, day, ours, seen)


def difference(provider: str, day: date, row: BillRow, ours: Any) -> Difference | None:
    """What is odd about a row of a bill. `ours`: what we have of it, by name. Money in suspense is known."""
    said = f"the bill of {provider} of {day} has {row.kind} {row.id} of {row.amount_minor} {row.currency}"
    fits = (ours["amount_minor"], ours["currency"]) == (row.amount_minor, row.currency)
    if ours["is_in_suspense"] or (ours["state"] == "paid" and fits):
        return None
    if ours["id"] is None:
        return Difference("provider", f"{said}, of which we know nothing")
    if not fits:
        return Difference("provider", f"{said}, and we have {ours['amount_minor']} {ours['currency']}")
    return Difference("provider", f"{said}, and here it is {ours['state']}")


def not_there(provider: str, day: date, ours: Iterable[Any], seen: set[tuple[str, str]]) -> list[Difference]:
    """Those of ours of that day that no bill has."""
    return [
        Difference(
            "provider",
            f"{row['kind']} {row['id']} of {row['amount_minor']} {row['currency']} is paid here, and {provider} has none on"
            f" its bill of {day}",
        )
        for row in ours
        if (row["kind"], row["id"]) not in seen
    ]
