"""Coupons and who has them, as PostgreSQL has it.

A claim is one of two rows: a hold of the stock engine (`stock_holds`; it is there before anybody hears of it), or a row of
`coupon_claims`, of a prize that was given or of an old coupon (old_coupons.py). Whoever reads claims reads both.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from commerce.coupons.socket_events import Claimed, ClaimedCoupon
from livehub.base.db import Connection
from livehub.base.ids import time_of
from livehub.base.sql import queries
from livehub.room.models import CouponCard

Q = queries(__file__, "coupons.sql")

decode_card = msgspec.json.Decoder(CouponCard).decode


class Asked(Struct, frozen=True, kw_only=True):
    """Somebody wants a coupon, at `ts` (Unix ms)."""

    coupon: str
    user: str
    key: str
    ts: int


class Found(Struct, frozen=True, kw_only=True):
    """What is known of a coupon and of whoever wants it. `claimed_ts`: when they got it; None: not yet. `is_invited`: they are
    among the people it is for, if it names any.
    """

    card: CouponCard
    on_stock: bool
    is_banned: bool
    is_invited: bool
    claimed_ts: int | None


class KeyUsed(Struct, frozen=True):
    """The key made a claim of another coupon."""


def claimed(card: CouponCard, claimed_ts: int) -> Claimed:
    """Whoever claimed it then is answered this, for ever."""
    return Claimed(coupon=ClaimedCoupon(id=card.id, coupon=card, claimed_ts=claimed_ts))


async def look_up(connection: Connection, asked: Sequence[Asked], *, now_ms: int) -> list[Found | KeyUsed | None]:
    """For each, in order; None: there is no such coupon. Two queries, however many coupons there are."""
    columns = [one.coupon for one in asked], [one.user for one in asked], [one.key for one in asked]
    rows = {row["place"] - 1: row for row in await connection.fetch(Q["look_up"], *columns)}
    rooms = {row["room"] for row in rows.values() if row["room"] is not None}
    bans = await connection.fetch(Q["banned"], list(rooms), now_ms) if rooms else []
    banned = {(row["room"], row["user_id"]) for row in bans}
    return [_found(one, rows[place], banned) for place, one in enumerate(asked)]


def _found(asked: Asked, row: Any, banned: set[tuple[str, str]]) -> Found | KeyUsed | None:
    if row["used_for"] not in (None, asked.coupon):
        return KeyUsed()
    if row["room"] is None:
        return None
    return Found(
        card=decode_card(row["card"]),
        on_stock=row["on_stock"],
        is_banned=(row["room"], asked.user) in banned,
        is_invited=row["is_invited"],
        claimed_ts=row["claimed_ts"] if row["hold"] is None else time_of(row["hold"]),
    )
