"""HTTP: quizzes. Opening defers the closing as a durable job in the same transaction, so a quiz closes whoever crashes."""

import secrets
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct

from livehub.base import errors
from livehub.base.auth import Permission
from livehub.base.config import Config
from livehub.base.db import Database, Transaction
from livehub.base.endpoints import Call, Endpoint, get, post
from livehub.base.ids import CHANCE_BYTES, ordered_id
from livehub.base.outbox import defer, emit
from livehub.base.sql import queries
from livehub.hub import bodies
from livehub.hub.control import ControlLog, LockedRoom, stored_room
from livehub.room import decide, quiz, wire
from livehub.room.moderation import clean
from livehub.room.shown import CouponCard, QuizCard, QuizResult, Winner

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
    """See the module."""

    def __init__(self, config: Config, database: Database, log: ControlLog) -> None:
        self._config = config
        self._database = database
        self._log = log

    def endpoints(self) -> list[Endpoint]:
        """The calls."""
        run = Permission.RUN_SHOWS
        base = "/api/rooms/{room}/quizzes"
        return [
            post(
                base, self.open, may=run, body=bodies.QuizRequest, reply=bodies.QuizPlaced, status=201,
                errors=(errors.RoomNotFound, errors.QuizOpenAlready),
            ),
            get(base, self.list, reply=bodies.QuizList, may=run, errors=(errors.RoomNotFound,)),
            post(
                f"{base}/{{quiz}}/close", self.close, may=run, body=bodies.Nothing, reply=bodies.QuizOutcome,
                errors=(errors.RoomNotFound, errors.QuizNotFound),
            ),
        ]  # fmt: skip

    async def open(self, call: Call[bodies.QuizRequest]) -> bodies.QuizPlaced:
        """Ask the room; the quiz closes by itself."""
        body = call.body
        card = self._card(body, call.now_ms)
        key = quiz.Key(choice=body.correct_choice, value=body.correct_value)
        quiz.check_quiz(card, key)
        room = await self._log.locked(call.tx, call.path["room"])
        data = decide.quiz_opened(room.state, card)
        db = call.tx.connection
        await db.execute(
            Q["insert_quiz"], card.id, room.id, card, key.choice, key.value, body.winners_max, card.closes_ts
        )
        at = datetime.fromtimestamp((card.closes_ts + CLOSE_GRACE_MS) / 1000, UTC)
        await defer(db, CLOSE_TASK, {"quiz": card.id}, at=at)
        control = await self._log.write(room, data, now_ms=call.now_ms)
        return bodies.QuizPlaced(quiz=card, epoch=control.epoch, offset=control.offset)

    async def list(self, call: Call[None]) -> bodies.QuizList:
        """The room's quizzes with their right answers, latest first."""
        async with self._database.connection() as connection:
            await stored_room(connection, call.path["room"])
            rows = await connection.fetch(Q["quizzes"], call.path["room"], self._config.lists_max)
        return bodies.QuizList(quizzes=[_row(row) for row in rows])

    async def close(self, call: Call[bodies.Nothing]) -> bodies.QuizOutcome:
        """Close a quiz now and show the result; a closed one answers with the result it has."""
        room = await self._log.locked(call.tx, call.path["room"])
        result = await self._decide(room, call.path["quiz"], now_ms=call.now_ms)
        return bodies.QuizOutcome(result=result, epoch=room.epoch, offset=room.offset)

    async def close_in_time(self, quiz_id: str, *, now_ms: int) -> None:
        """The job: close a quiz whose time is over. Run twice, it does nothing the second time."""
        async with self._database.transaction() as tx:
            room_id = await tx.connection.fetchval(Q["room_of_quiz"], quiz_id)
            if room_id is not None:
                await self._decide(await self._log.locked(tx, room_id), quiz_id, now_ms=now_ms)

    async def _decide(self, room: LockedRoom, quiz_id: str, *, now_ms: int) -> QuizResult:
        row = await room.tx.connection.fetchrow(Q["quiz_for_update"], room.id, quiz_id)
        if row is None:
            raise errors.QuizNotFound
        if row["status"] == "closed":
            return _result_decoder.decode(row["result"])
        card = _card_decoder.decode(row["card"])
        given = [
            quiz.Given(user=a["user_id"], name=a["name"], choice=a["choice"], value=a["value"], ts=a["ts"])
            for a in await room.tx.connection.fetch(Q["answers"], quiz_id)
        ]
        key = quiz.Key(choice=row["correct_choice"], value=row["correct_value"])
        outcome = quiz.decide(card, key, given, row["winners_max"])
        await room.tx.connection.execute(Q["close_quiz"], quiz_id, outcome.result)
        await self._log.write(room, wire.QuizClosed(quiz=quiz_id), now_ms=now_ms)
        await self._log.write(room, wire.QuizDecided(quiz=quiz_id, result=outcome.result), now_ms=now_ms)
        await self._announce(room.tx, room.id, card, outcome)
        return outcome.result

    @staticmethod
    async def _announce(tx: Transaction, room: str, card: QuizCard, outcome: quiz.Outcome) -> None:
        if outcome.winners:
            won = QuizWon(room=room, quiz=card.id, question=card.question, prize=card.prize, winners=outcome.winners)
            await emit(tx, won)

    @staticmethod
    def _card(body: bodies.QuizRequest, now_ms: int) -> QuizCard:
        prize = (
            None
            if body.prize is None
            else CouponCard(
                id=ordered_id(now_ms, secrets.token_bytes(CHANCE_BYTES)),
                title=clean(body.prize.title, 120),
                amount_minor=body.prize.amount_minor,
                currency=body.prize.currency,
                min_spend_minor=body.prize.min_spend_minor,
                total=body.winners_max,
                prize=True,
            )
        )
        return QuizCard(
            id=ordered_id(now_ms, secrets.token_bytes(CHANCE_BYTES)),
            kind=body.kind,
            question=clean(body.question, 300),
            options=None if body.options is None else [clean(option, 120) for option in body.options],
            unit=body.unit,
            min_value=body.min_value,
            max_value=body.max_value,
            step=body.step,
            opens_ts=now_ms,
            closes_ts=now_ms + body.duration_s * 1000,
            prize=prize,
        )


def _row(row: Any) -> bodies.QuizRow:
    card = _card_decoder.decode(row["card"])
    result = None if row["result"] is None else _result_decoder.decode(row["result"])
    return bodies.QuizRow(
        quiz=msgspec.structs.replace(card, status=row["status"], result=result),
        correct_choice=row["correct_choice"],
        correct_value=row["correct_value"],
        winners_max=row["winners_max"],
        answers=row["answers"],
    )
