"""Tells those who know no orders what an order line is."""

from commerce.orders import store
from livehub.base.db import Connection
from livehub.people.order_lines import OrderedLine


class LinesOfOrders:
    """Fills livehub/people/order_lines.py."""

    async def held(self, connection: Connection, line: str) -> OrderedLine | None:
        """A line, locked; None: there is no such line."""
        return await store.held_line(connection, line)
