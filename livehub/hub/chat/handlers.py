"""What viewers say: chat lines, and reports of them. The handlers of the socket's events.

Chat never waits for anything; what must be stored before it is acknowledged returns an awaitable.
"""

import random
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from msgspec import Struct

from livehub.base.auth import Identity, Permission, require
from livehub.base.db import Database
from livehub.base.ids import CHANCE_BYTES, ordered_id
from livehub.base.limits import RateLimiter, check_wait
from livehub.base.text import clean
from livehub.hub.chat import moderation
from livehub.hub.chat.errors import LineNotFound
from livehub.hub.chat.room_messages import check_slow_mode, check_speaker
from livehub.hub.chat.settings import ChatConfig
from livehub.hub.chat.store import ChatLog
from livehub.hub.chat.words import Words
from livehub.hub.rooms.registry import RoomRegistry
from livehub.hub.rooms.room import Room
from livehub.hub.rooms.room_hosts import badge_in, may_in
from livehub.hub.sockets.connection import Connection
from livehub.hub.sockets.router import Handler
from livehub.room import wire
from livehub.room.models import ChatLine
from livehub.room.moderation import check_words


class ChatEvents:
    def __init__(
        self,
        config: ChatConfig,
        database: Database,
        rooms: RoomRegistry,
        *,
        chatlog: ChatLog,
        words: Words,
        now_s: Callable[[], float],
    ) -> None:
        self._config = config
        self._database = database
        self._rooms = rooms
        self._chatlog = chatlog
        self._words = words
        self._now_s = now_s
        keys_max = config.limiter_keys_max
        self._chat_limit = RateLimiter(
            per_s_max=config.chat_per_s_max, burst_max=config.chat_burst_max, keys_max=keys_max
        )
        self._report_limit = RateLimiter(
            per_s_max=config.report_per_s_max, burst_max=config.report_burst_max, keys_max=keys_max
        )

    def handlers(self) -> dict[str, Handler]:
        return {"chat": self.chat, "report": self.report}

    def chat(self, connection: Connection, body: wire.Chat) -> Struct | Awaitable[Struct]:
        """Say a line; one that the word lists hold goes to the moderators instead."""
        if not self._words.is_loaded:
            return self._chat_later(connection, body)
        now_ms = int(self._now_s() * 1000)
        live, person = speaker(self._rooms, connection, body.room, now_ms=now_ms)
        text = clean(body.text, self._config.chat_text_chars_max)
        steady_s = time.monotonic()
        steady_ms = int(steady_s * 1000)
        is_staff = may_in(live.state, person, Permission.MODERATE)
        if not is_staff:
            check_slow_mode(live.state, live.chat.last_spoke_ms(person.id), now_ms=steady_ms)
            check_wait(self._chat_limit.wait_s(person.id, steady_s))
        held = check_words(self._words.filter, text) and not is_staff
        line = ChatLine(
            id=ordered_id(now_ms, random.randbytes(CHANCE_BYTES)),  # no secret, and one for every line
            user=person.id,
            name=person.name,
            role=person.role.value,
            text=text,
            ts=now_ms,
            badge=badge_in(live.state, person),
        )
        live.chat.spoke(person.id, steady_ms)
        if held:
            return self._hold(live, line)
        live.say(line, connection)
        self._chatlog.add(live.id, line)
        return wire.DoneWithId(id=line.id)

    async def _chat_later(self, connection: Connection, body: wire.Chat) -> Struct:
        await self._words.loaded()
        outcome = self.chat(connection, body)
        return outcome if isinstance(outcome, Struct) else await outcome

    async def _hold(self, live: Room, line: ChatLine) -> Struct:
        matched = self._words.marks.of(line.text)
        async with self._database.connection() as connection:
            await moderation.hold(connection, live.id, line, matched)
        row = moderation.held_now(line, datetime.fromtimestamp(line.ts / 1000, UTC), matched)
        live.tell_staff(live.staff_item("held", row, line.ts))
        return wire.DoneWithId(id=line.id, held=True)

    async def report(self, connection: Connection, body: wire.Report) -> Struct:
        """Tell the moderators of a line."""
        require(connection.identity, Permission.SPEAK)
        live = self._rooms.joined(connection, body.room)
        user = connection.person.id
        check_wait(self._report_limit.wait_s(user, time.monotonic()))
        seen = next((line for line in live.chat.recent if line.id == body.line), None)
        now_ms = int(self._now_s() * 1000)
        async with self._database.transaction() as tx:
            line = seen or await moderation.stored_line(tx.connection, live.id, body.line)
            if line.user == user:
                raise LineNotFound("This line is your own.")
            held = await moderation.report(
                tx, live.id, line, connection.person, now_ms=now_ms,
                needed=self._config.reports_min, rounds_max=self._config.report_rounds_max,
            )  # fmt: skip
        if held is not None:
            live.tell_staff(live.staff_item("report", held, now_ms))
        return wire.Done()


def speaker(rooms: RoomRegistry, connection: Connection, room: str, *, now_ms: int) -> tuple[Room, Identity]:
    """The room, and who is about to say something in it. Raises Unauthenticated, Forbidden, NotJoined, Banned, Muted."""
    require(connection.identity, Permission.SPEAK)
    live = rooms.joined(connection, room)
    person = connection.person
    check_speaker(live.state, person.id, now_ms=now_ms)
    return live, person
