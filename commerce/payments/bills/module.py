"""Bills of providers as a module."""

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from commerce.payments.bills import schemas
from commerce.payments.bills.api import BillsApi
from commerce.payments.bills.fetching import Bills
from commerce.payments.bills.settings import BillsConfig
from commerce.payments.hearing import Hearing
from commerce.payments.providers import Providers
from livehub.base.config import Config
from livehub.base.endpoints import Endpoint
from livehub.base.module import Context, Job, Module, Part, defined_in
from livehub.people.list_files import ListFiles


class BillsPart(Part):
    def __init__(self, context: Context) -> None:
        self._bills = Bills(
            context.config(BillsConfig),
            context.database,
            context.clock,
            providers=context.get(Providers),
            hearing=context.get(Hearing),
        )
        context.provide(Bills, self._bills)
        core = context.config(Config)
        self._api = BillsApi(core, context.database, ListFiles(core, context.database, context.clock.real_s))

    def endpoints(self) -> Sequence[Endpoint]:
        return self._api.endpoints()

    def jobs(self) -> Sequence[Job]:
        """Three times an hour; a day that is fetched is not asked for again."""
        return [Job(name="payments.bills", run=self._fetch, cron="7,27,47 * * * *")]

    async def _fetch(self, timestamp: int) -> None:
        del timestamp
        await self._bills.fetch_due()


BILLS = Module(
    name="bills",
    build=BillsPart,
    settings=BillsConfig,
    migrations=Path(__file__).parent / "migrations",
    schemas=defined_in(schemas, Struct),
)
