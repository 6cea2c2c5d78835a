"""Orders read with all that became of them."""

from collections.abc import Sequence

from commerce.orders import schemas, store, views
from commerce.orders.rows import OrderRow
from commerce.orders.store import Q
from commerce.payments import refunding
from commerce.payments import store as payments
from livehub.base.db import Connection

CHANGES_MAX = 100
PAYMENTS_MAX = 50


async def whole(connection: Connection, order: OrderRow) -> schemas.Order:
    """An order with its time line, payments and refunds."""
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
    )


async def summaries(connection: Connection, orders: Sequence[OrderRow]) -> list[schemas.OrderSummary]:
    """Orders with their lines."""
    lines = await store.lines_of(connection, [order.id for order in orders])
    return [schemas.OrderSummary(**views.summary(order, lines[order.id])) for order in orders]
