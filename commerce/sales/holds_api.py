"""HTTP: the caller's holds, as PostgreSQL has them."""

from commerce.flashsale.journal import holds_of
from commerce.flashsale.rows import HoldRow
from commerce.sales.answers import STATES
from commerce.sales.lines import QUOTA, sold_lines
from commerce.sales.schemas import HoldList, OwnHold
from commerce.sales.settings import SalesConfig
from livehub.base.auth import Permission
from livehub.base.db import Database
from livehub.base.endpoints import Call, Endpoint, get
from livehub.base.lists import PageQuery, iso, page

LATELY_MS = 86_400_000


class HoldsApi:
    def __init__(self, config: SalesConfig, database: Database) -> None:
        self._config = config
        self._database = database

    def endpoints(self) -> list[Endpoint]:
        return [get("/api/me/holds", self.mine, may=Permission.BUY, reply=HoldList, query=PageQuery)]

    async def mine(self, call: Call[None]) -> HoldList:
        """The caller's holds, the latest first: those that are live, and those that ended in the last day."""
        most, since_ms = call.query.most(self._config.lists_max), call.now_ms - LATELY_MS
        async with self._database.connection() as connection:
            found = await holds_of(
                connection, call.person.id, kind=QUOTA, ended_since_ms=since_ms, most=most + 1, after=call.query.after
            )
        rows, has_more = page(found, most)
        return HoldList(items=[_own(row) for row in rows], next=rows[-1].id if has_more else None)


def _own(row: HoldRow) -> OwnHold:
    return OwnHold(
        id=row.id,
        state=STATES[row.state],
        lines=sold_lines(row.asked),
        expires_ts=row.expires_ms,
        expires_at=iso(row.expires_ms) or "",
    )
