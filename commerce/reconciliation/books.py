"""Whether our own books agree: orders, payments, refunds, the ledger, and what the stock engine has sold.

All looks are one snapshot of PostgreSQL, and what follows from money is written in one transaction, so what does not fit here
is a defect, and not something that is under way. The stock engine alone commits by itself, before the order does.
"""

from collections.abc import Mapping

from msgspec import Struct

from livehub.base.db import Connection, Database
from livehub.base.sql import queries

Q: Mapping[str, str] = queries(__file__, "books.sql")

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
        for check in Q:
            found += await _differences(connection, check, from_ms, until_ms, most)
    return found


async def _differences(connection: Connection, check: str, from_ms: int, until_ms: int, most: int) -> list[Difference]:
    rows = await connection.fetch(Q[check], from_ms, until_ms, most)
    return [Difference(check, row["what"]) for row in rows]
