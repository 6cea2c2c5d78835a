"""Coupons: as many as there are, one per person, the same answer to the same person however often.

Claims are written by group commit: whoever claims in the same moment shares one transaction and one row lock, so that a drop
in a full room does not queue up behind single commits. Who gets one is decided by claims.py. Winners of a quiz get theirs by
`grant`.
"""

import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import asyncpg
import msgspec
from msgspec import Struct

from commerce.coupons import schemas
from commerce.coupons.claims import ClaimRow, Stock, decide_claims, pair
from commerce.coupons.errors import CouponNotFound
from commerce.coupons.room_messages import CouponEnded, CouponShown, coupon_ended, is_shown
from commerce.coupons.settings import CouponsConfig
from commerce.coupons.socket_events import Claim, Claimed, ClaimedCoupon
from livehub.base.auth import Permission, require
from livehub.base.db import Database, Transaction
from livehub.base.endpoints import Call, Endpoint, delete, get, post
from livehub.base.errors import LivehubError, Unauthenticated, Unavailable
from livehub.base.events import emit
from livehub.base.group_commit import GroupCommit
from livehub.base.ids import CHANCE_BYTES, ordered_id
from livehub.base.job_queue import defer
from livehub.base.module import Job, Part
from livehub.base.sql import queries
from livehub.hub.rooms.log import RoomLog
from livehub.hub.rooms.schemas import Placed
from livehub.hub.sockets.connection import Connection
from livehub.room.errors import RoomNotFound
from livehub.room.models import CouponCard
from livehub.room.moderation import clean

Q = queries(__file__, "coupons.sql")

KEY_LOOKS = (False, True, True, True)  # again with a look at the keys, as often as another process may be first
WITHDRAW_TASK = "coupon.end"  # the job that takes a coupon off the screen when its time is over

_card_decoder = msgspec.json.Decoder(CouponCard)


class LookAtKeys(Exception):
    """One of the keys was used before, perhaps for another coupon; or another process uses it just now."""


class CouponExhausted(Struct, frozen=True, kw_only=True, tag="coupon.exhausted", tag_field="event"):
    """The last one of a coupon was claimed. Whoever claims holds the coupon's row, and the room's row comes before that in
    the order of locks, so the room is told in a transaction of its own."""

    room: str
    coupon: str


