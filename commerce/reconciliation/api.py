"""HTTP: how the books stand: what is on each account, and what the looks at each day have found."""

from collections.abc import AsyncIterator, Sequence
from datetime import date

import msgspec
from asyncpg import Record

from commerce.ledger.closing import Balance, balances
from commerce.list_cells import amount
from commerce.reconciliation import schemas
from commerce.reconciliation.looks import Q
from livehub.base import csv
from livehub.base.auth import Permission
from livehub.base.config import Config
from livehub.base.db import Database
from livehub.base.endpoints import Call, Endpoint, get
from livehub.base.errors import BadRequest
from livehub.base.lists import iso, page
from livehub.base.moment import moment
from livehub.base.streamed import Streamed
from livehub.people import list_files
from livehub.people.list_files import ROWS_PER_QUERY, ListFiles

DAYS_SHOWN = 30
ACCOUNT_COLUMNS = ("account", "kind", "currency", "balance")
DAY_COLUMNS = ("day", "looked_at", "differences", "check", "what", "away")


class BooksApi:
    def __init__(self, config: Config, database: Database, files: ListFiles) -> None:
        self._config = config
        self._database = database
        self._files = files

    def endpoints(self) -> list[Endpoint]:
        see = Permission.SEE_FIGURES
        return [
            get("/api/books", self.books, may=see, reply=schemas.Books, query=schemas.BooksQuery),
            get(
                "/api/books/days", self.days, may=see, reply=schemas.BookDays, query=schemas.BookDaysQuery,
                errors=(BadRequest,),
            ),
        ]  # fmt: skip

    # --- accounts ---

    async def books(self, call: Call[None]) -> schemas.Books | Streamed:
        """What is on each account of the ledger, and what the looks at the books of the latest days have found.

        The accounts come as CSV or XLSX if the client asks for that.
        """
        asked: schemas.BooksQuery = call.query
        shown = min(asked.limit or DAYS_SHOWN, DAYS_SHOWN)
        async with self._database.connection() as connection:
            on_accounts = [each for each in await balances(connection) if _is_meant(each, asked.q)]
            closed = await connection.fetchval(Q["closed"])
            looks = await connection.fetch(Q["looks"], shown, None, "")
            bills = await connection.fetch(Q["bill_days"], shown)
        if list_files.is_wanted(call.request):
            return await self._files.begin(call, "books", ACCOUNT_COLUMNS, _accounts(on_accounts))
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

    # --- days ---

    async def days(self, call: Call[None]) -> schemas.BookDays | Streamed:
        """Looks at the books of days, the latest first; as CSV or XLSX, a row for each difference, if asked for."""
        asked: schemas.BookDaysQuery = call.query
        before = _day(asked.after)
        if list_files.is_wanted(call.request):
            return await self._files.begin(call, "book_days", DAY_COLUMNS, self._pages(asked, before))
        most = asked.most(self._config.lists_max)
        rows, has_more = page(await self._found(asked, before, most + 1), most)
        return schemas.BookDays(
            items=[_look(row) for row in rows], next=rows[-1]["day"].isoformat() if has_more else None
        )

    async def _found(self, asked: schemas.BookDaysQuery, before: date | None, most: int) -> Sequence[Record]:
        async with self._database.connection() as connection:
            return await connection.fetch(Q["looks"], most, before, asked.q.strip())

    async def _pages(
        self, asked: schemas.BookDaysQuery, before: date | None
    ) -> AsyncIterator[Sequence[Sequence[csv.Cell]]]:
        while rows := await self._found(asked, before, ROWS_PER_QUERY):
            yield [cells for row in rows for cells in _day_cells(row)]
            before = rows[-1]["day"]


async def _accounts(found: Sequence[Balance]) -> AsyncIterator[Sequence[Sequence[csv.Cell]]]:
    yield [[each.account, each.kind, each.currency, amount(each.amount_minor, each.currency)] for each in found]


def _is_meant(balance: Balance, q: str) -> bool:
    text = f"{balance.account} {balance.kind} {balance.currency}".casefold()
    return all(word in text for word in q.casefold().split())


def _day(after: str | None) -> date | None:
    try:
        return None if after is None else date.fromisoformat(after)
    except ValueError as error:
        raise BadRequest("after: this is no `next` of ours.") from error


def _look(row: Record) -> schemas.BookLook:
    return schemas.BookLook(
        day=row["day"].isoformat(),
        looked_at=iso(row["looked_real_ms"]) or "",
        found=row["found"],
        differences=msgspec.json.decode(row["differences"], type=list[schemas.BookDifference]),
        away=msgspec.json.decode(row["away"], type=list[str]),
    )


def _day_cells(row: Record) -> list[list[csv.Cell]]:
    """A row for each difference; one where there is none."""
    look = _look(row)
    day: list[csv.Cell] = [look.day, moment(row["looked_real_ms"]), look.found]
    differ: list[list[csv.Cell]] = [[each.check, each.what] for each in look.differences]
    return [[*day, *each, "; ".join(look.away)] for each in differ or [[None, None]]]
