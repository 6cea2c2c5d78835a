"""Reads all books of a run's orders out of PostgreSQL: ours, the ledger's, and the payment provider's."""

import time
from typing import Any

from loadtest.kill.trade import (
    Capture,
    CouponUse,
    Entry,
    LineRow,
    OrderRow,
    PaymentRow,
    RefundedUnit,
    RefundRow,
    Return,
    SentBack,
)

ORDERS = """
    SELECT id, person, key, state, hold, extra_hold, total_minor, paid_minor, refunded_minor, coupon, payment,
        paid_ms IS NOT NULL AS was_paid, stock_state, closes_ms
    FROM orders WHERE starts_with(person, $1 || '-') ORDER BY id
"""
LINES = "SELECT id, order_id AS order, product, sale, qty FROM order_lines WHERE order_id = ANY($1) ORDER BY id"
PAYMENTS = (
    "SELECT id, order_id AS order, person, key, state, amount_minor FROM payments WHERE order_id = ANY($1) ORDER BY id"
)
REFUNDS = (
    "SELECT id, order_id AS order, payment, kind, state, amount_minor FROM refunds WHERE order_id = ANY($1) ORDER BY id"
)
UNITS = """
    SELECT l.refund, l.line, l.unit, coalesce(t.restock, false) AS restock
    FROM refund_lines l JOIN refund_terms t USING (refund) WHERE t.order_id = ANY($1) AND NOT l.is_rejected
"""
CAPTURES = "SELECT ref, payment, amount_minor FROM sandbox_captures WHERE payment = ANY($1) ORDER BY at_ms, ref"
SENT_BACK = "SELECT id, payment, state, amount_minor FROM sandbox_refunds WHERE payment = ANY($1) ORDER BY id"
ENTRIES = """
    SELECT t.key, t.what, t.order_id AS order, e.account, e.amount_minor
    FROM ledger_transfers t JOIN ledger_entries e ON e.transfer = t.id WHERE t.order_id = ANY($1) ORDER BY t.id, e.place
"""
RETURNS = "SELECT key, order_id AS order, resources, units, is_done FROM order_stock_returns WHERE order_id = ANY($1)"
USES = "SELECT order_id AS order, coupon, person, state FROM coupon_uses WHERE order_id = ANY($1)"
FINDINGS = "SELECT kind FROM payment_findings WHERE order_id = ANY($1) OR payment = ANY($2)"

# What waits for its time is due now: nobody wants to sit through pauses, or through the hour by which a clock was off.
HASTEN = (
    "UPDATE payments SET next_try_real_ms = 0 WHERE state = 'open'",
    "UPDATE refunds SET next_try_real_ms = 0 WHERE state = 'processing'",
    "UPDATE sandbox_notices SET due_ms = 0 WHERE told_ms IS NULL",
    "UPDATE orders SET looked_real_ms = 0 WHERE state = 'unpaid' AND looked_real_ms IS NOT NULL",
)
UNSETTLED = """
    WITH o AS (SELECT id, state, stock_state, closes_ms FROM orders WHERE starts_with(person, $1 || '-'))
    SELECT 'payment ' || p.id || ' is ' || p.state || ', and paid at the provider'
    FROM payments p JOIN o ON o.id = p.order_id JOIN sandbox_payments s ON s.id = p.id
    WHERE p.state <> 'paid' AND s.state = 'paid'
    UNION ALL
    SELECT 'refund ' || r.id || ' of order ' || r.order_id || ' is ' || r.state
    FROM refunds r JOIN o ON o.id = r.order_id WHERE r.state <> 'paid'
    UNION ALL
    SELECT 'units of ' || t.key || ' are not on the shelf'
    FROM order_stock_returns t JOIN o ON o.id = t.order_id WHERE NOT t.is_done
    UNION ALL
    SELECT 'order ' || o.id || ' is ' || o.state || ' and its stock ' || o.stock_state FROM o WHERE o.stock_state = 'freeing'
    UNION ALL
    SELECT 'order ' || o.id || ' is unpaid, ' || ($2 - o.closes_ms) || ' ms after its end' FROM o
    WHERE o.state = 'unpaid' AND o.closes_ms < $2
    UNION ALL
    SELECT 'notice ' || n.id || ' of payment ' || n.payment || ' was not heard: ' || coalesce(n.last_status::text, 'no answer')
    FROM sandbox_notices n JOIN payments p ON p.id = n.payment JOIN o ON o.id = p.order_id WHERE n.told_ms IS NULL
"""


async def hasten(connection: Any) -> None:
    """Let all pauses be over."""
    for statement in HASTEN:
        await connection.execute(statement)


async def unsettled(connection: Any, room: str) -> list[str]:
    """What is still under way, of the orders of the people of a room."""
    return [row[0] for row in await connection.fetch(UNSETTLED, room, int(time.time() * 1000))]


class Books:
    """Of the orders of the people of a room, as they are in the transaction that is open on `connection`."""

    def __init__(self, connection: Any, room: str) -> None:
        self._connection = connection
        self._room = room

    async def read(self) -> dict[str, Any]:
        """Fields of a Trade."""
        orders = [_order(row) for row in await self._connection.fetch(ORDERS, self._room)]
        ids = [order.id for order in orders]
        payments = [PaymentRow(**row) for row in await self._connection.fetch(PAYMENTS, ids)]
        paid_by = [payment.id for payment in payments]
        return {
            "orders": orders,
            "lines": [LineRow(**row) for row in await self._connection.fetch(LINES, ids)],
            "payments": payments,
            "refunds": [RefundRow(**row) for row in await self._connection.fetch(REFUNDS, ids)],
            "refunded_units": [RefundedUnit(**row) for row in await self._connection.fetch(UNITS, ids)],
            "captures": [Capture(**row) for row in await self._connection.fetch(CAPTURES, paid_by)],
            "sent_back": [SentBack(**row) for row in await self._connection.fetch(SENT_BACK, paid_by)],
            "entries": [Entry(**row) for row in await self._connection.fetch(ENTRIES, ids)],
            "returns": [_return(row) for row in await self._connection.fetch(RETURNS, ids)],
            "coupon_uses": [CouponUse(**row) for row in await self._connection.fetch(USES, ids)],
            "findings": [row["kind"] for row in await self._connection.fetch(FINDINGS, ids, paid_by)],
        }


def _order(row: Any) -> OrderRow:
    return OrderRow(**{name: row[name] for name in OrderRow.__struct_fields__})


def _return(row: Any) -> Return:
    units = dict(zip(row["resources"], row["units"], strict=True))
    return Return(key=row["key"], order=row["order"], units=units, is_done=row["is_done"])
