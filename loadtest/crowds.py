"""The whole crowd: as many processes as its size asks for, told what to do, and what they heard put together.

    async with crowds(Plan(port=8080, room="demo", size=30_000)) as crowd:
        await crowd.enter(per_s=2_000)
        await crowd.take()                  # forget what was heard until now
        ...
        heard = await crowd.take()          # Figures of all since then
        crowd.seconds                       # Figures by Unix second, all processes together

Every wait has a bound: a process that does not answer in time, or ends, is a CrowdLost.
"""

import asyncio
import contextlib
import math
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec

from loadtest.crowd import Plan
from loadtest.crowdprocess import LINE_BYTES_MAX, Command, Reply
from loadtest.hearing import Figures
from loadtest.sale.taps import Tapped, Taps
from loadtest.talk import Said, Talk

VIEWERS_PER_PROCESS = 16_000  # a process may hold 20,000 descriptors
ANSWER_TIMEOUT_S = 30.0  # for what is done at once, on a machine that is busy
END_TIMEOUT_S = 20.0
CHECKOUT = Path(__file__).parent.parent

_replies = msgspec.json.Decoder(Reply)


class CrowdLost(Exception):
    """A process of the crowd ended or does not answer; what it heard is not known, so the run is worth nothing."""


class _Process:
    """One child and its pipes."""

    def __init__(self, plan: Plan, child: asyncio.subprocess.Process, seconds: dict[int, Figures]) -> None:
        self.plan = plan
        self._child = child
        self._seconds = seconds
        self._since = Figures()
        self._present: dict[int, int] = {}
        self._waiting: dict[int, asyncio.Future[Reply]] = {}
        self._reading = asyncio.get_running_loop().create_task(self._read())
        self._last = 0

    @classmethod
    async def start(cls, plan: Plan, seconds: dict[int, Figures]) -> "_Process":
        pipe = asyncio.subprocess.PIPE
        command = [sys.executable, "-m", "loadtest.crowdprocess"]
        child = await asyncio.create_subprocess_exec(
            *command, cwd=CHECKOUT, stdin=pipe, stdout=pipe, limit=LINE_BYTES_MAX
        )
        process = cls(plan, child, seconds)
        process._send(msgspec.json.encode(plan))
        return process

    async def ask(self, command: Command, *, timeout_s: float = ANSWER_TIMEOUT_S) -> Reply:
        """The answer to `command`, whose number is set here."""
        self._last += 1
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting[self._last] = answer
        if self._reading.done():
            raise CrowdLost("a process of the crowd has ended")
        self._send(msgspec.json.encode(msgspec.structs.replace(command, number=self._last)))
        try:
            async with asyncio.timeout(timeout_s):
                return await answer
        except TimeoutError:
            raise CrowdLost(f"a process of the crowd did not answer `{command.do}` within {timeout_s:.0f} s") from None

    def taken(self) -> Figures:
        """What was heard since the last time, as far as it was told."""
        figures, self._since = self._since, Figures()
        return figures

    async def end(self) -> None:
        """Its input ends, and so does it; if not, it is killed."""
        assert self._child.stdin is not None
        self._child.stdin.close()
        try:
            async with asyncio.timeout(END_TIMEOUT_S):
                await self._child.wait()
        except TimeoutError:
            self._child.kill()
            await self._child.wait()
        await asyncio.wait([self._reading], timeout=END_TIMEOUT_S)

    def _send(self, line: bytes) -> None:
        assert self._child.stdin is not None
        self._child.stdin.write(line + b"\n")

    async def _read(self) -> None:
        assert self._child.stdout is not None
        try:
            while line := await self._child.stdout.readline():
                reply = _replies.decode(line)
                if reply.figures is not None:
                    self._heard(reply.figures, every_second=not reply.number)
                if reply.number:
                    waiting = self._waiting.pop(reply.number, None)
                    if waiting is not None and not waiting.done():
                        waiting.set_result(reply)
        finally:
            for waiting in self._waiting.values():
                if not waiting.done():
                    waiting.set_exception(CrowdLost("a process of the crowd has ended"))

    def _heard(self, figures: Figures, *, every_second: bool) -> None:
        self._since.merge(figures)
        self._since.present = figures.present
        if every_second:
            self._present[figures.second] = figures.present
        whole = self._seconds.setdefault(figures.second, Figures(second=figures.second))
        whole.merge(figures)

    @property
    def told_last(self) -> int:
        """The last second that was told of in full."""
        return max(self._present, default=0)

    def present(self, second: int) -> int:
        """Viewers in the room at the end of `second`, as last told by then: a busy process may tell late."""
        told = [at for at in self._present if at <= second]
        return self._present[max(told)] if told else 0


