"""HTTP: the nightly bills of providers: which day was fetched, what it comes to, how much of it we know otherwise."""

from collections.abc import AsyncIterator, Sequence
from datetime import date

from asyncpg import Record

from commerce.list_cells import amount
from commerce.payments.bills.fetching import Q
from commerce.payments.bills.schemas import Bill, BillList, BillQuery, BillSum
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

COLUMNS = (
    "day", "provider", "fetched_at", "tries", "fault", "rows", "currency", "taken", "returned", "fee", "differences", "open",
)  # fmt: skip


class BillsApi:
    def __init__(self, config: Config, database: Database, files: ListFiles) -> None:
        self._lists_max = config.lists_max
        self._database = database
        self._files = files

    def endpoints(self) -> list[Endpoint]:
        return [
            get(
                "/api/bills", self.list, may=Permission.SEE_FIGURES, reply=BillList, query=BillQuery, errors=(BadRequest,)
            ),
        ]  # fmt: skip

    async def list(self, call: Call[None]) -> BillList | Streamed:
        """Bills of days, the latest first; with an `Accept` of CSV or a spreadsheet all of them as a file, a row for each
        currency.
        """
        asked: BillQuery = call.query
        start = _place(asked.after)
        if list_files.is_wanted(call.request):
            return await self._files.begin(call, "bills", COLUMNS, self._pages(asked, start))
        most = asked.most(self._lists_max)
        found, has_more = page(await self._found(asked, start, most + 1), most)
        return BillList(items=[bill for _, bill in found], next=_next(found[-1][0]) if has_more else None)

    async def _found(
        self, asked: BillQuery, start: tuple[date, str] | None, most: int
    ) -> Sequence[tuple[Record, Bill]]:
        async with self._database.connection() as connection:
            rows = await connection.fetch(Q["days"], asked.provider, asked.state, *(start or (None, None)), most)
            of_days = [row["provider"] for row in rows], [row["day"] for row in rows]
            said = await connection.fetch(Q["sums"], *of_days)
        sums: dict[tuple[str, date], list[BillSum]] = {}
        for row in said:
            one = BillSum(**{name: row[name] for name in BillSum.__struct_fields__})
            sums.setdefault((row["provider"], row["day"]), []).append(one)
        return [(row, _bill(row, sums.get((row["provider"], row["day"]), []))) for row in rows]

    async def _pages(
        self, asked: BillQuery, start: tuple[date, str] | None
    ) -> AsyncIterator[Sequence[Sequence[csv.Cell]]]:
        while found := await self._found(asked, start, ROWS_PER_QUERY):
            yield [cells for row, bill in found for cells in _cells(row, bill)]
            start = (found[-1][0]["day"], found[-1][0]["provider"])


def _place(after: str | None) -> tuple[date, str] | None:
    """The day and provider that a `next` names. Raises BadRequest."""
    if after is None:
        return None
    day, _, provider = after.partition(".")
    try:
        return date.fromisoformat(day), provider
    except ValueError as error:
        raise BadRequest("after: this is no `next` of ours.") from error


def _next(row: Record) -> str:
    return f"{row['day']}.{row['provider']}"


def _bill(row: Record, sums: list[BillSum]) -> Bill:
    return Bill(
        provider=row["provider"],
        day=row["day"].isoformat(),
        tries=row["tries"],
        rows=row["rows"],
        fetched_at=iso(row["fetched_real_ms"]),
        fault=row["fault"],
        differences=row["found"],
        open=row["open"],
        sums=sums,
    )


def _cells(row: Record, bill: Bill) -> list[list[csv.Cell]]:
    """A row for each currency; one where there is none."""
    day: list[csv.Cell] = [bill.day, bill.provider, moment(row["fetched_real_ms"]), bill.tries, bill.fault, bill.rows]
    differ: list[csv.Cell] = [bill.differences, bill.open]
    money: list[list[csv.Cell]] = [
        [each.currency, *(amount(of, each.currency) for of in (each.taken_minor, each.returned_minor, each.fee_minor))]
        for each in bill.sums
    ]
    return [[*day, *each, *differ] for each in money or [[None] * 4]]
