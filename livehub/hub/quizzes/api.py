"""HTTP: quizzes. Opening defers the closing as a durable job in the same transaction, so a quiz closes whoever crashes."""

import secrets
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from livehub.base.auth import Permission
from livehub.base.db import Database, Transaction
from livehub.base.endpoints import Call, Endpoint, get, post
from livehub.base.events import emit
from livehub.base.ids import CHANCE_BYTES, ordered_id
from livehub.base.job_queue import defer
from livehub.base.sql import queries
from livehub.base.text import clean, one_line
from livehub.hub.quizzes import schemas
from livehub.hub.quizzes.decision import decide_stored
from livehub.hub.quizzes.errors import QuizNotFound, QuizOpenAlready
from livehub.hub.quizzes.room_messages import QuizClosed, QuizDecided, quiz_opened
from livehub.hub.quizzes.settings import QuizzesConfig
from livehub.hub.rooms.log import LockedRoom, RoomLog, room_exists
from livehub.hub.rooms.prizes import prize_card
from livehub.hub.rooms.schemas import Nothing
from livehub.room import quiz
from livehub.room.errors import RoomNotFound
from livehub.room.models import CouponCard, QuizCard, QuizResult, Winner

Q = queries(__file__, "quizzes.sql")

CLOSE_TASK = "quiz.close"
CLOSE_GRACE_MS = 300  # answers that were received in time are stored by then

_card_decoder = msgspec.json.Decoder(QuizCard)
_result_decoder = msgspec.json.Decoder(QuizResult)


class QuizWon(Struct, frozen=True, kw_only=True, tag="quiz.won", tag_field="event"):
    """A quiz was decided and has winners; `prize` is what each of them gets."""

    room: str
    quiz: str
    question: str
    prize: CouponCard | None
    winners: list[Winner]


class QuizApi:
    def __init__(self, config: QuizzesConfig, database: Database, log: RoomLog) -> None:
        self._config = config
        self._zone = ZoneInfo(config.time_zone)
        self._database = database
        self._log = log

    def endpoints(self) -> list[Endpoint]:
        run = Permission.RUN_SHOWS
        base = "/api/rooms/{room}/quizzes"
        return [
            post(
                base, self.open, may=run, body=schemas.QuizRequest, reply=schemas.QuizPlaced, status=201,
                errors=(RoomNotFound, QuizOpenAlready),
            ),
            get(base, self.list, reply=schemas.QuizList, may=run, errors=(RoomNotFound,)),
            post(
                f"{base}/{{quiz}}/close", self.close, may=run, body=Nothing, reply=schemas.QuizOutcome,
                errors=(RoomNotFound, QuizNotFound),
            ),
        ]  # fmt: skip

    async def open(self, call: Call[schemas.QuizRequest]) -> schemas.QuizPlaced:
        """Ask the room; the quiz closes by itself."""
        body = call.body
        card = self._card(body, call.now_ms)
        key = quiz.Key(choice=body.correct_choice, value=body.correct_value)
        quiz.check_quiz(card, key)
        room = await self._log.lock_room(call.tx, call.path["room"], by=call.person)
        data = quiz_opened(room.state, card)
        db = call.tx.connection
        await db.execute(
            Q["insert_quiz"],
            card.id,
            room.id,
            card,
            key.choice,
            key.value,
            body.winners_max,
            card.closes_ts,
            call.now_ms,
        )
        at = datetime.fromtimestamp((card.closes_ts + CLOSE_GRACE_MS) / 1000, UTC)
        await defer(db, CLOSE_TASK, {"quiz": card.id}, at=at)
        control = await self._log.write(room, data, now_ms=call.now_ms)
        return schemas.QuizPlaced(quiz=card, epoch=control.epoch, offset=control.offset)

    async def list(self, call: Call[None]) -> schemas.QuizList:
        """The room's quizzes with their right answers, latest first."""
        async with self._database.connection() as connection:
            await room_exists(connection, call.path["room"])
            rows = await connection.fetch(Q["quizzes"], call.path["room"], self._config.lists_max)
        return schemas.QuizList(quizzes=[_row(row) for row in rows])

    async def close(self, call: Call[Nothing]) -> schemas.QuizOutcome:
        """Close a quiz now and show the result; a closed one answers with the result it has."""
        room = await self._log.lock_room(call.tx, call.path["room"], by=call.person)
        result = await self._decide(room, call.path["quiz"], now_ms=call.now_ms)
        return schemas.QuizOutcome(result=result, epoch=room.epoch, offset=room.offset)

    async def close_in_time(self, quiz_id: str, *, now_ms: int) -> None:
        """The job: close a quiz whose time is over. Run twice, it does nothing the second time."""
        async with self._database.transaction() as tx:
            room_id = await tx.connection.fetchval(Q["room_of_quiz"], quiz_id)
            if room_id is not None:
                await self._decide(await self._log.lock_room(tx, room_id), quiz_id, now_ms=now_ms)

    async def _decide(self, room: LockedRoom, quiz_id: str, *, now_ms: int) -> QuizResult:
        row = await room.tx.connection.fetchrow(Q["quiz_for_update"], room.id, quiz_id)
        if row is None:
            raise QuizNotFound
        if row["status"] == "closed":
            return _result_decoder.decode(row["result"])
        card = _card_decoder.decode(row["card"])
        key = quiz.Key(choice=row["correct_choice"], value=row["correct_value"])
        outcome = await decide_stored(room.tx.connection, quiz_id, card, key, row["winners_max"])
        await room.tx.connection.execute(Q["close_quiz"], quiz_id, outcome.result)
        await self._log.write(room, QuizClosed(quiz=quiz_id), now_ms=now_ms)
        await self._log.write(room, QuizDecided(quiz=quiz_id, result=outcome.result), now_ms=now_ms)
        await self._announce(room.tx, room.id, card, outcome)
        return outcome.result

    @staticmethod
    async def _announce(tx: Transaction, room: str, card: QuizCard, outcome: quiz.Outcome) -> None:
        if outcome.winners:
            won = QuizWon(room=room, quiz=card.id, question=card.question, prize=card.prize, winners=outcome.winners)
            await emit(tx, won, key=room)

    def _card(self, body: schemas.QuizRequest, now_ms: int) -> QuizCard:
        prize = (
            None
            if body.prize is None
            else prize_card(
                body.prize,
                id_=ordered_id(now_ms, secrets.token_bytes(CHANCE_BYTES)),
                total=body.winners_max,
                zone=self._zone,
                now_ms=now_ms,
                within="prize.",
            )
        )
        return QuizCard(
            id=ordered_id(now_ms, secrets.token_bytes(CHANCE_BYTES)),
            kind=body.kind,
            question=clean(body.question, 300),
            options=None if body.options is None else [clean(option, 120) for option in body.options],
            unit=one_line(body.unit or "") or None,
            min_value=body.min_value,
            max_value=body.max_value,
            step=body.step,
            opens_ts=now_ms,
            closes_ts=now_ms + body.duration_s * 1000,
            prize=prize,
        )


def _row(row: Any) -> schemas.QuizRow:
    card = _card_decoder.decode(row["card"])
    result = None if row["result"] is None else _result_decoder.decode(row["result"])
    return schemas.QuizRow(
        quiz=msgspec.structs.replace(card, status=row["status"], result=result),
        correct_choice=row["correct_choice"],
        correct_value=row["correct_value"],
        winners_max=row["winners_max"],
        answers=row["answers"],
    )