class Crowds:
    """All processes of one crowd."""

    def __init__(self, processes: list[_Process], seconds: dict[int, Figures]) -> None:
        self._processes = processes
        self._seconds = seconds

    @property
    def seconds(self) -> dict[int, Figures]:
        """What was heard, by the Unix second at whose end it was told, in order; without the one that is not over yet."""
        last = max((process.told_last for process in self._processes), default=0)
        whole = {second: figures for second, figures in sorted(self._seconds.items()) if second <= last}
        for second, figures in whole.items():
            figures.present = sum(process.present(second) for process in self._processes)
        return whole

    @property
    def size(self) -> int:
        """Viewers, in the room or not."""
        return sum(process.plan.size for process in self._processes)

    async def enter(self, *, per_s: float = 0.0, at_once: int = 64, timeout_s: float = 300.0) -> float:
        """All who are out come in, from where they stood; the seconds until the last was in or had given up.

        `per_s` (0: as fast as it goes) and `at_once` are for all processes together. Whoever gave up is among the faults.
        """
        started_s = time.monotonic()
        share = len(self._processes)
        command = Command(number=0, do="enter", per_s=per_s / share, at_once=max(1, at_once // share))
        await self._all(command, timeout_s=timeout_s)
        return time.monotonic() - started_s

    async def cut(self) -> None:
        """Everybody's network is gone at once."""
        await self._all(Command(number=0, do="cut"))

    async def behind(self, epoch: str, offset: int) -> int:
        """How many viewers do not stand at (`epoch`, `offset`)."""
        return sum(r.count for r in await self._all(Command(number=0, do="behind", epoch=epoch, offset=offset)))

    async def caught_up(self, epoch: str, offset: int, *, timeout_s: float) -> int:
        """Wait until all stand at (`epoch`, `offset`), at most so long; how many do not."""
        deadline_s = time.monotonic() + timeout_s
        while (behind := await self.behind(epoch, offset)) and time.monotonic() < deadline_s:  # noqa: ASYNC110
            await asyncio.sleep(0.2)
        return behind

    async def talk(self, plan: Talk) -> Said:
        """Each says its share of `plan`; returns when all is said."""
        share = len(self._processes)
        part = msgspec.structs.replace(plan, chats_per_s=plan.chats_per_s / share, likes_per_s=plan.likes_per_s / share)
        replies = await self._all(Command(number=0, do="talk", talk=part), timeout_s=plan.seconds + ANSWER_TIMEOUT_S)
        said = [reply.said for reply in replies if reply.said is not None]
        return Said(
            chats=sum(one.chats for one in said),
            likes=sum(one.likes for one in said),
            like_messages=sum(one.like_messages for one in said),
            unsaid=sum(one.unsaid for one in said),
        )

    async def tap(self, plan: Taps) -> list[Tapped]:
        """All try to buy; what each did and was told, in the order of their tokens, when all are answered or time is over."""
        commands = [
            Command(number=0, do="tap", taps=msgspec.structs.replace(plan, seed=f"{plan.seed}/{number}"))
            for number in range(len(self._processes))
        ]
        timeout_s = plan.at_ms / 1000 - time.time() + plan.seconds_max + ANSWER_TIMEOUT_S
        asked = zip(self._processes, commands, strict=True)
        replies = await asyncio.gather(*(process.ask(command, timeout_s=timeout_s) for process, command in asked))
        return [tapped for reply in replies for tapped in reply.tapped or []]

    async def take(self) -> Figures:
        """What all heard since the last time. `present` is of this moment."""
        await self._all(Command(number=0, do="figures"))
        whole = Figures(second=int(time.time()))
        for process in self._processes:
            whole.merge(process.taken())
        return whole

    async def end(self) -> None:
        """All go."""
        await asyncio.gather(*(process.end() for process in self._processes))

    async def _all(self, command: Command, *, timeout_s: float = ANSWER_TIMEOUT_S) -> list[Reply]:
        return await asyncio.gather(*(process.ask(command, timeout_s=timeout_s) for process in self._processes))


def shares(plan: Plan, processes: int) -> list[Plan]:
    """`plan` cut into one for each process: sizes that differ by one at most, tokens dealt out, addresses apart."""
    cut = []
    begun, source = 0, plan.first_source
    for number in range(processes):
        size = plan.size // processes + (number < plan.size % processes)
        tokens = plan.tokens[begun : begun + size]
        cut.append(msgspec.structs.replace(plan, size=size, tokens=tokens, first_source=source))
        begun += size
        source += math.ceil(size / plan.per_source) if plan.per_source else 0
    return cut


@contextlib.asynccontextmanager
async def crowds(plan: Plan, *, processes: int = 0) -> AsyncIterator[Crowds]:
    """The crowd of `plan`, not yet in the room, in so many processes (0: as many as are needed); gone afterwards."""
    count = processes or max(1, math.ceil(plan.size / VIEWERS_PER_PROCESS))
    seconds: dict[int, Figures] = {}
    started: list[_Process] = []
    try:
        for part in shares(plan, count):
            started.append(await _Process.start(part, seconds))  # noqa: PERF401 - what was started must be ended
        yield Crowds(started, seconds)
    finally:
        await asyncio.gather(*(process.end() for process in started))
