"""Whose what was ordered is: asked by those who pack and track it, and answered by whoever keeps orders."""

from typing import Protocol

from livehub.base.db import Connection


class OrderLines(Protocol):
    """What people ordered."""

    async def buyer_of(self, connection: Connection, line: str) -> str | None:
        """Whose order line it is; None: there is no such line."""
