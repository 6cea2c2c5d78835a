"""Claims of coupons of the version before, which the stock engine does not know. To be deleted in the next release, with
the event CouponExhausted and its subscription.

While one version follows the other, processes of both claim the same coupon at the same moment. They agree by its row, which
each holds while it counts, so never more are taken than there are. Moving such a coupon to the engine would have to stop the
others between two counts, and what the engine was told before a crash would be wrong after it. So an old coupon stays where
it is until it is over.

One at a time, since nobody drops such coupons any more: some hundred a second of one process.
"""

import asyncpg

from commerce.coupons.errors import CouponGone, CouponNotFound
from commerce.coupons.events import CouponExhausted
from commerce.coupons.settings import CouponsConfig
from commerce.coupons.socket_events import Claimed
from commerce.coupons.store import Asked, Q, claimed, decode_card
from livehub.base.db import Database, Transaction
from livehub.base.errors import KeyReused, LivehubError
from livehub.base.events import emit
from livehub.base.group_commit import GroupCommit


class OldCoupons:
    def __init__(self, config: CouponsConfig, database: Database) -> None:
        self._database = database
        self._claims: GroupCommit[Asked, Claimed] = GroupCommit(
            "claims of old coupons", self._write, batch_max=1, pending_max=config.claims_pending_max
        )

    def start(self) -> None:
        self._claims.start()

    async def stop(self) -> None:
        await self._claims.stop()

    async def claim(self, asked: Asked) -> Claimed:
        """One of them, of somebody who is not banned. Raises CouponGone, KeyReused, Unavailable."""
        return await self._claims.add(asked)

    async def _write(self, claims: list[Asked]) -> list[Claimed | LivehubError]:
        (asked,) = claims
        try:
            return [await self._database.batch.run(lambda tx: _claim(tx, asked))]
        except LivehubError as refusal:
            return [refusal]
        except (
            asyncpg.UniqueViolationError
        ):  # of the key: of one person and coupon there cannot be two under the row's lock
            return [KeyReused("This key was used for another coupon.")]


async def _claim(tx: Transaction, asked: Asked) -> Claimed:
    row = await tx.connection.fetchrow(Q["coupon_for_update"], asked.coupon)
    if row is None:
        raise CouponNotFound
    card = decode_card(row["card"])
    had = await tx.connection.fetch(Q["claims"], asked.coupon, [asked.user])
    if had:
        return claimed(card, had[0]["claimed_ts"])
    is_over = row["ended"] or (row["ends_ts"] is not None and asked.ts > row["ends_ts"])
    if is_over or row["prize"] or row["taken"] >= row["total"]:
        raise CouponGone
    await tx.connection.execute(Q["insert_claims"], [asked])
    if row["taken"] + 1 == row["total"]:
        await emit(tx, CouponExhausted(room=row["room"], coupon=asked.coupon), key=row["room"])
    return claimed(card, asked.ts)
