"""Reconciliation as a module: it looks at the books of each day, and tells the staff how they stand."""

from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
from asyncpg import Record
from msgspec import Struct

from commerce.ledger.closing import balances
from commerce.payments.providers import Providers
from commerce.reconciliation import schemas
from commerce.reconciliation.looks import Looks, Q
from livehub.base.auth import Permission
from livehub.base.config import Config
from livehub.base.endpoints import Call, Endpoint, get
from livehub.base.lists import iso
from livehub.base.module import Context, Job, Module, Part, defined_in

DAYS_SHOWN = 30


class Reconciliation(Part):
    def __init__(self, context: Context) -> None:
        zone = ZoneInfo(context.config(Config).time_zone)
        self._database = context.database
        self._looks = Looks(context.database, context.get(Providers), zone, context.clock)
        context.provide(Looks, self._looks)

    def jobs(self) -> Sequence[Job]:
        return [Job(name="reconciliation.look", run=self._look, cron="37 * * * *")]

    async def _look(self, timestamp: int) -> None:
        del timestamp
        await self._looks.look()

    def endpoints(self) -> Sequence[Endpoint]:
        return [get("/api/books", self.books, may=Permission.SEE_FIGURES, reply=schemas.Books)]

    async def books(self, call: Call[None]) -> schemas.Books:
        """What is on each account of the ledger, and what the looks at the books of the latest days have found."""
        del call
        async with self._database.connection() as connection:
            on_accounts = await balances(connection)
            closed = await connection.fetchval(Q["closed"])
            looks = await connection.fetch(Q["looks"], DAYS_SHOWN)
            bills = await connection.fetch(Q["bill_days"], DAYS_SHOWN)
        return schemas.Books(
            balances=[
                schemas.AccountBalance(
                    account=each.account, kind=each.kind, currency=each.currency, amount_minor=each.amount_minor
                )
                for each in on_accounts
            ],
            closed_day=None if closed is None else closed.isoformat(),
            looks=[_look(row) for row in looks],
            bills=[
                schemas.BillDay(
                    provider=row["provider"],
                    day=row["day"].isoformat(),
                    rows=row["rows"],
                    fetched_at=iso(row["fetched_real_ms"]),
                    fault=row["fault"],
                )
                for row in bills
            ],
        )


def _look(row: Record) -> schemas.BookLook:
    return schemas.BookLook(
        day=row["day"].isoformat(),
        looked_at=iso(row["looked_real_ms"]) or "",
        found=row["found"],
        differences=msgspec.json.decode(row["differences"], type=list[schemas.BookDifference]),
        away=msgspec.json.decode(row["away"], type=list[str]),
    )


RECONCILIATION = Module(
    name="reconciliation",
    build=Reconciliation,
    migrations=Path(__file__).parent / "migrations",
    schemas=defined_in(schemas, Struct),
)
