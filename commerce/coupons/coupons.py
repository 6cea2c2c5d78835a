"""Coupons: as many as there are, one per person, the same answer to the same person however often.

    dropped     the stock engine, then the row and the room        claimed     by the stock engine (claims.py)
    ended       the stock engine, then the room                    exhausted   taken out of the rooms (exhausted.py)
    given       to the winners of a quiz, or after a complaint, by `grant`: rows, which nobody claims

A crash between the engine and the row leaves a resource that nobody is shown. The same request under the same Idempotency-Key
completes it: the id of a coupon is made of who asked, the key and the body, and the engine takes what it knows already as it
is. When a coupon's time is over the engine goes by that itself, and a durable job tells the room.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from commerce.coupons import lists, schemas, stock
from commerce.coupons.audience import BoughtBefore
from commerce.coupons.claims import Claims
from commerce.coupons.errors import CouponNotFound, CouponOfNoUse
from commerce.coupons.exhausted import ExhaustedCoupons
from commerce.coupons.offers import OffersInRoom, can_use, of_bag
from commerce.coupons.room_messages import COUPONS, CouponEnded, CouponShown, coupon_ended, is_shown
from commerce.coupons.settings import CouponsConfig
from commerce.coupons.socket_events import Claim, Claimed
from commerce.coupons.staff_counts import StaffCounts
from commerce.coupons.store import Q, decode_card
from commerce.coupons.terms import PEOPLE
from commerce.coupons.wallet import WalletCoupon, wallet_of
from commerce.flashsale.client import StockClient
from commerce.flashsale.requests import Done, Put
from livehub.base import csv
from livehub.base.auth import Permission, require
from livehub.base.db import Transaction
from livehub.base.endpoints import Call, Endpoint, delete, get, post
from livehub.base.errors import BadRequest, ForOneself, Internal, Unauthenticated, Unavailable
from livehub.base.job_queue import defer
from livehub.base.lists import page, place
from livehub.base.module import Context, Job, Part
from livehub.base.streamed import Streamed
from livehub.hub.hub import Hub
from livehub.hub.rooms.log import room_exists, stored_room
from livehub.hub.rooms.prizes import prize_card
from livehub.hub.rooms.schemas import Placed
from livehub.hub.sockets.connection import Connection
from livehub.people import list_files, persons
from livehub.people.list_files import ROWS_PER_QUERY, ListFiles
from livehub.room.errors import RoomNotFound
from livehub.room.models import CouponCard, words_of
from livehub.room.state import RoomState

WITHDRAW_TASK = "coupon.end"  # the job that takes a coupon off the screen when its time is over

COLUMNS = (
    "id", "title", "kind", "amount", "percent", "cap", "min_spend", "currency", "audience", "products", "state", "total",
    "claimed", "used", "created_at", "ends_at", "usable_from", "usable_until",
)  # fmt: skip


class Coupons(Part):
    def __init__(self, context: Context) -> None:
        hub = context.get(Hub)
        self._config = context.config(CouponsConfig)
        self._database = context.database
        self._now_s = context.now_s
        self._log = hub.controls
        self._client = context.get(StockClient)
        self._zone = ZoneInfo(self._config.time_zone)
        self._bought = partial(context.port, BoughtBefore)  # asked for when they are needed: their modules come later
        self._sales = partial(context.port, OffersInRoom)
        self.claims = Claims(self._config, context.database, self._client, context.now_s, self._bought)
        self._files = ListFiles(context.settings.core, context.database, context.clock.real_s)
        StaffCounts(hub.rooms, self._client, context.now_s)
        self._exhausted = ExhaustedCoupons(hub.rooms, self._client, self._withdraw_exhausted)

    async def start(self) -> None:
        self.claims.start()
        self._exhausted.start()

    async def stop(self) -> None:
        await self._exhausted.stop()
        await self.claims.stop()

    def socket_handlers(self) -> Mapping[str, Callable[[Any, Any], Any]]:
        return {"claim": self.claim}

    def jobs(self) -> Sequence[Job]:
        return [Job(name=WITHDRAW_TASK, run=self._end_in_time)]

    def endpoints(self) -> Sequence[Endpoint]:
        base = "/api/rooms/{room}/coupons"
        run = Permission.RUN_SHOWS
        return [
            get(
                base, self.of_room, may=run, reply=schemas.RoomCoupons, query=schemas.RoomCouponsQuery,
                errors=(RoomNotFound, BadRequest),
            ),
            post(
                base, self.drop, may=run, body=schemas.CouponRequest, reply=schemas.CouponPlaced, status=201,
                errors=(RoomNotFound, CouponOfNoUse, BadRequest, ForOneself, Unavailable),
            ),
            delete(
                f"{base}/{{coupon}}", self.end, may=run, reply=Placed, errors=(RoomNotFound, CouponNotFound, Unavailable)
            ),
            get("/api/me/coupons", self.mine, reply=schemas.CouponList, errors=(Unauthenticated,)),
        ]  # fmt: skip

    # --- calls ---

    async def of_room(self, call: Call[None]) -> schemas.RoomCoupons | Streamed:
        """The room's coupons, also those that have ended, latest first, and how many of each are claimed; as CSV or XLSX if the
        client asks for that.
        """
        room, asked, start = call.path["room"], call.query, place(call.query.after)
        if list_files.is_wanted(call.request):
            async with self._database.connection() as db:
                await room_exists(db, room)
            return await self._files.begin(call, "coupons", COLUMNS, self._pages(room, asked, start), room=room)
        most = asked.most(self._config.lists_max)
        items, is_more = page(await self._found(room, asked, start, most + 1), most)
        return schemas.RoomCoupons(items=items, next=lists.place_of(items[-1]) if is_more else None)

    async def _found(
        self, room: str, asked: schemas.RoomCouponsQuery, start: tuple[int, str] | None, most: int
    ) -> list[schemas.RoomCoupon]:
        async with self._database.connection() as db:
            shown = [card.id for card in (await stored_room(db, self._log.registry, room)).state[COUPONS].coupons]
            return await lists.of_room(db, room, shown, asked, start, most)

    async def _pages(
        self, room: str, asked: schemas.RoomCouponsQuery, start: tuple[int, str] | None
    ) -> AsyncIterator[Sequence[Sequence[csv.Cell]]]:
        while found := await self._found(room, asked, start, ROWS_PER_QUERY):
            yield [lists.cells(each) for each in found]
            start = place(lists.place_of(found[-1]))

    async def drop(self, call: Call[schemas.CouponRequest]) -> schemas.CouponPlaced:
        """Drop a coupon into the room, in which something must be that can use it."""
        db, room_id = call.tx.connection, call.path["room"]
        await room_exists(db, room_id)
        if call.body.people and await persons.is_among(db, call.person.id, call.body.people):
            raise ForOneself
        card = self._card(call)
        known = await db.fetchrow(Q["coupon"], card.id, room_id)
        if known is None:
            self._check_of_use(card, (await stored_room(db, self._log.registry, room_id)).state)
            await self._ask(stock.offer(card))
        else:  # the same request, later than its key is remembered: it may be over by now
            card = decode_card(known["card"])
        room = await self._log.lock_room(call.tx, room_id, by=call.person)
        if known is None:
            await self._insert(call.tx, room.id, card, on_stock=True, now_ms=call.now_ms)
            await db.execute(Q["invite"], card.id, call.body.people or [])
            if card.ends_ts is not None:
                at = datetime.fromtimestamp(card.ends_ts / 1000, UTC)
                await defer(db, WITHDRAW_TASK, {"room": room.id, "coupon": card.id}, at=at)
            await self._log.write(room, CouponShown(coupon=card), now_ms=call.now_ms)
        return schemas.CouponPlaced(coupon=card, epoch=room.epoch, offset=room.offset)

    async def end(self, call: Call[None]) -> Placed:
        """Withdraw a coupon; those who have it keep it."""
        db, room_id, coupon = call.tx.connection, call.path["room"], call.path["coupon"]
        # Not under the room's lock, which nobody holds while the engine is asked.
        coupon_ended((await stored_room(db, self._log.registry, room_id)).state, coupon)
        known = await db.fetchrow(Q["coupon"], coupon, room_id)
        if known is not None and known["on_stock"]:
            await self._ask(stock.close(decode_card(known["card"])))
        room = await self._log.lock_room(call.tx, room_id, by=call.person)
        data = coupon_ended(room.state, coupon)
        await db.execute(Q["end_coupon"], coupon, room.id)
        control = await self._log.write(room, data, now_ms=call.now_ms)
        return Placed(epoch=control.epoch, offset=control.offset)

    async def mine(self, call: Call[None]) -> schemas.CouponList:
        """The caller's coupons."""
        if call.identity is None:
            raise Unauthenticated
        async with self._database.connection() as db:
            found = await wallet_of(
                db, call.identity.id, now_ms=call.now_ms, most=self._config.lists_max, bought=self._bought()
            )
            ids = sorted({product for one in found for product in one.card.products or ()})
            rows = await db.fetch(Q["names_of_products"], ids) if ids else []
        names = {
            row["id"]: schemas.CouponProduct(id=row["id"], title=row["title"], titles=words_of(row["titles"]))
            for row in rows
        }
        return schemas.CouponList(coupons=[_own(one, names) for one in found])

    def claim(self, connection: Connection, body: Claim) -> Awaitable[Claimed]:
        """The socket event: take a coupon; acknowledged when that is durable."""
        require(connection.identity, Permission.BUY)
        assert connection.identity is not None
        return self.claims.claim(connection.identity.id, body.coupon, body.key)

    # --- what others ask for ---

    async def grant(
        self, tx: Transaction, room: str | None, card: CouponCard, users: list[str], *, now_ms: int, grows: bool = False
    ) -> None:
        """Give a prize coupon to each of `users`, or whom they have become. Run twice, it gives once. `room`: of the game.
        `grows`: there are as many as are given, however often it is given to more people.
        """
        await self._insert(tx, room, card, on_stock=False, now_ms=now_ms)
        await tx.connection.fetch(Q["coupon_for_update"], card.id)
        people = [row["user_id"] for row in await tx.connection.fetch(Q["now_are"], users)]
        rows = await tx.connection.fetch(Q["claims"], card.id, people)
        held = {row["user_id"] for row in rows}
        fresh = [person for person in people if person not in held]
        if grows:
            await tx.connection.execute(Q["grow"], card.id, len(fresh))
        await tx.connection.execute(
            Q["insert_claims"], [{"coupon": card.id, "user": user, "ts": now_ms} for user in fresh]
        )

    async def withdraw(self, tx: Transaction, room_id: str, coupon: str, *, now_ms: int) -> None:
        """Stop showing a coupon of which none is left, or whose time is over. Run twice, it does nothing the second time."""
        room = await self._log.lock_room(tx, room_id)
        if is_shown(room.state, coupon):
            await self._log.write(room, CouponEnded(coupon=coupon), now_ms=now_ms)

    # ---

    async def _withdraw_exhausted(self, room: str, card: CouponCard) -> None:
        await self._ask(stock.close(card))
        await self._end_in_time(room, card.id)

    async def _end_in_time(self, room: str, coupon: str) -> None:
        async with self._database.transaction() as tx:
            await self.withdraw(tx, room, coupon, now_ms=self._now_ms())

    def _now_ms(self) -> int:
        return int(self._now_s() * 1000)

    async def _ask(self, put: Put) -> None:
        answer = await self._client.ask_for_staff(put)
        if not isinstance(answer, Done):
            raise Internal(f"The stock engine refused a coupon: {answer!r}")

    @staticmethod
    async def _insert(tx: Transaction, room: str | None, card: CouponCard, *, on_stock: bool, now_ms: int) -> None:
        await tx.connection.execute(
            Q["insert_coupon"], card.id, room, card, card.total, card.ends_ts, card.prize, now_ms, on_stock
        )

    def _check_of_use(self, card: CouponCard, state: RoomState) -> None:
        sales: OffersInRoom | None = self._sales()
        if not can_use(card, [*of_bag(state), *(sales.offers(state) if sales is not None else ())]):
            raise CouponOfNoUse

    def _card(self, call: Call[schemas.CouponRequest]) -> CouponCard:
        body = call.body
        if (body.people is not None) != (body.audience == PEOPLE):
            raise BadRequest("people: those a coupon for `people` is for, and of no other audience.")
        card = prize_card(
            body, id_=call.keyed_id(), total=body.total, zone=self._zone, now_ms=call.now_ms, is_prize=False
        )
        ends = [] if body.ends_in_s is None else [call.now_ms + body.ends_in_s * 1000]
        if card.usable_until_ts is not None:  # nobody is to have one that is over
            ends.append(card.usable_until_ts - 1)
        return replace(
            card,
            ends_ts=min(ends, default=None),
            products=None if body.products is None else tuple(dict.fromkeys(body.products)),
            audience=body.audience,
        )


def _own(one: WalletCoupon, names: Mapping[str, schemas.CouponProduct]) -> schemas.OwnCoupon:
    return schemas.OwnCoupon(
        id=one.card.id,
        coupon=one.card,
        claimed_ts=one.claimed_ms,
        room=one.room,
        state=one.state,
        order=one.order,
        reason=one.reason,
        products=[names[product] for product in one.card.products or () if product in names],
    )
