"""Orders as refunds look at them, and what was given back of them, out of PostgreSQL."""

from collections.abc import Mapping, Sequence

from msgspec import Struct, structs

from commerce.orders import store as orders
from commerce.orders.errors import OrderState
from commerce.orders.rows import LineRow, OrderRow
from commerce.payments.store import locked as lock_payment
from commerce.refunds import deciding
from commerce.refunds.deciding import Given, LineUnits, SoldLine, SoldOrder, UnitBack
from livehub.base.db import Connection, Transaction
from livehub.base.idempotency import RowKey
from livehub.base.sql import queries

Q = queries(__file__, "refunds.sql")

OUT_OF_THE_HOUSE = ("dispatched", "delivered", "done")


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


async def hold_paid(tx: Transaction, order: str, lines: Sequence[LineUnits]) -> tuple[Standing, Sequence[LineUnits]]:
    """The order that was paid, held as `hold` does, and which of its units are meant: of a replacement, which brought in
    nothing, those that its units stand for.

    Raises as `hold` does, OrderState also for a replacement that has not left the house: that is cancelled instead;
    RefundExceeds for units of it that were paid back, or sent once more; BadRequest.
    """
    means = await orders.stands_for(tx.connection, order)
    if not means:
        return await hold(tx, order), lines
    held = await hold(tx, next(iter(means.values())).order)
    sent = await orders.locked(tx, order)  # after that one, which is older
    if sent.state not in OUT_OF_THE_HOUSE:
        raise OrderState(details={"state": sent.state})
    of_sent = await standing(tx.connection, sent)
    meant: dict[str, list[int]] = {}
    for back in deciding.units_of(of_sent.sold, of_sent.given, lines):
        root = means[back.line, back.unit]
        meant.setdefault(root.line, []).append(root.unit)
    replaced = {line: units - frozenset(meant.get(line, ())) for line, units in held.given.replaced.items()}
    given = structs.replace(held.given, replaced=replaced)
    return structs.replace(held, given=given), [
        LineUnits(line=line, units=tuple(which)) for line, which in meant.items()
    ]


async def worth_minor(connection: Connection, order: OrderRow, units: Mapping[str, Sequence[int]]) -> int:
    """What could be paid back for units of an order, by line; of a replacement for those that they stand for."""
    means = await orders.stands_for(connection, order.id)
    if means:
        order = await orders.order_of(connection, next(iter(means.values())).order)
    found = await standing(connection, order)
    shares = {line.id: line.unit_shares_minor for line in found.sold.lines}
    worth = 0
    for line, which in units.items():
        for unit in which:
            root = means.get((line, unit))
            at = (line, unit) if root is None else (root.line, root.unit)
            if at[1] not in found.given.units.get(at[0], ()):
                worth += shares[at[0]][at[1]] - found.given.weights.get(at, 0)
    return worth


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
        replaced={line: frozenset(which) for line, which in (await orders.replaced_units(connection, [order])).items()},
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
