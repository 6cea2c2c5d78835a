"""Coupons that features of the hub give: to the winners of a quiz, to whoever asked a question. Pure: no I/O, no clock.

They are for everything the shop sells, so that there is always something to use them on.
"""

from datetime import tzinfo
from typing import Annotated

from msgspec import UNSET, Meta, Struct

from livehub.base.errors import BadRequest
from livehub.base.moments import Moment, from_ms, until_ms
from livehub.base.text import clean, clean_each
from livehub.hub.rooms.schemas import Titles
from livehub.room.models import AmountMinor, CouponCard, CouponKind, Currency, Title

TITLE_CHARS_MAX = 120


class Prize(Struct, frozen=True, kw_only=True):
    """A coupon: what it takes off, and when it can be used; see CouponCard. `usable_from`, `usable_until`: a moment, or a day
    of the shop's, such as `2026-11-11`: from its beginning, and until its end.
    """

    title: Title
    titles: Titles | None = None
    kind: CouponKind = "fixed"
    amount_minor: AmountMinor = 0
    basis_points: Annotated[int, Meta(ge=0, le=10_000)] = 0
    cap_minor: AmountMinor | None = None
    currency: Currency = "CNY"
    min_spend_minor: AmountMinor = 0
    usable_from: Moment | None = None
    usable_until: Moment | None = None


def prize_card(
    prize: Prize, *, id_: str, total: int, zone: tzinfo, now_ms: int, is_prize: bool = True, within: str = ""
) -> CouponCard:
    """The coupon of which there are so many. `zone`: the shop's; `within`: the field that the prize is in, such as `prize.`.

    Raises BadRequest for what takes nothing off, or could never be used.
    """
    _check_terms(prize, within)
    usable_from = None if prize.usable_from is None else from_ms(prize.usable_from, zone, f"{within}usable_from")
    usable_until = None if prize.usable_until is None else until_ms(prize.usable_until, zone, f"{within}usable_until")
    if usable_until is not None and usable_until <= max(now_ms, usable_from or 0):
        raise BadRequest(f"{within}usable_until: it must be after usable_from, and after now.")
    return CouponCard(
        id=id_,
        title=clean(prize.title, TITLE_CHARS_MAX),
        titles=clean_each(prize.titles, TITLE_CHARS_MAX) if prize.titles else UNSET,
        kind=prize.kind,
        amount_minor=prize.amount_minor,
        basis_points=prize.basis_points,
        cap_minor=prize.cap_minor,
        currency=prize.currency,
        min_spend_minor=prize.min_spend_minor,
        total=total,
        prize=is_prize,
        usable_from_ts=usable_from,
        usable_until_ts=usable_until,
    )


def _check_terms(prize: Prize, within: str) -> None:
    """Fields of another kind are refused rather than ignored: whoever gave one meant something by it."""
    is_percent = prize.kind == "percent"
    if prize.kind == "fixed" and prize.amount_minor == 0:
        raise BadRequest(f"{within}amount_minor: it must be above 0.")
    if is_percent and prize.amount_minor:
        raise BadRequest(f"{within}amount_minor: a percentage has none; cap_minor is the most that it takes off.")
    if is_percent != (prize.basis_points > 0):
        raise BadRequest(f"{within}basis_points: a percentage has them, from 1 to 10000, and nothing else does.")
    if prize.cap_minor is not None and (not is_percent or prize.cap_minor == 0):
        raise BadRequest(f"{within}cap_minor: it is for percentages, and above 0.")
