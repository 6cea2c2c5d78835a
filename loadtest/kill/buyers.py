"""Those who buy: they tap with keys, tap twice, ask again with the same key until they are answered, order what they hold and
pay it (checkout.py), give back, stand in line, and look up what they have. Whatever is asked once is asked until there is an
answer that does not ask to come again.
"""

import asyncio
import random

from msgspec import Struct

from loadtest.kill.checkout import Checkout
from loadtest.kill.node import WORKERS
from loadtest.kill.operations import Line, Operation, Sale
from loadtest.kill.wires import Person, Room

PAUSE_S = 0.5  # between two things that a buyer does, on average
RETRY_S = 0.3  # before asking again, on average
PACE_S = 0.03  # between two taps of a pacer
PACER_RETRY_S = 0.05
PACER_PATIENCE_S = 1.0
WISHES = {"buy": 28, "release": 14, "look": 8, "ask an old key": 8, "order without a tap": 4, "tap": 38}
TWICE, AGAIN, WAIT, TWO_LINES, UNWAIT = 0.2, 0.15, 0.4, 0.15, 0.3  # how many do it


class Day(Struct, frozen=True, kw_only=True):
    """What is on sale, until when people begin something new, and until when they ask for answers; seconds of the run."""

    sales: list[Sale]
    until_s: float
    gives_up_s: float


class Buyer:
    """One of them; everything they do follows from `chance` and from what they are answered."""

    _retry_s = RETRY_S

    def __init__(self, room: Room, id_: str, chance: random.Random, day: Day, checkout: Checkout | None = None) -> None:
        self.person = Person(room, id_)
        self._checkout = checkout
        self._room = room
        self._chance = chance
        self.day = day
        self._keys = 0
        self._held: list[str] = []
        self._asked: list[tuple[str, tuple[Line, ...]]] = []  # keys that made holds, which may be over by now
        self._waited: set[str] = set()

    async def shop(self) -> None:
        """Until the day is over, and everything is answered."""
        while True:
            await asyncio.sleep(self._chance.expovariate(1 / PAUSE_S))
            if self._room.times.now_s() >= self.day.until_s:
                return
            [what] = self._chance.choices(list(WISHES), list(WISHES.values()))
            if what == "release" and self._held:
                await self.release(self._held.pop(self._chance.randrange(len(self._held))))
            elif what == "buy" and self._held and self._checkout is not None:
                hold = self._held.pop(self._chance.randrange(len(self._held)))
                await self._checkout.buy({"hold": hold}, hold)
            elif what == "order without a tap" and self._checkout is not None:
                product = self.day.sales[0].product
                wanted = [{"product": product, "qty": self._chance.choice((1, 2))}]
                await self._checkout.buy({"lines": wanted}, product)
            elif what == "look":
                await self.person.holds(self._worker())
            elif what == "ask an old key" and self._asked:
                key, lines = self._chance.choice(self._asked)
                await self._until_final("reserve", key=key, lines=lines)
            else:
                await self._tap_or_wait(self._lines())

    async def tap(self, lines: tuple[Line, ...]) -> Operation | None:
        """A new key, until it is answered; some tap twice at once, some ask once more afterwards."""
        key = self._new_key()
        twice = self._chance.random() < TWICE
        first = self._until_final("reserve", key=key, lines=lines)
        if twice:
            answers = await asyncio.gather(first, self._until_final("reserve", key=key, lines=lines))
            answer = next((one for one in answers if one is not None and one.holds), answers[0])
        else:
            answer = await first
        if answer is not None and answer.holds:
            self._held.append(answer.holds[0].id)
            self._asked.append((key, lines))
            if self._chance.random() < AGAIN:
                await self._until_final("reserve", key=key, lines=lines)
        return answer

    async def release(self, hold: str) -> None:
        """Give it back, some twice at once."""
        asks = [self._until_final("release", hold=hold)]
        if self._chance.random() < TWICE:
            asks.append(self._until_final("release", hold=hold))
        await asyncio.gather(*asks)

    async def _tap_or_wait(self, lines: tuple[Line, ...]) -> None:
        answer = await self.tap(lines)
        sale = lines[0].sale
        is_sold_out = answer is not None and answer.answer == "sold_out" and len(lines) == 1
        if not is_sold_out or sale in self._waited or self._chance.random() >= WAIT:
            return
        self._waited.add(sale)  # once, so that it is plain under which key they stand there
        answer = await self._until_final("wait", key=self._new_key(), lines=lines)
        if answer is None:
            return
        if answer.holds:
            self._held.append(answer.holds[0].id)
        elif self._chance.random() < UNWAIT:
            await asyncio.sleep(self._chance.expovariate(1 / PAUSE_S))
            await self._until_final("unwait", lines=lines)

    async def _until_final(
        self, kind: str, *, key: str = "", hold: str = "", lines: tuple[Line, ...] = ()
    ) -> Operation | None:
        """The same again and again, here or there, until there is an answer; None when nobody ever answered."""
        is_again = False
        while self._room.times.now_s() < self.day.gives_up_s:
            operation = await self.person.say(self._worker(is_again=is_again), kind, key=key, hold=hold, lines=lines)
            if operation is not None and operation.is_final:
                return operation
            is_again = True
            await asyncio.sleep(self._chance.expovariate(1 / self._retry_s))
        return None

    async def ask_last(self, sale: Sale) -> None:
        """One more tap, given back at once, when nobody else does anything."""
        answer = await self._until_final("reserve", key=self._new_key(), lines=(Line(sale.id, 1),))
        if answer is not None and answer.holds:
            await self._until_final("release", hold=answer.holds[0].id)

    def _lines(self) -> tuple[Line, ...]:
        sales = self.day.sales
        if len(sales) > 1 and self._chance.random() < TWO_LINES:
            return tuple(Line(sale.id, 1) for sale in sales[:2])
        return (Line(self._chance.choice(sales).id, self._chance.choice((1, 1, 2))),)

    def _new_key(self) -> str:
        self._keys += 1
        return f"{self.person.id}-key-{self._keys}"

    def _worker(self, *, is_again: bool = False) -> str:  # noqa: ARG002 - a pacer goes elsewhere then
        return self._chance.choice(WORKERS)


class Pacer(Buyer):
    """Taps and gives back all the time, and goes to the other worker when one does not answer: what it waits, buyers wait."""

    _retry_s = PACER_RETRY_S

    def __init__(self, room: Room, id_: str, chance: random.Random, day: Day, worker: str) -> None:
        super().__init__(room, id_, chance, day)
        self.person.patience_s = PACER_PATIENCE_S
        self._at = worker
        self.answered_s: list[float] = []

    async def shop(self) -> None:
        """Until the day is over."""
        lines = (Line(self.day.sales[0].id, 1),)
        while self._room.times.now_s() < self.day.until_s:
            answer = await self._until_final("reserve", key=self._new_key(), lines=lines)
            self._count(answer)
            if answer is not None and answer.holds:
                self._count(await self._until_final("release", hold=answer.holds[0].id))
            await asyncio.sleep(PACE_S)

    def _count(self, answer: Operation | None) -> None:
        if answer is not None and answer.end_s is not None:
            self.answered_s.append(answer.end_s)

    def _worker(self, *, is_again: bool = False) -> str:
        if is_again:
            self._at = next(worker for worker in WORKERS if worker != self._at)
        return self._at
