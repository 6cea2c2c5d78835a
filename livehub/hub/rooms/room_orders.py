"""What rooms' parts want to know of orders, which are kept above them."""

from typing import Protocol

from livehub.base.db import Connection


class RoomOrders(Protocol):
    """Counts what is ordered in rooms; provided by the module that keeps orders."""

    async def made_between(self, connection: Connection, room: str, from_ms: int, to_ms: int) -> int:
        """How many orders were made there, the second moment not included (Unix ms of business time)."""
        ...
