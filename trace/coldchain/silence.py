"""Looks for sensors that have fallen silent while goods are beside them."""

import asyncio
import logging
from collections.abc import Callable

from livehub.base.db import Database, Transaction
from livehub.base.errors import Unavailable
from livehub.base.sql import queries
from trace.coldchain.finding import Q, Telling, tell
from trace.coldchain.settings import ColdChainConfig
from trace.coldchain.watching import keep_states, watched

log = logging.getLogger("trace.coldchain")
DEVICES = queries(__file__, "shipments.sql")

DEVICES_MAX = 500  # looked at in one turn; the others in the next


class SilenceWatch:
    """Every `cold_chain_tick_s`. Two processes may look: each takes the row of the device first."""

    def __init__(self, config: ColdChainConfig, database: Database, now_s: Callable[[], float]) -> None:
        self._config = config
        self._database = database
        self._now_s = now_s

    async def run(self) -> None:
        """For as long as the process lives."""
        while True:
            try:
                await self.look()
            except Unavailable:
                pass  # the database says so in the log
            await asyncio.sleep(self._config.cold_chain_tick_s)

    async def look(self) -> int:
        """Tell of those that are silent by now: how many findings that made."""
        now_ms = int(self._now_s() * 1000)
        async with self._database.batch.connection() as db:
            devices = [row["sensor"] for row in await db.fetch(Q["silent"], now_ms, DEVICES_MAX)]
        found = 0
        for device in devices:
            async with self._database.batch.transaction() as tx:
                found += await self._look_at(tx, device, now_ms)
        if found:
            log.info("coldchain.silent", extra={"findings": found})
        return found

    async def _look_at(self, tx: Transaction, device: str, now_ms: int) -> int:
        await tx.connection.fetch(DEVICES["lock_devices"], [device])
        telling = Telling(told_ms=now_ms, late_ms=self._config.sensor_late_s * 1000)
        found, changed = 0, []
        for each in await watched(tx.connection, [device], now_ms, now_ms):
            each.pass_time(now_ms)
            changed.append(each)  # also where a rule was changed meanwhile, and it is due later
            found += len(await tell(tx, each, each.decisions, telling))
        await keep_states(tx.connection, changed)
        return found
