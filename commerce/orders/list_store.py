"""Finds orders for staff, of a million in milliseconds: each question goes to the query that has least to pass over.

A number or the end of a phone's, then a person, then a room narrow to few orders. A product of a shop is in many, and so are
the states in which orders end; those in which they are under way are in few. What is left is one index scan a state.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from asyncpg import Record
from msgspec import Struct

from commerce.orders.list_schemas import ListedLine
from commerce.orders.machine import STATES
from livehub.base.db import Connection
from livehub.base.sql import queries
from livehub.room.models import words_of

Q = queries(__file__, "list.sql")

ENDED = frozenset(("done", "cancelled"))
PRODUCTS_CALLED_MAX = 50  # of one name
FEW_MAX = 10_000  # orders with one number, phone or person, for their sums


class Wanted(Struct, frozen=True, kw_only=True):
    """Which orders. `from_id`, `below_id`: ids or the beginnings of ids; None: all of that."""

    states: Sequence[str] = STATES
    from_id: str = ""
    below_id: str = "~"  # behind every id
    products: Sequence[str] | None = None
    room: str | None = None
    digits: str | None = None
    person: str | None = None

    def query(self, most: int) -> tuple[str, list[Any]]:
        """The query for the ids of the latest `most` of them, and its arguments."""
        base = [self.states, self.from_id, self.below_id, self.products]
        if self.digits is not None:
            return Q["by_digits"], [*base, self.room, self.digits, self.person, most]
        if self.person is not None:
            return Q["by_person"], [*base, self.room, self.person, most]
        if self.room is not None:
            return Q["by_room"], [*base, self.room, most]
        if self.products is not None and ENDED & set(self.states):
            return Q["by_product"], [*base, most]
        return Q["by_state"], [*base, most]


async def ids_of(connection: Connection, wanted: Wanted, most: int) -> list[str]:
    """Of the latest `most` of them, the latest first."""
    query, arguments = wanted.query(most)
    return [row["id"] for row in await connection.fetch(query, *arguments)]


async def listed(connection: Connection, ids: Sequence[str]) -> Sequence[Record]:
    return await connection.fetch(Q["listed"], ids) if ids else []


async def exported(connection: Connection, ids: Sequence[str]) -> Sequence[Record]:
    return await connection.fetch(Q["exported"], ids) if ids else []


async def goods_of(connection: Connection, units: Mapping[str, Mapping[str, int]]) -> dict[str, list[ListedLine]]:
    """What so many units of lines are, by whatever they are of: a refund, a case. `units`: how many, by line, by that."""
    lines = sorted({line for of in units.values() for line in of})
    rows = await connection.fetch(Q["lines_named"], lines) if lines else []
    return {id_: [_goods(row, of[row["id"]]) for row in rows if row["id"] in of] for id_, of in units.items()}


def _goods(row: Record, qty: int) -> ListedLine:
    return ListedLine(
        product=row["product"],
        title=row["title"],
        titles=words_of(row["titles"]),
        variant=row["variant"],
        variant_names=words_of(row["variant_names"]),
        image=row["image"],
        qty=qty,
        is_gift=row["is_gift"],
    )


def in_one_cell(goods: Sequence[ListedLine]) -> str:
    """As files have it: each with how many, a semicolon between them."""
    return "; ".join(f"{' '.join(filter(None, (each.title, each.variant)))} × {each.qty}" for each in goods)


async def sums(connection: Connection, wanted: Wanted) -> Sequence[Record]:
    """How many there are and what they come to, by currency; of a number, phone or person the latest FEW_MAX."""
    base = [wanted.states, wanted.from_id, wanted.below_id]
    if wanted.digits is not None or wanted.person is not None:
        return await connection.fetch(Q["sums_of"], await ids_of(connection, wanted, FEW_MAX))
    if wanted.products is not None:
        return await connection.fetch(Q["sums_of_products"], *base, wanted.products, wanted.room)
    if wanted.room is not None:
        return await connection.fetch(Q["sums_by_room"], *base, wanted.room)
    return await connection.fetch(Q["sums_by_state"], *base)


async def products_called(connection: Connection, name: str) -> list[str]:
    """Products with this in their title."""
    escaped = name.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return [row["id"] for row in await connection.fetch(Q["products_called"], f"%{escaped}%", PRODUCTS_CALLED_MAX)]
