"""Whose rooms are whose, as PostgreSQL has it: asked before every call whose right is one of rooms (base/http.py)."""

from collections.abc import Mapping

from msgspec import Struct

from livehub.base.auth import Identity, Permission, RoomKind
from livehub.base.db import Connection, Database
from livehub.base.person_tables import OnErasure, PersonTable
from livehub.base.sql import queries
from livehub.hub.rooms.room import Effect, Room
from livehub.hub.rooms.room_hosts import HostNamed
from livehub.hub.sockets.frames import Frame
from livehub.room.errors import NotYourRoom
from livehub.room.wire import Control

Q = queries(__file__, "hosts.sql")

PERSON_TABLES = (
    # Not merged: people are named with the account that they run a room with, and `hosts` of its state would not follow.
    PersonTable(
        table="room_hosts",
        columns=("person",),
        theirs=("person",),
        on_erasure=OnErasure.DELETE,
        export=Q["export_hosts"],
        erase=Q["erase_hosts"],
    ),
    PersonTable(
        table="room_invitations",
        columns=("by_id", "by_name", "accepted_by"),
        theirs=("by_id", "accepted_by"),
        on_erasure=OnErasure.DELETE,
        export=Q["export_invitations"],
        erase=Q["erase_invitations"],
    ),
)


class HostedRooms:
    """As RoomRights and HostNames. `of_rooms`: the queries of Module.of_rooms."""

    def __init__(self, database: Database, of_rooms: Mapping[str, str]) -> None:
        self._database = database
        self._of_rooms = of_rooms

    def leads_to_room(self, variable: str) -> bool:
        return variable == "room" or variable in self._of_rooms

    async def require(self, identity: Identity, permission: Permission, variable: str, value: str) -> None:
        async with self._database.connection() as connection:
            room = value if variable == "room" else await connection.fetchval(self._of_rooms[variable], value)
            row = None if room is None else await connection.fetchrow(Q["kind_in_room"], room, identity.id)
        if row is not None and not identity.may_in(permission, _kind(row["kind"])):
            raise NotYourRoom

    async def of(self, connection: Connection, person: str, most: int) -> dict[str, RoomKind]:
        """The rooms in which a person is something, and what; the latest, at most so many."""
        return {row["room"]: RoomKind(row["kind"]) for row in await connection.fetch(Q["rooms_of"], person, most)}

    async def host_names(self, connection: Connection, most: int) -> list[str]:
        return [row["name"] for row in await connection.fetch(Q["host_names"], most)]


def _kind(stored: str | None) -> RoomKind | None:
    return None if stored is None else RoomKind(stored)


def _host_named(live: Room, _control: Control, data: Struct, _frame: Frame) -> None:
    assert isinstance(data, HostNamed)
    live.place_again(data.user)


HOST_EFFECTS: Mapping[str, Effect] = {"host": _host_named}
