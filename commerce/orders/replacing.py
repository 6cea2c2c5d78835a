"""A replacement: units of an order once more, for nothing, as somebody decided in a case. It is an order of its own.

    hold all of it, or be refused  >  the order, in the transaction of whoever decides  >  its units are sold (closing.py)

The units are held before anything is written, all or nothing, so nobody is promised what is not there. They are sold after the
commit, by the loop that settles the stock, so what is rolled back has sold nothing: its hold runs out by itself, and the same
decision finds it again until then.

It goes where the first order went, in the next window there that has room, which is held with the goods; or in the one that is
named. It moves no money: what is paid back of it is the unit of the first order that it stands for (commerce/refunds). No unit
is sent again twice; PostgreSQL holds the same with a unique index.
"""

import hashlib
import secrets
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from commerce.delivery.areas import Place
from commerce.delivery.choosing import Choice, choose, next_choices
from commerce.delivery.errors import SlotFull, SlotNotFound
from commerce.flashsale.requests import Units
from commerce.orders import store, views
from commerce.orders.drafting import RESOURCES_MAX
from commerce.orders.errors import OrderTooLarge
from commerce.orders.events import OrderCreated, OrderPaid
from commerce.orders.numbers import new_number
from commerce.orders.rows import LineRow, OrderRow
from commerce.orders.schemas import PlacedDelivery
from commerce.orders.stock import OrderStock
from commerce.orders.store import Q
from commerce.sales.lines import stock
from livehub.base.db import Transaction
from livehub.base.errors import Unavailable
from livehub.base.events import emit_all
from livehub.base.ids import CHANCE_BYTES, ordered_id

HOLD_MS = 600_000  # until its units are sold, which is a moment unless every process is down
WINDOWS_TRIED_MAX = 5  # that may have filled up meanwhile; after these it goes without one
PERSON_KEY = "replacement "  # begins the keys of these orders: no Idempotency-Key has a blank in it


class Replacing:
    def __init__(self, stock: OrderStock) -> None:
        self._stock = stock

    async def send(
        self,
        tx: Transaction,
        order: OrderRow,
        units: Mapping[str, Sequence[int]],
        *,
        case: str,
        by: str,
        now_ms: int,
        slot: str | None = None,
    ) -> OrderRow:
        """The order that replaces these units of the lines of `order`, whose row is locked. `by`: who decides; `slot`: the
        window it comes in, if not the next one.

        Raises SoldOut with the product and what is left of it, OutsideArea, SlotNotFound, SlotFull of a window that was named,
        OrderTooLarge, Unavailable; nothing is changed then.
        """
        lines = [line for line in (await store.lines_of(tx.connection, [order.id]))[order.id] if units.get(line.id)]
        taken = _stock_of(lines, units)
        held = await self._hold(order, taken, await _windows(tx, order, slot, now_ms), case, is_named=bool(slot))
        return await _write(tx, order, lines, units, held, case=case, by=by, now_ms=now_ms)

    async def _hold(
        self, order: OrderRow, taken: Sequence[Units], windows: Sequence[Choice], case: str, *, is_named: bool
    ) -> tuple[str, Choice | None]:
        """The goods, together with a place of the first window that still has one."""
        for choice in windows:
            both = (*taken, *choice.slot_units)
            try:
                return (await self._stock.hold(order.person, _hold_key(case, both), both, HOLD_MS)).hold, choice
            except (SlotFull, SlotNotFound):
                if is_named:
                    raise
        return (await self._stock.hold(order.person, _hold_key(case, taken), taken, HOLD_MS)).hold, None


async def _windows(tx: Transaction, order: OrderRow, slot: str | None, now_ms: int) -> list[Choice]:
    """Those it may come in: the one that was named, or the next ones of where the first order went."""
    place = None
    if (to := order.address) is not None:
        place = Place(region=to.region, lat=to.wgs84_lat, lon=to.wgs84_lon)
    if slot is not None:
        choice = await choose(tx.connection, place, slot, now_ms=now_ms)
        return [] if choice is None else [choice]
    was = order.delivery
    if was is None:
        return []
    return await next_choices(
        tx.connection, place, area=was.area, point=was.point, now_ms=now_ms, most=WINDOWS_TRIED_MAX
    )


