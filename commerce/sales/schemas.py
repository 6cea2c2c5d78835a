"""Bodies of the calls of sales. Pure: no I/O."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from commerce.sales.socket_events import Hold
from livehub.base.lists import PageQuery
from livehub.base.moments import Moment
from livehub.hub.rooms.schemas import Placed
from livehub.room.models import AmountMinor, Id, Version

SaleState = Literal["scheduled", "open", "closed"]
SaleUnits = Annotated[int, Meta(ge=1, le=1_000_000_000)]
PerPerson = Annotated[int, Meta(ge=1, le=1_000_000)]


class SaleRequest(Struct, frozen=True, kw_only=True):
    """A new sale of a product. Without `opens_at` it is opened by hand, without `closes_at` closed by hand.

    `coupons`: whether coupons count for it. `batch`: of which batch of food it is.
    """

    product: Id
    price_minor: AmountMinor
    units: SaleUnits
    per_person_max: PerPerson
    opens_at: Moment | None = None
    closes_at: Moment | None = None
    coupons: bool = False
    batch: Id | None = None


class SaleEdit(Struct, frozen=True, kw_only=True):
    """What to change of a sale that is not over; what is left out stays. `version`: as it was read; see the refusal 1011.
    `units`: all of it, never below what is held and sold. `closes_at`: null: closed by hand.
    """

    version: Version
    units: SaleUnits | UnsetType = UNSET
    per_person_max: PerPerson | UnsetType = UNSET
    closes_at: Moment | UnsetType | None = UNSET


class Sale(Struct, frozen=True, kw_only=True):
    """A sale, and how it stands. `left`: the smaller of what is free of its own units, and of the product's
    stock, or what is enough for of the components of a bundle."""

    id: str
    room: str
    product: str
    title: str
    price_minor: int
    currency: str
    units: int
    per_person_max: int
    opens_ts: int | None
    closes_ts: int | None
    opens_at: str | None
    closes_at: str | None
    coupons: bool
    batch: str | None
    state: SaleState
    held: int
    sold: int
    left: int
    version: int


class SalePlaced(Placed, frozen=True, kw_only=True):
    """The sale, and where the room was told of it."""

    sale: Sale


class SaleList(Struct, frozen=True, kw_only=True):
    """Sales of a room, latest first. `next`: what to give as `after` for the following page."""

    items: list[Sale]
    next: str | None = None


class SalesQuery(PageQuery, frozen=True, kw_only=True):
    """Which; all without it. `q`: what the product's title or id has in it."""

    q: Annotated[str, Meta(max_length=100)] = ""
    state: SaleState | None = None


class SaleFigures(Struct, frozen=True, kw_only=True):
    """What the stock engine was asked of a sale since it leads. `refused`: by the name of the refusal; `taps_per_s`: lately,
    from two looks at these figures; `waiting`: how many stand in line.
    """

    sale: Sale
    taps_per_s: float
    asked: int
    answered_held: int
    refused: dict[str, int]
    waiting: int


class OwnHold(Hold, frozen=True, kw_only=True):
    """A hold, with its end as HTTP has times."""

    expires_at: str


class HoldList(Struct, frozen=True, kw_only=True):
    """The caller's holds, the latest first: those that are live, and those that ended in the last day."""

    items: list[OwnHold]
    next: str | None = None


class StockChange(Struct, frozen=True, kw_only=True):
    """Units that came, or are gone when negative, and why."""

    delta: Annotated[int, Meta(ge=-1_000_000_000, le=1_000_000_000)]
    reason: Annotated[str, Meta(min_length=1, max_length=200)]


class ProductStock(Struct, frozen=True, kw_only=True):
    """Units of a product."""

    product: str
    on_hand: int
    held: int
    sold: int


class StockChangeRow(Struct, frozen=True, kw_only=True):
    """A change of a product's stock by hand. `by_name`: empty where there is none."""

    id: str
    at: str
    delta: int
    reason: str
    by: str
    by_name: str


class StockChanges(Struct, frozen=True, kw_only=True):
    """The latest first. `next`: what to give as `after` for the following page."""

    items: list[StockChangeRow]
    next: str | None = None
