"""Bodies of the coupons' calls."""

from typing import Annotated

from msgspec import Meta, Struct

from commerce.coupons.socket_events import ClaimedCoupon
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


class CouponPlaced(Placed, frozen=True, kw_only=True):
    """The coupon as shown."""

    coupon: CouponCard
