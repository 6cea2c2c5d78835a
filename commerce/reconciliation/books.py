"""Whether our own books agree: orders, payments, refunds, the ledger, and what the stock engine has sold.

All looks are one snapshot of PostgreSQL, and what follows from money is written in one transaction, so what does not fit here
is a defect, and not something that is under way. The stock engine alone commits by itself, before the order does.
"""

from msgspec import Struct

from livehub.base.db import Database
from livehub.base.sql import queries

Q = queries(__file__, "books.sql")

CHECKS = {
    "payments_not_captured": Q["payments_not_captured"],
    "captured_not_paid": Q["captured_not_paid"],
    "orders_not_sold": Q["orders_not_sold"],
    "sold_not_paid": Q["sold_not_paid"],
    "orders_not_paid_for": Q["orders_not_paid_for"],
    "lines_not_summed": Q["lines_not_summed"],
    "refunds_not_owed": Q["refunds_not_owed"],
    "owed_not_refunded": Q["owed_not_refunded"],
    "refunds_not_sent": Q["refunds_not_sent"],
    "sent_not_refunded": Q["sent_not_refunded"],
    "refunded_not_summed": Q["refunded_not_summed"],
    "refund_lines_not_summed": Q["refund_lines_not_summed"],
    "refunds_above_payments": Q["refunds_above_payments"],
    "unbalanced": Q["unbalanced"],
    "prepayments_left": Q["prepayments_left"],
    "closings_not_summed": Q["closings_not_summed"],
    "cancelled_not_undone": Q["cancelled_not_undone"],
    "paid_not_sold": Q["paid_not_sold"],
    "sold_to_nobody": Q["sold_to_nobody"],
    "taken_by_nobody": Q["taken_by_nobody"],
    "stock_not_summed": Q["stock_not_summed"],
    "lines_not_sold": Q["lines_not_sold"],
    "held_for_nobody": Q["held_for_nobody"],
}

EVER_MS = 2**62


class Difference(Struct, frozen=True, order=True):
    """`check`: the name of what was looked at; `what`: in words."""

    check: str
    what: str

    def __str__(self) -> str:
        return f"{self.check}: {self.what}"


async def differences(database: Database, *, from_ms: int = 0, until_ms: int = EVER_MS, most: int) -> list[Difference]:
    """What does not fit, of what happened in [from_ms, until_ms) (business Unix ms); of each sort at most so many.

    Raises Unavailable.
    """
    found: list[Difference] = []
    async with database.connection() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        for check, query in CHECKS.items():
            rows = await connection.fetch(query, from_ms, until_ms, most)
            found += [Difference(check, row["what"]) for row in rows]
    return found
