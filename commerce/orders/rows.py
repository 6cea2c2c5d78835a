"""Orders and their lines as they are stored. Pure: no I/O. Times are Unix ms of business time."""

from typing import Literal

from msgspec import Struct

from commerce.catalogue.selling import Weighed
from commerce.orders.machine import State
from commerce.orders.schemas import PlacedDelivery
from livehub.people.records_schemas import Datum
from livehub.room.models import InLanguages


class FrozenAddress(Struct, frozen=True, kw_only=True):
    """Where an order goes, as it was said then. `wgs84_lat`, `wgs84_lon`: the same place by satellite."""

    name: str
    phone: str
    region: str
    line: str
    lat: float | None
    lon: float | None
    datum: Datum
    wgs84_lat: float | None
    wgs84_lon: float | None


class Component(Struct, frozen=True, kw_only=True):
    """So many of a product in each unit of a bundle."""

    product: str
    qty: int


class OrderRow(Struct, frozen=True, kw_only=True):
    """An order. `closes_ms`: unpaid, it is cancelled from then on; `payment`: the one that has paid it. `replaces`: the order
    of whose units these are sent instead, as was decided in `after_case`.
    """

    id: str
    number: str
    person: str
    key: str
    fingerprint: bytes
    state: State = "unpaid"
    room: str | None
    currency: str
    goods_minor: int
    discount_minor: int
    delivery_minor: int
    delivery_discount_minor: int
    total_minor: int
    paid_minor: int = 0
    refunded_minor: int = 0
    coupon: str | None
    delivery_coupon: str | None
    address: FrozenAddress | None
    slot: str | None
    delivery: PlacedDelivery | None
    delivery_group: str | None
    hold: str | None
    extra_hold: str | None
    stock_state: Literal["held", "sold", "freeing", "freed"] = "held"
    closes_ms: int
    closing_real_ms: int | None = None
    payment: str | None = None
    note: str | None
    created_ms: int
    paid_ms: int | None = None
    cancelled_ms: int | None = None
    cancel_reason: str | None = None
    version: int = 1
    replaces: str | None = None
    after_case: str | None = None

    @property
    def holds(self) -> list[str]:
        """What it holds of the stock engine's."""
        return [hold for hold in (self.hold, self.extra_hold) if hold is not None]

    @property
    def coupons(self) -> list[str]:
        """Those it locks, or has used."""
        return [coupon for coupon in (self.coupon, self.delivery_coupon) if coupon is not None]

    @property
    def fee_minor(self) -> int:
        """What is paid for its delivery."""
        return self.delivery_minor - self.delivery_discount_minor


class LineRow(Struct, frozen=True, kw_only=True):
    """A line. `unit_shares_minor`: what each unit was paid, the first being 0."""

    id: str
    order_id: str
    position: int
    product: str
    sale: str | None
    batch: str | None
    title: str
    titles: InLanguages | None
    image: str | None
    unit: str
    unit_names: InLanguages | None
    variant: str
    variant_names: InLanguages | None
    sku: str | None
    qty: int
    unit_price_minor: int
    amount_minor: int
    discount_minor: int
    paid_minor: int
    unit_shares_minor: tuple[int, ...]
    weighed: Weighed | None
    components: tuple[Component, ...]
    is_gift: bool
    tax_minor: int = 0
