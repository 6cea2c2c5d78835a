"""HTTP: rooms, the state of the show."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec import UNSET, Struct, UnsetType

from livehub.base import errors
from livehub.base.auth import Identity, Permission, Role
from livehub.base.db import Database
from livehub.base.endpoints import Call, Endpoint, get, post
from livehub.base.ids import CHANCE_BYTES, short_id
from livehub.base.text import clean, clean_each, shortened
from livehub.hub.rooms import schemas
from livehub.hub.rooms.actions import Action, record
from livehub.hub.rooms.listing import RoomListing
from livehub.hub.rooms.log import LockedRoom, RoomLog
from livehub.hub.rooms.registry import RoomRegistry
from livehub.hub.settings import HubConfig
from livehub.room import wire
from livehub.room.errors import RoomExists, RoomNotFound, ShowBegun, ShowTransition, StartInPast
from livehub.room.models import Host, InLanguages, Language, Show, Snapshot
from livehub.room.room_messages import DETAILS, Details, edited, show_changed, start_announced

RUN = Permission.RUN_SHOWS


def placed(control: wire.Control) -> schemas.Placed:
    """Where a control message stands."""
    return schemas.Placed(epoch=control.epoch, offset=control.offset)


class RoomApi:
    def __init__(
        self,
        config: HubConfig,
        database: Database,
        log: RoomLog,
        rooms: RoomRegistry,
        listing: RoomListing,
    ) -> None:
        self._config = config
        self._database = database
        self._log = log
        self._rooms = rooms
        self._listing = listing

    def endpoints(self) -> list[Endpoint]:
        not_found = (RoomNotFound, errors.Unavailable)
        room = "/api/rooms/{room}"
        return [
            get("/api/rooms", self.rooms, reply=schemas.RoomList, errors=(errors.Unavailable,)),
            post(
                "/api/rooms", self.create, may=RUN, body=schemas.RoomRequest, reply=schemas.RoomPage, status=201,
                errors=(RoomExists,),
            ),
            get(room, self.room, reply=schemas.RoomPage, errors=not_found),
            post(
                room, self.edit, may=RUN, body=schemas.RoomEdit, reply=schemas.Placed,
                errors=(*not_found, ShowBegun, StartInPast), method="PATCH",
            ),
            post(
                f"{room}/state", self.set_state, may=RUN, body=schemas.StateRequest, reply=schemas.Placed,
                errors=(*not_found, ShowTransition),
            ),
        ]  # fmt: skip

    async def rooms(self, _call: Call[None]) -> schemas.RoomList:
        """All rooms, live ones first."""
        return schemas.RoomList(rooms=await self._listing.summaries(), time_zone=self._config.time_zone)

    async def room(self, call: Call[None]) -> schemas.RoomPage:
        """A room as it is now."""
        live = await self._rooms.open(call.path["room"])
        snapshot = live.snapshot()
        return schemas.RoomPage(room=snapshot, epoch=live.position.epoch, offset=live.position.offset)

    async def create(self, call: Call[schemas.RoomRequest]) -> schemas.RoomPage:
        """Make a room."""
        body = call.body
        chance = secrets.token_bytes(CHANCE_BYTES)
        starts_ts = _ms(body.starts_at)
        room = body.id or f"room-{short_id(chance)}"
        details = Details(
            title=clean(body.title, 120),
            host=self._host(call.person) if body.host is None else body.host.shown(),
            poster=body.poster,
            show=Show(status="scheduled", since_ts=call.now_ms, starts_ts=starts_ts),
            titles=clean_each(body.titles, 120) if body.titles else UNSET,
        )
        epoch = short_id(secrets.token_bytes(5))
        stored = await self._log.create(
            call.tx, room, {DETAILS: details}, epoch=epoch, by=call.person.id, now_ms=call.now_ms
        )
        action = Action(type="room_create", subject=room, data={"title": details.title})
        await record(call.tx.connection, room, [action], by=call.person, now_ms=call.now_ms)
        call.tx.after_commit(self._listing.changed)
        registry = self._log.registry
        snapshot = Snapshot(
            view=registry.view(stored.state), likes=0, viewers=0, chats=(), ts=call.now_ms, bounds=registry.shown_bounds
        )
        return schemas.RoomPage(room=snapshot, epoch=stored.position.epoch, offset=stored.position.offset)

    async def edit(self, call: Call[schemas.RoomEdit]) -> schemas.Placed:
        """Change a room's title, host, poster or notice, or the announced start of its show."""
        room = await self._locked(call)
        body = call.body
        if body.starts_at is not UNSET:
            data: Struct = start_announced(room.state, _ms(body.starts_at), now_ms=call.now_ms)
            control = await self._log.write(room, data, now_ms=call.now_ms)
            if body == schemas.RoomEdit(starts_at=body.starts_at):
                return placed(control)
        title = None if body.title is None else clean(body.title, 120)
        notice = body.notice if not body.notice else clean(body.notice, 200)
        host = None if body.host is None else body.host.shown()
        data = edited(
            room.state, title=title, host=host, poster=body.poster, notice=notice,
            titles=_edited(body.titles, 120), notices=_edited(body.notices, 200),
        )  # fmt: skip
        return placed(await self._log.write(room, data, now_ms=call.now_ms))

    async def set_state(self, call: Call[schemas.StateRequest]) -> schemas.Placed:
        """Start, pause, resume or end the show."""
        room = await self._locked(call)
        data = show_changed(room.state, call.body.status, now_ms=call.now_ms)
        return placed(await self._log.write(room, data, now_ms=call.now_ms))

    def _host(self, person: Identity) -> Host:
        """Whose room it is when nobody said: the caller's, or the shop's, since viewers should not meet its staff by name."""
        return _as_host(person) if person.role is Role.HOST else Host(name=self._config.shop_name)

    async def _locked(self, call: Call[Any]) -> LockedRoom:
        return await self._log.lock_room(call.tx, call.path["room"], by=call.person)


def _ms(moment: datetime | None) -> int | None:
    """Raises BadRequest on a moment that UTC, in which all times are told, has in no year from 1 to 9999."""
    if moment is None:
        return None
    try:
        return int(moment.astimezone(UTC).timestamp() * 1000)
    except OverflowError:
        raise errors.BadRequest("The start is in no year from 1 to 9999 in UTC - at `$.starts_at`") from None


def _edited(texts: Mapping[Language, str] | UnsetType | None, chars_max: int) -> InLanguages | UnsetType | None:
    return texts if texts is UNSET or texts is None else clean_each(texts, chars_max)


def _as_host(person: Identity) -> Host:
    """A name in a token may be longer than that of a host."""
    return Host(name=shortened(person.name, 120))
