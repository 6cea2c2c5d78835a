"""What a room has that a coupon could be used on: nobody is shown a coupon that nothing there can use. Pure: no I/O, no clock.

The bag's cards cost what they say, and anybody can buy as many as one order takes; a host's own cards, which are sold by hand,
count too. A sale has its own price and limit, and says whether it takes coupons. What a coupon asks for must be within reach of
one order.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from msgspec import Struct

from commerce.catalogue.room_messages import GOODS
from commerce.pricing.prices import ORDER_UNITS_MAX
from livehub.room.models import AMOUNT_MINOR_MAX, CouponCard
from livehub.room.state import RoomState


class Offer(Struct, frozen=True, kw_only=True):
    """Something that can be bought in the room, now or soon. `qty_max`: by one person; None: as many as one order takes."""

    product: str
    price_minor: int
    currency: str
    takes_coupons: bool = True
    qty_max: int | None = None


class OffersInRoom(Protocol):
    """Who sells in rooms beside the bag. Sales fill this port."""

    def offers(self, state: RoomState) -> Sequence[Offer]:
        """What they sell there that is not over."""


def of_bag(state: RoomState) -> list[Offer]:
    """The cards of the bag that have a price."""
    return [
        Offer(product=card.id, price_minor=card.price_minor, currency=card.currency)
        for card in state[GOODS].bag
        if card.price_minor is not None and card.currency is not None
    ]


def can_use(card: CouponCard, offers: Iterable[Offer]) -> bool:
    """Whether one person can buy so much of what the coupon is for that it takes something off."""
    fitting = [
        offer
        for offer in offers
        if offer.currency == card.currency
        and (offer.takes_coupons or card.kind == "delivery")
        and (card.products is None or offer.product in card.products)
    ]
    return _reach_minor(fitting) >= max(card.min_spend_minor, 1)


def _reach_minor(offers: Iterable[Offer]) -> int:
    """The most that one order can come to, the dearest first."""
    left, reach = ORDER_UNITS_MAX, 0
    for offer in sorted(offers, key=lambda offer: -offer.price_minor):
        units = min(left, left if offer.qty_max is None else offer.qty_max)
        reach, left = reach + units * offer.price_minor, left - units
    return min(reach, AMOUNT_MINOR_MAX)
