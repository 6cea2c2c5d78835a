"""The sandbox as a module. It takes payments where LIVEHUB_PAYMENT_PROVIDERS names it, and nowhere else."""

from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from aiohttp import web
from msgspec import Struct

from commerce.payments.providers import Providers
from commerce.payments.sandbox import schemas
from commerce.payments.sandbox.access import Access
from commerce.payments.sandbox.api import SandboxApi
from commerce.payments.sandbox.books import Books
from commerce.payments.sandbox.pages import SandboxPages
from commerce.payments.sandbox.provider import NAME, SandboxProvider
from commerce.payments.sandbox.settings import SandboxConfig
from commerce.payments.sandbox.telling import Telling
from commerce.payments.settings import PaymentsConfig
from livehub.base.endpoints import Endpoint
from livehub.base.http import HttpEdge
from livehub.base.module import Context, Module, Part, ProcessRole, defined_in


class Sandbox(Part):
    def __init__(self, context: Context) -> None:
        core, payments, config = context.settings.core, context.config(PaymentsConfig), context.config(SandboxConfig)
        database, real_s, providers = context.database, context.clock.real_s, context.get(Providers)
        self._is_offered = providers.is_offered(NAME)
        bounds = {"batch_max": payments.payment_batch_max, "waiting_max": payments.payment_waiting_max}
        self._books = Books(database, real_s, pays_at_once=config.sandbox_pays_at_once, **bounds)
        access = Access(context, database, core.secret)
        self._api = SandboxApi(self._books, access, is_offered=self._is_offered)
        self._pages = SandboxPages(self._books, access, context.get(HttpEdge))
        telling = Telling(config, database, self._books, real_s, secret=core.secret, **bounds)
        self._telling = telling if self._is_offered and ProcessRole.JOBS in context.roles else None
        if self._is_offered:
            providers.add(
                SandboxProvider(
                    self._books,
                    database,
                    secret=core.secret,
                    zone=ZoneInfo(core.time_zone),
                    age_s_max=payments.payment_notice_age_s_max,
                    answers_after_s=config.sandbox_answers_after_s,
                )
            )

    def endpoints(self) -> Sequence[Endpoint]:
        return self._api.endpoints()

    def attach(self, app: web.Application) -> None:
        if self._is_offered:
            self._pages.attach(app)

    async def start(self) -> None:
        self._books.start()
        if self._telling is not None:
            self._telling.start()

    async def stop(self) -> None:
        if self._telling is not None:
            await self._telling.stop()
        await self._books.stop()


SANDBOX = Module(
    name="sandbox",
    build=Sandbox,
    settings=SandboxConfig,
    migrations=Path(__file__).parent / "migrations",
    schemas=defined_in(schemas, Struct),
)
