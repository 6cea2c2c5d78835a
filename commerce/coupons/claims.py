"""The socket's event `claim`: what is looked up before the stock engine is asked, and its answer in our words.

    signed in > key not used for another > coupon known > theirs already? > not banned > it is for them > engine

As many as there are, one for each person, the same answer to the same person for ever. Looked up are all claims of the same
moment together, so that made-up coupons cost no query each. Who gets one the engine alone decides, and its answer is durable:
the hold is the claim. When somebody got theirs is the time that the hold's id begins with.
"""

from collections.abc import Callable
from typing import Literal

from msgspec import Struct

from commerce.coupons import stock
from commerce.coupons.audience import BoughtBefore, have_bought
from commerce.coupons.errors import CouponGone, CouponNotForYou, CouponNotFound
from commerce.coupons.old_coupons import OldCoupons
from commerce.coupons.settings import CouponsConfig
from commerce.coupons.socket_events import Claimed
from commerce.coupons.store import Asked, Found, KeyUsed, claimed, look_up
from commerce.coupons.terms import NEW_BUYER, PEOPLE
from commerce.flashsale import codes
from commerce.flashsale.client import StockClient
from commerce.flashsale.requests import Held, Refused
from livehub.base.db import Database
from livehub.base.errors import Internal, KeyReused, LivehubError
from livehub.base.group_commit import GroupCommit
from livehub.base.ids import time_of
from livehub.hub.chat.errors import Banned

# Whoever has one may be answered so, too: for the engine a coupon is over before it is theirs.
MAY_HAVE_IT = (codes.LIMIT, codes.NOT_OPEN, Refused.UNKNOWN_RESOURCE)


class Wanted(Struct, frozen=True, kw_only=True):
    """What was found, and why whoever asked is not among those it is for; None: they are."""

    found: Found
    not_theirs: Literal["bought_before", "not_invited"] | None


class Claims:
    """`now_s`: business time, Unix seconds. `bought`: asked for when it is needed, since its module may come later."""

    def __init__(
        self,
        config: CouponsConfig,
        database: Database,
        client: StockClient,
        now_s: Callable[[], float],
        bought: Callable[[], BoughtBefore | None],
    ) -> None:
        self._database = database
        self._client = client
        self._now_s = now_s
        self._bought = bought
        self._old = OldCoupons(config, database)
        self._look_ups: GroupCommit[Asked, Wanted] = GroupCommit(
            "coupon look-ups",
            self._look_up,
            batch_max=config.claims_batch_max,
            pending_max=config.claims_pending_max,
        )

    def start(self) -> None:
        self._look_ups.start()
        self._old.start()

    async def stop(self) -> None:
        await self._look_ups.stop()
        await self._old.stop()

    async def claim(self, user: str, coupon: str, key: str) -> Claimed:
        """One of them, durably theirs. Raises CouponNotFound, CouponGone, CouponNotForYou, Banned, KeyReused, Unavailable."""
        asked = Asked(coupon=coupon, user=user, key=key, ts=self._now_ms())
        wanted = await self._look_ups.add(asked)
        found = wanted.found
        if found.claimed_ts is not None:
            return claimed(found.card, found.claimed_ts)
        if found.is_banned:
            raise Banned
        if found.card.prize:
            raise CouponGone
        if wanted.not_theirs is not None:
            raise CouponNotForYou(details={"reason": wanted.not_theirs})
        return await (self._take(asked, found) if found.on_stock else self._old.claim(asked))

    async def _take(self, asked: Asked, found: Found) -> Claimed:
        answer = await self._client.ask(stock.take(asked.user, asked.coupon, asked.key))
        if isinstance(answer, Held):
            return claimed(found.card, time_of(answer.hold))
        if isinstance(answer, Refused) and answer.code in MAY_HAVE_IT:
            # Theirs since it was looked up, under another key or at another device.
            found = (await self._look_ups.add(asked)).found
            if found.claimed_ts is not None:
                return claimed(found.card, found.claimed_ts)
            raise CouponGone
        if isinstance(answer, Refused) and answer.code == codes.SOLD_OUT:
            raise CouponGone
        if isinstance(answer, Refused) and answer.code == codes.KEY_REUSED:
            raise _key_reused()
        raise Internal

    async def _look_up(self, asked: list[Asked]) -> list[Wanted | LivehubError]:
        async with self._database.batch.connection() as connection:
            found = await look_up(connection, asked, now_ms=self._now_ms())
            new = {
                one.user
                for one, it in zip(asked, found, strict=True)
                if isinstance(it, Found) and it.claimed_ts is None and it.card.audience == NEW_BUYER
            }
            buyers = await have_bought(self._bought(), connection, sorted(new))
        return [_or_refusal(it, one.user in buyers) for one, it in zip(asked, found, strict=True)]

    def _now_ms(self) -> int:
        return int(self._now_s() * 1000)


def _or_refusal(found: Found | KeyUsed | None, is_buyer: bool) -> Wanted | LivehubError:
    if isinstance(found, KeyUsed):
        return _key_reused()
    if found is None:
        return CouponNotFound()
    if found.card.audience == PEOPLE and not found.is_invited:
        return Wanted(found=found, not_theirs="not_invited")
    return Wanted(found=found, not_theirs="bought_before" if is_buyer else None)


def _key_reused() -> KeyReused:
    return KeyReused("This key was used for another coupon.")
