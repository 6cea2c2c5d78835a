"""How an order is made: once for a key, once for a hold.

    price (pure) > hold what the tap does not hold, all or nothing > lock coupons, write the order and its event

The last is one transaction with those of others who order at the same moment.

A process that dies before the last step leaves at most a hold, which runs out by itself and is found again by the same request.
"""

import hashlib
import logging
import secrets
from collections.abc import Collection, Sequence

import msgspec
from msgspec import UNSET, Struct, structs

from commerce.coupons.audience import BoughtBefore
from commerce.coupons.errors import CouponNotUsable
from commerce.coupons.wallet import lock_coupon
from commerce.orders import looking, schemas, store, views
from commerce.orders.choosing import Basket, Choosing
from commerce.orders.drafting import priced
from commerce.orders.errors import GiftGone, PriceChanged, TooManyUnpaid
from commerce.orders.events import OrderCreated
from commerce.orders.numbers import new_number
from commerce.orders.paying import Paying
from commerce.orders.rows import Component, LineRow, OrderRow
from commerce.orders.settings import OrdersConfig
from commerce.orders.stock import OrderStock
from commerce.orders.store import Q
from commerce.sales.errors import HoldOver, SoldOut
from livehub.base.db import Connection, Database, Transaction
from livehub.base.errors import KeyReused, LivehubError, Unavailable
from livehub.base.events import emit_all
from livehub.base.group_commit import GroupCommit
from livehub.base.ids import CHANCE_BYTES, ordered_id
from livehub.base.text import one_line

log = logging.getLogger("commerce.orders")

NOTHING_TO_HOLD_MS = 1_000
TRIES_MAX = 5  # each is lost to another order of the same person only, and that one is written


class KeyedOrder(Struct, frozen=True, kw_only=True):
    """A request to order. `key`: the Idempotency-Key, `fingerprint`: of the request."""

    person: str
    key: str
    fingerprint: bytes
    request: schemas.OrderRequest
    now_ms: int

    @property
    def digest(self) -> str:
        """The same for the same request."""
        return hashlib.sha256(self.key.encode() + b"\0" + self.fingerprint).hexdigest()[:32]


class _New(Struct, frozen=True, kw_only=True):
    order: OrderRow
    lines: tuple[LineRow, ...]


class _Crossed(Unavailable):
    """Its number was another's, or its place among the unpaid was given away at the same moment: the next try has new ones."""


class _Known(Struct, frozen=True):
    """The order of a key, if there is one, and how many orders its person has not paid."""

    order: str | None
    unpaid: int


