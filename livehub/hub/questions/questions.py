"""Questions to the host: asked on the socket, listed, answered and dismissed by HTTP."""

import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Any, Literal
from zoneinfo import ZoneInfo

from msgspec import UNSET, Struct
from msgspec.structs import replace

from livehub.base.auth import Permission
from livehub.base.db import Connection as DbConnection
from livehub.base.db import Transaction
from livehub.base.endpoints import Call, Endpoint, get, post
from livehub.base.errors import ForOneself, Unauthenticated
from livehub.base.events import emit
from livehub.base.ids import CHANCE_BYTES, ordered_id
from livehub.base.limits import RateLimiter, check_wait
from livehub.base.lists import PageQuery, page, place
from livehub.base.module import Context, Part
from livehub.base.sql import queries
from livehub.base.text import clean
from livehub.hub.chat.chat import Chat
from livehub.hub.chat.handlers import speaker
from livehub.hub.chat.staff_figures import OpenQuestions
from livehub.hub.hub import Hub
from livehub.hub.inbox.inbox import Inbox
from livehub.hub.questions.errors import QuestionNotFound
from livehub.hub.questions.events import QuestionRewarded
from livehub.hub.questions.person_tables import Q as PEOPLE
from livehub.hub.questions.room_messages import QUESTIONS, QuestionAnswered
from livehub.hub.questions.schemas import OwnQuestion, OwnQuestions, QuestionAnswer, QuestionList, QuestionRow
from livehub.hub.questions.settings import QuestionsConfig
from livehub.hub.rooms.actions import Action, record
from livehub.hub.rooms.api import placed
from livehub.hub.rooms.log import room_exists
from livehub.hub.rooms.prizes import prize_card
from livehub.hub.rooms.room_hosts import OF_ROOM, badge_in
from livehub.hub.rooms.schemas import Nothing, Placed
from livehub.hub.sockets.connection import Connection
from livehub.hub.sockets.router import Handler
from livehub.people import persons
from livehub.room import wire
from livehub.room.errors import RoomNotFound
from livehub.room.models import Question
from livehub.room.moderation import check_words

Q = queries(__file__, "questions.sql")


class QuestionQuery(Struct, frozen=True, kw_only=True):
    """Which questions; all without it."""

    status: Literal["open", "answered", "dismissed"] | None = None


