"""Bodies of the coupons' calls."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from commerce.coupons.socket_events import ClaimedCoupon
from livehub.base.lists import PageQuery
from livehub.hub.rooms.schemas import Placed
from livehub.room.models import AmountMinor, CouponCard, Currency, Title


class CouponList(Struct, frozen=True, kw_only=True):
    """A person's coupons, latest first."""

    coupons: list[ClaimedCoupon]


class CouponRequest(Struct, frozen=True, kw_only=True):
    """A coupon to drop into the room."""

    title: Title
    amount_minor: AmountMinor
    currency: Currency = "CNY"
    min_spend_minor: AmountMinor = 0
    total: Annotated[int, Meta(ge=1, le=10**6)] = 100
    ends_in_s: Annotated[int, Meta(ge=5, le=86_400)] | None = None


class RoomCoupon(Struct, frozen=True, kw_only=True):
    """A coupon of a room, as staff see it: `claimed` of `coupon.total` are somebody's.

    `shown`: can be had. `ended`: withdrawn, over, or all claimed. `given`: to the winners of a quiz, and never shown.
    """

    coupon: CouponCard
    state: Literal["shown", "ended", "given"]
    claimed: int
    created_ts: int


class RoomCoupons(Struct, frozen=True, kw_only=True):
    """Latest first."""

    items: list[RoomCoupon]
    next: str | None = None


class RoomCouponsQuery(PageQuery, frozen=True, kw_only=True):
    """Which; all without `state`."""

    state: Literal["shown", "ended", "given"] | None = None


class ClaimedCount(Struct, frozen=True, kw_only=True):
    """How many of a coupon are somebody's."""

    id: str
    claimed: int
    total: int


class ClaimedCounts(Struct, frozen=True, kw_only=True):
    """What the `staff` event `coupons` tells: of those that are shown."""

    coupons: list[ClaimedCount]


class CouponPlaced(Placed, frozen=True, kw_only=True):
    """The coupon as shown."""

    coupon: CouponCard