class Creating:
    def __init__(
        self,
        config: OrdersConfig,
        database: Database,
        stock: OrderStock,
        paying: Paying,
        bought: BoughtBefore,
        *,
        hold_ttl_s: int,
    ) -> None:
        self._database = database
        self._stock = stock
        self._paying = paying
        self._bought = bought
        self._hold_ttl_ms = hold_ttl_s * 1000
        self._unpaid_max = config.order_unpaid_max
        self._choosing = Choosing(config, bought)
        self._commits: GroupCommit[_New, str] = GroupCommit(
            "orders", self._write, batch_max=config.order_batch_max, pending_max=config.order_pending_max
        )

    def start(self) -> None:
        self._commits.start()

    async def stop(self) -> None:
        await self._commits.stop()

    async def quote(self, request: schemas.QuoteRequest, person: str, *, now_ms: int) -> schemas.QuoteReply:
        """What it costs now; nothing is changed."""
        async with self._database.connection() as connection:
            return (await self._choosing.basket(connection, request, person, now_ms=now_ms, is_quote=True)).reply()

    async def create(self, asked: KeyedOrder) -> schemas.Order:
        """The order; that of the same request before, as it is by now. Raises KeyReused, PriceChanged, GiftGone,
        TooManyUnpaid, what Choosing.basket and OrderStock.hold raise, Unavailable.
        """
        try:
            async with self._database.connection() as connection:
                known = await self._known(connection, asked)
                basket = None if known.order is not None else await self._basket(connection, asked)
                if basket is not None and known.unpaid >= self._unpaid_max:  # before anything is held for it
                    raise await _ordered_already(connection, asked.request.hold) or self._too_many_unpaid
            if basket is not None:
                return await self._order_anyway(asked, basket)
            id_ = known.order
        except LivehubError as refused:
            id_ = await self._known_by_now(asked, refused)
        return await self._as_it_is(id_ or "", asked)

    @property
    def _too_many_unpaid(self) -> TooManyUnpaid:
        return TooManyUnpaid(details={"limit": self._unpaid_max})

    async def _order_anyway(self, asked: KeyedOrder, basket: Basket) -> schemas.Order:
        """A coupon that nobody named, and that another order was faster with, is no reason to refuse: it is chosen again.
        Nor is a gift that is gone, if the buyer was shown that.
        """
        seen = () if asked.request.without_gifts is UNSET else asked.request.without_gifts
        is_again, gone = False, frozenset[str]()
        while True:
            try:
                return await self._order(asked, basket)
            except CouponNotUsable:
                if is_again or UNSET not in (asked.request.coupon, asked.request.delivery_coupon):
                    raise
                is_again = True
            except SoldOut as refused:
                gift, left = refused.details.get("product"), refused.details.get("left")
                if not (
                    isinstance(gift, str) and isinstance(left, int) and basket.draft.is_gift_that_is_gone(gift, left)
                ):
                    raise
                gone |= {gift}
            async with self._database.connection() as connection:
                basket = await self._basket(connection, asked, gone)
            gone = basket.draft.gone_gifts
            if not gone.issubset(seen):
                raise GiftGone(details={"quote": msgspec.to_builtins(basket.reply())})

    async def _known_by_now(self, asked: KeyedOrder, refused: LivehubError) -> str:
        """The same request, under way at the same moment, may be who took the coupon. Raises `refused` if it is not."""
        if not isinstance(refused, KeyReused | Unavailable):
            async with self._database.connection() as connection:
                if (known := (await self._known(connection, asked)).order) is not None:
                    return known
        raise refused

    async def _basket(self, connection: Connection, asked: KeyedOrder, gone: Collection[str] = ()) -> Basket:
        return await self._choosing.basket(
            connection, asked.request, asked.person, now_ms=asked.now_ms, is_quote=False, gone=gone
        )

    async def _order(self, asked: KeyedOrder, basket: Basket) -> schemas.Order:
        expected = asked.request.expect_total_minor
        if expected is not None and basket.quote.total_minor > expected:
            raise PriceChanged(details={"quote": msgspec.to_builtins(basket.reply())})
        extra, closes_ms = None, basket.expires_ms
        if basket.units:
            ttl_ms = self._hold_ttl_ms if closes_ms is None else max(closes_ms - asked.now_ms, NOTHING_TO_HOLD_MS)
            held = await self._stock.hold(asked.person, _hold_key(asked, basket), basket.units, ttl_ms)
            extra, closes_ms = held.hold, min(held.expires_ms, closes_ms or held.expires_ms)
        assert closes_ms is not None, "an order is of a hold, or holds something"
        new = _new(asked, basket, extra, closes_ms)
        try:
            new, id_ = await self._written(new)
        except LivehubError as refused:
            if extra is not None and not refused.retryable:
                await self._give_back(extra)
            raise
        if id_ != new.order.id and extra is not None:
            await self._give_back_unless_of(id_, extra)
        if id_ != new.order.id or new.order.total_minor == 0:
            return await self._as_it_is(id_, asked)
        begun = schemas.OrderChange(at=views.moment(asked.now_ms), state="unpaid", why=None)
        return views.order(new.order, new.lines, timeline=[begun])

    async def _written(self, new: _New) -> tuple[_New, str]:
        """As it was written, and the id of its order. Where another process was faster, once more at once: what is held for it
        is to be ordered, or given back.
        """
        for _ in range(TRIES_MAX - 1):
            try:
                return new, await self._commits.add(new)
            except _Crossed:
                new = structs.replace(new, order=structs.replace(new.order, number=new_number()))
        return new, await self._commits.add(new)

    async def _known(self, connection: Connection, asked: KeyedOrder) -> _Known:
        row = await connection.fetchrow(Q["known"], asked.person, asked.key, asked.fingerprint)
        assert row is not None
        if row["is_other"] or (row["id"] is not None and row["fingerprint"] != asked.fingerprint):
            raise KeyReused
        return _Known(row["id"], row["unpaid"])

    async def _as_it_is(self, id_: str, asked: KeyedOrder) -> schemas.Order:
        """An order that is there already. One that costs nothing and is not paid yet is paid now."""
        async with self._database.connection() as connection:
            order = await store.order_of(connection, id_)
        if order.state == "unpaid" and order.total_minor == 0:
            await self._paying.settle_free(id_, now_ms=asked.now_ms)
        async with self._database.connection() as connection:
            return await looking.whole(connection, await store.order_of(connection, id_))

    async def _give_back_unless_of(self, order: str, hold: str) -> None:
        """The same request, under way at the same moment, may have held something else, with a gift or without one."""
        async with self._database.connection() as connection:
            known = await store.order_of(connection, order)
        if hold not in known.holds:
            await self._give_back(hold)

    async def _give_back(self, hold: str) -> None:
        """What an order that came to nothing held; it runs out by itself where this does not work."""
        try:
            await self._stock.free([hold])
        except LivehubError as error:
            log.warning("order.hold_stays", extra={"hold": hold, "reason": repr(error)})

    # --- one transaction for many ---

    async def _write(self, batch: list[_New]) -> list[str | LivehubError]:
        return await self._database.batch.run(lambda tx: self._insert_all(tx, batch))

    async def _insert_all(self, tx: Transaction, batch: Sequence[_New]) -> list[str | LivehubError]:
        """For each the id of its order, another one's where its key was used before, or why there is none."""
        refused: dict[str, LivehubError] = {}
        plain = [new for new in batch if not new.order.coupons]
        written = await self._insert(tx, plain) if plain else set[str]()
        for new in sorted((new for new in batch if new.order.coupons), key=lambda new: new.order.person):
            try:
                async with tx.savepoint():
                    written |= await self._insert_with_coupons(tx, new)
            except LivehubError as error:
                if error.retryable:
                    raise
                refused[new.order.id] = error
        made = [new.order for new in batch if new.order.id in written]
        await emit_all(tx, [(_created(order), order.id) for order in made])
        results: list[str | LivehubError] = []
        for new in batch:
            id_ = new.order.id
            if id_ in written:
                results.append(id_)
            else:
                results.append(refused[id_] if id_ in refused else await self._why_not(tx, new.order))
        return results

    async def _insert(self, tx: Transaction, batch: Sequence[_New]) -> set[str]:
        orders, lines = [new.order for new in batch], [line for new in batch for line in new.lines]
        return await store.insert(tx.connection, orders, lines, unpaid_max=self._unpaid_max)

    async def _insert_with_coupons(self, tx: Transaction, new: _New) -> set[str]:
        written, order = await self._insert(tx, [new]), new.order
        if written:
            for coupon in order.coupons:
                await lock_coupon(tx, order.person, coupon, order.id, now_ms=order.created_ms, bought=self._bought)
        return written

    async def _why_not(self, tx: Transaction, order: OrderRow) -> str | LivehubError:
        """Which of an order's keys was taken, or that its person may leave no more unpaid."""
        db = tx.connection
        known = await db.fetchrow(Q["by_key"], order.person, order.key)
        if known is not None:
            return str(known["id"]) if known["fingerprint"] == order.fingerprint else KeyReused()
        if (already := await _ordered_already(db, order.hold)) is not None:
            return already
        if await db.fetchval(Q["unpaid"], order.person) >= self._unpaid_max:
            return self._too_many_unpaid
        return _Crossed(retry_after_ms=1)


