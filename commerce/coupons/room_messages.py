"""What is said about coupons: one was dropped into the room, or is gone. Pure: no I/O, no clock."""

from msgspec import Struct

from commerce.coupons.errors import CouponNotFound
from livehub.base.control import Bound, Bounds, ControlMessage, RoomPart
from livehub.room.models import CouponCard
from livehub.room.state import RoomState


class ShownCoupons(Struct, frozen=True, kw_only=True):
    """The latest comes first."""

    coupons: tuple[CouponCard, ...] = ()


COUPONS = RoomPart(ShownCoupons, bounds=(Bound(name="coupons_max", setting="coupons_shown_max", default=10),))


class CouponShown(Struct, frozen=True, kw_only=True, tag_field="type", tag="coupon"):
    """A coupon dropped into the room."""

    coupon: CouponCard


class CouponEnded(Struct, frozen=True, kw_only=True, tag_field="type", tag="coupon_end"):
    """A coupon is gone or withdrawn."""

    coupon: str


def is_shown(state: RoomState, coupon: str) -> bool:
    return any(known.id == coupon for known in state[COUPONS].coupons)


def coupon_ended(state: RoomState, coupon: str) -> CouponEnded:
    """The coupon is shown no more. Raises CouponNotFound."""
    if not is_shown(state, coupon):
        raise CouponNotFound
    return CouponEnded(coupon=coupon)


def _without(part: ShownCoupons, coupon: str) -> tuple[CouponCard, ...]:
    return tuple(known for known in part.coupons if known.id != coupon)


def _shown(part: ShownCoupons, data: CouponShown, _ts: int, bounds: Bounds) -> ShownCoupons:
    return ShownCoupons(coupons=(data.coupon, *_without(part, data.coupon.id))[: bounds["coupons_max"]])


def _ended(part: ShownCoupons, data: CouponEnded, _ts: int, _bounds: Bounds) -> ShownCoupons:
    return ShownCoupons(coupons=_without(part, data.coupon))


CONTROL_MESSAGES = (
    ControlMessage(CouponShown, COUPONS, _shown),
    ControlMessage(CouponEnded, COUPONS, _ended),
)
