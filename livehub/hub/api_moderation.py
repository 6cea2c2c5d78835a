"""HTTP: questions, moderation, live figures."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal

from msgspec import Struct

from livehub.base import errors
from livehub.base.auth import Permission
from livehub.base.config import Config
from livehub.base.db import Database
from livehub.base.endpoints import Call, Endpoint, delete, get, post
from livehub.base.sql import queries
from livehub.hub import bodies, moderating
from livehub.hub import control as controls
from livehub.hub.api_rooms import placed
from livehub.hub.chatlog import ChatLog
from livehub.hub.control import ControlLog
from livehub.hub.directs import Directs
from livehub.hub.events import question_row
from livehub.hub.liveroom import LiveRoom
from livehub.hub.rooms import LiveRooms
from livehub.room import decide, wire
from livehub.room.moderation import clean
from livehub.room.shown import ChatLine, Question
from livehub.room.state import FOR_GOOD_TS, RoomState

Q = queries(__file__, "questions.sql")

RUN = Permission.RUN_SHOWS
MODERATE = Permission.MODERATE


class QuestionQuery(Struct, frozen=True, kw_only=True):
    """Which questions; all without it."""

    status: Literal["open", "answered", "dismissed"] | None = None


class ModerationApi:
    """See the module."""

    def __init__(
        self,
        config: Config,
        database: Database,
        log: ControlLog,
        rooms: LiveRooms,
        *,
        chatlog: ChatLog,
        directs: Directs,
        words_changed: Callable[[bodies.WordLists], None],
        now_s: Callable[[], float],
    ) -> None:
        self._config = config
        self._database = database
        self._log = log
        self._rooms = rooms
        self._chatlog = chatlog
        self._directs = directs
        self._words_changed = words_changed
        self._now_s = now_s

    def endpoints(self) -> list[Endpoint]:
        """The calls."""
        room = "/api/rooms/{room}"
        held = f"{room}/moderation/held/{{line}}"
        not_found = (errors.RoomNotFound,)
        line = (errors.RoomNotFound, errors.LineNotFound)
        full = (errors.RoomNotFound, errors.ModerationFull)
        question = (errors.RoomNotFound, errors.QuestionNotFound)
        nothing = bodies.Nothing
        restriction = bodies.RestrictionRequest
        edit_words = Permission.EDIT_WORDS
        words = "/api/moderation/words"
        return [
            get(f"{room}/questions", self.questions, reply=bodies.QuestionList, may=RUN, query=QuestionQuery, errors=not_found),
            post(
                f"{room}/questions/{{question}}/answer", self.answer, may=RUN, body=bodies.QuestionAnswer,
                reply=bodies.Placed, errors=question,
            ),
            post(
                f"{room}/questions/{{question}}/dismiss", self.dismiss, may=RUN, body=nothing, reply=None,
                errors=question,
            ),
            get(f"{room}/moderation", self.page, reply=bodies.ModerationPage, may=MODERATE, errors=not_found),
            post(f"{held}/approve", self.approve, may=MODERATE, body=nothing, reply=None, errors=line),
            post(f"{held}/reject", self.reject, may=MODERATE, body=nothing, reply=None, errors=line),
            delete(f"{room}/chats/{{line}}", self.delete_line, may=MODERATE, reply=bodies.Placed, errors=not_found),
            post(
                f"{room}/moderation/mutes", self.mute, may=MODERATE, body=restriction, reply=bodies.Placed, errors=full
            ),
            post(
                f"{room}/moderation/bans", self.ban, may=MODERATE, body=restriction, reply=bodies.Placed, errors=full
            ),
            post(
                f"{room}/moderation/slow-mode", self.slow_mode, may=MODERATE, body=bodies.SlowModeRequest,
                reply=bodies.Placed, errors=not_found,
            ),
            get(words, self.words, reply=bodies.WordLists, may=edit_words),
            post(words, self.set_words, may=edit_words, body=bodies.WordLists, reply=bodies.WordLists, method="PUT"),
            get(f"{room}/figures", self.figures, reply=bodies.Figures, may=RUN, errors=not_found),
        ]  # fmt: skip

    # --- questions ---

    async def questions(self, call: Call[None]) -> bodies.QuestionList:
        """Questions of the room, open ones first."""
        async with self._database.connection() as connection:
            await controls.stored_room(connection, call.path["room"])
            rows = await connection.fetch(Q["questions"], call.path["room"], call.query.status, self._config.lists_max)
        return bodies.QuestionList(questions=[question_row(row) for row in rows])

    async def answer(self, call: Call[bodies.QuestionAnswer]) -> bodies.Placed:
        """Show a question with the host's answer; the asker hears of it, too."""
        answer = clean(call.body.answer, 500) if call.body.answer else ""
        room = await self._log.locked(call.tx, call.path["room"])
        row = await call.tx.connection.fetchrow(Q["answer_question"], room.id, call.path["question"], answer)
        if row is None:
            raise errors.QuestionNotFound
        question = Question(id=row["id"], name=row["name"], text=row["text"], answer=answer, answered_ts=call.now_ms)
        control = await self._log.write(room, wire.QuestionAnswered(question=question), now_ms=call.now_ms)
        await self._directs.send(
            call.tx,
            user=row["user_id"],
            id_=f"answer-{row['id']}",
            type_="question_answered",
            ts=call.now_ms,
            data={"room": room.id, "question": row["id"], "text": row["text"], "answer": answer},
        )
        return placed(control)

    async def dismiss(self, call: Call[bodies.Nothing]) -> None:
        """Take a question off the list without an answer."""
        room, question = call.path["room"], call.path["question"]
        if await call.tx.connection.fetchval(Q["dismiss_question"], room, question) is None:
            status = await call.tx.connection.fetchval(Q["question_exists"], room, question)
            if status != "dismissed":  # to dismiss twice is no error
                raise errors.QuestionNotFound

    # --- lines ---

    async def page(self, call: Call[None]) -> bodies.ModerationPage:
        """What waits for a moderator, and who is restricted."""
        async with self._database.connection() as connection:
            stored = await controls.stored_room(connection, call.path["room"])
            held = await moderating.waiting_lines(connection, call.path["room"], self._config.lists_max)
            people = [*stored.state.mutes, *stored.state.bans]
            names = await moderating.names_of(connection, call.path["room"], people)
        return bodies.ModerationPage(
            held=held,
            restrictions=_restrictions(stored.state, names, call.now_ms),
            slow_mode_s=stored.state.view.slow_mode_s,
        )

    async def approve(self, call: Call[bodies.Nothing]) -> None:
        """Show a held line; a reported one just stays."""
        room = call.path["room"]
        line, reason = await moderating.decide_line(call.tx, room, call.path["line"], "approved", call.person.id)
        if reason == "word":
            call.tx.after_commit(lambda: self._show(room, line))

    def _show(self, room: str, line: ChatLine) -> None:
        self._chatlog.add(room, line)
        self._rooms.said(room, line)

    async def reject(self, call: Call[bodies.Nothing]) -> None:
        """Keep a held line from being shown; a reported one is deleted."""
        room = await self._log.locked(call.tx, call.path["room"])
        line, reason = await moderating.decide_line(call.tx, room.id, call.path["line"], "rejected", call.person.id)
        if reason == "report" and await moderating.delete_line(call.tx, room.id, line.id, call.person.id):
            await self._log.write(room, wire.LineDeleted(line=line.id), now_ms=call.now_ms)

    async def delete_line(self, call: Call[None]) -> bodies.Placed:
        """Take a line away from everybody."""
        room = await self._log.locked(call.tx, call.path["room"])
        line = call.path["line"]
        if not await moderating.delete_line(call.tx, room.id, line, call.person.id):
            return bodies.Placed(epoch=room.epoch, offset=room.offset)
        return placed(await self._log.write(room, wire.LineDeleted(line=line), now_ms=call.now_ms))

    # --- people ---

    async def mute(self, call: Call[bodies.RestrictionRequest]) -> bodies.Placed:
        """Mute a person, or let them speak again."""
        room = await self._log.locked(call.tx, call.path["room"])
        body = call.body
        data = decide.muted(room.state, body.user, body.seconds, now_ms=call.now_ms, bounds=self._log.bounds)
        return placed(await self._log.write(room, data, now_ms=call.now_ms))

    async def ban(self, call: Call[bodies.RestrictionRequest]) -> bodies.Placed:
        """Ban a person from the room, or let them in again."""
        room = await self._log.locked(call.tx, call.path["room"])
        body = call.body
        data = decide.banned(room.state, body.user, body.seconds, now_ms=call.now_ms, bounds=self._log.bounds)
        return placed(await self._log.write(room, data, now_ms=call.now_ms))

    async def slow_mode(self, call: Call[bodies.SlowModeRequest]) -> bodies.Placed:
        """Let a person chat only once in so many seconds."""
        room = await self._log.locked(call.tx, call.path["room"])
        return placed(await self._log.write(room, wire.SlowModeSet(seconds=call.body.seconds), now_ms=call.now_ms))

    # --- words and figures ---

    async def words(self, _call: Call[None]) -> bodies.WordLists:
        """The word lists in force."""
        async with self._database.connection() as connection:
            return await moderating.word_lists(connection)

    async def set_words(self, call: Call[bodies.WordLists]) -> bodies.WordLists:
        """Put new word lists in force, at once and everywhere."""
        block = [clean(word, 60) for word in call.body.block]
        hold = [clean(word, 60) for word in call.body.hold]
        lists = bodies.WordLists(block=block, hold=hold)
        await moderating.store_words(call.tx, lists)
        stored = await moderating.word_lists(call.tx.connection)
        call.tx.after_commit(lambda: self._words_changed(stored))
        return stored

    async def figures(self, call: Call[None]) -> bodies.Figures:
        """The room's live figures."""
        return await self.figures_of(await self._rooms.open(call.path["room"]))

    async def figures_of(self, live: LiveRoom) -> bodies.Figures:
        """The figures of a followed room."""
        async with self._database.connection() as connection:
            held, questions = await moderating.waiting_count(connection, live.id)
        now_s = self._now_s()
        chats_per_s, likes_per_s = live.rates(now_s)
        return bodies.Figures(
            viewers=live.viewers.total(now_s),
            viewers_peak=live.viewers.peak,
            viewers_unique=live.people.count,
            likes=live.likes.total,
            chats=live.chats,
            chats_per_s=chats_per_s,
            likes_per_s=likes_per_s,
            questions_open=questions,
            held=held,
        )


def _restrictions(state: RoomState, names: dict[str, str], now_ms: int) -> list[bodies.Restriction]:
    kinds: list[tuple[Literal["mute", "ban"], dict[str, int]]] = [("mute", state.mutes), ("ban", state.bans)]
    return [
        bodies.Restriction(
            user=user,
            name=names.get(user, ""),
            kind=kind,
            until=None if until_ts >= FOR_GOOD_TS else datetime.fromtimestamp(until_ts / 1000, UTC),
        )
        for kind, entries in kinds
        for user, until_ts in entries.items()
        if until_ts > now_ms
    ]
