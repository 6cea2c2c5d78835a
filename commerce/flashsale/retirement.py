"""Takes sales that are long over, and what was bought in them, out of the engine's memory; PostgreSQL keeps everything."""

from collections.abc import Callable

from commerce.flashsale.client import StockClient
from commerce.flashsale.lead_row import Q
from commerce.flashsale.requests import Retire
from commerce.flashsale.settings import StockConfig
from livehub.base.db import Database

RESOURCES_AT_ONCE = 1_000
HOLDS_AT_ONCE = 10_000
ROUNDS_MAX = 1_000  # of one run; what is left waits for the next


class Retirement:
    """`now_s`: business time, Unix seconds."""

    def __init__(
        self, config: StockConfig, database: Database, client: StockClient, now_s: Callable[[], float]
    ) -> None:
        self._config = config
        self._database = database
        self._client = client
        self._now_s = now_s

    async def retire(self) -> None:
        """Once; run again, it does what has come since. Raises Unavailable."""
        before_ms = int((self._now_s() - self._config.stock_retired_after_s) * 1000)
        async with self._database.batch.connection() as connection:
            rows = await connection.fetch(Q["long_over"], before_ms, RESOURCES_AT_ONCE)
        for row in rows:
            await self._client.ask(Retire(row["id"]))
        for _ in range(ROUNDS_MAX):
            async with self._database.batch.connection() as connection:
                status = await connection.execute(Q["forget_holds"], HOLDS_AT_ONCE)
            if int(status.split()[-1]) < HOLDS_AT_ONCE:
                return
