"""NOTIFY, sent after the commit and never in it.

PostgreSQL commits transactions that notify one after the other (a lock on the whole server, held until the WAL is on disk),
so a NOTIFY in the transaction of an order would undo group commit for all orders. A notification by itself writes
nothing that must reach the disk. It is lost if the process dies between the commit and it: whoever listens also polls.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from livehub.base.errors import Unavailable
from livehub.base.sql import queries
from livehub.base.tasks import Tasks

Q = queries(__file__, "notifications.sql")

GAP_S = 0.01  # between two notifications; what comes meanwhile is one


class Notifier:
    """Sends notifications without a payload, on connections that `connect` gives."""

    def __init__(self, connect: Callable[[], AbstractAsyncContextManager[Any]]) -> None:
        self._connect = connect
        self._waiting: set[str] = set()  # channels, of which there are few
        self._tasks = Tasks()
        self._is_sending = False

    def notify(self, channel: str) -> None:
        """Notify whoever listens on `channel`, soon."""
        self._waiting.add(channel)
        if not self._is_sending:
            self._is_sending = True
            self._tasks.once("notify", self._send())

    async def close(self) -> None:
        await self._tasks.stop()

    async def _send(self) -> None:
        try:
            while self._waiting:
                channels, self._waiting = sorted(self._waiting), set()
                async with self._connect() as connection:
                    await connection.execute(Q["notify"], channels)
                await asyncio.sleep(GAP_S)
        except Unavailable:
            self._waiting.clear()  # whoever listens polls too
        finally:
            self._is_sending = False
