"""A person's coupons in orders: what is in the wallet, and what locks, uses and gives back a coupon.

    claimed --lock_coupon--> locked --use_coupons--> used        an unpaid order; a paid one
       ^                        |                      |
       +----give_back_coupons---+----------------------+         cancelled, run out, or refunded whole before dispatch
       +----relock--> locked                                     money that came late for a cancelled order

One person's coupon is in one order at most (the unique index `coupon_uses_once`): of two orders that lock it at the same moment
the second waits for the first to commit, and is refused. Everything here runs in the transaction of the order, after the
order's row is locked or inserted.

A person has the advantage of new buyers once, with whichever of their coupons: one such coupon is locked at a time, and of
several that were locked by people who are one by now the first to be paid is the one (`has_new_buyers_left`).
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import asyncpg
from msgspec import Struct, UnsetType

from commerce.coupons.audience import BoughtBefore, have_bought
from commerce.coupons.errors import CouponNotFound, CouponNotUsable
from commerce.coupons.store import Q, decode_card
from commerce.coupons.terms import NEW_BUYER, PEOPLE, NotNow, not_now, terms_of
from commerce.pricing.prices import CouponTerms
from livehub.base.db import Connection, Transaction
from livehub.base.ids import time_of
from livehub.room.models import CouponCard, InLanguages

WalletState = Literal["claimed", "locked", "used"]

TAKEN, USED = ("locked", "used"), ("used",)  # states of a coupon in another order

WalletReason = Literal["locked", "used"] | NotNow
"""Why a coupon is of no use now, whatever is in the cart. `unknown_kind`: of a version to come."""


class WalletCoupon(Struct, frozen=True, kw_only=True):
    """A coupon that a person has. `order`: the one that locks it, or used it. `reason`: why it is of no use now, whatever is
    in the cart; what speaks against it in a cart says `pricing.prices.why_not`. `room`: where it was had; None: it was given
    after a complaint. Times are Unix ms.
    """

    terms: CouponTerms
    card: CouponCard
    title: str
    titles: InLanguages | UnsetType
    room: str | None
    state: WalletState
    order: str | None
    claimed_ms: int
    starts_ms: int | None
    ends_ms: int | None
    reason: WalletReason | None


async def wallet_of(
    connection: Connection,
    person: str,
    *,
    now_ms: int,
    most: int,
    bought: BoughtBefore | None = None,
    usable_only: bool = False,
    first: Sequence[str] | None = None,
) -> list[WalletCoupon]:
    """Their coupons, the latest first, at most so many. `usable_only`: those without a `reason`. `first`: as a cart wants them,
    those that it names before all others, then those without a `reason`, however many have been used since.
    """
    rows = await connection.fetch(Q["wallet"], person, most, usable_only, now_ms, first)
    latest = sorted(((row, _claimed_ms(row)) for row in rows), key=lambda row: row[1], reverse=True)
    once = {row["id"]: (row, at_ms) for row, at_ms in reversed(latest)}  # of two who became one both may have had it
    cards = {id_: decode_card(row["card"]) for id_, (row, _) in once.items()}
    for_new = any(card.audience == NEW_BUYER for card in cards.values())
    is_buyer = for_new and not await _is_new(connection, person, "", bought)
    found = [_wallet_coupon(row, cards[id_], at_ms, now_ms, is_buyer) for id_, (row, at_ms) in reversed(once.items())]
    if first is not None:
        found.sort(key=lambda one: (one.card.id not in first, one.reason is not None))
    return [one for one in found if not usable_only or one.reason is None][:most]


async def lock_coupon(
    tx: Transaction, person: str, coupon: str, order: str, *, now_ms: int, bought: BoughtBefore | None = None
) -> CouponTerms:
    """The order has the coupon from now on. Locked again by the same order it is the same.

    Raises CouponNotFound when the person has no such coupon, CouponNotUsable when it is in another order, its time has not come
    or is over, or it is for new buyers, and they have paid an order or lock another such coupon.
    """
    db = tx.connection
    row = await db.fetchrow(Q["held_coupon"], person, coupon)
    if row is None:
        raise CouponNotFound
    card = decode_card(row["card"])
    if card.audience == PEOPLE and not await db.fetchval(Q["is_invited"], coupon, person):
        raise CouponNotUsable(details={"reason": "not_invited"})
    is_new_buyers = card.audience == NEW_BUYER
    if is_new_buyers:  # two orders at once must not both be the first
        await db.execute(Q["lock_new_buyers"], [person])
    is_buyer = is_new_buyers and not await _is_new(db, person, order, bought)
    reason = not_now(card, now_ms, has_bought=is_buyer)
    if reason is not None:
        raise CouponNotUsable(details={"reason": reason})
    await db.execute(Q["lock"], order, coupon, person, is_new_buyers, now_ms)
    use = await db.fetchrow(Q["use_of"], person, coupon)
    if use is None or use["order_id"] != order or use["state"] != "locked":
        raise CouponNotUsable(details={"reason": "locked" if use is None else use["state"]})
    return terms_of(card)


async def use_coupons(tx: Transaction, orders: Sequence[str]) -> None:
    """The orders are paid: what they lock is used. Run twice, it changes nothing the second time."""
    await tx.connection.execute(Q["use"], list(orders))


async def give_back_coupons(tx: Transaction, orders: Sequence[str]) -> None:
    """The orders are cancelled, or refunded whole before dispatch: their coupons are in the wallet again."""
    await tx.connection.execute(Q["give_back"], list(orders))


async def with_new_buyers(tx: Transaction, orders: Mapping[str, str]) -> set[str]:
    """Those of the orders that have, or had, a coupon for new buyers. `orders`: of each whose it is. Until the transaction ends
    nobody else locks or uses such a coupon of these people.
    """
    found = {row["order_id"] for row in await tx.connection.fetch(Q["with_new_buyers"], list(orders))}
    if found:
        await tx.connection.execute(Q["lock_new_buyers"], sorted({orders[order] for order in found}))
    return found


async def is_for_new_buyers(connection: Connection, order: str) -> bool:
    """Whether an order has, or had, a coupon for new buyers."""
    return bool(await connection.fetch(Q["with_new_buyers"], [order]))


async def has_new_buyers_left(connection: Connection, order: str, person: str) -> bool:
    """Whether no other order of the person was paid with a coupon for new buyers."""
    return not await connection.fetchval(Q["is_new_buyer_in"], person, order, USED)


async def relock(tx: Transaction, order: str, person: str) -> bool:
    """Lock again what was given back, for money that came late. False, with nothing changed: another order has one of them, or
    another one for new buyers.

    Whether a coupon is over by now is not asked: the price was agreed on while it was not.
    """
    if await with_new_buyers(tx, {order: person}) and await tx.connection.fetchval(
        Q["is_new_buyer_in"], person, order, TAKEN
    ):
        return False
    try:
        async with tx.savepoint():
            await tx.connection.execute(Q["relock"], order)
    except asyncpg.UniqueViolationError:
        return False
    return True


async def _is_new(connection: Connection, person: str, order: str, bought: BoughtBefore | None) -> bool:
    """They have paid no order, and no other one than `order` has a coupon for new buyers."""
    if person in await have_bought(bought, connection, [person]):
        return False
    return not await connection.fetchval(Q["is_new_buyer_in"], person, order, TAKEN)


def _claimed_ms(row: Any) -> int:
    return row["claimed_ts"] if row["hold"] is None else time_of(row["hold"])


def _wallet_coupon(row: Any, card: CouponCard, claimed_ms: int, now_ms: int, is_buyer: bool) -> WalletCoupon:
    state: WalletState = row["state"] or "claimed"
    reason: WalletReason | None = state if state != "claimed" else not_now(card, now_ms, has_bought=is_buyer)
    return WalletCoupon(
        terms=terms_of(card),
        card=card,
        title=card.title,
        titles=card.titles,
        room=row["room"],
        state=state,
        order=row["order_id"],
        claimed_ms=claimed_ms,
        starts_ms=card.usable_from_ts,
        ends_ms=card.usable_until_ts,
        reason=reason,
    )