def _hold_key(asked: KeyedOrder, basket: Basket) -> str:
    """Without a gift it is another hold: the same request may find that there are some again."""
    gone = sorted(basket.draft.gone_gifts)
    return hashlib.sha256("\0".join([asked.digest, *gone]).encode()).hexdigest()[:32] if gone else asked.digest


async def _ordered_already(connection: Connection, hold: str | None) -> HoldOver | None:
    """Says with which order, if the hold is in one."""
    other = None if hold is None else await connection.fetchval(Q["order_of_hold"], hold)
    if other is None:
        return None
    return HoldOver("You have ordered this already.", details={"state": "closing", "order": other})


def _new(asked: KeyedOrder, basket: Basket, extra_hold: str | None, closes_ms: int) -> _New:
    quote, request = basket.quote, asked.request
    id_ = ordered_id(asked.now_ms, secrets.token_bytes(CHANCE_BYTES))
    order = OrderRow(
        id=id_,
        number=new_number(),
        person=asked.person,
        key=asked.key,
        fingerprint=asked.fingerprint,
        room=basket.draft.room,
        currency=quote.currency,
        goods_minor=quote.goods_minor,
        discount_minor=quote.discount_minor,
        delivery_minor=quote.delivery_minor,
        delivery_discount_minor=quote.delivery_discount_minor,
        total_minor=quote.total_minor,
        coupon=quote.coupon,
        delivery_coupon=quote.delivery_coupon,
        address=basket.address,
        slot=None if basket.choice is None else basket.choice.slot,
        delivery=views.delivery(basket.choice),
        delivery_group=basket.group,
        hold=request.hold,
        extra_hold=extra_hold,
        closes_ms=closes_ms,
        note=one_line(request.note) or None,
        created_ms=asked.now_ms,
    )
    lines = tuple(
        LineRow(
            id=f"{id_}-{position}",
            order_id=id_,
            position=position,
            product=each.product,
            sale=None if line.terms is None else line.terms.sale,
            batch=None if line.terms is None else line.terms.batch,
            title=line.sellable.title,
            titles=line.sellable.titles or None,
            image=line.sellable.image,
            unit=line.sellable.unit,
            unit_names=line.sellable.unit_names or None,
            variant=line.sellable.variant,
            variant_names=line.sellable.variant_names or None,
            sku=line.sellable.sku,
            qty=each.qty,
            unit_price_minor=each.unit_price_minor,
            amount_minor=each.amount_minor,
            discount_minor=each.discount_minor,
            paid_minor=each.paid_minor,
            unit_shares_minor=each.unit_shares_minor,
            weighed=line.sellable.weighed,
            components=tuple(Component(product=product, qty=qty) for product, qty in line.sellable.components),
            is_gift=line.is_gift,
        )
        for position, (line, each) in enumerate(priced(basket.draft, quote))
    )
    return _New(order=order, lines=lines)


def _created(order: OrderRow) -> OrderCreated:
    return OrderCreated(
        order=order.id, person=order.person, room=order.room, currency=order.currency, total_minor=order.total_minor,
        at_ms=order.created_ms,
    )  # fmt: skip
