"""HTTP: who changed the stock of a product, when and why."""

from collections.abc import AsyncIterator, Sequence

from commerce.catalogue.errors import ProductNotFound
from commerce.catalogue.products import card_of
from commerce.list_cells import cells
from commerce.sales.schemas import StockChangeRow, StockChanges
from commerce.sales.store import Q
from livehub.base import csv
from livehub.base.auth import Permission
from livehub.base.config import Config
from livehub.base.db import Database
from livehub.base.endpoints import Call, Endpoint, get
from livehub.base.errors import BadRequest
from livehub.base.lists import PageQuery, iso, page, place
from livehub.base.streamed import Streamed
from livehub.people import list_files, persons
from livehub.people.list_files import ROWS_PER_QUERY, ListFiles

COLUMNS = ("at", "delta", "reason", "by", "by_name")


class StockChangesApi:
    def __init__(self, config: Config, database: Database, files: ListFiles) -> None:
        self._lists_max = config.lists_max
        self._database = database
        self._files = files

    def endpoints(self) -> list[Endpoint]:
        return [
            get(
                "/api/products/{product}/stock/changes", self.list, may=Permission.EDIT_STOCK, reply=StockChanges,
                query=PageQuery, errors=(ProductNotFound, BadRequest),
            ),
        ]  # fmt: skip

    async def list(self, call: Call[None]) -> StockChanges | Streamed:
        """Changes by hand, the latest first; with an `Accept` of CSV or a spreadsheet all of them as a file."""
        product, start = call.path["product"], place(call.query.after)
        async with self._database.connection() as connection:
            await card_of(connection, product)
        if list_files.is_wanted(call.request):
            return await self._files.begin(call, "stock_changes", COLUMNS, self._pages(product, start))
        most = call.query.most(self._lists_max)
        found, has_more = page(await self._found(product, start, most + 1), most)
        return StockChanges(
            items=[change for _, change in found], next=f"{found[-1][0]}.{found[-1][1].id}" if has_more else None
        )

    async def _found(
        self, product: str, start: tuple[int, str] | None, most: int
    ) -> Sequence[tuple[int, StockChangeRow]]:
        async with self._database.connection() as connection:
            rows = await connection.fetch(Q["stock_changes"], product, *(start or (None, None)), most)
            names = await persons.names_of(connection, (row["changed_by"] for row in rows))
        return [
            (
                row["changed_ms"],
                StockChangeRow(
                    id=row["id"],
                    at=iso(row["changed_ms"]) or "",
                    delta=row["delta"],
                    reason=row["reason"],
                    by=row["changed_by"],
                    by_name=names.get(row["changed_by"], ""),
                ),
            )
            for row in rows
        ]

    async def _pages(self, product: str, start: tuple[int, str] | None) -> AsyncIterator[Sequence[Sequence[csv.Cell]]]:
        while found := await self._found(product, start, ROWS_PER_QUERY):
            yield [cells(change, COLUMNS) for _, change in found]
            start = (found[-1][0], found[-1][1].id)
