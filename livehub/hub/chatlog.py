"""Chat lines on their way to PostgreSQL: kept in batches, since no one waits for them. While PostgreSQL is away they wait,
up to `chat_log_pending_max`; past that the oldest are dropped and counted.
"""

import asyncio
import logging
from collections import deque

import msgspec

from livehub.base.config import Config
from livehub.base.db import Database
from livehub.base.errors import LivehubError
from livehub.base.sql import queries
from livehub.room.shown import ChatLine

log = logging.getLogger("livehub.hub.chatlog")
Q = queries(__file__, "chatlog.sql")

BATCH_MAX = 5_000


class _Row(msgspec.Struct):
    room: str
    line: ChatLine


class ChatLog:
    """Stores lines."""

    def __init__(self, config: Config, database: Database) -> None:
        self._config = config
        self._database = database
        self._waiting: deque[tuple[str, ChatLine]] = deque()
        self._task: asyncio.Task[None] | None = None
        self.dropped = 0

    def start(self) -> None:
        """Begin to store."""
        self._task = asyncio.create_task(self._forever(), name="chat log")

    async def stop(self) -> None:
        """Store what waits, if PostgreSQL is there."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        try:
            await self._store()
        except LivehubError:
            log.warning("chatlog.lost", extra={"lines": len(self._waiting)})

    def add(self, room: str, line: ChatLine) -> None:
        """Keep `line` for the next batch."""
        if len(self._waiting) >= self._config.chat_log_pending_max:
            self._waiting.popleft()
            self.dropped += 1
        self._waiting.append((room, line))

    async def _forever(self) -> None:
        while True:
            await asyncio.sleep(self._config.chat_log_interval_s)
            try:
                await self._store()
            except LivehubError:
                continue  # PostgreSQL is away; the lines wait
            except Exception:
                log.exception("chatlog.failed")

    async def _store(self) -> None:
        while self._waiting:
            batch = [self._waiting[index] for index in range(min(BATCH_MAX, len(self._waiting)))]
            rows = [_Row(room, line) for room, line in batch]
            async with self._database.connection() as connection:
                await connection.execute(Q["insert_chats"], rows)
            stored = {line.id for _, line in batch}
            while self._waiting and self._waiting[0][1].id in stored:
                self._waiting.popleft()
