"""The coupon that a case is settled with. Pure: no I/O, no clock."""

from datetime import tzinfo

from commerce.cases.errors import GiftTooLarge
from livehub.base.errors import BadRequest
from livehub.hub.rooms.prizes import Prize, prize_card
from livehub.room.models import CouponCard


def gift_card(
    prize: Prize | None, case: str, currency: str, *, alone_max_minor: int, zone: tzinfo, now_ms: int
) -> CouponCard:
    """One for the buyer alone, in the currency of the order; a case has one at most, so its id is made of the case's. It is
    worth no more than one person may pay back alone.

    Raises BadRequest for terms that are none, or have no bound; GiftTooLarge.
    """
    if prize is None:
        raise BadRequest("coupon: say which one is given.")
    if prize.currency != currency:
        raise BadRequest(f"coupon.currency: the order is in {currency}.")
    card = prize_card(prize, id_=f"{case}-gift", total=1, zone=zone, now_ms=now_ms, within="coupon.")
    if prize.kind == "percent" and prize.cap_minor is None:
        raise BadRequest("coupon.cap_minor: say how much it takes off at most.")
    worth_minor = prize.amount_minor if prize.cap_minor is None else prize.cap_minor
    if worth_minor > alone_max_minor:
        raise GiftTooLarge(details={"most_minor": alone_max_minor})
    return card
