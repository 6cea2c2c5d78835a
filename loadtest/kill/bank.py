"""A provider that misbehaves: written into the sandbox's own books, past the shop, as if somebody there had done it.

What it takes late, or twice, it tells the shop of, as it tells everything: by a notice, again and again until it is heard.
"""

import secrets
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import asyncpg
import msgspec

CAPTURED = """
    WITH p AS (SELECT * FROM sandbox_payments WHERE id = $1 AND (state = 'paid') = $4 AND notify_url <> '' FOR UPDATE),
    c AS (
        INSERT INTO sandbox_captures (ref, payment, amount_minor, currency, at_ms)
        SELECT $2, id, amount_minor, currency, $3 FROM p RETURNING ref, payment, amount_minor, currency
    ),
    u AS (
        UPDATE sandbox_payments s SET state = 'paid', ref = coalesce(s.ref, c.ref) FROM c WHERE s.id = c.payment
        RETURNING s.id, s.notify_url
    )
    SELECT u.notify_url, c.amount_minor, c.currency FROM u, c
"""
TOLD = "INSERT INTO sandbox_notices (id, payment, notify_url, body, due_ms) VALUES ($1, $2, $3, $4, $5)"


class Bank:
    """`database`: a connection past all that fails."""

    def __init__(self, database: Callable[[], AbstractAsyncContextManager[Any]]) -> None:
        self._database = database
        self.done: list[str] = []  # payments with which that was done

    async def take_late(self, payment: str) -> None:
        """It is paid although it was closed."""
        await self._take(payment, is_again=False)

    async def charge_again(self, payment: str) -> None:
        """What is paid is paid once more."""
        await self._take(payment, is_again=True)

    async def _take(self, payment: str, *, is_again: bool) -> None:
        now_ms, ref = int(time.time() * 1000), secrets.token_hex(10)
        try:
            async with self._database() as connection, connection.transaction():
                row = await connection.fetchrow(CAPTURED, payment, ref, now_ms, is_again)
                if row is None:
                    return  # it was never opened, or nobody has paid it yet
                notice = {
                    "id": secrets.token_hex(10), "type": "payment", "payment": payment, "state": "paid",
                    "total_minor": row["amount_minor"], "payer_total_minor": row["amount_minor"], "currency": row["currency"],
                    "ref": ref, "at_ms": now_ms,
                }  # fmt: skip
                body = msgspec.json.encode(notice).decode()
                await connection.execute(TOLD, secrets.token_hex(10), payment, row["notify_url"], body, now_ms)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return  # PostgreSQL is away: nothing was taken, or it was and all of that is kept
        self.done.append(payment)
