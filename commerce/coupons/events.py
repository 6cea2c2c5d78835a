"""Domain events of coupons. Pure: no I/O."""

from msgspec import Struct


class CouponExhausted(Struct, frozen=True, kw_only=True, tag="coupon.exhausted", tag_field="event"):
    """The last one of an old coupon was claimed (old_coupons.py). Whoever claims holds the coupon's row, and the room's row
    comes before that in the order of locks, so the room is told in a transaction of its own.
    """

    room: str
    coupon: str
