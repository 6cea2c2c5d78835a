"""Group commit: rows that come one by one are written together, and whoever waits is answered when they are durable.

While one batch is written the next gathers, so the busier it is the larger the batches get.
What waits is bounded; at the bound `add` refuses and the caller pushes back.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from livehub.base.errors import LivehubError, Unavailable

log = logging.getLogger("livehub.hub.batching")

T = TypeVar("T")
R = TypeVar("R")


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
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to write."""
        self._task = asyncio.create_task(self._forever(), name=self._name)

    async def stop(self) -> None:
        """Refuse what still waits; each asker is told to come again."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for _, answer in self._pending:
            if not answer.done():
                answer.set_exception(Unavailable(retry_after_ms=1_000))
        self._pending.clear()

    def add(self, row: T) -> "asyncio.Future[R]":
        """The result, once the row is committed. Raises Unavailable when too many wait."""
        if len(self._pending) >= self._pending_max:
            raise Unavailable("Too many at once.", retry_after_ms=1_000)
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._pending.append((row, answer))
        self._wake.set()
        return answer

    async def _forever(self) -> None:
        while True:
            await self._wake.wait()
            batch = self._pending[: self._batch_max]
            del self._pending[: self._batch_max]
            if not self._pending:
                self._wake.clear()
            if batch:
                await self._commit(batch)

    async def _commit(self, batch: list[tuple[T, "asyncio.Future[R]"]]) -> None:
        try:
            results = await self._write([row for row, _ in batch])
        except asyncio.CancelledError:
            self._settle(batch, [Unavailable(retry_after_ms=1_000)] * len(batch))
            raise
        except LivehubError as error:
            results = [error] * len(batch)
        except Exception:
            log.exception("batching.failed", extra={"batch": self._name})
            results = [LivehubError()] * len(batch)
        self._settle(batch, results)

    @staticmethod
    def _settle(batch: list[tuple[T, "asyncio.Future[R]"]], results: "list[R | LivehubError]") -> None:
        for (_, answer), result in zip(batch, results, strict=True):
            if answer.done():
                continue  # the asker has left
            if isinstance(result, LivehubError):
                answer.set_exception(result)
            else:
                answer.set_result(result)
