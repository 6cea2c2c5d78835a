"""Products as cards, for those who know no catalogue."""

from typing import Protocol

from livehub.base.db import Connection
from livehub.room.models import Card


class ProductCards(Protocol):
    """What the catalogue shows of products."""

    async def card(self, connection: Connection, product: str) -> Card | None:
        """The card of a product; None: there is no such product."""
