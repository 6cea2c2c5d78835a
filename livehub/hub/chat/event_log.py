"""HTTP: what has been done in a room, and by whom, latest first, for staff who open the console later.

It is read off what is stored anyway: the room's control messages and what moderators decided of held lines. So it goes back as
far as these are kept (LIVEHUB_CONTROLS_KEPT_S, LIVEHUB_CHATS_KEPT_S), and what versions before wrote has no `by`.
"""

from typing import Any

import msgspec
from msgspec import Struct

from livehub.base.auth import Permission
from livehub.base.config import Config
from livehub.base.db import Database
from livehub.base.endpoints import Call, Endpoint, get
from livehub.base.errors import BadRequest
from livehub.base.lists import PageQuery, page, place
from livehub.base.sql import queries
from livehub.hub.chat.moderation import names_of
from livehub.hub.rooms.log import room_exists
from livehub.room.errors import RoomNotFound

Q = queries(__file__, "event_log.sql")

LIFTED = {"mute": "unmute", "ban": "unban"}  # by what they are, since a message of either says 0 for its end


class Actor(Struct, frozen=True, kw_only=True):
    """A person; `name` is empty where none is known."""

    id: str
    name: str


class PastEvent(Struct, frozen=True, kw_only=True):
    """`type`: that of the control message, or `unmute`, `unban` (a restriction was lifted), `held_approve`, `held_reject`.

    `id` is the event's own in its room. `data` is that of the message, or `{line}`. `by`: whose doing it was, null for what
    came by itself; `about`: whom it met.
    """

    id: str
    ts: int
    type: str
    data: dict[str, Any]
    by: Actor | None
    about: Actor | None


class PastEvents(Struct, frozen=True, kw_only=True):
    """Latest first."""

    items: list[PastEvent]
    next: str | None = None


class EventLogApi:
    def __init__(self, config: Config, database: Database) -> None:
        self._config = config
        self._database = database

    def endpoints(self) -> list[Endpoint]:
        return [
            get(
                "/api/rooms/{room}/events", self.events, reply=PastEvents, may=Permission.RUN_SHOWS, query=PageQuery,
                errors=(RoomNotFound, BadRequest),
            ),
        ]  # fmt: skip

    async def events(self, call: Call[None]) -> PastEvents:
        """What has been done in the room, latest first."""
        room, asked = call.path["room"], call.query
        most = asked.most(self._config.lists_max)
        before_ts, before_key = place(asked.after) or (None, None)
        async with self._database.connection() as connection:
            await room_exists(connection, room)
            rows = await connection.fetch(Q["past_events"], room, before_ts, before_key, most + 1)
            rows, is_more = page(rows, most)
            read = [_read(row["type"], row["data"]) for row in rows]
            people = {user for _, _, user in read if user} | {
                row["by_id"] for row in rows if row["by_id"] and not row["by_name"]
            }
            names = await names_of(connection, room, sorted(people)) if people else {}
        items = [
            PastEvent(
                id=row["key"],
                ts=row["ts"],
                type=type_,
                data=data,
                by=_actor(row["by_id"], row["by_name"] or names.get(row["by_id"], "")),
                about=_actor(user, names.get(user or "", "")),
            )
            for row, (type_, data, user) in zip(rows, read, strict=True)
        ]
        return PastEvents(items=items, next=f"{rows[-1]['ts']}.{rows[-1]['key']}" if is_more else None)


def _read(type_: str, stored: str) -> tuple[str, dict[str, Any], str | None]:
    """What it is, its data, and whom it is about."""
    try:
        data = msgspec.json.decode(stored, type=dict[str, Any])
    except msgspec.DecodeError:
        return type_, {}, None  # what somebody wrote past the server
    user = data.get("user")
    if type_ in LIFTED and data.get("until_ts") == 0:
        type_ = LIFTED[type_]
    return type_, data, user if isinstance(user, str) else None


def _actor(id_: str | None, name: str) -> Actor | None:
    return None if id_ is None else Actor(id=id_, name=name)
