"""HTTP: the sheets and the boxes that a batch has."""

from collections.abc import Callable

from livehub.base.auth import Permission
from livehub.base.config import Config
from livehub.base.db import Database
from livehub.base.endpoints import Call, Endpoint, get
from livehub.base.errors import BadRequest
from livehub.base.lists import PageQuery, iso, page, place
from livehub.base.sql import queries
from trace.batches import store
from trace.batches.addresses import base_of
from trace.batches.errors import BatchNotFound
from trace.batches.sheet_schemas import ListedBox, ListedBoxes, ListedSheet, ListedSheets

Q = queries(__file__, "sheets.sql")


class SheetsApi:
    """`url`: where a sheet of a batch is to be printed from."""

    def __init__(self, core: Config, database: Database, url: Callable[[str, str], str]) -> None:
        self._core = core
        self._database = database
        self._url = url

    def endpoints(self) -> list[Endpoint]:
        may, one = Permission.RECORD_STEPS, "/api/batches/{batch}"
        return [
            get(
                f"{one}/sheets", self.sheets, may=may, query=PageQuery, reply=ListedSheets, errors=(BatchNotFound, BadRequest),
            ),
            get(f"{one}/boxes", self.boxes, may=may, query=PageQuery, reply=ListedBoxes, errors=(BatchNotFound,)),
        ]  # fmt: skip

    async def sheets(self, call: Call[None]) -> ListedSheets:
        """The sheets of a batch, the latest first."""
        most, before = call.query.most(self._core.lists_max), place(call.query.after) or (None, None)
        async with self._database.connection() as connection:
            batch = await store.row_of(connection, call.path["batch"])
            rows = await connection.fetch(Q["sheets"], batch["id"], *before, most + 1)
        kept, is_more = page(rows, most)
        items = [
            ListedSheet(
                id=row["id"],
                boxes=row["boxes"],
                made_at=iso(row["created_ms"]) or "",
                url=self._url(batch["id"], row["id"]),
            )
            for row in kept
        ]
        return ListedSheets(items=items, next=f"{kept[-1]['created_ms']}.{kept[-1]['id']}" if is_more else None)

    async def boxes(self, call: Call[None]) -> ListedBoxes:
        """The boxes of a batch, by their serials, and which of them are packed."""
        most = call.query.most(self._core.lists_max)
        coded = store.codes(base_of(call.request, self._core))
        async with self._database.connection() as connection:
            batch = await store.row_of(connection, call.path["batch"])
            rows = await connection.fetch(Q["boxes"], batch["id"], call.query.after, most + 1)
        kept, is_more = page(rows, most)
        items = [
            ListedBox(
                serial=row["serial"],
                sheet=row["sheet"],
                code=coded(batch["gtin"], batch["lot"], row["serial"]),
                order_line=row["order_line"],
                packed_at=iso(row["packed_ms"]),
                leaf=row["leaf"],
            )
            for row in kept
        ]
        return ListedBoxes(items=items, next=kept[-1]["serial"] if is_more else None)
