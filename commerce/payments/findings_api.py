"""HTTP: what the staff have to look at, and what they did about it."""

from collections.abc import AsyncIterator, Sequence

from commerce.list_cells import cells, headings
from commerce.payments.errors import FindingNotFound
from commerce.payments.findings import Q, shown
from commerce.payments.schemas import FindingList, FindingQuery, FindingResolved, FindingShown
from commerce.typed import typed
from livehub.base import csv
from livehub.base.auth import Permission
from livehub.base.config import Config
from livehub.base.db import Database
from livehub.base.endpoints import Call, Endpoint, get, post
from livehub.base.errors import BadRequest, Forbidden, SigninTooOld, Unavailable
from livehub.base.lists import page, place
from livehub.base.streamed import Streamed
from livehub.base.text import is_visible, one_line
from livehub.hub.rooms.actions import Action, record
from livehub.people import list_files, persons
from livehub.people.list_files import ROWS_PER_QUERY, ListFiles

COLUMNS = (
    "found_at", "kind", "provider", "payment", "refund", "order", "amount_minor", "currency", "resolved_at", "resolved_by",
    "resolved_by_name", "note",
)  # fmt: skip


class FindingsApi:
    def __init__(self, config: Config, database: Database, files: ListFiles) -> None:
        self._config = config
        self._database = database
        self._files = files

    def endpoints(self) -> list[Endpoint]:
        findings, see = "/api/payment-findings", Permission.SEE_ORDERS
        return [
            get(
                findings, self.list, may=see, reply=FindingList, query=FindingQuery,
                errors=(Forbidden, SigninTooOld, Unavailable),
            ),
            post(
                f"{findings}/{{finding}}/resolve", self.resolve, may=Permission.REFUND, body=FindingResolved,
                reply=FindingShown, errors=(FindingNotFound,),
            ),
        ]  # fmt: skip

    async def list(self, call: Call[None]) -> FindingList | Streamed:
        """Money that does not fit, the latest first; as a file if asked for."""
        if list_files.is_wanted(call.request):
            return await self._files.begin(call, "payment_findings", headings(COLUMNS), self._pages(call.query))
        most = call.query.most(self._config.lists_max)
        found = await self._found(call.query, call.query.after, most + 1)
        items, has_more = page(found, most)
        last = _next(items) if has_more else None
        return FindingList(items=[each for _, each in items], next=last)

    async def resolve(self, call: Call[FindingResolved]) -> FindingShown:
        """Say what was done about it; what somebody has resolved stays so."""
        note = one_line(call.body.note)
        if not is_visible(note):
            raise BadRequest("note: there is nothing to see in it.")
        finding = call.path["finding"]
        row = await call.tx.connection.fetchrow(Q["resolve_finding"], finding, call.now_ms, call.person.id, note)
        if row is None:
            raise FindingNotFound
        if row["is_new"]:
            action = Action(
                type="payment_finding",
                subject=finding,
                was="open",
                became="resolved",
                why=note,
                data={"kind": row["kind"]},
            )
            await record(call.tx.connection, None, [action], by=call.person, now_ms=call.now_ms)
        names = await persons.names_of(call.tx.connection, [row["resolved_by"]])
        return shown(row, names)

    async def _found(self, query: FindingQuery, after: str | None, most: int) -> Sequence[tuple[int, FindingShown]]:
        before = place(after) or (None, None)
        async with self._database.connection() as connection:
            rows = await connection.fetch(
                Q["findings"], query.open, *before, most, typed(query.q), query.provider, query.day
            )
            names = await persons.names_of(connection, (row["resolved_by"] for row in rows))
        return [(row["found_ms"], shown(row, names)) for row in rows]

    async def _pages(self, query: FindingQuery) -> AsyncIterator[Sequence[Sequence[csv.Cell]]]:
        after = query.after
        while True:
            found = await self._found(query, after, ROWS_PER_QUERY)
            yield [cells(each, COLUMNS) for _, each in found]
            if len(found) < ROWS_PER_QUERY:
                return
            after = _next(found)


def _next(found: Sequence[tuple[int, FindingShown]]) -> str:
    at_ms, last = found[-1]
    return f"{at_ms}.{last.id}"
