"""Whom a coupon is for: everyone, new buyers, or people who are named."""

from collections.abc import Sequence
from typing import Protocol

from livehub.base.db import Connection


class BoughtBefore(Protocol):
    """Who knows who has paid an order. Orders fill this port; without them nobody has."""

    async def bought_before(self, connection: Connection, people: Sequence[str]) -> set[str]:
        """Those of them who have, whatever was refunded later, unless all of it was before anything was sent."""


async def have_bought(bought: BoughtBefore | None, connection: Connection, people: Sequence[str]) -> set[str]:
    """The same, of whoever fills the port."""
    return set() if bought is None or not people else await bought.bought_before(connection, people)
