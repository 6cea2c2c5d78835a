"""The list of rooms, as anybody may ask for it: read at most once in FRESH_S, whoever asks and however often.

PostgreSQL keeps the members of a room that a list shows in columns of their own, so no whole state is read; and what is read as
it was the last time is not decoded again. A room that cannot be read is left out, and told of (log.read_room).
"""

import asyncio
import time

from msgspec import structs

from livehub.base.db import Database
from livehub.base.sql import queries
from livehub.hub.rooms import schemas
from livehub.hub.rooms.counters import VIEWERS_BELIEVED
from livehub.hub.rooms.log import read_room
from livehub.hub.rooms.registry import RoomRegistry
from livehub.hub.settings import HubConfig
from livehub.room.controls import Registry
from livehub.room.errors import RoomUnreadable
from livehub.room.room_messages import DETAILS

Q = queries(__file__, "listing.sql")

FRESH_S = 1.0

Known = tuple[str, schemas.RoomSummary | None]
"""A room's members as they were stored, and what was made of them; None: unreadable."""


class RoomListing:
    """A change by this process is seen at once (`changed`), another's within FRESH_S."""

    def __init__(self, config: HubConfig, database: Database, registry: Registry, rooms: RoomRegistry) -> None:
        self._config = config
        self._database = database
        self._registry = registry
        self._rooms = rooms
        self._known: dict[str, Known] = {}
        self._likes: dict[str, int] = {}
        self._viewers: dict[str, int] = {}
        self._on_air: set[str] = set()
        self._read_s = float("-inf")
        self._version = 0
        self._lock = asyncio.Lock()

    def changed(self) -> None:
        """A room was made or changed here."""
        self._version += 1
        self._read_s = float("-inf")

    async def summaries(self) -> list[schemas.RoomSummary]:
        """All rooms, live ones first, at most `lists_max`. Raises Unavailable."""
        await self._freshen()
        return [self._now(summary) for _, summary in self._known.values() if summary is not None]

    async def summary(self, room: str) -> schemas.RoomSummary | None:
        """One of them; None: it is not in the list. Raises Unavailable."""
        await self._freshen()
        _, summary = self._known.get(room, ("", None))
        return None if summary is None else self._now(summary)

    async def _freshen(self) -> None:
        if time.monotonic() - self._read_s >= FRESH_S:
            async with self._lock:
                if time.monotonic() - self._read_s >= FRESH_S:
                    await self._read()

    async def _read(self) -> None:
        version, now_s = self._version, time.monotonic()
        async with self._database.connection() as connection:
            rows = await connection.fetch(Q["rooms"], self._config.lists_max, VIEWERS_BELIEVED)
        self._known = {row["id"]: self._decoded(row["id"], row["state"]) for row in rows}
        self._likes = {row["id"]: row["likes"] for row in rows}
        self._viewers = {row["id"]: row["viewers"] for row in rows}
        self._on_air = {row["id"] for row in rows if row["on_air"]}
        if version == self._version:  # else it may be from before the change
            self._read_s = now_s

    def _decoded(self, room: str, stored: str) -> Known:
        known = self._known.get(room)
        return known if known is not None and known[0] == stored else (stored, self._summary(room, stored))

    def _summary(self, room: str, stored: str) -> schemas.RoomSummary | None:
        try:
            state = read_room(self._registry, room, stored).state
        except RoomUnreadable:
            return None
        details = state[DETAILS]
        return schemas.RoomSummary(
            id=room,
            title=details.title,
            host=details.host,
            poster=details.poster,
            show=details.show,
            pin=self._registry.member(state, "pin"),
            viewers=0,
            likes=0,
            titles=details.titles,
        )

    def _now(self, summary: schemas.RoomSummary) -> schemas.RoomSummary:
        live = self._rooms.get(summary.id)
        viewers = live.viewer_count if live is not None else self._viewers[summary.id]
        likes = live.likes.total if live is not None else self._likes[summary.id]
        return structs.replace(summary, viewers=viewers, likes=likes, on_air=summary.id in self._on_air)
