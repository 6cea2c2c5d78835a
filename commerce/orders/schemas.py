"""Bodies of the calls of orders. Times are ISO 8601, UTC; amounts minor units. Pure: no I/O."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from commerce.orders.machine import State
from commerce.payments.schemas import FindingShown
from livehub.people.records_schemas import AddressLine, AddressName, AddressPhone, Datum, Latitude, Longitude, Region
from livehub.room.models import AmountMinor, Id, InLanguages, Version

LINES_MAX = 500  # that are read at all; settings have less
GIFTS_MAX = 50  # each comes with a line of its own
QTY_MAX = 1_000  # each unit has a share of its own in the order

Qty = Annotated[int, Meta(ge=1, le=QTY_MAX)]


class WantedLine(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many units of a product."""

    product: Id
    qty: Qty


Lines = Annotated[tuple[WantedLine, ...], Meta(max_length=LINES_MAX)]


class CartRequest(Struct, frozen=True, kw_only=True):
    """All that is to be in the cart; none empties it. A product that stands on two lines counts together."""

    lines: Lines


class CartLine(Struct, frozen=True, kw_only=True):
    """A product in the cart, as it is sold now. `left`: units that are free; `qty_max`: of which one order takes so many;
    `is_on_sale`: whether it can be bought at all.
    """

    product: str
    qty: int
    title: str
    titles: InLanguages | UnsetType = UNSET
    image: str | None
    unit: str
    unit_names: InLanguages | UnsetType = UNSET
    price_minor: int
    currency: str
    is_weighed: bool
    is_on_sale: bool
    left: int
    qty_max: int


class Cart(Struct, frozen=True, kw_only=True):
    """One's own cart. `version` counts its changes."""

    lines: list[CartLine]
    version: int


class OrderAddress(Struct, frozen=True, kw_only=True):
    """Where it goes, as the fields of an address."""

    name: AddressName
    phone: AddressPhone
    region: Region = ""
    line: AddressLine
    lat: Latitude | None = None
    lon: Longitude | None = None
    datum: Datum = "wgs84"


class QuoteRequest(Struct, frozen=True, kw_only=True):
    """What is to be bought: what a tap holds, lines out of the cart, or both.

    `coupon`, `delivery_coupon`: which are used; null: none; not there: those that save most. `address`: one's own by its id, or
    the fields themselves. `slot`: a window of `GET /api/slots`.
    """

    hold: Id | None = None
    lines: Lines = ()
    coupon: Id | UnsetType | None = UNSET
    delivery_coupon: Id | UnsetType | None = UNSET
    address: Id | OrderAddress | None = None
    slot: Id | None = None


class OrderRequest(QuoteRequest, frozen=True, kw_only=True):
    """`expect_total_minor`: what the buyer was shown. When it costs less by now it costs less; more is refused.
    `without_gifts`: products that the buyer was shown as gifts that are gone. Those of which there are some again come; other
    ones that are gone are refused.
    """

    expect_total_minor: AmountMinor | None = None
    without_gifts: Annotated[tuple[Id, ...], Meta(max_length=GIFTS_MAX)] | UnsetType = UNSET
    note: Annotated[str, Meta(max_length=200)] = ""


class LineOfGoods(Struct, frozen=True, kw_only=True):
    """A line, and what each of its units costs after all."""

    product: str
    sale: str | None
    title: str
    titles: InLanguages | UnsetType = UNSET
    image: str | None
    unit: str
    unit_names: InLanguages | UnsetType = UNSET
    variant: str
    variant_names: InLanguages | UnsetType = UNSET
    qty: int
    unit_price_minor: int
    amount_minor: int
    discount_minor: int
    paid_minor: int
    unit_shares_minor: tuple[int, ...]
    is_weighed: bool
    is_gift: bool


class QuoteLine(LineOfGoods, frozen=True, kw_only=True):
    """A line that is not ordered yet. `qty_max`: how many of it one order takes; null: it is of a sale, or a gift."""

    qty_max: int | None


class CouponChoice(Struct, frozen=True, kw_only=True):
    """A coupon of the buyer's. `reason`: why it cannot be used here, null: it can. `missing_minor`: how much more it takes."""

    id: str
    title: str
    titles: InLanguages | UnsetType = UNSET
    kind: Literal["fixed", "percent", "delivery"]
    amount_minor: int
    basis_points: int
    cap_minor: int | None
    min_spend_minor: int
    ends_at: str | None
    reason: str | None
    missing_minor: int


class PlacedDelivery(Struct, frozen=True, kw_only=True):
    """How it comes: to the door, or to a point; `start` and `until` of the window, null without one. The words are those of the
    moment at which it was chosen.
    """

    method: Literal["door", "pickup"]
    area: str | None = None
    point: str | None = None
    name: str = ""
    names: InLanguages | UnsetType = UNSET
    address: str = ""
    start: str | None = None
    until: str | None = None


