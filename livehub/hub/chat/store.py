"""Chat lines on their way to PostgreSQL: kept in batches, since no one waits for them. While PostgreSQL is away they wait,
up to `chat_log_pending_max`; past that the oldest are dropped and counted. So is a line that PostgreSQL refuses, alone.
"""

import asyncio
import logging
from collections import deque

import msgspec

from livehub.base.db import Connection, Database
from livehub.base.errors import LivehubError, Unavailable
from livehub.base.halves import write_in_halves
from livehub.base.sql import queries
from livehub.base.tasks import Tasks
from livehub.hub.chat.settings import ChatConfig
from livehub.room.models import ChatLine

log = logging.getLogger("livehub.hub.chat.store")
Q = queries(__file__, "store.sql")

LOGGED_MAX = 10  # ids of refused lines in one log record


class ChatRow(msgspec.Struct):
    """A line and the room it was said in. `shown_ts`: when it was shown, if that was later."""

    room: str
    line: ChatLine
    shown_ts: int | None = None


async def insert(connection: Connection, rows: list[ChatRow]) -> None:
    """Store lines; those that are there already stay as they are."""
    await connection.execute(Q["insert_chats"], rows)


class ChatLog:
    def __init__(self, config: ChatConfig, database: Database) -> None:
        self._config = config
        self._database = database
        self._waiting: deque[ChatRow] = deque()
        self._tasks = Tasks()
        self.dropped = 0

    def start(self) -> None:
        self._tasks.start("chat log", self._forever)

    async def stop(self) -> None:
        """Store what waits, if PostgreSQL is there."""
        await self._tasks.stop()
        try:
            await self._store()
        except LivehubError:
            log.warning("chatlog.lost", extra={"lines": len(self._waiting)})

    def add(self, room: str, line: ChatLine) -> None:
        """Keep `line` for the next batch."""
        if len(self._waiting) >= self._config.chat_log_pending_max:
            self._waiting.popleft()
            self.dropped += 1
        self._waiting.append(ChatRow(room, line))

    async def _forever(self) -> None:
        while True:
            await asyncio.sleep(self._config.chat_log_interval_s)
            try:
                await self._store()
            except LivehubError:
                continue  # PostgreSQL is away; the lines wait

    async def _store(self) -> None:
        """Raises Unavailable when there are lines that have to wait."""
        while self._waiting:
            rows = [self._waiting[index] for index in range(min(self._config.chat_log_batch_max, len(self._waiting)))]
            outcomes = await write_in_halves("chat", rows, self._insert)
            self._done(rows, outcomes)
            if _must_wait(outcomes[-1]):
                raise Unavailable

    async def _insert(self, rows: list[ChatRow]) -> list[None]:
        async with self._database.batch.connection() as connection:
            await insert(connection, rows)
        return [None] * len(rows)

    def _done(self, rows: list[ChatRow], outcomes: list[Exception | None]) -> None:
        """Meanwhile the oldest may have been dropped, and what was dropped has no place at the head any more."""
        over: set[str] = set()
        refused: list[str] = []
        for row, outcome in zip(rows, outcomes, strict=True):
            if _must_wait(outcome):
                break  # and with it all that follow
            over.add(row.line.id)
            if outcome is not None:
                refused.append(row.line.id)
        if refused:
            self.dropped += len(refused)
            log.error("chatlog.lines_refused", extra={"count": len(refused), "lines": refused[:LOGGED_MAX]})
        while self._waiting and self._waiting[0].line.id in over:
            self._waiting.popleft()


def _must_wait(outcome: Exception | None) -> bool:
    return isinstance(outcome, LivehubError) and outcome.retryable
