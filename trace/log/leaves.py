"""Which leaves entries have become: an entry is acknowledged when a published checkpoint has it."""

import asyncio
from collections.abc import Sequence

from livehub.base.db import Database
from livehub.base.sql import queries
from trace.log.settings import LogConfig

Q = queries(__file__, "log.sql")

LOOK_S = 0.03


class Leaves:
    """Looks entries up by the ids that `append` gave."""

    def __init__(self, config: LogConfig, database: Database) -> None:
        self._wait_s_max = config.log_wait_s_max
        self._database = database

    async def published(self, entries: Sequence[int]) -> dict[int, int]:
        """Entry to leaf, of those that a published checkpoint has."""
        async with self._database.connection() as connection:
            return {row["entry"]: row["leaf"] for row in await connection.fetch(Q["leaves_of"], list(entries))}

    async def awaited(self, entries: Sequence[int]) -> dict[int, int]:
        """The same, once all are published, or when `log_wait_s_max` is over. To be asked after the commit."""
        loop = asyncio.get_running_loop()
        until_s, found = loop.time() + self._wait_s_max, await self.published(entries)
        while len(found) < len(entries) and loop.time() < until_s:
            await asyncio.sleep(LOOK_S)
            found = await self.published(entries)
        return found
