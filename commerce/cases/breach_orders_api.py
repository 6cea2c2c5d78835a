"""HTTP: the orders that a breach of the cold chain flagged."""

from commerce.cases.breach_schemas import BreachOrder, BreachOrders
from livehub.base.auth import Permission
from livehub.base.config import Config
from livehub.base.db import Database
from livehub.base.endpoints import Call, Endpoint, get
from livehub.base.lists import PageQuery, iso, page
from livehub.base.sql import queries
from livehub.people import persons

Q = queries(__file__, "breach_orders.sql")


class BreachOrdersApi:
    def __init__(self, core: Config, database: Database) -> None:
        self._core = core
        self._database = database

    def endpoints(self) -> list[Endpoint]:
        return [
            get(
                "/api/breaches/{breach}/orders", self.orders, may=Permission.SEE_ORDERS, query=PageQuery, reply=BreachOrders,
            ),
        ]  # fmt: skip

    async def orders(self, call: Call[None]) -> BreachOrders:
        """The orders that a breach of the cold chain flagged, by their ids."""
        most = call.query.most(self._core.lists_max)
        async with self._database.connection() as connection:
            rows = await connection.fetch(Q["of_breach"], call.path["breach"], call.query.after, most + 1)
            kept, is_more = page(rows, most)
            names = await persons.names_of(connection, [row["person"] for row in kept])
        items = [
            BreachOrder(
                order=row["order_id"],
                number=row["number"],
                state=row["state"],
                person=row["person"],
                person_name=names.get(row["person"], ""),
                shipment=row["shipment"],
                lines=row["lines"],
                offer=row["offer"],
                told_at=iso(row["told_ms"]),
            )
            for row in kept
        ]
        return BreachOrders(items=items, next=kept[-1]["order_id"] if is_more else None)
