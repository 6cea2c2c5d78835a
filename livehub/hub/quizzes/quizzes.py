"""Quizzes in one process: the calls of staff, the answers of viewers, and the job that closes a quiz in its time."""

from collections.abc import Awaitable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from livehub.base.db import Transaction
from livehub.base.endpoints import Endpoint
from livehub.base.module import Context, Job, Part
from livehub.hub.hub import Hub
from livehub.hub.quizzes import errors
from livehub.hub.quizzes.answers import AnswerRow, QuizAnswers
from livehub.hub.quizzes.api import CLOSE_TASK, QuizApi
from livehub.hub.quizzes.person_tables import Q as PEOPLE
from livehub.hub.quizzes.room_messages import QUIZ, QuizDecided
from livehub.hub.quizzes.settings import QuizzesConfig
from livehub.hub.sockets.connection import Connection
from livehub.hub.sockets.router import Handler
from livehub.room import wire
from livehub.room.quiz import check_answer


class Quizzes(Part):
    def __init__(self, context: Context) -> None:
        config, hub = context.config(QuizzesConfig), context.get(Hub)
        self._now_s = context.now_s
        self._rooms = hub.rooms
        self._log = hub.controls
        self._holds_sockets = hub.holds_sockets
        self._api = QuizApi(config, context.database, hub.controls)
        self._answers = QuizAnswers(config, context.database)

    def endpoints(self) -> Sequence[Endpoint]:
        return self._api.endpoints()

    def socket_handlers(self) -> Mapping[str, Handler]:
        return {"answer": self.answer}

    def jobs(self) -> Sequence[Job]:
        return [Job(name=CLOSE_TASK, run=self._close)]

    async def start(self) -> None:
        """Begin to store answers."""
        if self._holds_sockets:
            self._answers.commits.start()

    async def stop(self) -> None:
        """Store what waits."""
        await self._answers.commits.stop()

    async def person_erased(self, tx: Transaction, person: str, stand_in: str, *, now_ms: int) -> None:
        """Where they are shown among the winners now, somebody without a name is."""
        for row in await tx.connection.fetch(PEOPLE["rooms_showing_winner"], person):
            room = await self._log.lock_room(tx, row["id"])
            quiz = room.state[QUIZ].quiz
            if quiz is None or quiz.result is None:
                continue
            winners = [
                replace(winner, user=stand_in, name="") if winner.user == person else winner
                for winner in quiz.result.winners
            ]
            result = replace(quiz.result, winners=winners)
            await self._log.write(room, QuizDecided(quiz=quiz.id, result=result), now_ms=now_ms)

    def answer(self, connection: Connection, body: wire.Answer) -> Awaitable[Struct]:
        """Answer the open quiz; acknowledged when stored."""
        live = self._rooms.joined(connection, body.room)
        person = connection.person
        now_ms = self._now_ms()
        quiz = live.state[QUIZ].quiz
        if quiz is None or quiz.id != body.quiz:
            raise errors.QuizNotFound
        if quiz.status != "open" or now_ms > quiz.closes_ts:
            raise errors.QuizClosed
        check_answer(quiz, body.choice, body.value)
        row = AnswerRow(quiz=quiz.id, user=person.id, name=person.name, choice=body.choice, value=body.value, ts=now_ms)
        return self._answers.commits.add(row)

    async def _close(self, quiz: str) -> None:
        await self._api.close_in_time(quiz, now_ms=self._now_ms())

    def _now_ms(self) -> int:
        return int(self._now_s() * 1000)
