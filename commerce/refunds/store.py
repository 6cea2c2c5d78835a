"""Orders as refunds look at them, and what was given back of them, out of PostgreSQL."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from commerce.orders import store as orders
from commerce.orders.errors import OrderState
from commerce.orders.rows import LineRow, OrderRow
from commerce.payments.store import locked as lock_payment
from commerce.refunds.deciding import Given, SoldLine, SoldOrder, UnitBack
from livehub.base.db import Connection, Transaction
from livehub.base.idempotency import RowKey
from livehub.base.sql import queries

Q = queries(__file__, "refunds.sql")


class Standing(Struct, frozen=True, kw_only=True):
    """An order, what was paid, and what went back of it."""

    order: OrderRow
    sold: SoldOrder
    given: Given


async def hold(tx: Transaction, order: str) -> Standing:
    """The order, its payment's row and its own locked until the transaction ends: in this order, as money that comes in locks
    them. Raises OrderNotFound; OrderState when it was never paid, or nothing was.
    """
    found = await orders.order_of(tx.connection, order)
    if found.payment is not None:
        await lock_payment(tx.connection, found.payment)
    row = await orders.locked(tx, order)
    if row.paid_ms is None or row.payment != found.payment:
        raise OrderState(details={"state": row.state})
    return await standing(tx.connection, row)


async def standing(connection: Connection, order: OrderRow) -> Standing:
    """What was paid for an order, and went back."""
    lines = (await orders.lines_of(connection, [order.id]))[order.id]
    return Standing(order=order, sold=sold(order, lines), given=await given(connection, order.id))


def sold(order: OrderRow, lines: Sequence[LineRow]) -> SoldOrder:
    """What an order was paid."""
    return SoldOrder(
        lines=tuple(_sold_line(line) for line in lines),
        delivery_minor=order.delivery_minor,
        delivery_discount_minor=order.delivery_discount_minor,
    )


def _sold_line(line: LineRow) -> SoldLine:
    return SoldLine(
        id=line.id,
        product=line.product,
        unit_price_minor=line.unit_price_minor,
        unit_shares_minor=line.unit_shares_minor,
        components=tuple((each.product, each.qty) for each in line.components),
        grams=None if line.weighed is None else line.weighed.grams,
    )


async def given(connection: Connection, order: str) -> Given:
    """What was given back of an order, or is about to be."""
    units: dict[str, set[int]] = {}
    pending: dict[str, set[int]] = {}
    for row in await connection.fetch(Q["units_given"], order):
        for found in (units, pending) if row["is_pending"] else (units,):
            found.setdefault(row["line"], set()).add(row["unit"])
    weights = await connection.fetch(Q["weights_given"], order)
    return Given(
        units={line: frozenset(taken) for line, taken in units.items()},
        pending={line: frozenset(taken) for line, taken in pending.items()},
        weights={(row["line"], row["unit"]): row["amount_minor"] for row in weights},
        delivery_minor=await connection.fetchval(Q["delivery_given"], order),
    )


async def of_key(connection: Connection, key: RowKey) -> str | None:
    """The refund that was begun under that key. Raises KeyReused if it was another request's."""
    row = await connection.fetchrow(Q["of_key"], key.digest)
    if row is None:
        return None
    key.check(row["fingerprint"])
    return str(row["refund"])


def columns_of(key: RowKey | None) -> tuple[bytes | None, bytes | None]:
    """`request_key` and `fingerprint`."""
    return (None, None) if key is None else (key.digest, key.fingerprint)


class Gone:
    """Fills the port of orders that says which units were paid back (looking.RefundedUnits)."""

    async def refunded_units(self, connection: Connection, orders: Sequence[str]) -> Mapping[str, Sequence[int]]:
        """Units that were paid back, or are about to be, by line."""
        return {row["line"]: row["units"] for row in await connection.fetch(Q["units_gone"], list(orders))}


async def units_of(connection: Connection, refunds: Sequence[str]) -> dict[str, list[UnitBack]]:
    """The units of refunds, by line and unit."""
    return await _units(connection, Q["lines"], refunds)


async def shown_units_of(connection: Connection, refunds: Sequence[str]) -> dict[str, list[UnitBack]]:
    """The same, and those of refunds of weight, which stay with the buyer."""
    return await _units(connection, Q["lines_shown"], refunds)


async def _units(connection: Connection, query: str, refunds: Sequence[str]) -> dict[str, list[UnitBack]]:
    found: dict[str, list[UnitBack]] = {refund: [] for refund in refunds}
    for row in await connection.fetch(query, list(refunds)):
        found[row["refund"]].append(UnitBack(line=row["line"], unit=row["unit"], amount_minor=row["amount_minor"]))
    return found
