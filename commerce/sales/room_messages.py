"""What is said about sales in a room: one is coming, opens, closes. Pure: no I/O, no clock.

What is left of a sale is no control message: it is told by ticks, and the latest wins.
"""

from msgspec import UNSET, Struct, UnsetType

from livehub.base.control import Bound, Bounds, ControlMessage, RoomPart
from livehub.room.models import Card
from livehub.room.state import RoomState


class SaleCard(Struct, frozen=True, kw_only=True):
    """A sale as the room shows it. `price_minor` is the sale's, `card` shows the product with its usual one; times are Unix ms,
    None: by hand. It is open from `sale_open` on, or from `opens_ts` on if that comes first, until `closes_ts` or `sale_close`.
    `batch`: of which batch of food it is; `/trace/batches/{batch}` leads to where that comes from.
    """

    id: str
    card: Card
    price_minor: int
    currency: str
    units: int
    per_person_max: int
    opens_ts: int | None = None
    closes_ts: int | None = None
    coupons: bool = False
    state: str = "scheduled"  # scheduled, open, closed
    batch: str | UnsetType = UNSET


class ShownSales(Struct, frozen=True, kw_only=True):
    """The latest comes first."""

    sales: tuple[SaleCard, ...] = ()


SALES = RoomPart(ShownSales, bounds=(Bound(name="sales_max", setting="sales_shown_max", default=20),))


class SaleScheduled(Struct, frozen=True, kw_only=True, tag_field="type", tag="sale_scheduled"):
    """There will be a sale."""

    sale: SaleCard


class SaleOpened(Struct, frozen=True, kw_only=True, tag_field="type", tag="sale_open"):
    """A sale is open."""

    sale: SaleCard


class SaleChanged(Struct, frozen=True, kw_only=True, tag_field="type", tag="sale_change"):
    """Staff have changed its units, its limit, or when it ends."""

    sale: SaleCard


class SaleClosed(Struct, frozen=True, kw_only=True, tag_field="type", tag="sale_close"):
    """A sale is over."""

    sale: str


class SaleRemoved(Struct, frozen=True, kw_only=True, tag_field="type", tag="sale_remove"):
    """A sale that is over is shown no more."""

    sale: str


def is_shown(state: RoomState, sale: str) -> bool:
    return any(known.id == sale for known in state[SALES].sales)


def _put(part: ShownSales, card: SaleCard, bounds: Bounds) -> ShownSales:
    """A known one changes in place; a new one comes first, and those that are over leave first when there are too many."""
    known = part.sales
    if any(other.id == card.id for other in known):
        return ShownSales(sales=tuple(card if other.id == card.id else other for other in known))
    listed = [card, *known]
    while len(listed) > bounds["sales_max"]:
        over = [place for place, other in enumerate(listed) if other.state == "closed"]
        del listed[over[-1] if over else -1]
    return ShownSales(sales=tuple(listed))


def _scheduled(part: ShownSales, data: SaleScheduled, _ts: int, bounds: Bounds) -> ShownSales:
    return _put(part, data.sale, bounds)


def _opened(part: ShownSales, data: SaleOpened, _ts: int, bounds: Bounds) -> ShownSales:
    return _put(part, data.sale, bounds)


def _changed(part: ShownSales, data: SaleChanged, _ts: int, _bounds: Bounds) -> ShownSales:
    return ShownSales(sales=tuple(data.sale if card.id == data.sale.id else card for card in part.sales))


def _closed(part: ShownSales, data: SaleClosed, _ts: int, _bounds: Bounds) -> ShownSales:
    return ShownSales(sales=tuple(_over(card) if card.id == data.sale else card for card in part.sales))


def _over(card: SaleCard) -> SaleCard:
    fields = {name: getattr(card, name) for name in SaleCard.__struct_fields__}
    return SaleCard(**{**fields, "state": "closed"})


def _removed(part: ShownSales, data: SaleRemoved, _ts: int, _bounds: Bounds) -> ShownSales:
    return ShownSales(sales=tuple(card for card in part.sales if card.id != data.sale))


CONTROL_MESSAGES = (
    ControlMessage(SaleScheduled, SALES, _scheduled),
    ControlMessage(SaleOpened, SALES, _opened),
    ControlMessage(SaleChanged, SALES, _changed),
    ControlMessage(SaleClosed, SALES, _closed),
    ControlMessage(SaleRemoved, SALES, _removed),
)
