"""Coupons: as many as there are, one per person, the same answer to the same person however often.

Claims of one coupon are written by group commit: whoever claims in the same moment shares one transaction and one row lock,
so that a drop in a full room does not queue up behind single commits. Winners of a quiz get theirs by `grant`.
"""

import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct

from livehub.base.auth import Permission, require
from livehub.base.config import Config
from livehub.base.db import Database, Transaction
from livehub.base.endpoints import Call, Endpoint, delete, get, post
from livehub.base.errors import Banned, CouponGone, CouponNotFound, LivehubError, RoomNotFound, Unauthenticated
from livehub.base.ids import CHANCE_BYTES, ordered_id
from livehub.base.outbox import defer, emit
from livehub.base.sql import queries
from livehub.hub import bodies
from livehub.hub.batching import GroupCommit
from livehub.hub.connection import Connection
from livehub.hub.control import ControlLog
from livehub.room import decide, wire
from livehub.room.moderation import clean
from livehub.room.shown import CouponCard

Q = queries(__file__, "coupons.sql")

CLAIMS_BATCH_MAX = 2_000
CLAIMS_PENDING_MAX = 50_000
WITHDRAW_TASK = "coupon.end"  # the job that takes a coupon off the screen when its time is over

_card_decoder = msgspec.json.Decoder(CouponCard)


class CouponList(Struct, frozen=True, kw_only=True):
    """A person's coupons, latest first."""

    coupons: list[wire.ClaimedCoupon]


class ClaimRow(Struct, frozen=True, kw_only=True):
    """One person's wish for one coupon at `ts` (Unix ms)."""

    coupon: str
    user: str
    ts: int


class CouponExhausted(Struct, frozen=True, kw_only=True, tag="coupon.exhausted", tag_field="event"):
    """The last one of a coupon was claimed. Whoever claims holds the coupon's row, and the room's row comes before that in
    the order of locks, so the room is told in a transaction of its own."""

    room: str
    coupon: str


