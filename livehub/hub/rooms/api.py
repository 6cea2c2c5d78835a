"""HTTP: rooms, the state of the show."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec import UNSET, Struct, UnsetType, structs

from livehub.base import errors
from livehub.base.auth import Identity, Permission, Role, RoomKind
from livehub.base.db import Database
from livehub.base.endpoints import Call, Endpoint, get, post
from livehub.base.ids import CHANCE_BYTES, short_id
from livehub.base.text import clean, clean_each, shortened
from livehub.base.uploads.errors import UploadNotFound
from livehub.base.uploads.uses import picture
from livehub.hub.rooms import schemas
from livehub.hub.rooms.actions import Action, record
from livehub.hub.rooms.hosts import HostedRooms
from livehub.hub.rooms.listing import RoomListing
from livehub.hub.rooms.log import LockedRoom, RoomLog
from livehub.hub.rooms.registry import RoomRegistry
from livehub.hub.rooms.room_hosts import kind_in
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
        hosted: HostedRooms,
    ) -> None:
        self._config = config
        self._database = database
        self._log = log
        self._rooms = rooms
        self._listing = listing
        self._hosted = hosted

    def endpoints(self) -> list[Endpoint]:
        not_found = (RoomNotFound, errors.Unavailable)
        room = "/api/rooms/{room}"
        return [
            get(
                "/api/rooms", self.rooms, reply=schemas.RoomList, query=schemas.RoomQuery,
                errors=(errors.Unauthenticated, errors.Unavailable),
            ),
            post(
                "/api/rooms", self.create, may=RUN, of_no_room=True, body=schemas.RoomRequest, reply=schemas.RoomPage,
                status=201, errors=(RoomExists, UploadNotFound),
            ),
            get(room, self.room, reply=schemas.RoomPage, errors=not_found),
            post(
                room, self.edit, may=RUN, body=schemas.RoomEdit, reply=schemas.Placed,
                errors=(*not_found, ShowBegun, StartInPast, UploadNotFound), method="PATCH",
            ),
            post(
                f"{room}/state", self.set_state, may=RUN, body=schemas.StateRequest, reply=schemas.Placed,
                errors=(*not_found, ShowTransition),
            ),
        ]  # fmt: skip

    async def rooms(self, call: Call[None]) -> schemas.RoomList:
        """All rooms, live ones first; or those of the caller."""
        rooms = await self._listing.summaries()
        if call.query.mine:
            rooms = await self._own(rooms, call.identity)
        return schemas.RoomList(rooms=rooms, time_zone=self._config.time_zone)

    async def _own(self, rooms: list[schemas.RoomSummary], person: Identity | None) -> list[schemas.RoomSummary]:
        """Those in which the person is something, each with what; whoever runs every room has them all."""
        if person is None or person.role is Role.GUEST:
            raise errors.Unauthenticated
        async with self._database.connection() as connection:
            kinds = await self._hosted.of(connection, person.id, self._config.lists_max)
        own = [room for room in rooms if person.runs_all_rooms or room.id in kinds]
        return [structs.replace(room, you=kinds[room.id].value if room.id in kinds else None) for room in own]

    async def room(self, call: Call[None]) -> schemas.RoomPage:
        """A room as it is now."""
        live = await self._rooms.open(call.path["room"])
        kind = None if call.identity is None else kind_in(live.state, call.identity.id)
        return schemas.RoomPage(
            room=live.snapshot(),
            epoch=live.position.epoch,
            offset=live.position.offset,
            you=None if kind is None else kind.value,
        )

    async def create(self, call: Call[schemas.RoomRequest]) -> schemas.RoomPage:
        """Make a room."""
        body = call.body
        chance = secrets.token_bytes(CHANCE_BYTES)
        starts_ts = _ms(body.starts_at)
        room = body.id or f"room-{short_id(chance)}"
        details = Details(
            title=clean(body.title, 120),
            host=self._host(call.person) if body.host is None else await _shown(call, body.host),
            poster=await _poster(call, body.poster),
            show=Show(status="scheduled", since_ts=call.now_ms, starts_ts=starts_ts),
            titles=clean_each(body.titles, 120) if body.titles else UNSET,
        )
        epoch = short_id(secrets.token_bytes(5))
        stored = await self._log.create(
            call.tx, room, {DETAILS: details}, epoch=epoch, by=call.person.id, now_ms=call.now_ms
        )
        action = Action(type="room_create", subject=room, after={"title": details.title}, data={"title": details.title})
        await record(call.tx.connection, room, [action], by=call.person, now_ms=call.now_ms)
        call.tx.after_commit(self._listing.changed)
        registry = self._log.registry
        snapshot = Snapshot(
            view=registry.view(stored.state), likes=0, viewers=0, chats=(), ts=call.now_ms, bounds=registry.shown_bounds
        )
        return schemas.RoomPage(
            room=snapshot, epoch=stored.position.epoch, offset=stored.position.offset, you=RoomKind.HOST.value
        )

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
        host = None if body.host is None else await _shown(call, body.host)
        poster = await _poster(call, body.poster)
        data = edited(
            room.state, title=title, host=host, poster=poster, notice=notice,
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


async def _poster(call: Call[Any], given: str | None) -> str | None:
    """Its address. Raises UploadNotFound."""
    return await picture(
        call.tx.connection, given, by=call.person, used_as="poster", field="poster", now_ms=call.now_ms
    )


async def _shown(call: Call[Any], host: schemas.HostRequest) -> Host:
    """As rooms show it. Raises TextEmpty, UploadNotFound."""
    avatar = await picture(
        call.tx.connection, host.avatar, by=call.person, used_as="avatar", field="host.avatar", now_ms=call.now_ms
    )
    names = clean_each(host.names, 120) if host.names else UNSET
    return Host(name=clean(host.name, 120), avatar=avatar, names=names)


def _edited(texts: Mapping[Language, str] | UnsetType | None, chars_max: int) -> InLanguages | UnsetType | None:
    return texts if texts is UNSET or texts is None else clean_each(texts, chars_max)


def _as_host(person: Identity) -> Host:
    """A name in a token may be longer than that of a host."""
    return Host(name=shortened(person.name, 120))
