"""Takes coupons of which none is left out of the rooms that are followed here.

The stock engine tells every process which units have changed, some times a second, and all of them when a stream to it begins.
Whoever follows a room that shows such a coupon closes it and withdraws it, under the room's row lock; of several processes the
first one does, and the others find it done. A room that nobody follows is looked at when somebody opens it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection

from msgspec import Struct

from commerce.coupons.room_messages import CONTROL_MESSAGES, COUPONS, is_shown
from commerce.coupons.stock import COUPON, resource
from commerce.flashsale.client import StockClient
from livehub.base.errors import LivehubError
from livehub.base.tasks import Tasks
from livehub.hub.rooms.registry import RoomRegistry
from livehub.hub.rooms.room import Room
from livehub.hub.sockets.frames import Frame
from livehub.room.models import CouponCard
from livehub.room.wire import Control

log = logging.getLogger("livehub.coupons")

RETRY_S = 0.5  # while PostgreSQL or the stock engine is away

Withdraw = Callable[[str, CouponCard], Awaitable[None]]


class ExhaustedCoupons:
    """`withdraw(room, card)`: closes a coupon, and shows it no more. What is still to be done is bounded by what open rooms
    show.
    """

    def __init__(self, rooms: RoomRegistry, client: StockClient, withdraw: Withdraw) -> None:
        self._rooms = rooms
        self._client = client
        self._withdraw = withdraw
        self._due: dict[str, tuple[str, CouponCard]] = {}  # by coupon: its room
        self._wake = asyncio.Event()
        self._tasks = Tasks()
        client.on_change.append(self._changed)
        rooms.on_open.append(self._look)
        rooms.on_control({message.type: self._control_came for message in CONTROL_MESSAGES})

    def start(self) -> None:
        self._tasks.start("exhausted coupons", self._withdraw_forever)

    async def stop(self) -> None:
        await self._tasks.stop()

    def _changed(self, resources: Collection[str]) -> None:
        if any(changed.startswith(COUPON) for changed in resources):
            for live in self._rooms.all():
                self._look(live)

    def _control_came(self, live: Room, _control: Control, _data: Struct, _frame: Frame) -> None:
        self._look(live)

    def _look(self, live: Room) -> None:
        for card in live.state[COUPONS].coupons:
            if self._is_exhausted(card):
                self._due[card.id] = (live.id, card)
                self._wake.set()

    def _is_exhausted(self, card: CouponCard) -> bool:
        row = self._client.units(resource(card.id))
        return row is not None and row.held + row.sold >= row.units

    async def _withdraw_forever(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            for coupon, (room, card) in list(self._due.items()):
                if await self._is_done(room, card):
                    self._due.pop(coupon, None)
            if self._due:
                await asyncio.sleep(RETRY_S)
                self._wake.set()

    async def _is_done(self, room: str, card: CouponCard) -> bool:
        """Whether there is nothing left to try."""
        live = self._rooms.get(room)
        if live is None or not is_shown(live.state, card.id):
            return True
        try:
            await self._withdraw(room, card)
        except LivehubError as error:
            if error.retryable:
                return False
            log.warning("coupons.not_withdrawn", extra={"room": room, "coupon": card.id, "reason": repr(error)})
        except Exception:  # of this room; the others go on
            log.exception("coupons.not_withdrawn", extra={"room": room, "coupon": card.id})
        return True
