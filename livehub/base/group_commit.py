"""Group commit: rows that come one by one are written together, and whoever waits is answered when they are durable.

While one batch is written the next gathers, so the busier it is the larger the batches get.
What waits is bounded; at the bound `add` refuses and the caller pushes back. A row that PostgreSQL refuses fails alone
(halves.py).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from livehub.base.errors import LivehubError, Unavailable
from livehub.base.halves import write_in_halves
from livehub.base.metrics import BATCH_ROWS, BATCH_WAIT_SECONDS
from livehub.base.tasks import Tasks

T = TypeVar("T")
R = TypeVar("R")

RETRY_AFTER_MS = 1_000


class GroupCommit(Generic[T, R]):
    """`write` gets rows and returns one result, or refusal, for each, in order; it is one transaction."""

    def __init__(
        self,
        name: str,
        write: Callable[[list[T]], Awaitable[list[R | LivehubError]]],
        *,
        batch_max: int,
        pending_max: int,
    ) -> None:
        self._name = name
        self._write = write
        self._batch_max = batch_max
        self._pending_max = pending_max
        self._pending: list[tuple[T, asyncio.Future[R]]] = []
        self._gathering_s = 0.0  # since when, monotonic
        self._wake = asyncio.Event()
        self._tasks = Tasks()
        self._batch_rows = BATCH_ROWS.labels(batch=name)
        self._batch_wait = BATCH_WAIT_SECONDS.labels(batch=name)

    def start(self) -> None:
        self._tasks.start(self._name, self._forever)

    async def stop(self) -> None:
        """Refuse what still waits; each asker is told to come again."""
        await self._tasks.stop()
        self._settle(self._pending, [Unavailable(retry_after_ms=RETRY_AFTER_MS)] * len(self._pending))
        self._pending.clear()

    def add(self, row: T) -> "asyncio.Future[R]":
        """The result, once the row is committed. Raises Unavailable when too many wait."""
        if len(self._pending) >= self._pending_max:
            raise Unavailable("Too many at once.", retry_after_ms=RETRY_AFTER_MS)
        if not self._pending:
            self._gathering_s = time.monotonic()
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._pending.append((row, answer))
        self._wake.set()
        return answer

    async def _forever(self) -> None:
        while True:
            await self._wake.wait()
            batch = self._pending[: self._batch_max]
            del self._pending[: self._batch_max]
            since_s, self._gathering_s = self._gathering_s, time.monotonic()
            if not self._pending:
                self._wake.clear()
            if batch:
                await self._commit(batch, since_s)

    async def _commit(self, batch: list[tuple[T, "asyncio.Future[R]"]], since_s: float) -> None:
        try:
            results = await write_in_halves(self._name, [row for row, _ in batch], self._write)
        except BaseException:
            self._settle(batch, [Unavailable(retry_after_ms=RETRY_AFTER_MS)] * len(batch))
            raise
        self._settle(batch, results)
        self._batch_rows.observe(len(batch))
        self._batch_wait.observe(time.monotonic() - since_s)

    @staticmethod
    def _settle(batch: list[tuple[T, "asyncio.Future[R]"]], results: "list[R | LivehubError | Exception]") -> None:
        for (_, answer), result in zip(batch, results, strict=True):
            if answer.done():
                continue  # the asker has left
            if not isinstance(result, Exception):
                answer.set_result(result)
            elif isinstance(result, LivehubError):
                answer.set_exception(result)
            else:
                answer.set_exception(LivehubError())  # why is in the log
