"""Sales as a module: what rooms sell, the taps of buyers, the stock of products."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from commerce.catalogue.products import StockOfProducts
from commerce.catalogue.settings import CatalogueConfig
from commerce.coupons.offers import OffersInRoom
from commerce.flashsale.client import StockClient
from commerce.flashsale.events import WaitlistHeld
from commerce.flashsale.requests import Units
from commerce.sales import errors, schemas
from commerce.sales import socket_events as events
from commerce.sales.announcements import Announcements
from commerce.sales.api import SalesApi
from commerce.sales.holds_api import HoldsApi
from commerce.sales.lines import sold_lines
from commerce.sales.offers import SalesInRoom
from commerce.sales.person_tables import PERSON_TABLES
from commerce.sales.room_messages import CONTROL_MESSAGES
from commerce.sales.sale_index import SaleIndex
from commerce.sales.settings import SalesConfig
from commerce.sales.stock_api import StockApi
from commerce.sales.stock_changes_api import StockChangesApi
from commerce.sales.stock_left import StockLeft
from commerce.sales.store import Q as STORE
from commerce.sales.taps import RELEASE_COST, Taps
from livehub.base.db import Transaction
from livehub.base.endpoints import Endpoint
from livehub.base.errors import LivehubError
from livehub.base.events import Event, Subscription
from livehub.base.module import Context, Job, Module, Part, SocketEvent, defined_in
from livehub.hub.hub import Hub
from livehub.hub.inbox.inbox import Inbox
from livehub.hub.sockets.router import Handler
from livehub.people.food_batches import FoodBatches
from livehub.people.list_files import ListFiles
from livehub.room.wire import Direct, Done


class Sales(Part):
    def __init__(self, context: Context) -> None:
        config, hub, client = context.config(SalesConfig), context.get(Hub), context.get(StockClient)
        self._now_s = context.now_s
        self._inbox = context.get(Inbox)
        self._index = SaleIndex(config, context.database)
        self._taps = Taps(config, context.database, context.clock, rooms=hub.rooms, index=self._index, client=client)
        self._announcements = Announcements(
            context.database, hub.controls, context.config(CatalogueConfig).list_price_days
        )
        self._stock = StockApi(context.database, client)
        self._apis = (
            SalesApi(
                config,
                ZoneInfo(config.time_zone),
                context.database,
                self._announcements,
                client,
                ListFiles(context.settings.core, context.database, context.clock.real_s),
                food=partial(context.port, FoodBatches),
            ),
            self._stock,
            HoldsApi(config, context.database),
            StockChangesApi(config, context.database, ListFiles(config, context.database, context.clock.real_s)),
        )
        StockLeft(hub.rooms, client)
        context.provide(StockOfProducts, self._stock)
        context.provide(OffersInRoom, SalesInRoom())

    def endpoints(self) -> Sequence[Endpoint]:
        return [endpoint for api in self._apis for endpoint in api.endpoints()]

    def socket_handlers(self) -> Mapping[str, Handler]:
        return self._taps.handlers()

    def jobs(self) -> Sequence[Job]:
        return self._announcements.jobs()

    def subscriptions(self) -> Sequence[Subscription]:
        return [Subscription(name="sale.waited", types=(WaitlistHeld,), react=self._tell_waiters, begins="start")]

    async def start(self) -> None:
        self._index.start()
        self._taps.start()

    async def stop(self) -> None:
        await self._taps.stop()
        await self._index.stop()

    async def _tell_waiters(self, tx: Transaction, batch: list[Event[WaitlistHeld]]) -> None:
        """Whoever waited and got a hold hears of it on every device."""
        now_ms = int(self._now_s() * 1000)
        await self._inbox.send_many(tx, [(event.data.person, _turn_came(event.data, now_ms)) for event in batch])


def _turn_came(held: WaitlistHeld, now_ms: int) -> Direct:
    lines = sold_lines(Units(*line) for line in held.lines)
    hold = events.Hold(id=held.hold, state="held", lines=lines, expires_ts=held.expires_ms)
    data = {"hold": msgspec.to_builtins(hold), "key": held.key}
    return Direct(id=f"hold-{held.hold}", type="hold", ts=now_ms, data=data)


SALES = Module(
    name="sales",
    build=Sales,
    settings=SalesConfig,
    migrations=Path(__file__).parent / "migrations",
    errors=defined_in(errors, LivehubError),
    socket_events=(
        SocketEvent(name="reserve", body=events.Reserve, reply=events.Reserved),
        SocketEvent(name="release", body=events.Release, reply=Done, cost=RELEASE_COST),
        SocketEvent(name="wait", body=events.Wait, reply=events.Waiting),
        SocketEvent(name="unwait", body=events.Unwait, reply=Done),
        SocketEvent(name="ticket", body=events.Ticket, reply=events.TicketGiven),
    ),
    control_messages=CONTROL_MESSAGES,
    person_tables=PERSON_TABLES,
    schemas=defined_in(schemas, Struct),
    of_rooms={"sale": STORE["room_of"]},
)
