"""Orders read with all that became of them."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from commerce.orders import schemas, store, views
from commerce.orders.rows import OrderRow
from commerce.orders.store import Q
from commerce.payments import refunding
from commerce.payments import store as payments
from livehub.base.db import Connection

CHANGES_MAX = 100
PAYMENTS_MAX = 50


class RefundedUnits(Protocol):
    """Who knows which units were paid back: refunds fill this port; without them none were."""

    async def refunded_units(self, connection: Connection, orders: Sequence[str]) -> Mapping[str, Sequence[int]]:
        """Units that were paid back, or are about to be, by line; lines without any are left out."""
        ...


async def whole(connection: Connection, order: OrderRow, refunded: RefundedUnits | None = None) -> schemas.Order:
    """An order with its time line, payments and refunds. `refunded`: of one that may have been."""
    lines = (await store.lines_of(connection, [order.id]))[order.id]
    changes = [
        schemas.OrderChange(at=views.moment(row["at_ms"]), state=row["state"], why=row["why"])
        for row in await connection.fetch(Q["changes"], order.id, CHANGES_MAX)
    ]
    return views.order(
        order,
        lines,
        timeline=changes,
        payments=await payments.of_order(connection, order.id, most=PAYMENTS_MAX),
        refunds=await refunding.of_order(connection, order.id),
        refunded=await _refunded(connection, [order], refunded),
        replaced=await _replaced(connection, [order]),
    )


async def summaries(
    connection: Connection, orders: Sequence[OrderRow], refunded: RefundedUnits | None = None
) -> list[schemas.OrderSummary]:
    """Orders with their lines."""
    lines = await store.lines_of(connection, [order.id for order in orders])
    gone = await _refunded(connection, orders, refunded)
    replaced = await _replaced(connection, orders)
    return [schemas.OrderSummary(**views.summary(order, lines[order.id], gone, replaced)) for order in orders]


async def _replaced(connection: Connection, orders: Sequence[OrderRow]) -> Mapping[str, Sequence[int]]:
    paid = [order.id for order in orders if order.paid_ms is not None]
    return await store.replaced_units(connection, paid) if paid else {}


async def _refunded(
    connection: Connection, orders: Sequence[OrderRow], refunded: RefundedUnits | None
) -> Mapping[str, Sequence[int]]:
    paid = [order.id for order in orders if order.paid_ms is not None]
    return {} if refunded is None or not paid else await refunded.refunded_units(connection, paid)
