"""What viewers do in a room: join, leave, chat, like, ask, answer, report, read. The handlers of the socket's events.

Chat and likes never wait for anything; what must be stored before it is acknowledged returns a future.
"""

import random
import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct

from livehub.base.auth import Identity, Permission, Role, require
from livehub.base.config import Config
from livehub.base.db import Database
from livehub.base.errors import Banned, LineNotFound, NotJoined, QuizClosed, QuizNotFound, TooFast, TooManyRooms
from livehub.base.ids import CHANCE_BYTES, ordered_id
from livehub.base.limits import RateLimiter
from livehub.base.metrics import JOINS
from livehub.base.sql import queries
from livehub.hub import moderating
from livehub.hub.answers import AnswerRow, Answers
from livehub.hub.bodies import QuestionRow
from livehub.hub.chatlog import ChatLog
from livehub.hub.connection import Connection
from livehub.hub.directs import Directs
from livehub.hub.dispatch import Dispatcher
from livehub.hub.liveroom import LiveRoom
from livehub.hub.moderating import Words
from livehub.hub.rooms import LiveRooms
from livehub.room import wire
from livehub.room.moderation import check_slow_mode, check_speaker, check_words, clean
from livehub.room.quiz import check_answer
from livehub.room.shown import ChatLine
from livehub.room.state import is_banned

Q = queries(__file__, "questions.sql")


