"""HTTP: what staff did about an order, its refunds and its cases, for those who handle orders.

They need not see the whole audit log for that.
"""

from commerce.cases.cases import Q
from commerce.orders import store as orders
from commerce.orders.errors import OrderNotFound
from livehub.base.auth import Permission
from livehub.base.config import Config
from livehub.base.db import Database
from livehub.base.endpoints import Call, Endpoint, get
from livehub.people.audit_api import AuditEntries, acts_on


class HistoryApi:
    def __init__(self, core: Config, database: Database) -> None:
        self._core = core
        self._database = database

    def endpoints(self) -> list[Endpoint]:
        return [
            get(
                "/api/orders/{order}/history", self.acts, may=Permission.SEE_ORDERS, reply=AuditEntries,
                errors=(OrderNotFound,),
            ),
        ]  # fmt: skip

    async def acts(self, call: Call[None]) -> AuditEntries:
        """Who of the staff did what about an order, and why, the latest first."""
        async with self._database.connection() as connection:
            order = await orders.order_of(connection, call.path["order"])
            subjects = [row["id"] for row in await connection.fetch(Q["subjects_of"], order.id)]
            return AuditEntries(items=await acts_on(connection, subjects, self._core.lists_max))
