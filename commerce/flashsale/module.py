"""The stock engine as a module: the engine itself in processes with the role STOCK, and in all others what speaks to it."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from commerce.flashsale.aliases import StockAliases
from commerce.flashsale.client import StockClient
from commerce.flashsale.events import WaitlistHeld
from commerce.flashsale.person_tables import PERSON_TABLES
from commerce.flashsale.retirement import Retirement
from commerce.flashsale.settings import StockConfig
from livehub.base.module import Context, Job, Module, Part, ProcessRole
from livehub.people.merging import PersonAliases

if TYPE_CHECKING:
    from commerce.flashsale.engine import Engine

SPEAKS_TO_NOBODY = frozenset({ProcessRole.MEDIA})


class StockPart(Part):
    def __init__(self, context: Context) -> None:
        config, secret = context.config(StockConfig), context.settings.core.secret
        self.client = StockClient(config, context.database, secret)
        self._retirement = Retirement(config, context.database, self.client, context.now_s)
        self._is_client = context.roles != SPEAKS_TO_NOBODY
        self._engine = _engine(context) if ProcessRole.STOCK in context.roles else None
        context.provide(StockClient, self.client)
        context.provide(PersonAliases, StockAliases(self.client))

    def jobs(self) -> Sequence[Job]:
        """Forgetting what is long over."""
        return [Job(name="stock.retire", run=self._retire, cron="41 * * * *")]

    async def _retire(self, timestamp: int) -> None:
        del timestamp
        await self._retirement.retire()

    async def start(self) -> None:
        if self._engine is not None:
            await self._engine.start()
        if self._is_client:
            self.client.start()

    async def stop(self) -> None:
        await self.client.stop()
        if self._engine is not None:
            await self._engine.stop()

    def away(self) -> Iterable[str]:
        return ["stock"] if self._is_client and not self.client.is_connected else []


def _engine(context: Context) -> "Engine":
    """Loaded only where it runs: numba takes half a second and 100 MB."""
    from commerce.flashsale.engine import Engine  # noqa: PLC0415

    secret = context.settings.core.secret
    return Engine(context.config(StockConfig), context.database, context.clock, secret=secret)


FLASHSALE = Module(
    name="flashsale",
    build=StockPart,
    settings=StockConfig,
    migrations=Path(__file__).parent / "migrations",
    person_tables=PERSON_TABLES,
    events=(WaitlistHeld,),
)
