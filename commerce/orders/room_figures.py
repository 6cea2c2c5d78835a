"""What a room sells, live: for whoever asks, and every PAUSE_S for the staff who watch it.

Counted from the orders themselves, so that it is right after a merge of two people, an erasure or a restore, and the same in
every process. A look reads an index alone, in a millisecond for each thousand orders or so; a room that has very many is looked
at less often, so that no more than one twentieth of the time goes into it.
"""

import asyncio
import time
from collections.abc import Callable

from commerce.orders.machine import STATES
from commerce.orders.schemas import GrossSales, OrderFigures
from livehub.base.auth import Permission
from livehub.base.db import Connection, Database
from livehub.base.endpoints import Call, Endpoint, get
from livehub.base.errors import LivehubError
from livehub.base.ids import CHANCE_BYTES, ordered_id
from livehub.base.sql import queries
from livehub.base.tasks import Tasks
from livehub.hub.rooms import defects
from livehub.hub.rooms.registry import RoomRegistry
from livehub.hub.rooms.room import Room
from livehub.room.errors import RoomNotFound

Q = queries(__file__, "room_figures.sql")

PAUSE_S = 2.0
PAUSES_PER_LOOK = 20.0  # a look that takes a second is followed by so many without one


class RoomFigures:
    """Also counts for highlights (RoomOrders). `now_s`: business time, Unix seconds."""

    def __init__(self, database: Database, rooms: RoomRegistry, now_s: Callable[[], float]) -> None:
        self._database = database
        self._rooms = rooms
        self._now_s = now_s
        self._next_look_s: dict[str, float] = {}  # by room, monotonic
        self._tasks = Tasks()

    def endpoints(self) -> list[Endpoint]:
        return [
            get(
                "/api/rooms/{room}/order-figures", self.figures, reply=OrderFigures, may=Permission.RUN_SHOWS,
                errors=(RoomNotFound,),
            ),
        ]  # fmt: skip

    def start(self) -> None:
        self._tasks.start("order figures", self._tell_forever)

    async def stop(self) -> None:
        await self._tasks.stop()

    async def made_between(self, connection: Connection, room: str, from_ms: int, to_ms: int) -> int:
        """How many orders were made there between two moments."""
        ids = [ordered_id(max(0, at_ms), bytes(CHANCE_BYTES)) for at_ms in (from_ms, to_ms)]
        made: int = await connection.fetchval(Q["made_between"], room, STATES, *ids)
        return made

    async def figures(self, call: Call[None]) -> OrderFigures:
        """What the room has sold so far."""
        return await self._of(await self._rooms.open(call.path["room"]))

    async def _of(self, live: Room) -> OrderFigures:
        """Raises Unavailable."""
        async with self._database.connection() as connection:
            total, *by_currency = await connection.fetch(Q["figures"], live.id, STATES)
        return OrderFigures(
            orders=total["orders"],
            paid=total["paid"],
            buyers=total["buyers"],
            people=max(live.people_count, total["buyers"]),  # people are estimated
            gmv=[
                GrossSales(currency=row["currency"], amount_minor=row["gmv_minor"])
                for row in by_currency
                if row["gmv_minor"]
            ],
        )

    async def _tell_forever(self) -> None:
        while True:
            await asyncio.sleep(PAUSE_S)
            watched = [room for room in self._rooms.all() if room.has_staff]
            self._next_look_s = {room.id: self._next_look_s.get(room.id, 0.0) for room in watched}
            for room in watched:
                began_s = time.monotonic()
                if began_s < self._next_look_s[room.id]:
                    continue
                try:
                    figures = await self._of(room)
                except LivehubError:
                    break  # PostgreSQL is away; the next round tries again
                except Exception as error:  # noqa: BLE001
                    defects.report("order figures", room.id, error)
                    continue
                now_s = time.monotonic()
                self._next_look_s[room.id] = now_s + PAUSES_PER_LOOK * (now_s - began_s)
                room.show_staff(room.staff_item("orders", figures, int(self._now_s() * 1000)))
