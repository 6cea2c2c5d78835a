"""The trust loop, as a list: which domain event causes what across packages that do not know each other.

    event (written with the fact)  ->  subscriptions, each with its reaction to a batch, exactly once in PostgreSQL

What a package makes of the events of packages below it stands in that package's own module; what crosses sideways, or takes
several packages at once, stands here and nowhere else.
"""

from collections.abc import Sequence

import msgspec

from commerce.cases.breaches import Breach
from commerce.cases.module import AfterSales
from commerce.coupons.coupons import Coupons
from commerce.coupons.events import CouponExhausted
from commerce.orders.events import OrderPaid
from livehub.base.db import Transaction
from livehub.base.events import Event, Subscription
from livehub.base.module import Context, Module, Part, ProcessRole
from livehub.hub.inbox.inbox import Inbox
from livehub.hub.questions.events import QuestionRewarded
from livehub.hub.quizzes.api import QuizWon
from livehub.people.records_events import ExportReady
from livehub.room.wire import Direct
from trace.coldchain.events import ColdChainBreach, ColdChainCorrected, ColdChainReinstated
from trace.coldchain.watching import of_shipment


class Reactions(Part):
    def __init__(self, context: Context) -> None:
        self._now_s = context.now_s
        self._inbox = context.get(Inbox)
        self._coupons = context.get(Coupons)
        self._breaches = context.get(AfterSales).breaches

    def subscriptions(self) -> Sequence[Subscription]:
        return [
            Subscription(name="quiz.award", types=(QuizWon,), react=self._award_all, begins="start"),
            Subscription(name="question.reward", types=(QuestionRewarded,), react=self._reward_all, begins="start"),
            Subscription(name="coupon.withdraw", types=(CouponExhausted,), react=self._withdraw_all, begins="start"),
            Subscription(name="export.tell", types=(ExportReady,), react=self._tell_of_exports, begins="start"),
            Subscription(
                name="breach.offer",
                types=(ColdChainBreach, ColdChainCorrected, ColdChainReinstated),
                react=self._hear_of_all,
                begins="start",
            ),
            # Not of that one: a breach is not to wait for all that a sale sells. What was paid before is flagged with it.
            Subscription(name="breach.paid", types=(OrderPaid,), react=self._flag_paid, begins="now"),
        ]

    def _now_ms(self) -> int:
        return int(self._now_s() * 1000)

    async def _award_all(self, tx: Transaction, batch: list[Event[QuizWon]]) -> None:
        for event in batch:
            await self._award(tx, event.data)

    async def _award(self, tx: Transaction, won: QuizWon) -> None:
        """Winners get their coupon, and hear of it on every device."""
        now_ms = self._now_ms()
        if won.prize is not None:
            users = [winner.user for winner in won.winners]
            await self._coupons.grant(tx, won.room, won.prize, users, now_ms=now_ms)
        for winner in won.winners:
            await self._inbox.send(
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

    async def _reward_all(self, tx: Transaction, batch: list[Event[QuestionRewarded]]) -> None:
        """Whoever asked the question gets the coupon, and hears of it on every device."""
        now_ms = self._now_ms()
        for event in batch:
            rewarded = event.data
            await self._coupons.grant(tx, rewarded.room, rewarded.coupon, [rewarded.user], now_ms=now_ms)
        await self._inbox.send_many(tx, [(event.data.user, _coupon_given(event.data, now_ms)) for event in batch])

    async def _withdraw_all(self, tx: Transaction, batch: list[Event[CouponExhausted]]) -> None:
        """The rooms stop showing coupons of which none is left, in one order, so that two such batches cannot deadlock."""
        for event in sorted(batch, key=lambda event: event.data.room):
            await self._coupons.withdraw(tx, event.data.room, event.data.coupon, now_ms=self._now_ms())

    async def _tell_of_exports(self, tx: Transaction, batch: list[Event[ExportReady]]) -> None:
        """Whoever wanted their data hears on every device that it is there."""
        now_ms = self._now_ms()
        await self._inbox.send_many(tx, [(event.data.person, _export_ready(event.data, now_ms)) for event in batch])

    async def _hear_of_all(
        self, tx: Transaction, batch: list[Event[ColdChainBreach | ColdChainCorrected | ColdChainReinstated]]
    ) -> None:
        """Whoever bought of the batches in the van hears of it on every device, and gets what ops want them to be offered."""
        now_ms = self._now_ms()
        for event in batch:
            if isinstance(event.data, ColdChainCorrected):
                await self._breaches.corrected(tx, event.data.breach, now_ms=now_ms)
            elif isinstance(event.data, ColdChainReinstated):
                await self._breaches.reinstated(tx, event.data.breach, now_ms=now_ms)
            else:
                await self._breaches.heard(tx, _breach(event.data), now_ms=now_ms)

    async def _flag_paid(self, tx: Transaction, batch: list[Event[OrderPaid]]) -> None:
        """Whoever buys of batches that are in a van after its cold chain broke hears of it, too."""
        now_ms = self._now_ms()
        for touched in await self._breaches.touched(tx, [event.data.order for event in batch]):
            watched = await of_shipment(tx.connection, touched.breach.shipment)
            if any(each.ended_ms is None for each in watched):  # what is sold of it once it has arrived is up to ops
                await self._breaches.paid(tx, touched, now_ms=now_ms)


def _breach(told: ColdChainBreach) -> Breach:
    offer = told.offer
    return Breach(
        id=told.breach, shipment=told.shipment, batches=told.batches, since_ms=told.started_ms, at_ms=told.at_ms,
        celsius=told.celsius, offer=offer.kind, amount_minor=offer.amount_minor, currency=offer.currency, days=offer.days,
    )  # fmt: skip


def _export_ready(ready: ExportReady, now_ms: int) -> Direct:
    data = {"export": ready.export, "bytes": ready.bytes, "ends_ts": ready.ends_ts}
    return Direct(id=f"export-{ready.export}", type="export_ready", ts=now_ms, data=data)


def _coupon_given(rewarded: QuestionRewarded, now_ms: int) -> Direct:
    data = {"room": rewarded.room, "question": rewarded.question, "coupon": msgspec.to_builtins(rewarded.coupon)}
    return Direct(id=f"coupon-{rewarded.question}", type="coupon_given", ts=now_ms, data=data)


REACTIONS = Module(name="reactions", build=Reactions, roles=frozenset({ProcessRole.JOBS}))
