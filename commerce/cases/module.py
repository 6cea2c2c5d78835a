"""Cases as a module: cases, invoices, and what becomes of them by itself."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from msgspec import Struct

from commerce.cases import breach_schemas, errors, notices, schemas
from commerce.cases.api import CasesApi
from commerce.cases.breach_offers import BreachOffers
from commerce.cases.breach_orders_api import BreachOrdersApi
from commerce.cases.breaches import OFFER_TASK, Breaches
from commerce.cases.cases import TO_CLOSE_MAX, Cases
from commerce.cases.events import CaseDecided, CaseOpened
from commerce.cases.fapiao_api import FapiaoApi
from commerce.cases.history_api import HistoryApi
from commerce.cases.person_tables import PERSON_TABLES
from commerce.cases.settings import CasesConfig
from commerce.coupons.coupons import Coupons
from commerce.flashsale.client import StockClient
from commerce.orders.events import OrderCancelled
from commerce.orders.replacing import Replacing
from commerce.orders.stock import OrderStock
from commerce.refunds.events import RefundRejected
from commerce.refunds.settings import RefundsConfig
from livehub.base.config import Config
from livehub.base.db import Transaction
from livehub.base.endpoints import Endpoint
from livehub.base.errors import LivehubError
from livehub.base.events import Event, Subscription
from livehub.base.module import Context, Job, Module, Part, defined_in
from livehub.notify.notify import Notify
from livehub.people.food_batches import FoodBatches
from livehub.people.list_files import ListFiles
from livehub.people.public_log import PublicLog

EVERY_TEN_MINUTES = "*/10 * * * *"
RUNS_MAX = 50  # of one job; the next one goes on


class AfterSales(Part):
    def __init__(self, context: Context) -> None:
        core, config, notify = context.config(Config), context.config(CasesConfig), context.get(Notify)
        self._database = context.database
        self._now_s = context.now_s
        files = ListFiles(core, context.database, context.clock.real_s)
        self._cases = Cases(
            config,
            notify,
            replacing=Replacing(OrderStock(context.get(StockClient), context.database)),
            coupons=context.get(Coupons),
            alone_max_minor=context.config(RefundsConfig).refund_alone_max_minor,
            zone=ZoneInfo(core.time_zone),
        )
        public_log = partial(context.port, PublicLog)  # asked for when they are needed: their modules come later
        self.breaches = Breaches(notify, partial(context.port, FoodBatches), public_log)
        self.offers = BreachOffers(
            context.database, self.breaches, self._cases, context.get(Coupons), public_log, now_s=context.now_s
        )
        self._apis = (
            CasesApi(config, core, context.database, self._cases, files, context.clock.real_s),
            FapiaoApi(core, context.database, notify, files),
            HistoryApi(core, context.database),
            BreachOrdersApi(core, context.database),
        )

    def endpoints(self) -> Sequence[Endpoint]:
        return [endpoint for api in self._apis for endpoint in api.endpoints()]

    def jobs(self) -> Sequence[Job]:
        return [
            Job(name="cases.close", run=self._close, cron=EVERY_TEN_MINUTES),
            Job(name=OFFER_TASK, run=self.offers.give_all),
        ]

    def subscriptions(self) -> Sequence[Subscription]:
        return [
            Subscription(
                name="cases.refund_rejected", types=(RefundRejected,), react=self._refunds_rejected, begins="start"
            ),
            Subscription(
                name="cases.replacement_cancelled", types=(OrderCancelled,), react=self._replacements_cancelled,
                begins="start",
            ),
        ]  # fmt: skip

    async def _close(self, timestamp: int) -> None:
        del timestamp
        for _ in range(RUNS_MAX):
            async with self._database.batch.transaction() as tx:
                closed = await self._cases.close_settled(tx, now_ms=int(self._now_s() * 1000))
            if closed < TO_CLOSE_MAX:
                return

    async def _refunds_rejected(self, tx: Transaction, batch: list[Event[RefundRejected]]) -> None:
        for event in batch:
            await self._cases.refund_rejected(tx, event.data.refund, now_ms=int(self._now_s() * 1000))

    async def _replacements_cancelled(self, tx: Transaction, batch: list[Event[OrderCancelled]]) -> None:
        for event in batch:
            await self._cases.replacement_cancelled(tx, event.data.order, now_ms=int(self._now_s() * 1000))


CASES = Module(
    name="cases",
    build=AfterSales,
    settings=CasesConfig,
    migrations=Path(__file__).parent / "migrations",
    errors=defined_in(errors, LivehubError),
    events=(CaseOpened, CaseDecided),
    notices=notices.TEMPLATES,
    person_tables=PERSON_TABLES,
    schemas=(*defined_in(schemas, Struct), *defined_in(breach_schemas, Struct)),
)
