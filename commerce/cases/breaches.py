"""What buyers are offered when the cold chain broke around what they bought: once for each order and shipment, by ops' policy.

none                   they are told, and no more
coupon                 one of so much for each buyer, good for so many days
replacement, refund    a case for that is opened for them, of exactly the lines concerned, and no picture is asked for
"""

import logging
from collections.abc import Sequence
from typing import Literal

from asyncpg import Record
from msgspec import Struct

from commerce.cases.cases import Cases, Wish
from commerce.cases.notices import WARM_GOODS, WarmGoods
from commerce.coupons.coupons import Coupons
from commerce.list_cells import amount
from commerce.orders.notices import spaced
from commerce.refunds.deciding import LineUnits
from livehub.base.auth import Identity, Role
from livehub.base.db import Transaction
from livehub.base.errors import LivehubError
from livehub.base.notice_templates import Moment
from livehub.base.sql import queries
from livehub.notify.notify import Notify
from livehub.notify.planning import Notice
from livehub.room.models import CouponCard

log = logging.getLogger("commerce.cases")
Q = queries(__file__, "breaches.sql")

DAY_MS = 86_400_000
CASES = ("replacement", "refund")


class Breach(Struct, frozen=True, kw_only=True):
    """A breach, and the policy for it. `since_ms`, `at_ms`: Unix ms, the latter of the reading that showed it, of `celsius`;
    `amount_minor`, `currency`, `days`: of a coupon.
    """

    id: str
    shipment: str
    batches: Sequence[str]
    since_ms: int
    at_ms: int
    celsius: float | None
    offer: Literal["none", "coupon", "replacement", "refund"]
    amount_minor: int | None
    currency: str | None
    days: int


class BreachOffers:
    def __init__(self, cases: Cases, coupons: Coupons, notify: Notify) -> None:
        self._cases = cases
        self._coupons = coupons
        self._notify = notify

    async def offer(self, tx: Transaction, breach: Breach, *, now_ms: int) -> None:
        """Flag the orders that have something of the batches and were not flagged before, give what is offered, and tell their
        buyers.
        """
        rows = await tx.connection.fetch(
            Q["flag"], list(breach.batches), breach.since_ms, breach.shipment, breach.id, breach.offer, now_ms
        )
        people = sorted({row["person"] for row in rows})
        coupon = _coupon(breach, len(people), now_ms)
        if coupon is not None and rows:
            await self._coupons.grant(tx, None, coupon, people, now_ms=now_ms)
        notices = []
        for row in rows:
            case = await self._open(tx, breach, row["id"], row["person"], row["lines"], now_ms=now_ms)
            is_given = case is not None if breach.offer in CASES else coupon is not None
            notices.append(_told(breach, row, is_given=is_given))
        await self._notify.notify(tx, notices, now_ms=now_ms)

    async def _open(
        self, tx: Transaction, breach: Breach, order: str, person: str, lines: Sequence[str], *, now_ms: int
    ) -> str | None:
        """A case for the lines concerned; None where the policy is another, or the order has one for them already."""
        if breach.offer not in CASES:
            return None
        counts = {row["id"]: row["qty"] for row in await tx.connection.fetch(Q["units"], order)}
        wish = Wish(
            lines=[LineUnits(line=line, units=counts[line]) for line in lines],
            kind="refund" if breach.offer == "refund" else "replacement", reason="spoiled", text="", photos=(), is_known=True,
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


def _told(breach: Breach, row: Record, *, is_given: bool) -> Notice[WarmGoods]:
    """`is_given`: whether the buyer got what the policy offers; a case is not opened where there is one already."""
    worth = amount(breach.amount_minor or 0, breach.currency or row["currency"])
    assert worth is not None, "both are given"
    fields = WarmGoods(
        order=row["id"],
        number=spaced(row["number"]),
        at=Moment(breach.at_ms),
        celsius="–" if breach.celsius is None else f"{breach.celsius:g}",
        amount=worth,
    )
    template = WARM_GOODS[breach.offer if is_given else "none"]
    return Notice(
        person=row["person"], template=template, fields=fields, key=f"cold-chain:{breach.shipment}:{row['id']}"
    )
