"""Tells those who know no orders whose an order line is."""

from livehub.base.db import Connection
from livehub.base.sql import queries

Q = queries(__file__, "orders.sql")


class LinesOfOrders:
    """Fills livehub/people/order_lines.py."""

    async def buyer_of(self, connection: Connection, line: str) -> str | None:
        """Whose order line it is; None: there is no such line."""
        buyer: str | None = await connection.fetchval(Q["buyer_of_line"], line)
        return buyer
