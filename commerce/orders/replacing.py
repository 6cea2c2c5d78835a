"""A replacement: units of an order once more, for nothing, as somebody decided in a case. It is an order of its own.

    hold all of it, or be refused  >  the order, in the transaction of whoever decides  >  its units are sold (closing.py)

The units are held before anything is written, all or nothing, so nobody is promised what is not there. They are sold after the
commit, by the loop that settles the stock, so what is rolled back has sold nothing: its hold runs out by itself, and the same
decision finds it again until then.

It goes where the first order went, without a window: that one is over. It moves no money, so none of it can be paid back.
"""

import hashlib
import secrets
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from commerce.flashsale.requests import Units
from commerce.orders import store
from commerce.orders.drafting import RESOURCES_MAX
from commerce.orders.errors import OrderTooLarge
from commerce.orders.events import OrderCreated, OrderPaid
from commerce.orders.numbers import new_number
from commerce.orders.rows import LineRow, OrderRow
from commerce.orders.stock import OrderStock
from commerce.orders.store import Q
from commerce.sales.lines import stock
from livehub.base.db import Transaction
from livehub.base.errors import Unavailable
from livehub.base.events import emit_all
from livehub.base.ids import CHANCE_BYTES, ordered_id

HOLD_MS = 600_000  # until its units are sold, which is a moment unless every process is down
PERSON_KEY = "replacement "  # begins the keys of these orders: no Idempotency-Key has a blank in it


class Replacing:
    def __init__(self, stock: OrderStock) -> None:
        self._stock = stock

    async def send(
        self, tx: Transaction, order: OrderRow, units: Mapping[str, int], *, case: str, by: str, now_ms: int
    ) -> OrderRow:
        """The order that replaces so many units of the lines of `order`, whose row is locked. `by`: who decides.

        Raises SoldOut with the product and what is left of it, OrderTooLarge, Unavailable; nothing is changed then.
        """
        lines = [
            line for line in (await store.lines_of(tx.connection, [order.id]))[order.id] if units.get(line.id, 0) > 0
        ]
        taken = _stock_of(lines, units)
        held = await self._stock.hold(order.person, _hold_key(case, taken), taken, HOLD_MS)
        return await _write(tx, order, lines, units, hold=held.hold, case=case, by=by, now_ms=now_ms)


async def _write(
    tx: Transaction,
    order: OrderRow,
    of: Sequence[LineRow],
    units: Mapping[str, int],
    *,
    hold: str,
    case: str,
    by: str,
    now_ms: int,
) -> OrderRow:
    db, id_ = tx.connection, ordered_id(now_ms, secrets.token_bytes(CHANCE_BYTES))
    new = OrderRow(
        id=id_,
        number=new_number(),
        person=order.person,
        key=PERSON_KEY + case,
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
        slot=None,
        delivery=None if order.delivery is None else replace(order.delivery, start=None, until=None),
        delivery_group=None,
        hold=None,
        extra_hold=hold,
        closes_ms=now_ms,
        note=None,
        created_ms=now_ms,
    )
    lines = [_line(line, id_, position, units[line.id]) for position, line in enumerate(of)]
    if not await store.insert(db, [new], lines):
        raise Unavailable(retry_after_ms=1)  # its number was another's: the next try has a new one
    await db.execute(Q["pay_orders"], [id_], [None], now_ms)
    await db.execute(Q["set_replaces"], id_, order.id, case, by)
    events = [
        OrderCreated(order=id_, person=new.person, room=None, currency=new.currency, total_minor=0, at_ms=now_ms),
        OrderPaid(
            order=id_, person=new.person, room=None, currency=new.currency, total_minor=0,
            lines=tuple((line.product, None, line.qty, 0) for line in lines), at_ms=now_ms, replaces=order.id,
        ),
    ]  # fmt: skip
    await emit_all(tx, [(event, id_) for event in events])
    return await store.order_of(db, id_)


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


def _stock_of(lines: Sequence[LineRow], units: Mapping[str, int]) -> tuple[Units, ...]:
    """What is to be held; of a bundle its components, as they were when it was bought. Raises OrderTooLarge."""
    found: dict[str, int] = {}
    for line in lines:
        for product, each in [(part.product, part.qty) for part in line.components] or [(line.product, 1)]:
            found[product] = found.get(product, 0) + each * units[line.id]
    if len(found) > RESOURCES_MAX:
        raise OrderTooLarge
    return tuple(Units(stock(product), count) for product, count in found.items())


def _hold_key(case: str, taken: Sequence[Units]) -> str:
    """The same for the same decision; of another one the hold is another."""
    of_units = "".join(f"{line.resource} {line.units}\n" for line in taken)
    return f"replacement:{case}:{hashlib.sha256(of_units.encode()).hexdigest()[:16]}"