async def _write(
    tx: Transaction,
    order: OrderRow,
    of: Sequence[LineRow],
    units: Mapping[str, Sequence[int]],
    held: tuple[str, Choice | None],
    *,
    case: str,
    by: str,
    now_ms: int,
) -> OrderRow:
    hold, choice = held
    db, id_ = tx.connection, ordered_id(now_ms, secrets.token_bytes(CHANCE_BYTES))
    new = OrderRow(
        id=id_,
        number=new_number(),
        person=order.person,
        key=f"{PERSON_KEY}{case} {await db.fetchval(Q['sent_before'], case)}",
        fingerprint=b"",
        room=None,
        currency=order.currency,
        goods_minor=0,
        discount_minor=0,
        delivery_minor=0,
        delivery_discount_minor=0,
        total_minor=0,
        coupon=None,
        delivery_coupon=None,
        address=order.address,
        slot=None if choice is None else choice.slot,
        delivery=_without_window(order) if choice is None else views.delivery(choice),
        delivery_group=None,
        hold=None,
        extra_hold=hold,
        closes_ms=now_ms,
        note=None,
        created_ms=now_ms,
    )
    lines = [_line(line, id_, position, len(units[line.id])) for position, line in enumerate(of)]
    if not await store.insert(db, [new], lines):
        raise Unavailable(retry_after_ms=1)  # its number was another's: the next try has a new one
    await db.execute(Q["pay_orders"], [id_], [None], now_ms)
    await db.execute(Q["set_replaces"], id_, order.id, case, by)
    await _bind(tx, order, [(line.id, units[line.id]) for line in of], new, lines)
    events = [
        OrderCreated(order=id_, person=new.person, room=None, currency=new.currency, total_minor=0, at_ms=now_ms),
        OrderPaid(
            order=id_, person=new.person, room=None, currency=new.currency, total_minor=0,
            lines=tuple((line.product, None, line.qty, 0) for line in lines), at_ms=now_ms, replaces=order.id,
        ),
    ]  # fmt: skip
    await emit_all(tx, [(event, id_) for event in events])
    return await store.order_of(db, id_)


def _without_window(order: OrderRow) -> PlacedDelivery | None:
    return None if order.delivery is None else replace(order.delivery, start=None, until=None)


async def _bind(
    tx: Transaction,
    order: OrderRow,
    units: Sequence[tuple[str, Sequence[int]]],
    new: OrderRow,
    lines: Sequence[LineRow],
) -> None:
    """Write down which unit was sent again as which: the database has no unit sent again twice."""
    which = [
        (line, unit, by.id, place)
        for (line, of_line), by in zip(units, lines, strict=True)
        for place, unit in enumerate(of_line)
    ]
    was, unit, by_line, by_unit = (list(column) for column in zip(*which, strict=True))
    await tx.connection.execute(Q["replace_units"], order.id, was, unit, new.id, by_line, by_unit)


def _line(line: LineRow, order: str, position: int, qty: int) -> LineRow:
    """So many units of it, for nothing; out of the product's stock, whatever sale it was of."""
    return replace(
        line,
        id=f"{order}-{position}",
        order_id=order,
        position=position,
        sale=None,
        batch=None,
        qty=qty,
        unit_price_minor=0,
        amount_minor=0,
        discount_minor=0,
        paid_minor=0,
        unit_shares_minor=(0,) * qty,
        tax_minor=0,
    )


def _stock_of(lines: Sequence[LineRow], units: Mapping[str, Sequence[int]]) -> tuple[Units, ...]:
    """What is to be held; of a bundle its components, as they were when it was bought. Raises OrderTooLarge."""
    found: dict[str, int] = {}
    for line in lines:
        for product, each in [(part.product, part.qty) for part in line.components] or [(line.product, 1)]:
            found[product] = found.get(product, 0) + each * len(units[line.id])
    if len(found) > RESOURCES_MAX:
        raise OrderTooLarge
    return tuple(Units(stock(product), count) for product, count in found.items())


def _hold_key(case: str, taken: Sequence[Units]) -> str:
    """The same for the same decision; of another one the hold is another."""
    of_units = "".join(f"{line.resource} {line.units}\n" for line in taken)
    return f"replacement:{case}:{hashlib.sha256(of_units.encode()).hexdigest()[:16]}"
