"""The socket's event of coupons: `claim`. Pure: no I/O."""

from typing import Literal

from msgspec import Struct

from livehub.room.models import CouponCard, Id, Key


class Claim(Struct, frozen=True, kw_only=True):
    """Take a coupon that is shown in a room. One per person."""

    coupon: Id
    key: Key


class ClaimedCoupon(Struct, frozen=True, kw_only=True):
    """A coupon a person holds."""

    id: str
    coupon: CouponCard
    claimed_ts: int


class Claimed(Struct, frozen=True, kw_only=True):
    """The acknowledgement of `claim`; the same for the same person, however often."""

    ok: Literal[True] = True
    coupon: ClaimedCoupon
