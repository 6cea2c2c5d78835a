"""What people ordered: asked by those who pack and track it, and answered by whoever keeps orders."""

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct

from livehub.base.db import Connection


class OrderedLine(Struct, frozen=True, kw_only=True):
    """A line of an order. `state`: the order's; `is_to_pack`: it is paid for, and not cancelled; `units`: how many of which
    product, those of its parts where it is a bundle.
    """

    buyer: str
    state: str
    is_to_pack: bool
    units: Mapping[str, int]


class OrderLines(Protocol):
    """What people ordered."""

    async def held(self, connection: Connection, line: str) -> OrderedLine | None:
        """A line, its row locked until the transaction ends, and its order kept as it is; None: there is no such line."""