class Coupons:
    """See the module."""

    def __init__(self, config: Config, database: Database, log: ControlLog, now_s: Callable[[], float]) -> None:
        self._config = config
        self._database = database
        self._log = log
        self._now_s = now_s
        self.commits: GroupCommit[ClaimRow, wire.Claimed] = GroupCommit(
            "claims", self._write, batch_max=CLAIMS_BATCH_MAX, pending_max=CLAIMS_PENDING_MAX
        )

    async def start(self) -> None:
        """Begin to take claims."""
        self.commits.start()

    async def stop(self) -> None:
        """Take no more."""
        await self.commits.stop()

    def endpoints(self) -> list[Endpoint]:
        """The calls."""
        base = "/api/rooms/{room}/coupons"
        run = Permission.RUN_SHOWS
        return [
            post(
                base, self.drop, may=run, body=bodies.CouponRequest, reply=bodies.CouponPlaced, status=201,
                errors=(RoomNotFound,),
            ),
            delete(f"{base}/{{coupon}}", self.end, may=run, reply=bodies.Placed, errors=(RoomNotFound, CouponNotFound)),
            get("/api/me/coupons", self.mine, reply=CouponList, errors=(Unauthenticated,)),
        ]  # fmt: skip

    async def drop(self, call: Call[bodies.CouponRequest]) -> bodies.CouponPlaced:
        """Drop a coupon into the room."""
        body = call.body
        card = CouponCard(
            id=ordered_id(call.now_ms, secrets.token_bytes(CHANCE_BYTES)),
            title=clean(body.title, 120),
            amount_minor=body.amount_minor,
            currency=body.currency,
            min_spend_minor=body.min_spend_minor,
            total=body.total,
            ends_ts=None if body.ends_in_s is None else call.now_ms + body.ends_in_s * 1000,
        )
        room = await self._log.locked(call.tx, call.path["room"])
        await self._insert(call.tx, room.id, card)
        if card.ends_ts is not None:
            at = datetime.fromtimestamp(card.ends_ts / 1000, UTC)
            await defer(call.tx.connection, WITHDRAW_TASK, {"room": room.id, "coupon": card.id}, at=at)
        control = await self._log.write(room, wire.CouponShown(coupon=card), now_ms=call.now_ms)
        return bodies.CouponPlaced(coupon=card, epoch=control.epoch, offset=control.offset)

    async def end(self, call: Call[None]) -> bodies.Placed:
        """Withdraw a coupon; those who have it keep it."""
        room = await self._log.locked(call.tx, call.path["room"])
        data = decide.coupon_ended(room.state, call.path["coupon"])
        await call.tx.connection.execute(Q["end_coupon"], call.path["coupon"], room.id)
        control = await self._log.write(room, data, now_ms=call.now_ms)
        return bodies.Placed(epoch=control.epoch, offset=control.offset)

    async def mine(self, call: Call[None]) -> CouponList:
        """The caller's coupons."""
        if call.identity is None:
            raise Unauthenticated
        async with self._database.connection() as connection:
            rows = await connection.fetch(Q["claims_of"], call.identity.id, self._config.lists_max)
        return CouponList(
            coupons=[
                wire.ClaimedCoupon(id=row["id"], coupon=_card_decoder.decode(row["card"]), claimed_ts=row["claimed_ts"])
                for row in rows
            ]
        )

    def claim(self, connection: Connection, body: wire.Claim) -> Awaitable[wire.Claimed]:
        """The socket event: take a coupon; acknowledged when it is stored."""
        require(connection.identity, Permission.BUY)
        assert connection.identity is not None
        row = ClaimRow(coupon=body.coupon, user=connection.identity.id, ts=int(self._now_s() * 1000))
        return self.commits.add(row)

    async def grant(self, tx: Transaction, room: str, card: CouponCard, users: list[str], *, now_ms: int) -> None:
        """Give a prize coupon to each of `users`. Run twice, it gives once."""
        await self._insert(tx, room, card)
        await tx.connection.fetchrow(Q["coupon_for_update"], card.id)
        held = {row["user_id"] for row in await tx.connection.fetch(Q["claims"], card.id, users)}
        fresh = [user for user in users if user not in held]
        await tx.connection.execute(Q["insert_claims"], card.id, fresh, [now_ms] * len(fresh))
        await tx.connection.execute(Q["count_claims"], card.id, len(fresh))

    @staticmethod
    async def _insert(tx: Transaction, room: str, card: CouponCard) -> None:
        await tx.connection.execute(Q["insert_coupon"], card.id, room, card, card.total, card.ends_ts, card.prize)

    async def _write(self, rows: list[ClaimRow]) -> list[wire.Claimed | LivehubError]:
        results: dict[tuple[str, str], wire.Claimed | LivehubError] = {}
        async with self._database.transaction() as tx:
            for coupon in sorted({row.coupon for row in rows}):  # in one order, so that two processes cannot deadlock
                wishes = {row.user: row for row in rows if row.coupon == coupon}
                for user, result in (await self._claims(tx, coupon, list(wishes.values()))).items():
                    results[coupon, user] = result
        return [results[row.coupon, row.user] for row in rows]

    async def _claims(
        self, tx: Transaction, coupon: str, wishes: list[ClaimRow]
    ) -> dict[str, wire.Claimed | LivehubError]:
        row = await tx.connection.fetchrow(Q["coupon_for_update"], coupon)
        if row is None:
            return {wish.user: CouponNotFound() for wish in wishes}
        card = _card_decoder.decode(row["card"])
        users = [wish.user for wish in wishes]
        held = {
            claim["user_id"]: claim["claimed_ts"] for claim in await tx.connection.fetch(Q["claims"], coupon, users)
        }
        left = 0 if row["prize"] or row["ended"] else row["total"] - row["taken"]
        banned = await self._banned(tx, row["room"], [user for user in users if user not in held])
        may = (w for w in wishes if w.user not in held and w.user not in banned and w.ts <= (row["ends_ts"] or w.ts))
        fresh = list(may)[:left]
        if fresh:
            await tx.connection.execute(Q["insert_claims"], coupon, [w.user for w in fresh], [w.ts for w in fresh])
            await tx.connection.execute(Q["count_claims"], coupon, len(fresh))
            held |= {wish.user: wish.ts for wish in fresh}
            if len(fresh) == left:
                await emit(tx, CouponExhausted(room=row["room"], coupon=coupon))
        refused = {user: Banned() if user in banned else CouponGone() for user in users if user not in held}
        return {user: refused.get(user) or _claimed(card, held[user]) for user in users}

    async def _banned(self, tx: Transaction, room: str, users: list[str]) -> set[str]:
        """Who of them may not take part in the room. What they got before, they keep."""
        now_ms = int(self._now_s() * 1000)
        return {row["user_id"] for row in await tx.connection.fetch(Q["banned"], room, users, now_ms)}

    async def withdraw(self, tx: Transaction, room_id: str, coupon: str, *, now_ms: int) -> None:
        """Stop showing a coupon of which none is left, or whose time is over. Run twice, it does nothing the second time."""
        room = await self._log.locked(tx, room_id)
        if any(shown.id == coupon for shown in room.state.view.coupons):
            await self._log.write(room, wire.CouponEnded(coupon=coupon), now_ms=now_ms)


def _claimed(card: CouponCard, claimed_ts: Any) -> wire.Claimed:
    return wire.Claimed(coupon=wire.ClaimedCoupon(id=card.id, coupon=card, claimed_ts=claimed_ts))