class Questions(Part):
    def __init__(self, context: Context) -> None:
        self._config = config = context.config(QuestionsConfig)
        self._zone = ZoneInfo(config.time_zone)
        self._database = context.database
        self._now_s = context.now_s
        hub = context.get(Hub)
        self._rooms = hub.rooms
        self._log = hub.controls
        self._inbox = context.get(Inbox)
        self._words = context.get(Chat).words
        self._limit = RateLimiter(
            per_s_max=config.ask_per_s_max, burst_max=config.ask_burst_max, keys_max=config.limiter_keys_max
        )
        context.provide(OpenQuestions, self)

    def socket_handlers(self) -> Mapping[str, Handler]:
        return {"ask": self.ask}

    def endpoints(self) -> Sequence[Endpoint]:
        run, answer = Permission.RUN_SHOWS, Permission.ANSWER_QUESTIONS
        base = "/api/rooms/{room}/questions"
        found = (RoomNotFound, QuestionNotFound)
        return [
            get(base, self.list, reply=QuestionList, may=answer, query=QuestionQuery, errors=(RoomNotFound,)),
            get(
                f"{base}/mine", self.mine, reply=OwnQuestions, query=PageQuery, errors=(RoomNotFound, Unauthenticated)
            ),
            post(
                f"{base}/{{question}}/answer", self.answer, may=answer, body=QuestionAnswer, reply=Placed,
                errors=(*found, ForOneself),
            ),
            post(f"{base}/{{question}}/dismiss", self.dismiss, may=run, body=Nothing, reply=None, errors=found),
        ]  # fmt: skip

    async def person_erased(self, tx: Transaction, person: str, stand_in: str, *, now_ms: int) -> None:
        """Their answered questions are shown without their name: those that rooms show now, and those in rooms' logs."""
        del stand_in
        answered: dict[str, list[str]] = {}
        for row in await tx.connection.fetch(PEOPLE["answered_of"], person):
            answered.setdefault(row["room"], []).append(row["id"])
        for room_id, ids in answered.items():  # in the order of rooms, as everybody locks several
            room = await self._log.lock_room(tx, room_id)
            shown = [question for question in room.state[QUESTIONS].questions if question.id in ids and question.name]
            for question in reversed(shown):
                await self._log.write(room, QuestionAnswered(question=replace(question, name="")), now_ms=now_ms)
            await tx.connection.execute(PEOPLE["unname_answered"], room_id, ids)
            await tx.connection.execute(PEOPLE["unname_audited"], ids)

    async def ask(self, connection: Connection, body: wire.Ask) -> Struct:
        """Ask the host; acknowledged when stored."""
        await self._words.loaded()
        now_ms = int(self._now_s() * 1000)
        live, person = speaker(self._rooms, connection, body.room, now_ms=now_ms)
        text = clean(body.text, self._config.ask_text_chars_max)
        check_words(self._words.filter, text)
        check_wait(self._limit.wait_s(person.id, time.monotonic()))
        id_ = ordered_id(now_ms, secrets.token_bytes(CHANCE_BYTES))
        async with self._database.connection() as db:
            row = await db.fetchrow(Q["insert_question"], id_, live.id, person.id, person.name, text, now_ms)
        live.tell_staff(live.staff_item("question", _row(row), now_ms))
        return wire.DoneWithId(id=id_)

    async def list(self, call: Call[None]) -> QuestionList:
        """Questions of the room, open ones first."""
        async with self._database.connection() as connection:
            await room_exists(connection, call.path["room"])
            rows = await connection.fetch(Q["questions"], call.path["room"], call.query.status, self._config.lists_max)
        return QuestionList(questions=[_row(row) for row in rows])

    async def mine(self, call: Call[None]) -> OwnQuestions:
        """The caller's own questions in the room, latest first."""
        if call.identity is None:
            raise Unauthenticated
        room, asked = call.path["room"], call.query
        most = asked.most(self._config.lists_max)
        before_ts, before_id = place(asked.after) or (None, None)
        async with self._database.connection() as connection:
            await room_exists(connection, room)
            rows = await connection.fetch(Q["own_questions"], room, call.person.id, before_ts, before_id, most + 1)
        rows, is_more = page(rows, most)
        items = [_own(row) for row in rows]
        return OwnQuestions(items=items, next=f"{items[-1].asked_ts}.{items[-1].id}" if is_more else None)

    async def answer(self, call: Call[QuestionAnswer]) -> Placed:
        """Show a question with the host's answer; the asker hears of it, too, and gets a coupon if there is one for it."""
        answer = clean(call.body.answer, 500) if call.body.answer else ""
        room = await self._log.lock_room(call.tx, call.path["room"], by=call.person)
        row = await call.tx.connection.fetchrow(
            Q["answer_question"], room.id, call.path["question"], answer, call.now_ms
        )
        if row is None:
            raise QuestionNotFound
        if call.body.coupon is not None and await persons.is_among(
            call.tx.connection, call.person.id, [row["user_id"]]
        ):
            raise ForOneself
        badge = badge_in(room.state, call.person)
        question = Question(
            id=row["id"],
            name=row["name"],
            text=row["text"],
            answer=answer,
            answered_ts=call.now_ms,
            badge=badge,
            by=call.person.name if badge in OF_ROOM else UNSET,
        )
        control = await self._log.write(room, QuestionAnswered(question=question), now_ms=call.now_ms)
        await self._inbox.send(
            call.tx,
            user=row["user_id"],
            id_=f"answer-{row['id']}",
            type_="question_answered",
            ts=call.now_ms,
            data={
                "room": room.id,
                "question": row["id"],
                "text": row["text"],
                "answer": answer,
                "badge": None if badge is UNSET else badge,
                "by": None if question.by is UNSET else question.by,
            },
        )
        if call.body.coupon is not None:
            coupon = prize_card(
                call.body.coupon,
                id_=f"question-{row['id']}",  # an answer may be changed, and the question still has one coupon
                total=1,
                zone=self._zone,
                now_ms=call.now_ms,
                within="coupon.",
            )
            rewarded = QuestionRewarded(room=room.id, question=row["id"], user=row["user_id"], coupon=coupon)
            await emit(call.tx, rewarded, key=room.id)
        return placed(control)

    async def dismiss(self, call: Call[Nothing]) -> None:
        """Take a question off the list without an answer."""
        room, question = call.path["room"], call.path["question"]
        row = await call.tx.connection.fetchrow(Q["dismiss_question"], room, question)
        if row is not None:
            action = Action(
                type="question_dismiss",
                subject=row["id"],
                was="open",
                became="dismissed",
                about_id=row["user_id"],
                about_name=row["name"],
                data={"question": {"id": row["id"], "name": row["name"], "text": row["text"]}},
            )
            await record(call.tx.connection, room, [action], by=call.person, now_ms=call.now_ms)
        else:
            status = await call.tx.connection.fetchval(Q["question_exists"], room, question)
            if status != "dismissed":  # to dismiss twice is no error
                raise QuestionNotFound

    async def open_count(self, connection: DbConnection, room: str) -> int:
        """As OpenQuestions."""
        count: int = await connection.fetchval(Q["open_count"], room)
        return count


STATES: dict[str, Literal["waiting", "answered", "closed"]] = {
    "open": "waiting",
    "answered": "answered",
    "dismissed": "closed",
}


def _own(row: Any) -> OwnQuestion:
    return OwnQuestion(
        id=row["id"],
        text=row["text"],
        state=STATES[row["status"]],
        answer=row["answer"],
        asked_ts=row["asked_ts"],
        answered_ts=row["answered_ts"],
    )


def _row(row: Any) -> QuestionRow:
    return QuestionRow(
        id=row["id"],
        user=row["user_id"],
        name=row["name"],
        text=row["text"],
        status=row["status"],
        answer=row["answer"],
        asked_at=row["asked_at"],
    )
