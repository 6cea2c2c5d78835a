"""Tells those who sell food what batches there are, and where goods of some of them may be. Fills
livehub/people/food_batches.py.
"""

import logging
from collections.abc import Mapping, Sequence

from livehub.base.db import Connection
from livehub.base.sql import queries
from livehub.people.food_batches import FoodBatch, Reach

log = logging.getLogger("trace.batches")
Q = queries(__file__, "contents.sql")


class Contents:
    """`lineage_max`: batches that are followed from others, in each direction."""

    def __init__(self, *, lineage_max: int) -> None:
        self._lineage_max = lineage_max

    async def look_up(self, connection: Connection, batch: str) -> FoodBatch | None:
        """None: there is no such batch."""
        row = await connection.fetchrow(Q["food_batch"], batch, self._lineage_max)
        return None if row is None else FoodBatch(product=row["product"], gone=row["gone"])

    async def reach(self, connection: Connection, batches: Sequence[str], since_ms: int) -> Reach:
        """Where goods of `batches` may be."""
        rows = await connection.fetch(Q["reach"], list(batches), since_ms, self._lineage_max)
        if len(rows) >= self._lineage_max:
            log.error("batches.reach_cut", extra={"batches": list(batches)[:10], "limit": self._lineage_max})
        packed = await connection.fetch(Q["packed_of"], [row["id"] for row in rows if row["is_inside"]])
        return Reach(batches=[row["id"] for row in rows], boxes={row["order_line"]: row["boxes"] for row in packed})

    async def boxes_of(self, connection: Connection, lines: Sequence[str]) -> Mapping[str, int]:
        """How many boxes are packed for order lines."""
        rows = await connection.fetch(Q["boxes_of"], list(lines))
        return {row["order_line"]: row["boxes"] for row in rows}
