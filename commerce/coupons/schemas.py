"""Bodies of the coupons' calls."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from commerce.coupons.wallet import WalletReason, WalletState
from livehub.base.lists import PageQuery
from livehub.hub.rooms.prizes import Prize
from livehub.hub.rooms.schemas import Placed
from livehub.room.models import Audience, CouponCard, Id, InLanguages, PersonId


class CouponProduct(Struct, frozen=True, kw_only=True):
    """A product that a coupon is for."""

    id: str
    title: str
    titles: InLanguages | UnsetType = UNSET


class OwnCoupon(Struct, frozen=True, kw_only=True):
    """A coupon that the caller has. `locked` by an unpaid order, `used` by a paid one. `reason`: why it is of no use now,
    whatever is in the cart. `products`: those it is for that the catalogue has, where it is not for all. `room`: where it was
    had; null: it was given after a complaint.
    """

    id: str
    coupon: CouponCard
    claimed_ts: int
    room: str | None
    state: WalletState
    order: str | None
    reason: WalletReason | None
    products: list[CouponProduct] = []


class CouponList(Struct, frozen=True, kw_only=True):
    """A person's coupons, latest first."""

    coupons: list[OwnCoupon]


class CouponRequest(Prize, frozen=True, kw_only=True):
    """A coupon to drop into the room. `products`: those it is for; without: all. `audience`: `new_buyer` for who has paid no
    order yet, `people` for those in `people`. `ends_in_s`: how long it can be had, no longer than it can be used.
    """

    products: Annotated[list[Id], Meta(min_length=1, max_length=100)] | None = None
    audience: Audience = "everyone"
    people: Annotated[list[PersonId], Meta(min_length=1, max_length=1_000)] | None = None
    total: Annotated[int, Meta(ge=1, le=10**6)] = 100
    ends_in_s: Annotated[int, Meta(ge=5, le=86_400)] | None = None


class RoomCoupon(Struct, frozen=True, kw_only=True):
    """A coupon of a room, as staff see it: `claimed` of `coupon.total` are somebody's, and paid orders used `used`.

    `shown`: can be had. `ended`: withdrawn, over, or all claimed. `given`: to the winners of a quiz, and never shown.
    """

    coupon: CouponCard
    state: Literal["shown", "ended", "given"]
    claimed: int
    used: int
    created_ts: int


class RoomCoupons(Struct, frozen=True, kw_only=True):
    """Latest first."""

    items: list[RoomCoupon]
    next: str | None = None


class RoomCouponsQuery(PageQuery, frozen=True, kw_only=True):
    """Which; all without it. `q`: what the title has in it."""

    q: Annotated[str, Meta(max_length=100)] = ""
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
