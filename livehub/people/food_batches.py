"""Batches of food: asked by those who sell it, and answered by whoever keeps track of batches."""

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

from msgspec import Struct

from livehub.base.db import Connection


class FoodBatch(Struct, frozen=True, kw_only=True):
    """A batch. `gone`: why none of it is to be sold any more; a recall of what it was made of counts."""

    product: str
    gone: Literal["recalled", "destroyed"] | None


class Reach(Struct, frozen=True, kw_only=True):
    """Where goods of some batches may be. `batches`: those, what they were made of (an order of that may get any of what it
    became), and what was made of them since. `boxes`: how many boxes of those and of what was made of them are packed, by order
    line.
    """

    batches: Sequence[str]
    boxes: Mapping[str, int]


class FoodBatches(Protocol):
    """Batches of food."""

    async def look_up(self, connection: Connection, batch: str) -> FoodBatch | None:
        """None: there is no such batch."""

    async def reach(self, connection: Connection, batches: Sequence[str], since_ms: int) -> Reach:
        """Where goods of `batches` may be. `since_ms` (Unix ms): what was made of them before that is something else."""

    async def boxes_of(self, connection: Connection, lines: Sequence[str]) -> Mapping[str, int]:
        """How many boxes, of whatever batch, are packed for order lines; lines without any are left out."""