class Coupons(Part):
    def __init__(self, config: CouponsConfig, database: Database, log: RoomLog, now_s: Callable[[], float]) -> None:
        self._config = config
        self._database = database
        self._log = log
        self._now_s = now_s
        self.commits: GroupCommit[ClaimRow, Claimed] = GroupCommit(
            "claims", self._write, batch_max=config.claims_batch_max, pending_max=config.claims_pending_max
        )

    async def start(self) -> None:
        self.commits.start()

    async def stop(self) -> None:
        await self.commits.stop()

    def socket_handlers(self) -> Mapping[str, Callable[[Any, Any], Any]]:
        return {"claim": self.claim}

    def jobs(self) -> Sequence[Job]:
        return [Job(name=WITHDRAW_TASK, run=self._end_in_time)]

    async def _end_in_time(self, room: str, coupon: str) -> None:
        async with self._database.transaction() as tx:
            await self.withdraw(tx, room, coupon, now_ms=int(self._now_s() * 1000))

    def endpoints(self) -> Sequence[Endpoint]:
        base = "/api/rooms/{room}/coupons"
        run = Permission.RUN_SHOWS
        return [
            post(
                base, self.drop, may=run, body=schemas.CouponRequest, reply=schemas.CouponPlaced, status=201,
                errors=(RoomNotFound,),
            ),
            delete(f"{base}/{{coupon}}", self.end, may=run, reply=Placed, errors=(RoomNotFound, CouponNotFound)),
            get("/api/me/coupons", self.mine, reply=schemas.CouponList, errors=(Unauthenticated,)),
        ]  # fmt: skip

    async def drop(self, call: Call[schemas.CouponRequest]) -> schemas.CouponPlaced:
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
        room = await self._log.lock_room(call.tx, call.path["room"])
        await self._insert(call.tx, room.id, card, now_ms=call.now_ms)
        if card.ends_ts is not None:
            at = datetime.fromtimestamp(card.ends_ts / 1000, UTC)
            await defer(call.tx.connection, WITHDRAW_TASK, {"room": room.id, "coupon": card.id}, at=at)
        control = await self._log.write(room, CouponShown(coupon=card), now_ms=call.now_ms)
        return schemas.CouponPlaced(coupon=card, epoch=control.epoch, offset=control.offset)

    async def end(self, call: Call[None]) -> Placed:
        """Withdraw a coupon; those who have it keep it."""
        room = await self._log.lock_room(call.tx, call.path["room"])
        data = coupon_ended(room.state, call.path["coupon"])
        await call.tx.connection.execute(Q["end_coupon"], call.path["coupon"], room.id)
        control = await self._log.write(room, data, now_ms=call.now_ms)
        return Placed(epoch=control.epoch, offset=control.offset)

    async def mine(self, call: Call[None]) -> schemas.CouponList:
        """The caller's coupons."""
        if call.identity is None:
            raise Unauthenticated
        async with self._database.connection() as connection:
            rows = await connection.fetch(Q["claims_of"], call.identity.id, self._config.lists_max)
        return schemas.CouponList(
            coupons=[
                ClaimedCoupon(id=row["id"], coupon=_card_decoder.decode(row["card"]), claimed_ts=row["claimed_ts"])
                for row in rows
            ]
        )

    def claim(self, connection: Connection, body: Claim) -> Awaitable[Claimed]:
        """The socket event: take a coupon; acknowledged when it is stored."""
        require(connection.identity, Permission.BUY)
        assert connection.identity is not None
        row = ClaimRow(coupon=body.coupon, user=connection.identity.id, key=body.key, ts=int(self._now_s() * 1000))
        return self.commits.add(row)

    async def grant(self, tx: Transaction, room: str, card: CouponCard, users: list[str], *, now_ms: int) -> None:
        """Give a prize coupon to each of `users`. Run twice, it gives once."""
        await self._insert(tx, room, card, now_ms=now_ms)
        await tx.connection.fetch(Q["coupons_for_update"], [card.id])
        rows = await tx.connection.fetch(Q["claims"], [card.id], users)
        held = {row["user_id"] for row in rows}
        fresh = [user for user in users if user not in held]
        await tx.connection.execute(
            Q["insert_claims"], [{"coupon": card.id, "user": user, "ts": now_ms} for user in fresh]
        )

    @staticmethod
    async def _insert(tx: Transaction, room: str, card: CouponCard, *, now_ms: int) -> None:
        await tx.connection.execute(
            Q["insert_coupon"], card.id, room, card, card.total, card.ends_ts, card.prize, now_ms
        )

    async def _write(self, rows: list[ClaimRow]) -> list[Claimed | LivehubError]:
        """Keys are looked up only when it matters: a new claim under a used one is refused by their index."""
        for with_keys in KEY_LOOKS:
            try:
                return await self._database.batch.run(lambda tx: self._claims(tx, rows, with_keys=with_keys))  # noqa: B023
            except LookAtKeys:
                continue
        raise Unavailable(retry_after_ms=100)

    async def _claims(self, tx: Transaction, rows: list[ClaimRow], *, with_keys: bool) -> list[Claimed | LivehubError]:
        """The same number of queries however many coupons there are."""
        db, users = tx.connection, [row.user for row in rows]
        found = await db.fetch(Q["coupons_for_update"], list({row.coupon for row in rows}))
        stocks = {row["id"]: _stock(row) for row in found}
        stored = await db.fetch(Q["claims"], list(stocks), users)
        if with_keys:
            stored += await db.fetch(Q["claims_by_key"], users, [row.key for row in rows])
        elif stored and _has_unknown_key(rows, stored):
            raise LookAtKeys
        rooms = list({stock.room for stock in stocks.values()})
        banned = await db.fetch(Q["banned"], rooms, int(self._now_s() * 1000)) if rooms else []
        decision = decide_claims(
            rows,
            stocks,
            held={pair(row["coupon"], row["user_id"]): row["claimed_ts"] for row in stored},
            keys={pair(row["user_id"], row["key"]): row["coupon"] for row in stored if row["key"] is not None},
            banned={(row["room"], row["user_id"]) for row in banned},
        )
        if decision.fresh:
            try:
                await db.execute(Q["insert_claims"], decision.fresh)
            except asyncpg.UniqueViolationError as error:
                raise LookAtKeys from error
        for coupon in decision.exhausted:
            await emit(tx, CouponExhausted(room=stocks[coupon].room, coupon=coupon), key=stocks[coupon].room)
        return decision.answers

    async def withdraw(self, tx: Transaction, room_id: str, coupon: str, *, now_ms: int) -> None:
        """Stop showing a coupon of which none is left, or whose time is over. Run twice, it does nothing the second time."""
        room = await self._log.lock_room(tx, room_id)
        if is_shown(room.state, coupon):
            await self._log.write(room, CouponEnded(coupon=coupon), now_ms=now_ms)


def _has_unknown_key(rows: list[ClaimRow], stored: list[Any]) -> bool:
    """Whether somebody who has the coupon asks for it under another key than then."""
    keys = {(row["coupon"], row["user_id"]): row["key"] for row in stored}
    return any(keys.get((row.coupon, row.user), row.key) != row.key for row in rows)


def _stock(row: Any) -> Stock:
    left = 0 if row["prize"] or row["ended"] else row["total"] - row["taken"]
    return Stock(room=row["room"], card=_card_decoder.decode(row["card"]), left=left, ends_ts=row["ends_ts"])
