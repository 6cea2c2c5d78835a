"""Payments as a module. Providers are modules after it, and add themselves to `Providers`."""

from collections.abc import Sequence
from pathlib import Path

from aiohttp import web
from msgspec import Struct

from commerce.payments import errors, schemas
from commerce.payments.api import PaymentsApi
from commerce.payments.asking import Asking
from commerce.payments.attempts import Attempts
from commerce.payments.closing import Closing
from commerce.payments.findings_api import FindingsApi
from commerce.payments.hearing import Hearing
from commerce.payments.look_ups import LookUps
from commerce.payments.notices import Notices
from commerce.payments.person_tables import PERSON_TABLES
from commerce.payments.providers import Providers
from commerce.payments.settings import PaymentsConfig
from commerce.payments.store import Q as STORE
from livehub.base.endpoints import Endpoint
from livehub.base.errors import LivehubError
from livehub.base.module import Context, Module, Part, ProcessRole, Retention, defined_in, kept_for
from livehub.people.list_files import ListFiles


class Payments(Part):
    def __init__(self, context: Context) -> None:
        core, config = context.settings.core, context.config(PaymentsConfig)
        database, clock = context.database, context.clock
        self._look_ups = LookUps(config, database)
        providers, hearing = Providers(config.payment_providers), Hearing(context, self._look_ups)
        closing = Closing(config, database, providers, hearing)
        self._attempts = Attempts(config, database, clock, providers=providers, hearing=hearing, closing=closing)
        self._notices = Notices(core, config, clock, providers=providers, hearing=hearing, look_ups=self._look_ups)
        self._apis = (
            PaymentsApi(
                core,
                config,
                database,
                providers=providers,
                hearing=hearing,
                attempts=self._attempts,
                look_ups=self._look_ups,
            ),
            FindingsApi(core, database, ListFiles(core, database, clock.real_s)),
        )
        asking = Asking(config, database, clock, providers=providers, hearing=hearing, closing=closing)
        self._asking = asking if ProcessRole.JOBS in context.roles else None
        context.provide(Providers, providers)
        context.provide(Closing, closing)
        context.provide(Hearing, hearing)

    def endpoints(self) -> Sequence[Endpoint]:
        return [endpoint for api in self._apis for endpoint in api.endpoints()]

    def attach(self, app: web.Application) -> None:
        self._notices.attach(app)

    async def start(self) -> None:
        self._look_ups.start()
        self._attempts.start()
        if self._asking is not None:
            self._asking.start()

    async def stop(self) -> None:
        if self._asking is not None:
            await self._asking.stop()
        await self._attempts.stop()
        await self._look_ups.stop()


PAYMENTS = Module(
    name="payments",
    build=Payments,
    settings=PaymentsConfig,
    errors=defined_in(errors, LivehubError),
    migrations=Path(__file__).parent / "migrations",
    person_tables=PERSON_TABLES,
    schemas=defined_in(schemas, Struct),
    retention=(
        Retention(
            table="payment_notices", query=STORE["forget_notices"],
            arguments=kept_for(PaymentsConfig, "payment_notices_kept_s"), in_real_time=True,
        ),
    ),
)  # fmt: skip
