"""Orders as a module: carts, quotes, orders, what follows from money, and the end of what is not paid."""

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from commerce.coupons.audience import BoughtBefore
from commerce.flashsale.client import StockClient
from commerce.orders import carts, errors, events, list_schemas, notices, schemas
from commerce.orders.api import OrdersApi
from commerce.orders.carts import CartApi
from commerce.orders.closing import Closing
from commerce.orders.creating import Creating
from commerce.orders.lines_of import LinesOfOrders
from commerce.orders.list_api import OrderListApi
from commerce.orders.looking import RefundedUnits
from commerce.orders.paying import Paying
from commerce.orders.person_tables import PERSON_TABLES
from commerce.orders.room_figures import RoomFigures
from commerce.orders.settings import OrdersConfig
from commerce.orders.stock import OrderStock
from commerce.orders.store import Q
from commerce.payments.closing import Closing as PaymentClosing
from commerce.payments.payables import Payables
from commerce.sales.settings import SalesConfig
from livehub.base.db import Connection, Transaction
from livehub.base.endpoints import Endpoint
from livehub.base.errors import LivehubError
from livehub.base.module import Context, Module, Part, ProcessRole, Retention, defined_in, kept_for
from livehub.hub.hub import Hub
from livehub.hub.rooms.room_orders import RoomOrders
from livehub.notify.notify import Notify
from livehub.people.list_files import ListFiles
from livehub.people.order_lines import OrderLines


class Bought:
    """Who has paid an order before; for coupons of new buyers."""

    async def bought_before(self, connection: Connection, people: Sequence[str]) -> set[str]:
        """Those of them who have, whatever was refunded later, unless all of it was before anything was sent."""
        return {row["person"] for row in await connection.fetch(Q["have_bought"], list(people))}


class Orders(Part):
    def __init__(self, context: Context) -> None:
        config, database, notify = context.config(OrdersConfig), context.database, context.get(Notify)
        stock, bought = OrderStock(context.get(StockClient), database), Bought()
        self._lines_max = config.cart_lines_max
        self._now_s = context.now_s
        self._closes = ProcessRole.JOBS in context.roles
        self.paying = Paying(config, database, context.clock, stock, notify)
        self.closing = Closing(
            config, database, context.clock, stock=stock, payments=context.get(PaymentClosing),
            settle_free=self._settle_free, notify=notify, refunded=lambda: context.port(RefundedUnits),
        )  # fmt: skip
        self._creating = Creating(
            config, database, stock, self.paying, bought, hold_ttl_s=context.config(SalesConfig).hold_ttl_s
        )
        self._apis = (
            CartApi(config, database),
            OrdersApi(config, database, self._creating, self.closing, lambda: context.port(RefundedUnits)),
            OrderListApi(config, database, ListFiles(context.settings.core, database, context.clock.real_s)),
        )
        self._figures = RoomFigures(database, context.get(Hub).rooms, context.now_s)
        context.provide(RoomOrders, self._figures)
        context.provide(BoughtBefore, bought)
        context.provide(OrderLines, LinesOfOrders())
        context.provide(Payables, self.paying)

    async def _settle_free(self, order: str) -> None:
        await self.paying.settle_free(order, now_ms=int(self._now_s() * 1000))

    def endpoints(self) -> Sequence[Endpoint]:
        return [endpoint for api in (*self._apis, self._figures) for endpoint in api.endpoints()]

    async def start(self) -> None:
        self._creating.start()
        self.paying.start()
        self._figures.start()
        if self._closes:
            self.closing.start()

    async def stop(self) -> None:
        await self._figures.stop()
        await self.closing.stop()
        await self._creating.stop()
        await self.paying.stop()

    async def person_merged(self, tx: Transaction, was: str, person: str, *, now_ms: int) -> Sequence[str]:
        """What `was` had in the cart is in the person's."""
        return await carts.merge(tx, was, person, lines_max=self._lines_max, now_ms=now_ms)

    async def person_unmerged(self, tx: Transaction, was: str, person: str, did: Sequence[str], *, now_ms: int) -> None:
        """`was` has their cart again."""
        del person
        await carts.unmerge(tx, was, did, now_ms=now_ms)


ORDERS = Module(
    name="orders",
    build=Orders,
    settings=OrdersConfig,
    errors=defined_in(errors, LivehubError),
    events=(events.OrderCreated, events.OrderPaid, events.OrderCancelled, events.OrderMoved),
    migrations=Path(__file__).parent / "migrations",
    notices=notices.TEMPLATES,
    person_tables=PERSON_TABLES,
    schemas=(*defined_in(schemas, Struct), *defined_in(list_schemas, Struct)),
    retention=(
        Retention(table="orders", query=Q["blank_addresses"], arguments=kept_for(OrdersConfig, "order_address_ttl_s")),
    ),
)
