"""The trust loop, as a table: which domain event causes what. The only place that knows it.

    event (written to the outbox with the fact)  ->  reactions (durable jobs, at least once, each on its own)

A reaction runs in one transaction and must bear being run twice with the same event.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from commerce.coupons.coupons import WITHDRAW_TASK, CouponExhausted, Coupons
from livehub.base.config import Config
from livehub.base.db import Database, Transaction
from livehub.base.jobs import JobRunner, Task
from livehub.base.outbox import DISPATCH, dispatch
from livehub.housekeeping import forget
from livehub.hub.api_quizzes import CLOSE_TASK, QuizWon
from livehub.hub.hub import Hub
from livehub.hub.tallies import ENDED_AFTER
from livehub.hub.tallies import Q as TALLIES

REACTIONS: dict[str, list[str]] = {
    "quiz.won": ["quiz.award"],
    "coupon.exhausted": ["coupon.withdraw"],
}
PERIODIC: dict[str, str] = {"housekeeping": "17 * * * *"}

Reaction = Callable[[Transaction, Any], Awaitable[None]]


class Loop:
    """The jobs of this installation, by name."""

    def __init__(
        self, config: Config, database: Database, hub: Hub, coupons: Coupons, *, now_s: Callable[[], float]
    ) -> None:
        self._config = config
        self._database = database
        self._hub = hub
        self._coupons = coupons
        self._now_s = now_s

    def runner(self) -> JobRunner:
        """What runs them."""
        tasks: dict[str, Task] = {
            DISPATCH: self._dispatch,
            CLOSE_TASK: self._close_quiz,
            WITHDRAW_TASK: self._end_coupon,
            "quiz.award": self._reaction(QuizWon, self._award),
            "coupon.withdraw": self._reaction(CouponExhausted, self._withdraw),
            "housekeeping": self._housekeeping,
        }
        return JobRunner(self._config, tasks, PERIODIC)

    def _now_ms(self) -> int:
        return int(self._now_s() * 1000)

    def _reaction(self, event_type: type[msgspec.Struct], react: Reaction) -> Task:
        async def run(event: int, payload: dict[str, Any]) -> None:
            del event  # it is in the job so that each reaction to each event is deferred once
            async with self._database.transaction() as tx:
                await react(tx, msgspec.convert(payload, event_type))

        return run

    async def _dispatch(self, event: int) -> None:
        async with self._database.transaction() as tx:
            await dispatch(tx, event, REACTIONS)

    async def _close_quiz(self, quiz: str) -> None:
        await self._hub.quizzes.close_in_time(quiz, now_ms=self._now_ms())

    async def _end_coupon(self, room: str, coupon: str) -> None:
        async with self._database.transaction() as tx:
            await self._coupons.withdraw(tx, room, coupon, now_ms=self._now_ms())

    async def _award(self, tx: Transaction, won: QuizWon) -> None:
        """Winners get their coupon, and hear of it on every device."""
        now_ms = self._now_ms()
        if won.prize is not None:
            users = [winner.user for winner in won.winners]
            await self._coupons.grant(tx, won.room, won.prize, users, now_ms=now_ms)
        for winner in won.winners:
            await self._hub.directs.send(
                tx,
                user=winner.user,
                id_=f"won-{won.quiz}-{winner.user}",
                type_="quiz_won",
                ts=now_ms,
                data={
                    "room": won.room,
                    "quiz": won.quiz,
                    "question": won.question,
                    "rank": winner.rank,
                    "coupon": msgspec.to_builtins(won.prize),
                },
            )

    async def _withdraw(self, tx: Transaction, gone: CouponExhausted) -> None:
        """The room stops showing a coupon of which none is left."""
        await self._coupons.withdraw(tx, gone.room, gone.coupon, now_ms=self._now_ms())

    async def _housekeeping(self, timestamp: int) -> None:
        """Forget what is kept for a time only, and add up what ended processes counted."""
        del timestamp
        await forget(self._config, self._database, now_ms=self._now_ms())
        async with self._database.transaction() as tx:
            await tx.connection.execute(TALLIES["fold_ended"], ENDED_AFTER)
