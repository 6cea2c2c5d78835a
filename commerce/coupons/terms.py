"""What a coupon's card means for prices, and for when it can be used. Pure: no I/O, no clock."""

from typing import Literal, cast, get_args

from commerce.pricing.prices import CouponTerms
from livehub.room.models import CouponCard, CouponKind

NEW_BUYER = "new_buyer"
PEOPLE = "people"
KINDS = frozenset(get_args(CouponKind))

NotNow = Literal["not_started", "over", "bought_before", "not_invited", "unknown_kind"]


def terms_of(card: CouponCard) -> CouponTerms:
    """The terms by which prices are made. A card of a version before has the fields of `fixed` alone."""
    return CouponTerms(
        id=card.id,
        kind=cast(CouponKind, card.kind),
        currency=card.currency,
        amount_minor=card.amount_minor,
        basis_points=card.basis_points,
        cap_minor=card.cap_minor,
        min_spend_minor=card.min_spend_minor,
        products=card.products,
        ends_ms=card.usable_until_ts,
    )


def not_now(card: CouponCard, now_ms: int, *, has_bought: bool) -> NotNow | None:
    """Why somebody who has it cannot use it at this moment, whatever is in the cart. `has_bought`: they are no new buyer."""
    if card.kind not in KINDS:
        return "unknown_kind"
    if card.usable_from_ts is not None and now_ms < card.usable_from_ts:
        return "not_started"
    if card.usable_until_ts is not None and now_ms >= card.usable_until_ts:
        return "over"
    if card.audience == NEW_BUYER and has_bought:
        return "bought_before"
    return None
