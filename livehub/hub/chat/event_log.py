"""HTTP: what has been done in a room, by whom and to whom, latest first.

It is the room's control messages, each of which says who wrote it, and what staff did beside them (hub/rooms/actions.py).
Nothing in it is ever changed, so it is history, and goes back as far as these are kept (LIVEHUB_CONTROLS_KEPT_S; what is
about chat lines LIVEHUB_CHATS_KEPT_S). What versions before wrote has no `by`, or one without a name.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any

import msgspec
from asyncpg import Record
from msgspec import Meta, Struct

from livehub.base import csv
from livehub.base.auth import Permission
from livehub.base.config import Config
from livehub.base.db import Connection, Database
from livehub.base.endpoints import Call, Endpoint, get
from livehub.base.errors import BadRequest
from livehub.base.lists import PageQuery, page, place
from livehub.base.moment import moment
from livehub.base.sql import queries
from livehub.base.streamed import Streamed
from livehub.hub.chat.moderation import names_of
from livehub.hub.chat.room_messages import FOR_GOOD_TS
from livehub.hub.rooms.chat_rows import line_of
from livehub.hub.rooms.log import Why, room_exists
from livehub.people import list_files
from livehub.people.list_files import ROWS_PER_QUERY, ListFiles
from livehub.room.errors import RoomNotFound
from livehub.room.models import ChatLine, Id, PersonId

Q = queries(__file__, "event_log.sql")

LIFTED = {"mute": "unmute", "ban": "unban"}  # by what they are, since a message of either says 0 for its end
STORED = {told: stored for stored, told in LIFTED.items()}
TYPES_MAX = 50
COLUMNS = (
    "at", "type", "by", "by_name", "about", "about_name", "line", "was", "became", "ended", "ended_by", "reason", "data",
)  # fmt: skip


class Actor(Struct, frozen=True, kw_only=True):
    """A person; `name` is empty where none is known."""

    id: str
    name: str


class Ended(Struct, frozen=True, kw_only=True):
    """When a mute or ban was over. `by`: who lifted it or set another; null: its time was up."""

    ts: int
    by: Actor | None


class PastEvent(Struct, frozen=True, kw_only=True):
    """`type`: that of the control message, or of what else staff did; `unmute`, `unban`: a restriction was lifted.

    `id` is the event's own in its room. `data` is that of the message, or what it was about. `by`: whose doing it was, null
    for what came by itself, and of a `report` for who may not know; `about`: whom it met. `was`, `became`: states before and
    after of what was decided about. `line`: the chat line it is about, while that is kept. `reason`: why, in the words of
    whoever did it. `ended`: of a mute or ban that is over.
    """

    id: str
    ts: int
    type: str
    data: dict[str, Any]
    by: Actor | None
    about: Actor | None
    was: str | None = None
    became: str | None = None
    line: ChatLine | None = None
    reason: str = ""
    ended: Ended | None = None


class PastEvents(Struct, frozen=True, kw_only=True):
    """Latest first. `time_zone`: the shop's (IANA), in which pages show the moments."""

    items: list[PastEvent]
    next: str | None = None
    time_zone: str = "UTC"


class EventQuery(PageQuery, frozen=True, kw_only=True):
    """Which events; all without it. `types`: with commas between them, and with a restriction's comes its lifting; `person`:
    whose doing it was, or whom it met; `line`: the history of a chat line.
    """

    types: Annotated[str, Meta(min_length=1, max_length=1_000, pattern=r"^[a-z_,]*$(?!\n)")] | None = None
    person: PersonId | None = None
    line: Id | None = None


class EventLogApi:
    def __init__(self, config: Config, database: Database, files: ListFiles) -> None:
        self._config = config
        self._database = database
        self._files = files

    def endpoints(self) -> list[Endpoint]:
        return [
            get(
                "/api/rooms/{room}/events", self.events, reply=PastEvents, may=Permission.MODERATE, query=EventQuery,
                errors=(RoomNotFound, BadRequest),
            ),
        ]  # fmt: skip

    async def events(self, call: Call[None]) -> PastEvents | Streamed:
        """What has been done in the room, latest first; with an `Accept` of CSV or a spreadsheet all of it as a file."""
        asked: EventQuery = call.query
        start = place(asked.after)
        if list_files.is_wanted(call.request):
            # A file that has begun can refuse nothing any more.
            _stored_types(asked.types)
            async with self._database.connection() as connection:
                await room_exists(connection, call.path["room"])
            return await self._files.begin(call, "events", COLUMNS, self._pages(call, start), room=call.path["room"])
        items, after = await self._page(call, start, asked.most(self._config.lists_max))
        return PastEvents(items=items, next=after, time_zone=self._config.time_zone)

    async def _page(
        self, call: Call[None], start: tuple[int, str] | None, most: int
    ) -> tuple[list[PastEvent], str | None]:
        room, asked = call.path["room"], call.query
        before_ts, before_key = start or (None, None)
        types = _stored_types(asked.types)
        may_know = call.person.may(Permission.SEE_REPORTERS)
        async with self._database.connection() as connection:
            await room_exists(connection, room)
            rows = await connection.fetch(
                Q["past_events"], room, before_ts, before_key, most + 1, types, asked.person, asked.line, may_know
            )
            rows, is_more = page(rows, most)
            items = await _told(connection, room, [_Row(row) for row in rows], now_ms=call.now_ms)
        return items, f"{rows[-1]['ts']}.{rows[-1]['key']}" if is_more else None

    async def _pages(
        self, call: Call[None], start: tuple[int, str] | None
    ) -> AsyncIterator[Sequence[Sequence[csv.Cell]]]:
        is_more = True
        while is_more:
            items, after = await self._page(call, start, ROWS_PER_QUERY)
            yield [_cells(item) for item in items]
            is_more, start = after is not None, place(after)


