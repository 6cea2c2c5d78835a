"""HTTP: the caller's holds, as PostgreSQL has them."""

from commerce.flashsale.journal import holds_of
from commerce.sales.answers import STATES
from commerce.sales.lines import sold_lines
from commerce.sales.schemas import HoldList
from commerce.sales.settings import SalesConfig
from commerce.sales.socket_events import Hold
from livehub.base.auth import Permission
from livehub.base.db import Database
from livehub.base.endpoints import Call, Endpoint, get

LATELY_MS = 86_400_000


class HoldsApi:
    def __init__(self, config: SalesConfig, database: Database) -> None:
        self._config = config
        self._database = database

    def endpoints(self) -> list[Endpoint]:
        return [get("/api/me/holds", self.mine, may=Permission.BUY, reply=HoldList)]

    async def mine(self, call: Call[None]) -> HoldList:
        """The caller's holds: those that are live, then those that ended in the last day."""
        async with self._database.connection() as connection:
            rows = await holds_of(
                connection, call.person.id, ended_since_ms=call.now_ms - LATELY_MS, most=self._config.lists_max
            )
        return HoldList(
            holds=[
                Hold(id=row.id, state=STATES[row.state], lines=sold_lines(row.asked), expires_ts=row.expires_ms)
                for row in rows
            ]
        )
