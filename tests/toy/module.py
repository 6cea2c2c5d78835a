"""Baskets of fruit: an endpoint, a socket event, a control message with its reducer, a domain event with its reaction, a job,
a setting, a refusal, a migration and a retention.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta, Struct

from livehub.base.auth import Permission
from livehub.base.config import Config, described
from livehub.base.control import Bound, Bounds, ControlMessage, RoomPart
from livehub.base.db import Transaction
from livehub.base.endpoints import Call, Endpoint, get, post
from livehub.base.errors import LivehubError
from livehub.base.events import Event, Subscription, emit
from livehub.base.job_queue import defer
from livehub.base.module import Context, Job, Module, Part, Retention, SocketEvent, kept_for
from livehub.base.sql import queries
from livehub.hub.hub import Hub
from livehub.hub.rooms.api import placed
from livehub.hub.rooms.schemas import Placed
from livehub.room.errors import RoomNotFound
from livehub.room.models import RoomId
from livehub.room.state import RoomState

Q = queries(__file__, "toy.sql")


class ToyConfig(Config, frozen=True, kw_only=True):
    """What baskets read."""

    baskets_max: Annotated[int, described("baskets on a room's table", ge=1, le=100)] = 2
    baskets_kept_s: Annotated[int, described("how long baskets are kept", ge=60)] = 3_600


class BasketsFull(LivehubError):
    """The table holds as many baskets as it may."""

    code, name, status, text = 9000, "baskets_full", 409, "The table is full."


class Baskets(Struct, frozen=True, kw_only=True):
    """What stands on the table."""

    baskets: tuple[int, ...] = ()


class BasketFilled(Struct, frozen=True, kw_only=True, tag_field="type", tag="basket"):
    """A basket was put on the table."""

    weight_g: int


def _filled(part: Baskets, data: BasketFilled, _ts: int, bounds: Bounds) -> Baskets:
    return Baskets(baskets=(*part.baskets, data.weight_g)[: bounds["baskets_max"]])


TABLE = RoomPart(Baskets, bounds=(Bound(name="baskets_max", setting="baskets_max", default=2),))


class Harvested(Struct, frozen=True, kw_only=True, tag_field="event", tag="toy.harvested"):
    """Fruit came in."""

    room: str
    weight_g: int


class BasketRequest(Struct, frozen=True, kw_only=True):
    """A basket to put on the table."""

    weight_g: Annotated[int, Meta(ge=1, le=10_000)]


class BasketList(Struct, frozen=True, kw_only=True):
    """Baskets of a room: how many, of them how many emptied, and what the reaction added up."""

    baskets: int
    emptied: int
    harvested_g: int


class Weigh(Struct, frozen=True, kw_only=True):
    """Ask what is on the table."""

    room: RoomId


class Weighed(Struct, frozen=True, kw_only=True):
    """The acknowledgement of `weigh`."""

    ok: bool = True
    weight_g: int


def on_table(state: RoomState) -> tuple[int, ...]:
    return state[TABLE].baskets


class Toy(Part):
    def __init__(self, context: Context) -> None:
        self._config = context.config(ToyConfig)
        self._database = context.database
        self._hub = context.get(Hub)

    def endpoints(self) -> Sequence[Endpoint]:
        path = "/api/rooms/{room}/baskets"
        return [
            post(
                path, self.put, may=Permission.RUN_SHOWS, body=BasketRequest, reply=Placed, status=201,
                errors=(RoomNotFound, BasketsFull),
            ),
            get(path, self.baskets, reply=BasketList),
        ]  # fmt: skip

    def socket_handlers(self) -> Mapping[str, Callable[[Any, Any], Any]]:
        return {"weigh": self.weigh}

    def subscriptions(self) -> Sequence[Subscription]:
        return [Subscription(name="toy.add_up", types=(Harvested,), react=self._add_up, begins="start")]

    def jobs(self) -> Sequence[Job]:
        return [Job(name="toy.empty", run=self._empty)]

    async def put(self, call: Call[BasketRequest]) -> Placed:
        """Put a basket on the table."""
        room = await self._hub.controls.lock_room(call.tx, call.path["room"])
        if len(on_table(room.state)) >= self._config.baskets_max:
            raise BasketsFull
        weight_g = call.body.weight_g
        basket = await call.tx.connection.fetchval(Q["insert_basket"], room.id, weight_g, call.now_ms)
        await emit(call.tx, Harvested(room=room.id, weight_g=weight_g), key=room.id)
        await defer(call.tx.connection, "toy.empty", {"basket": basket}, at=datetime.now(UTC))
        return placed(await self._hub.controls.write(room, BasketFilled(weight_g=weight_g), now_ms=call.now_ms))

    async def baskets(self, call: Call[None]) -> BasketList:
        """What became of the baskets."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(Q["baskets"], call.path["room"])
        assert row is not None  # it has no group, so there always is one
        return BasketList(**dict(row))

    def weigh(self, _connection: object, body: Weigh) -> Weighed:
        room = self._hub.rooms.get(body.room)
        if room is None:
            raise RoomNotFound
        return Weighed(weight_g=sum(on_table(room.state)))

    async def _add_up(self, tx: Transaction, batch: list[Event[Harvested]]) -> None:
        for event in batch:
            await tx.connection.execute(Q["add_harvest"], event.data.room, event.data.weight_g)

    async def _empty(self, basket: int) -> None:
        async with self._database.transaction() as tx:
            await tx.connection.execute(Q["empty_basket"], basket)


TOY = Module(
    name="toy",
    build=Toy,
    settings=ToyConfig,
    errors=(BasketsFull,),
    socket_events=(SocketEvent(name="weigh", body=Weigh, reply=Weighed),),
    control_messages=(ControlMessage(BasketFilled, TABLE, _filled),),
    events=(Harvested,),
    retention=(
        Retention(table="toy_baskets", query=Q["forget_baskets"], arguments=kept_for(ToyConfig, "baskets_kept_s")),
    ),
    migrations=Path(__file__).parent / "migrations",
    schemas=(BasketRequest, BasketList),
)
