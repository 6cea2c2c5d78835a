"""What buyers are offered when the cold chain broke around what they bought: once for each order and shipment, by ops' policy.

none                   they are told, and no more
coupon                 one of so much for each buyer, good for so many days
replacement, refund    a case for that is opened for them, of exactly the lines concerned, and no picture is asked for
"""

import logging
from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from commerce.cases.cases import Cases, Wish
from commerce.coupons.coupons import Coupons
from commerce.refunds.deciding import LineUnits
from livehub.base.auth import Identity, Role
from livehub.base.db import Transaction
from livehub.base.errors import LivehubError
from livehub.base.sql import queries
from livehub.room.models import CouponCard

log = logging.getLogger("commerce.cases")
Q = queries(__file__, "breaches.sql")

DAY_MS = 86_400_000


class Breach(Struct, frozen=True, kw_only=True):
    """A breach, and the policy for it. `since_ms`: Unix ms; `amount_minor`, `currency`, `days`: of a coupon."""

    id: str
    shipment: str
    batches: Sequence[str]
    since_ms: int
    offer: Literal["none", "coupon", "replacement", "refund"]
    amount_minor: int | None
    currency: str | None
    days: int


class Flagged(Struct, frozen=True, kw_only=True):
    """An order that was flagged now. `coupon`, `case`: what its buyer got."""

    order: str
    number: str
    person: str
    lines: tuple[str, ...]
    coupon: CouponCard | None
    case: str | None


class BreachOffers:
    def __init__(self, cases: Cases, coupons: Coupons) -> None:
        self._cases = cases
        self._coupons = coupons

    async def offer(self, tx: Transaction, breach: Breach, *, now_ms: int) -> list[Flagged]:
        """Flag the orders that have something of the batches, and give what is offered: those that were not flagged before."""
        rows = await tx.connection.fetch(
            Q["flag"], list(breach.batches), breach.since_ms, breach.shipment, breach.id, breach.offer, now_ms
        )
        coupon = _coupon(breach, len({row["person"] for row in rows}), now_ms)
        if coupon is not None and rows:
            people = sorted({row["person"] for row in rows})
            await self._coupons.grant(tx, None, coupon, people, now_ms=now_ms)
        flagged = []
        for row in rows:
            order, person, lines = row["id"], row["person"], tuple(row["lines"])
            case = await self._open(tx, breach, order, person, lines, now_ms=now_ms)
            flagged.append(
                Flagged(order=order, number=row["number"], person=person, lines=lines, coupon=coupon, case=case)
            )
        return flagged

    async def _open(
        self, tx: Transaction, breach: Breach, order: str, person: str, lines: Sequence[str], *, now_ms: int
    ) -> str | None:
        """A case for the lines concerned; None where the policy is another, or the order has one for them already."""
        if breach.offer != "replacement" and breach.offer != "refund":
            return None
        counts = {row["id"]: row["qty"] for row in await tx.connection.fetch(Q["units"], order)}
        wish = Wish(
            lines=[LineUnits(line=line, units=counts[line]) for line in lines],
            kind=breach.offer, reason="spoiled", text="", photos=(), is_known=True,
        )  # fmt: skip
        try:
            async with tx.savepoint():
                return await self._cases.open(
                    tx, order, wish, by=Identity(id=person, name="", role=Role.VIEWER), now_ms=now_ms
                )
        except LivehubError as refusal:
            log.info("cases.breach_not_opened", extra={"order": order, "reason": refusal.name})
            return None


def _coupon(breach: Breach, people: int, now_ms: int) -> CouponCard | None:
    if breach.offer != "coupon" or breach.amount_minor is None or breach.currency is None:
        return None
    return CouponCard(
        id=f"{breach.id}-cold",
        title="Cold chain",
        titles={"zh": "冷链补偿", "en": "Cold chain"},
        amount_minor=breach.amount_minor,
        currency=breach.currency,
        total=max(1, people),
        prize=True,
        usable_until_ts=now_ms + breach.days * DAY_MS,
    )
