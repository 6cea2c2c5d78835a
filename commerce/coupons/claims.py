"""Who gets a coupon, of a batch of claims. Pure: no I/O, no clock.

As many as there are, one per person, first come first served; whoever has one gets the same answer for ever. The same key of
the same person is the same claim: for another coupon it is an error. A claim that was refused changed nothing, and its key
may be used again.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from msgspec import Struct

from commerce.coupons.errors import CouponGone, CouponNotFound
from commerce.coupons.socket_events import Claimed, ClaimedCoupon
from livehub.base.errors import KeyReused, LivehubError
from livehub.hub.chat.errors import Banned
from livehub.room.models import CouponCard


class ClaimRow(Struct, frozen=True, kw_only=True):
    """One person's claim of one coupon, made at `ts` (Unix ms)."""

    coupon: str
    user: str
    key: str
    ts: int


class Stock(Struct, frozen=True, kw_only=True):
    """A coupon as it is before the batch. `left`: how many may still be claimed; `ends_ts`: until when, inclusive."""

    room: str
    card: CouponCard
    left: int
    ends_ts: int | None


class Decision(Struct, frozen=True, kw_only=True):
    """An answer for each claim, in order; the claims to be stored, at most one for each of their answers; what ran out."""

    answers: list[Claimed | LivehubError]
    fresh: list[ClaimRow]
    exhausted: list[str]


def pair(first: str, second: str) -> str:
    """A key of two; thousands of tuples at a time would keep the garbage collector busy."""
    return f"{first}\0{second}"


def decide_claims(
    rows: Sequence[ClaimRow],
    stocks: Mapping[str, Stock],
    *,
    held: Mapping[str, int],
    keys: Mapping[str, str],
    banned: AbstractSet[tuple[str, str]],
) -> Decision:
    """`stocks` by coupon; `held`: when whoever has a coupon got it, by `pair(coupon, user)`; `keys`: the coupon that was
    claimed, by `pair(user, key)`; `banned`: (room, user)."""
    held, keys = dict(held), dict(keys)
    left = {coupon: stock.left for coupon, stock in stocks.items()}
    fresh: list[ClaimRow] = []
    answers: list[Claimed | LivehubError] = []
    for row in rows:
        coupon, user = row.coupon, row.user
        stock, owner, key = stocks.get(coupon), pair(coupon, user), pair(user, row.key)
        if keys.get(key, coupon) != coupon:
            answers.append(KeyReused("This key was used for another coupon."))
        elif stock is None:
            answers.append(CouponNotFound())
        elif owner in held:
            answers.append(_claimed(stock.card, held[owner]))
        elif banned and (stock.room, user) in banned:
            answers.append(Banned())
        elif not left[coupon] or (stock.ends_ts is not None and row.ts > stock.ends_ts):
            answers.append(CouponGone())
        else:
            left[coupon] -= 1
            held[owner] = row.ts
            keys[key] = coupon
            fresh.append(row)
            answers.append(_claimed(stock.card, row.ts))
    exhausted = sorted({row.coupon for row in fresh if not left[row.coupon]})
    return Decision(answers=answers, fresh=fresh, exhausted=exhausted)


def _claimed(card: CouponCard, claimed_ts: int) -> Claimed:
    return Claimed(coupon=ClaimedCoupon(id=card.id, coupon=card, claimed_ts=claimed_ts))
