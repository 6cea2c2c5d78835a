"""Those who buy: each taps once as the sale opens, and does what a page does until there is an answer.

    tap      `reserve`, with a key of the buyer's own
    twice    a share of them sends the same again at once, as a finger that hits twice
    again    a share of them asks once more after the answer, as a page that lost it: under the same key
    retry    a refusal with `retry_after_ms`, a socket that is gone, an answer that does not come: the same key again

Whatever a buyer is told is kept, so that it can be checked afterwards.
"""

import asyncio
import random
import time
from typing import Any

import msgspec
from msgspec import Struct

from loadtest.crowd import Crowd, Viewer

PATIENCE_S = 8.0  # without an answer a page asks again
AWAY_S = 0.25  # until a page whose socket is gone looks whether it has one again
AGAIN_S = 0.5  # within this time after the answer some ask once more
JITTER = 0.5  # a pause is up to this much longer
FIRST_ACK = 2  # lower numbers are those of the join and of chat


class Taps(Struct, frozen=True, kw_only=True):
    """What is to be bought. All tap in [at_ms, at_ms + within_s), Unix ms; `twice` and `again` are shares of the buyers.

    `seconds_max`: what is not answered by then, from `at_ms` on, counts as not answered.
    """

    sale: str
    qty: int
    key: str
    at_ms: float
    within_s: float = 1.0
    twice: float = 0.1
    again: float = 0.1
    seconds_max: float = 30.0
    seed: str = ""


class Told(Struct, frozen=True, array_like=True):
    """An answer, `at_ms` after the sale opened: `units` of a hold, or why there is none, "" with one.

    `is_final`: not one that asks to come again.
    """

    at_ms: float
    hold: str = ""
    units: int = 0
    reason: str = ""
    left: int = -1
    is_final: bool = True


class Tapped(Struct, kw_only=True, array_like=True):
    """One buyer: when they first tapped (ms after the opening; -1: never), how often, and what they were told.

    `doubled`: answers to what had been answered; `lost`: taps of which no answer came.
    """

    at_ms: float = -1.0
    taps: int = 0
    told: list[Told] = []
    doubled: int = 0
    lost: int = 0

    @property
    def answer(self) -> Told | None:
        """The first final one."""
        return next((told for told in self.told if told.is_final), None)


class _Line(Struct, frozen=True):
    sale: str
    qty: int


class _Hold(Struct, frozen=True):
    id: str
    lines: list[_Line] = []


class _Answer(Struct, frozen=True):
    """As much of an acknowledgement as a buyer looks at."""

    ok: bool
    hold: _Hold | None = None
    error: dict[str, Any] = {}


_answers = msgspec.json.Decoder(tuple[_Answer])


def reserve(number: int, sale: str, qty: int, key: str) -> bytes:
    """The packet of a tap, to be acknowledged under `number`."""
    return f"42{number}".encode() + msgspec.json.encode(["reserve", {"sale": sale, "qty": qty, "key": key}])


def told_of(text: bytes, sale: str, at_ms: float) -> tuple[int, Told, int]:
    """Of an acknowledgement: its number, what it says, and after how many ms to come again, if it says so, else -1."""
    number, _, body = text[2:].partition(b"[")
    (answer,) = _answers.decode(b"[" + body)
    if answer.ok and answer.hold is not None:
        units = sum(line.qty for line in answer.hold.lines if line.sale == sale)
        return int(number), Told(at_ms, answer.hold.id, units), -1
    error = answer.error
    retry_ms = int(error.get("retry_after_ms", -1))
    reason = f"{error.get('code', '?')} {error.get('name', 'no hold')}"
    return int(number), Told(at_ms, "", 0, reason, int(error.get("left", -1)), retry_ms < 0), retry_ms


class _Buyer:
    """One viewer who buys."""

    def __init__(self, plan: Taps, viewer: Viewer, chance: random.Random, done: asyncio.Semaphore) -> None:
        self.tapped = Tapped(told=[])
        self._plan = plan
        self._viewer = viewer
        self._chance = chance
        self._done = done
        self._waiting: set[int] = set()
        self._overdue: set[int] = set()  # taps that were repeated since no answer came, which may still come
        self._again = chance.random() < plan.again
        self._twice = chance.random() < plan.twice
        self._is_done = False
        viewer.answered = self._answered

    def tap(self) -> None:
        """The first one."""
        self.tapped.at_ms = self._now_ms()
        self._send()
        if self._twice:
            self._send()

    def stop(self) -> Tapped:
        """Wait no more."""
        self._viewer.answered = None
        self.tapped.lost = len(self._waiting) + len(self._overdue)
        return self.tapped

    def _send(self) -> None:
        loop, plan, socket = asyncio.get_running_loop(), self._plan, self._viewer.socket
        if socket is None or not socket.open:
            self._waiting.clear()  # what was on its way will not be answered
            self._overdue.clear()
            loop.call_later(AWAY_S * (1 + JITTER * self._chance.random()), self._send)
            return
        number = FIRST_ACK + self.tapped.taps
        self.tapped.taps += 1
        self._waiting.add(number)
        socket.say(reserve(number, plan.sale, plan.qty, plan.key))
        loop.call_later(PATIENCE_S, self._look, number)

    def _look(self, number: int) -> None:
        if number in self._waiting:
            self._waiting.discard(number)
            self._overdue.add(number)
            self._send()

    def _answered(self, text: bytes) -> None:
        number, told, retry_ms = told_of(text, self._plan.sale, self._now_ms())
        if number not in self._waiting | self._overdue:
            self.tapped.doubled += 1
            return
        self._waiting.discard(number)
        self._overdue.discard(number)
        self.tapped.told.append(told)
        if self._waiting:
            return
        if self.tapped.answer is None:
            pause_s = retry_ms / 1000 * (1 + JITTER * self._chance.random())
            asyncio.get_running_loop().call_later(pause_s, self._send)
        elif self._again:
            self._again = False
            asyncio.get_running_loop().call_later(AGAIN_S * self._chance.random(), self._send)
        elif not self._is_done:
            self._is_done = True
            self._done.release()

    def _now_ms(self) -> float:
        return round(time.time() * 1000 - self._plan.at_ms, 1)


async def tap(crowd: Crowd, plan: Taps) -> list[Tapped]:
    """All viewers of the crowd buy; what came of it, when all have their answers or time is over."""
    chance = random.Random(plan.seed)
    done = asyncio.Semaphore(0)
    buyers = [_Buyer(plan, viewer, chance, done) for viewer in crowd.viewers]
    loop = asyncio.get_running_loop()
    begins_s = loop.time() + plan.at_ms / 1000 - time.time()
    for buyer in buyers:
        loop.call_at(begins_s + plan.within_s * chance.random(), buyer.tap)
    try:
        async with asyncio.timeout_at(begins_s + plan.seconds_max):
            for _ in buyers:
                await done.acquire()
    except TimeoutError:
        pass  # those who wait still are told apart below
    return [buyer.stop() for buyer in buyers]
