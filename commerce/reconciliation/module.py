"""Reconciliation as a module: it looks at the books of each day, and tells the staff how they stand."""

from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from msgspec import Struct

from commerce.payments.providers import Providers
from commerce.reconciliation import schemas
from commerce.reconciliation.api import BooksApi
from commerce.reconciliation.looks import Looks
from livehub.base.config import Config
from livehub.base.endpoints import Endpoint
from livehub.base.module import Context, Job, Module, Part, defined_in
from livehub.people.list_files import ListFiles


class Reconciliation(Part):
    def __init__(self, context: Context) -> None:
        zone = ZoneInfo(context.config(Config).time_zone)
        self._looks = Looks(context.database, context.get(Providers), zone, context.clock)
        context.provide(Looks, self._looks)
        core = context.config(Config)
        self._api = BooksApi(core, context.database, ListFiles(core, context.database, context.clock.real_s))

    def jobs(self) -> Sequence[Job]:
        return [Job(name="reconciliation.look", run=self._look, cron="37 * * * *")]

    async def _look(self, timestamp: int) -> None:
        del timestamp
        await self._looks.look()

    def endpoints(self) -> Sequence[Endpoint]:
        return self._api.endpoints()


RECONCILIATION = Module(
    name="reconciliation",
    build=Reconciliation,
    migrations=Path(__file__).parent / "migrations",
    schemas=defined_in(schemas, Struct),
)
