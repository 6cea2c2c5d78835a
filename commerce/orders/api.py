"""HTTP: quotes, orders, one's own list, and what a buyer or the staff do with an order. Whose it is not finds nothing."""

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from commerce.catalogue.errors import ProductNotFound
from commerce.coupons.errors import CouponNotFound, CouponNotUsable
from commerce.delivery.errors import BelowMinimum, OutsideArea, SlotFull, SlotNotFound
from commerce.orders import looking, schemas, store
from commerce.orders.closing import Closing
from commerce.orders.creating import Creating, KeyedOrder
from commerce.orders.errors import (
    AddressNeeded,
    GiftGone,
    NotOnSale,
    OrderNotFound,
    OrderState,
    OrderTooLarge,
    PriceChanged,
    SeveralCurrencies,
    TooManyUnpaid,
)
from commerce.orders.looking import RefundedUnits
from commerce.orders.machine import STATES, State, Step, after
from commerce.orders.moving import move
from commerce.orders.rows import OrderRow
from commerce.orders.store import Q
from commerce.payments import findings
from commerce.sales.errors import HoldNotFound, HoldOver, LimitReached, SoldOut
from livehub.base.auth import Permission
from livehub.base.config import Config
from livehub.base.db import Connection, Database
from livehub.base.endpoints import Call, Endpoint, get, post
from livehub.base.errors import BadRequest, Forbidden, KeyReused, Unavailable, VersionStale
from livehub.base.idempotency import fingerprint
from livehub.base.lists import PageQuery, page
from livehub.people import audit, persons
from livehub.people.audit import Act
from livehub.people.records_errors import AddressNotFound, PhoneInvalid, UnknownRegion

FINDINGS_MAX = 50
STEPS: dict[State, Step] = {"preparing": "prepare", "dispatched": "dispatch", "delivered": "deliver", "done": "finish"}


class OwnOrdersQuery(PageQuery, frozen=True, kw_only=True):
    """`state`: of these alone, with commas between them."""

    state: Annotated[str, Meta(max_length=100)] | None = None