class _Row:
    """A stored event, read: what it is, its data, whom and which line it is about."""

    __slots__ = ("about_id", "by_id", "data", "line", "line_id", "row", "type", "until_ts", "user", "why")

    def __init__(self, row: Record) -> None:
        self.row = row
        self.type: str = row["type"]
        self.data = _object(row["data"])
        self.why = _why(row["why"])
        line = self.data.get("line")
        self.line = _line(line)
        self.line_id: str | None = line if isinstance(line, str) else self.why.line
        user, until_ts = self.data.get("user"), self.data.get("until_ts")
        self.user = user if isinstance(user, str) else None
        self.until_ts = until_ts if self.type in LIFTED and isinstance(until_ts, int) else None
        if self.until_ts == 0:
            self.type, self.until_ts = LIFTED[self.type], None
        self.about_id: str | None = row["about_id"] or self.user or (self.line.user if self.line else None)


async def _told(connection: Connection, room: str, read: Sequence[_Row], *, now_ms: int) -> list[PastEvent]:
    lines = await _lines(connection, room, [it.line_id for it in read if it.line_id and it.line is None])
    for it in read:
        it.line = it.line or lines.get(it.line_id or "")
        it.about_id = it.about_id or (it.line.user if it.line else None)
    followed = await _next(connection, room, read)
    unnamed = {it.row["by_id"] for it in read if it.row["by_id"] and not it.row["by_name"]}
    people = sorted(unnamed | {it.about_id for it in read if it.about_id})
    names = await names_of(connection, room, people) if people else {}
    return [
        PastEvent(
            id=it.row["key"],
            ts=it.row["ts"],
            type=it.type,
            data=it.data,
            by=_actor(it.row["by_id"], it.row["by_name"] or names.get(it.row["by_id"], "")),
            about=_actor(it.about_id, names.get(it.about_id or "", "") or _name(it)),
            was=it.row["was"],
            became=it.row["became"],
            line=it.line,
            reason=it.why.reason,
            ended=_ended(it, followed.get(index), now_ms),
        )
        for index, it in enumerate(read)
    ]


async def _lines(connection: Connection, room: str, ids: list[str]) -> dict[str, ChatLine]:
    rows = await connection.fetch(Q["lines"], room, ids) if ids else []
    return {row["id"]: line_of(row) for row in rows}


async def _next(connection: Connection, room: str, read: Sequence[_Row]) -> dict[int, Ended]:
    """What followed each mute and ban, by its place in the list."""
    places = [place for place, it in enumerate(read) if it.until_ts is not None]
    if not places:
        return {}
    of = [read[place] for place in places]
    rows = await connection.fetch(
        Q["next_restrictions"], room, [it.type for it in of], [it.user for it in of],
        [it.row["ts"] for it in of], [it.row["offset"] for it in of],
    )  # fmt: skip
    return {places[row["n"] - 1]: Ended(ts=row["ts"], by=_actor(row["by_id"], row["by_name"] or "")) for row in rows}


def _ended(it: _Row, followed: Ended | None, now_ms: int) -> Ended | None:
    """By what came first: its own end, or what was said next of that person."""
    if it.until_ts is None:
        return None
    if followed is not None and followed.ts < it.until_ts:
        return followed
    return Ended(ts=it.until_ts, by=None) if it.until_ts <= min(now_ms, FOR_GOOD_TS - 1) else None


def _stored_types(asked: str | None) -> list[str] | None:
    """Raises BadRequest."""
    if asked is None:
        return None
    types = {STORED.get(type_, type_) for type_ in asked.split(",")}
    if len(types) > TYPES_MAX:
        raise BadRequest(f"types: at most {TYPES_MAX}.")
    return sorted(types)


def _object(stored: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(stored, type=dict[str, Any])
    except msgspec.DecodeError:
        return {}  # what somebody wrote past the server


def _why(stored: str | None) -> Why:
    try:
        return Why() if stored is None else msgspec.json.decode(stored, type=Why)
    except msgspec.DecodeError:
        return Why()


def _line(stored: Any) -> ChatLine | None:
    try:
        return msgspec.convert(stored, ChatLine) if isinstance(stored, dict) else None
    except msgspec.ValidationError:
        return None


def _name(it: _Row) -> str:
    """What the event itself says of the name of whom it met."""
    said: str | None = it.row["about_name"]
    return said or (it.line.name if it.line is not None and it.line.user == it.about_id else "")


def _actor(id_: str | None, name: str) -> Actor | None:
    return None if id_ is None else Actor(id=id_, name=name)


def _cells(it: PastEvent) -> list[csv.Cell]:
    by, about, ended = it.by or Actor(id="", name=""), it.about or Actor(id="", name=""), it.ended
    line = it.line.text if it.line is not None else None
    ended_by = ended.by.name if ended is not None and ended.by is not None else None
    return [
        moment(it.ts), it.type, by.id, by.name, about.id, about.name, line, it.was, it.became,
        moment(ended.ts) if ended else None, ended_by, it.reason, msgspec.json.encode(it.data).decode(),
    ]  # fmt: skip
