"""Live figures of a room: for whoever asks, and every FIGURES_PAUSE_S for the staff who watch it."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from livehub.base.auth import Permission
from livehub.base.db import Connection, Database
from livehub.base.endpoints import Call, Endpoint, get
from livehub.base.errors import LivehubError
from livehub.base.tasks import Tasks
from livehub.hub.chat import moderation
from livehub.hub.chat.schemas import Figures
from livehub.hub.rooms import defects
from livehub.hub.rooms.registry import RoomRegistry
from livehub.hub.rooms.room import Room
from livehub.room.errors import RoomNotFound

FIGURES_PAUSE_S = 2.0


class OpenQuestions(Protocol):
    """Counts the questions of a room that nobody has answered yet; provided by the module that keeps them."""

    async def open_count(self, connection: Connection, room: str) -> int: ...


class StaffFigures:
    """`questions()`: who counts open questions, None if there are none in this installation."""

    def __init__(
        self,
        database: Database,
        rooms: RoomRegistry,
        *,
        questions: Callable[[], OpenQuestions | None],
        now_s: Callable[[], float],
    ) -> None:
        self._database = database
        self._rooms = rooms
        self._questions = questions
        self._now_s = now_s
        self._tasks = Tasks()

    def endpoints(self) -> list[Endpoint]:
        return [
            get(
                "/api/rooms/{room}/figures", self.figures, reply=Figures, may=Permission.RUN_SHOWS,
                errors=(RoomNotFound,),
            ),
        ]  # fmt: skip

    def start(self) -> None:
        self._tasks.start("staff figures", self._tell_forever)

    async def stop(self) -> None:
        await self._tasks.stop()

    async def figures(self, call: Call[None]) -> Figures:
        """The room's live figures."""
        return await self._of(await self._rooms.open(call.path["room"]))

    async def _of(self, live: Room) -> Figures:
        """Raises Unavailable."""
        questions = self._questions()
        async with self._database.connection() as connection:
            held = await moderation.waiting_count(connection, live.id)
            is_open = 0 if questions is None else await questions.open_count(connection, live.id)
        chats_per_s, likes_per_s = live.rates()
        return Figures(
            viewers=live.viewer_count,
            viewers_peak=live.viewers_peak,
            viewers_unique=live.people_count,
            likes=live.likes.total,
            chats=live.chat.count,
            chats_per_s=chats_per_s,
            likes_per_s=likes_per_s,
            questions_open=is_open,
            held=held,
        )

    async def _tell_forever(self) -> None:
        while True:
            await asyncio.sleep(FIGURES_PAUSE_S)
            for room in self._rooms.all():
                try:
                    await self._tell(room)
                except LivehubError:
                    break  # PostgreSQL is away; the next round tries again
                except Exception as error:  # noqa: BLE001
                    defects.report("figures", room.id, error)

    async def _tell(self, room: Room) -> None:
        if room.has_staff:
            figures = await self._of(room)
            room.show_staff(room.staff_item("figures", figures, int(self._now_s() * 1000)))