class RoomEvents:
    """See the module."""

    def __init__(
        self,
        config: Config,
        database: Database,
        rooms: LiveRooms,
        *,
        answers: Answers,
        chatlog: ChatLog,
        directs: Directs,
        words: Words,
        now_s: Callable[[], float],
    ) -> None:
        self._config = config
        self._database = database
        self._rooms = rooms
        self._answers = answers
        self._chatlog = chatlog
        self._directs = directs
        self._words = words
        self._now_s = now_s
        keys_max = config.limiter_keys_max
        self._chat_limit = RateLimiter(
            per_s_max=config.chat_per_s_max, burst_max=config.chat_burst_max, keys_max=keys_max
        )
        self._ask_limit = RateLimiter(per_s_max=config.ask_per_s_max, burst_max=config.ask_burst_max, keys_max=keys_max)
        self._report_limit = RateLimiter(
            per_s_max=config.report_per_s_max, burst_max=config.report_burst_max, keys_max=keys_max
        )

    def register(self, dispatcher: Dispatcher) -> None:
        """Take these events."""
        dispatcher.on("join", self.join)
        dispatcher.on("leave", self.leave)
        dispatcher.on("chat", self.chat)
        dispatcher.on("like", self.like)
        dispatcher.on("ask", self.ask)
        dispatcher.on("answer", self.answer)
        dispatcher.on("report", self.report)
        dispatcher.on("read", self.read)

    # --- coming and going ---

    def join(self, connection: Connection, body: wire.Join) -> Struct | Awaitable[Struct]:
        """Enter a room; the acknowledgement holds what the client needs to be in step."""
        if body.room not in connection.rooms and len(connection.rooms) >= self._config.socket_rooms_max:
            raise TooManyRooms
        ready = self._rooms.ready_now(body.room, body.since)
        return self._enter(connection, body, *ready) if ready is not None else self._join_later(connection, body)

    async def _join_later(self, connection: Connection, body: wire.Join) -> Struct:
        return self._enter(connection, body, *await self._rooms.ready(body.room, body.since))

    def _enter(
        self, connection: Connection, body: wire.Join, live: LiveRoom, missed: list[wire.Control] | None
    ) -> Struct:
        """In one step with `ready`: the snapshot, the list of viewers and the answer are of one moment."""
        now_s = self._now_s()
        identity = _identity(connection)
        if is_banned(live.state, identity.id, int(now_s * 1000)):
            raise Banned
        if connection.closed is not None or connection.gone:
            raise NotJoined
        live.enter(connection, now_s)
        if body.since is None or identity.id != f"guest-{connection.sid}":  # who is nobody in particular, and was here
            live.people.add(identity.id)
        connection.enter_room(live.id)
        JOINS[missed is not None].inc()
        return live.joined(missed, now_s)

    def leave(self, connection: Connection, body: wire.Leave) -> Struct:
        """Leave a room."""
        self._joined(connection, body.room)
        self._out(connection, body.room)
        return wire.Done()

    def gone(self, connection: Connection) -> None:
        """The connection is closed: leave every room."""
        for room in connection.rooms:
            self._out(connection, room)

    def _out(self, connection: Connection, room: str) -> None:
        connection.leave_room(room)
        live = self._rooms.get(room)
        if live is not None:
            live.leave(connection, self._now_s())

    # --- what passes ---

    def chat(self, connection: Connection, body: wire.Chat) -> Struct | Awaitable[Struct]:
        """Say a line; one that the word lists hold goes to the moderators instead."""
        live, identity, now_ms = self._speaker(connection, body.room)
        text = clean(body.text, self._config.chat_text_chars_max)
        if not identity.is_staff:
            check_slow_mode(live.state, live.last_spoke_ms.get(identity.id), now_ms=now_ms)
            _limited(self._chat_limit.wait_s(identity.id, now_ms / 1000))
        held = check_words(self._words.filter, text) and not identity.is_staff
        line = self._line(identity, text, now_ms)
        live.spoke(identity.id, now_ms, self._config.limiter_keys_max)
        if held:
            return self._hold(live, line)
        live.say(line, connection)
        self._chatlog.add(live.id, line)
        self._rooms.wake(live.id)
        return wire.DoneWithId(id=line.id)

    async def _hold(self, live: LiveRoom, line: ChatLine) -> Struct:
        async with self._database.connection() as connection:
            await moderating.hold(connection, live.id, line)
        row = moderating.held_now(line, datetime.fromtimestamp(line.ts / 1000, UTC))
        self._tell_staff(live, "held", row, line.ts)
        return wire.DoneWithId(id=line.id, held=True)

    def like(self, connection: Connection, body: wire.Like) -> Struct:
        """Add likes; more than a person can tap are trimmed, not refused."""
        live = self._joined(connection, body.room)
        counted = connection.likes.take_up_to(self._now_s(), body.n)
        if counted:
            live.likes.add(counted)
            self._rooms.wake(live.id)
        return wire.Done()

    # --- what is stored before it is acknowledged ---

    async def ask(self, connection: Connection, body: wire.Ask) -> Struct:
        """Ask the host."""
        live, identity, now_ms = self._speaker(connection, body.room)
        text = clean(body.text, self._config.ask_text_chars_max)
        check_words(self._words.filter, text)
        _limited(self._ask_limit.wait_s(identity.id, now_ms / 1000))
        id_ = ordered_id(now_ms, secrets.token_bytes(CHANCE_BYTES))
        async with self._database.connection() as db:
            row = await db.fetchrow(Q["insert_question"], id_, live.id, identity.id, identity.name, text)
        self._tell_staff(live, "question", question_row(row), now_ms)
        return wire.DoneWithId(id=id_)

    def answer(self, connection: Connection, body: wire.Answer) -> Awaitable[Struct]:
        """Answer the open quiz; acknowledged when stored."""
        live = self._joined(connection, body.room)
        identity = _identity(connection)
        now_ms = int(self._now_s() * 1000)
        quiz = live.state.view.quiz
        if quiz is None or quiz.id != body.quiz:
            raise QuizNotFound
        if quiz.status != "open" or now_ms > quiz.closes_ts:
            raise QuizClosed
        check_answer(quiz, body.choice, body.value)
        row = AnswerRow(
            quiz=quiz.id, user=identity.id, name=identity.name, choice=body.choice, value=body.value, ts=now_ms
        )
        return self._answers.commits.add(row)

    async def report(self, connection: Connection, body: wire.Report) -> Struct:
        """Tell the moderators of a line."""
        require(connection.identity, Permission.SPEAK)
        live = self._joined(connection, body.room)
        identity = _identity(connection)
        _limited(self._report_limit.wait_s(identity.id, self._now_s()))
        seen = next((line for line in live.recent if line.id == body.line), None)
        async with self._database.transaction() as tx:
            line = seen or await moderating.stored_line(tx.connection, live.id, body.line)
            if line.user == identity.id:
                raise LineNotFound("This line is your own.")
            held = await moderating.report(tx, live.id, line, identity.id)
        if held is not None:
            self._tell_staff(live, "report", held, int(self._now_s() * 1000))
        return wire.Done()

    async def read(self, connection: Connection, body: wire.Read) -> Struct:
        """Direct messages were read."""
        return await self._directs.read(_identity(connection).id, body.ids)

    # --- parts ---

    def _joined(self, connection: Connection, room: str) -> LiveRoom:
        live = self._rooms.get(room)
        if room not in connection.rooms or live is None:
            raise NotJoined
        return live

    def _speaker(self, connection: Connection, room: str) -> tuple[LiveRoom, Identity, int]:
        require(connection.identity, Permission.SPEAK)
        live = self._joined(connection, room)
        identity = _identity(connection)
        now_ms = int(self._now_s() * 1000)
        check_speaker(live.state, identity.id, now_ms=now_ms)
        return live, identity, now_ms

    def _line(self, identity: Identity, text: str, now_ms: int) -> ChatLine:
        return ChatLine(
            id=ordered_id(now_ms, random.randbytes(CHANCE_BYTES)),  # no secret, and one for every line
            user=identity.id,
            name=identity.name,
            role=identity.role.value,
            text=text,
            ts=now_ms,
        )

    def _tell_staff(self, live: LiveRoom, kind: wire.StaffType, row: Struct, now_ms: int) -> None:
        live.tell_staff(wire.Staff(room=live.id, type=kind, ts=now_ms, data=msgspec.to_builtins(row)))
        self._rooms.wake(live.id)


def _identity(connection: Connection) -> Identity:
    return connection.identity or Identity(id=f"guest-{connection.sid}", name="Guest", role=Role.GUEST)


def _limited(wait_s: float) -> None:
    if wait_s:
        raise TooFast(retry_after_ms=int(wait_s * 1000) + 1)


def question_row(row: Any) -> QuestionRow:
    """A question as staff see it, from its row."""
    return QuestionRow(
        id=row["id"],
        user=row["user_id"],
        name=row["name"],
        text=row["text"],
        status=row["status"],
        answer=row["answer"],
        asked_at=row["asked_at"],
    )