class GoneGift(Struct, frozen=True, kw_only=True):
    """A gift that has been given away, or of which there are too few: none of it comes."""

    product: str
    title: str
    titles: InLanguages | UnsetType = UNSET
    image: str | None
    unit: str
    unit_names: InLanguages | UnsetType = UNSET
    variant: str
    variant_names: InLanguages | UnsetType = UNSET
    qty: int


class QuoteReply(Struct, frozen=True, kw_only=True):
    """What it costs now. Nothing is set aside by it. `missing`: what is to be said before it can be ordered; `expires_at`: when
    what the tap holds is free again; `gifts_gone`: what does not come with it any more.
    """

    currency: str
    lines: list[QuoteLine]
    goods_minor: int
    discount_minor: int
    delivery_minor: int
    delivery_discount_minor: int
    total_minor: int
    coupon: str | None
    delivery_coupon: str | None
    coupons: list[CouponChoice]
    delivery: PlacedDelivery | None
    missing: Literal["address", "slot"] | None
    free_delivery_missing_minor: int | None
    minimum_missing_minor: int
    expires_at: str | None
    gifts_gone: list[GoneGift]


class OrderLine(LineOfGoods, frozen=True, kw_only=True):
    """A line of an order. `refunded_units`: those that were paid back, or are about to be; `replaced_units`: those that were
    sent again, with an order of their own. The first unit is 0. `batch`: of which batch of food the sale said it was.
    """

    id: str
    sku: str | None = None
    tax_minor: int = 0
    batch: str | UnsetType = UNSET
    refunded_units: tuple[int, ...] = ()
    replaced_units: tuple[int, ...] = ()


class OrderChange(Struct, frozen=True, kw_only=True):
    """A step on the time line."""

    at: str
    state: State
    why: str | None


class OrderPayment(Struct, frozen=True, kw_only=True):
    """A try to pay it."""

    id: str
    provider: str
    state: str
    amount_minor: int
    created_at: str
    paid_at: str | None


class OrderRefund(Struct, frozen=True, kw_only=True):
    """Money on its way back, or there."""

    id: str
    kind: str
    state: str
    amount_minor: int
    created_at: str
    paid_at: str | None


class OrderSummary(Struct, frozen=True, kw_only=True):
    """An order as lists show it. `closes_at`: unpaid, it is cancelled from then on. `replaces`: it costs nothing, and is sent
    instead of units of that order, which a case was about.
    """

    id: str
    number: str
    state: State
    room: str | None
    currency: str
    lines: list[OrderLine]
    goods_minor: int
    discount_minor: int
    delivery_minor: int
    delivery_discount_minor: int
    total_minor: int
    paid_minor: int
    refunded_minor: int
    coupon: str | None
    delivery_coupon: str | None
    delivery: PlacedDelivery | None
    slot: str | None
    closes_ts: int
    closes_at: str
    created_at: str
    paid_at: str | None
    cancelled_at: str | None
    cancel_reason: str | None
    version: int
    replaces: str | None = None


class Order(OrderSummary, frozen=True, kw_only=True):
    """An order, and all that became of it. `address` is null once its time is over. `stock`: whether its goods are held for it,
    sold to it, or free again (`freeing`: the stock engine is about to be told). Told to staff alone: `person_name`, what its
    buyer is called, and `findings`, what does not fit about its money, such as a chargeback, the latest first.
    """

    person: str
    stock: Literal["held", "sold", "freeing", "freed"]
    address: OrderAddress | None
    note: str
    timeline: list[OrderChange] = []
    payments: list[OrderPayment] = []
    refunds: list[OrderRefund] = []
    findings: list[FindingShown] = []
    person_name: str | None = None


class OrderList(Struct, frozen=True, kw_only=True):
    """One's own orders, the latest first. `counts`: how many there are, by state, of those a buyer still waits for."""

    items: list[OrderSummary]
    counts: dict[str, int]
    next: str | None = None


class GrossSales(Struct, frozen=True, kw_only=True):
    """What was paid in one currency, refunds not taken off."""

    currency: str
    amount_minor: int


class OrderFigures(Struct, frozen=True, kw_only=True):
    """What a room has sold so far. `orders`: made and not cancelled; `paid`: ever paid; `buyers` of `people` who have been in
    the room have an order there; `gmv`: paid, not tapped.
    """

    orders: int
    paid: int
    buyers: int
    people: int
    gmv: list[GrossSales]


class CancelRequest(Struct, frozen=True, kw_only=True):
    """`restock`: of a paid order that cost nothing, whether its goods go back on the shelf; null: as long as nobody has packed
    them. For the staff.
    """

    restock: bool | None = None


class MoveRequest(Struct, frozen=True, kw_only=True):
    """The next state of a paid order, one at a time. `version`: as it was read."""

    state: Literal["preparing", "dispatched", "delivered", "done"]
    version: Version
