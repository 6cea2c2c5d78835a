"""Orders in PostgreSQL.

order = await order_of(connection, id)             rows = await lock(tx, ids)       in the order of their ids
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from commerce.catalogue.selling import Weighed
from commerce.orders.errors import OrderNotFound
from commerce.orders.rows import Component, FrozenAddress, LineRow, OrderRow
from commerce.orders.schemas import PlacedDelivery
from livehub.base.db import Connection, Transaction
from livehub.base.sql import queries
from livehub.people.order_lines import OrderedLine
from livehub.room.models import InLanguages

Q = queries(__file__, "orders.sql")

INSERTED = (
    "id", "number", "person", "key", "fingerprint", "room", "currency", "goods_minor", "discount_minor",
    "delivery_minor", "delivery_discount_minor", "total_minor", "coupon", "delivery_coupon", "address", "slot", "delivery",
    "delivery_group", "hold", "extra_hold", "closes_ms", "note", "created_ms",
)  # fmt: skip
INSERTED_LINES = (
    "id", "order_id", "position", "product", "sale", "batch", "title", "titles", "image", "unit", "unit_names", "variant",
    "variant_names", "sku", "qty", "unit_price_minor", "amount_minor", "discount_minor", "paid_minor", "unit_shares_minor",
    "weighed", "components", "is_gift",
)  # fmt: skip
OF_ORDER = tuple(name for name in OrderRow.__struct_fields__ if name not in ("address", "delivery"))
OF_LINE = {"titles": InLanguages, "unit_names": InLanguages, "variant_names": InLanguages, "weighed": Weighed}
PLAIN_OF_LINE = tuple(
    name for name in LineRow.__struct_fields__ if name not in (*OF_LINE, "components", "unit_shares_minor")
)


Unit = tuple[str, int]
"""A line, and which of its units, the first being 0."""


class StandsFor(Struct, frozen=True, kw_only=True):
    """A unit of an order."""

    order: str
    line: str
    unit: int


async def insert(
    connection: Connection, orders: Sequence[OrderRow], lines: Sequence[LineRow], *, unpaid_max: int | None = None
) -> set[str]:
    """Store new orders; the ids of those whose key, hold and number nobody has. `unpaid_max`: how many a person may leave
    unpaid; beyond that none is stored.
    """
    columns = [[getattr(order, name) for order in orders] for name in INSERTED]
    of_lines = [[_stored(name, getattr(line, name)) for line in lines] for name in INSERTED_LINES]
    return {row["id"] for row in await connection.fetch(Q["insert_orders"], *columns, *of_lines, unpaid_max)}


def _stored(name: str, value: Any) -> Any:
    if name == "unit_shares_minor":  # arrays of arrays have to be of one length
        return "{" + ",".join(map(str, value)) + "}"
    return value or None if name == "components" else value


async def order_of(connection: Connection, id_: str) -> OrderRow:
    """The order. Raises OrderNotFound."""
    row = await connection.fetchrow(Q["order"], id_)
    if row is None:
        raise OrderNotFound
    return order_row(row)


async def orders_of(connection: Connection, ids: Sequence[str]) -> dict[str, OrderRow]:
    """Those there are, by id."""
    return {row["id"]: order_row(row) for row in await connection.fetch(Q["orders"], list(ids))}


async def lock(tx: Transaction, ids: Sequence[str]) -> dict[str, OrderRow]:
    """Those there are, by id, their rows locked until the transaction ends."""
    return {row["id"]: order_row(row) for row in await tx.connection.fetch(Q["lock_orders"], list(ids))}


async def locked(tx: Transaction, id_: str) -> OrderRow:
    """One of them. Raises OrderNotFound."""
    found = (await lock(tx, [id_])).get(id_)
    if found is None:
        raise OrderNotFound
    return found


async def lines_of(connection: Connection, orders: Sequence[str]) -> dict[str, list[LineRow]]:
    """The lines of orders, in their order."""
    found: dict[str, list[LineRow]] = {order: [] for order in orders}
    for row in await connection.fetch(Q["lines"], list(orders)):
        found[row["order_id"]].append(line_row(row))
    return found


async def held_line(connection: Connection, line: str) -> OrderedLine | None:
    """A line to be packed, locked; None: there is no such line."""
    row = await connection.fetchrow(Q["line_to_pack"], line)
    if row is None:
        return None
    components = _decoded(row["components"], tuple[Component, ...]) or ()
    units: dict[str, int] = {}
    for product, each in [(part.product, part.qty) for part in components] or [(row["product"], 1)]:
        units[product] = units.get(product, 0) + each * row["qty"]
    state = row["state"]
    return OrderedLine(buyer=row["person"], state=state, is_to_pack=state not in ("unpaid", "cancelled"), units=units)


async def replaced_units(connection: Connection, orders: Sequence[str]) -> dict[str, Sequence[int]]:
    """Units of orders that were sent again, by line; lines without any are left out."""
    return {row["line"]: row["units"] for row in await connection.fetch(Q["replaced_units"], list(orders))}


async def stands_for(connection: Connection, order: str) -> dict[Unit, StandsFor]:
    """Of a replacement, which unit each of its units stands for: that which was paid for. Empty: it is none."""
    return {
        (row["by_line"], row["by_unit"]): StandsFor(
            order=row["root_order"], line=row["root_line"], unit=row["root_unit"]
        )
        for row in await connection.fetch(Q["stands_for"], order)
    }


def order_row(row: Any) -> OrderRow:
    """A row of `orders`."""
    return OrderRow(
        **{name: row[name] for name in OF_ORDER},
        address=_decoded(row["address"], FrozenAddress),
        delivery=_decoded(row["delivery"], PlacedDelivery),
    )


def line_row(row: Any) -> LineRow:
    """A row of `order_lines`."""
    return LineRow(
        **{name: row[name] for name in PLAIN_OF_LINE},
        **{name: _decoded(row[name], kind) for name, kind in OF_LINE.items()},
        unit_shares_minor=tuple(row["unit_shares_minor"]),
        components=_decoded(row["components"], tuple[Component, ...]) or (),
    )


def _decoded(text: str | None, kind: Any) -> Any:
    return None if text is None else msgspec.json.decode(text, type=kind)