class OrdersApi:
    def __init__(
        self,
        config: Config,
        database: Database,
        creating: Creating,
        closing: Closing,
        refunded: Callable[[], RefundedUnits | None],
    ) -> None:
        """`refunded`: asked for when it is needed, since its module comes later in the list."""
        self._config = config
        self._refunded = refunded
        self._database = database
        self._creating = creating
        self._closing = closing

    def endpoints(self) -> list[Endpoint]:
        buy, one = Permission.BUY, "/api/orders/{order}"
        wrong = (
            HoldNotFound, HoldOver, NotOnSale, SeveralCurrencies, OrderTooLarge, AddressNotFound, PhoneInvalid, UnknownRegion,
            OutsideArea, SlotNotFound, SlotFull, CouponNotFound, ProductNotFound,
        )  # fmt: skip
        return [
            post(
                "/api/quotes", self.quote, may=buy, body=schemas.QuoteRequest, reply=schemas.QuoteReply, writes=False,
                errors=wrong,
            ),
            post(
                "/api/orders", self.create, may=buy, body=schemas.OrderRequest, reply=schemas.Order, status=201,
                key_in_row=True,
                errors=(
                    *wrong, AddressNeeded, BelowMinimum, CouponNotUsable, PriceChanged, GiftGone, SoldOut, LimitReached,
                    TooManyUnpaid, KeyReused, Unavailable,
                ),
            ),
            get("/api/me/orders", self.mine, may=buy, reply=schemas.OrderList, query=OwnOrdersQuery),
            get(one, self.look, may=buy, reply=schemas.Order, errors=(OrderNotFound,)),
            post(
                f"{one}/cancel", self.cancel, may=buy, body=schemas.CancelRequest, reply=schemas.Order, writes=False,
                errors=(OrderNotFound, OrderState, Forbidden, Unavailable),
            ),
            post(
                f"{one}/moves", self.move, may=Permission.PICK, body=schemas.MoveRequest, reply=schemas.Order,
                errors=(OrderNotFound, OrderState, VersionStale),
            ),
        ]  # fmt: skip

    async def quote(self, call: Call[schemas.QuoteRequest]) -> schemas.QuoteReply:
        """What it would cost; nothing is changed."""
        return await self._creating.quote(call.body, call.person.id, now_ms=call.now_ms)

    async def create(self, call: Call[schemas.OrderRequest]) -> schemas.Order:
        """Order what a tap holds, or lines. The same key is the same order, for ever."""
        print_ = fingerprint(call.request.method, call.request.path, msgspec.json.encode(call.body))
        asked = KeyedOrder(
            person=call.person.id, key=call.row_key(), fingerprint=print_, request=call.body, now_ms=call.now_ms
        )
        return await self._creating.create(asked)

    async def mine(self, call: Call[None]) -> schemas.OrderList:
        """One's own orders, the latest first."""
        states = _states(call.query.state)
        most = call.query.most(self._config.lists_max)
        async with self._database.connection() as connection:
            rows = await connection.fetch(Q["own_orders"], call.person.id, states, call.query.after, most + 1)
            found, has_more = page([store.order_row(row) for row in rows], most)
            items = await looking.summaries(connection, found, self._refunded())
            counts = await connection.fetch(Q["own_counts"], call.person.id)
        return schemas.OrderList(
            items=items,
            counts={row["state"]: row["orders"] for row in counts},
            next=items[-1].id if has_more else None,
        )

    async def look(self, call: Call[None]) -> schemas.Order:
        """An order, and all that became of it."""
        async with self._database.connection() as connection:
            order = await self._theirs(connection, call)
            shown = await looking.whole(connection, order, self._refunded())
            if not call.person.may(Permission.SEE_ORDERS):
                return shown
            found = await findings.of_order(connection, order.id, most=FINDINGS_MAX)
            names = await persons.names_of(connection, [order.person])
        return replace(shown, findings=found, person_name=names.get(order.person))

    async def cancel(self, call: Call[schemas.CancelRequest]) -> schemas.Order:
        """Cancel an order that is not paid, or for which no money is left; one that is cancelled stays so."""
        async with self._database.connection() as connection:
            order = await self._theirs(connection, call)
        if order.state != "cancelled":
            is_own = order.person == call.person.id
            if is_own and call.body.restock is not None:
                raise BadRequest("restock: the shop decides that.")
            await self._closing.cancel(order, "buyer" if is_own else "staff", by=call.person, restock=call.body.restock)
        async with self._database.connection() as connection:
            return await looking.whole(connection, await store.order_of(connection, order.id))

    async def move(self, call: Call[schemas.MoveRequest]) -> schemas.Order:
        """Take a paid order one step further on its way."""
        db, state = call.tx.connection, call.body.state
        order = await store.locked(call.tx, call.path["order"])
        if order.version != call.body.version:
            raise VersionStale(details={"version": order.version})
        step = STEPS[state]
        if after(order.state, step) != state:
            raise OrderState(details={"state": order.state})
        await move(call.tx, order, step, by=call.person.id, now_ms=call.now_ms)
        act = Act(
            type="order_move", subject=order.id, was=order.state, became=state, about_id=order.person,
            data={"number": order.number},
        )  # fmt: skip
        await audit.record(db, [act], by=call.person, now_ms=call.now_ms)
        shown = await looking.whole(db, await store.order_of(db, order.id))
        # Who packs it needs to know neither whose it is nor how it was paid.
        hidden: dict[str, Any] = {"person": "", "address": None, "note": "", "payments": [], "refunds": []}
        return shown if call.person.may(Permission.SEE_ORDERS) else replace(shown, **hidden)

    @staticmethod
    async def _theirs(connection: Connection, call: Call[None] | Call[schemas.CancelRequest]) -> OrderRow:
        """The order, if it is the caller's own or the caller may see all. Raises OrderNotFound."""
        order = await store.order_of(connection, call.path["order"])
        if order.person != call.person.id and not call.person.may(Permission.SEE_ORDERS):
            raise OrderNotFound
        return order


def _states(asked: str | None) -> list[str] | None:
    if asked is None:
        return None
    states = asked.split(",")
    for state in states:
        if state not in STATES:
            raise BadRequest(f"state: one or more of {', '.join(STATES)}.")
    return states
