"""Rounds: the room for some seconds without an attacker and with one, in turns; what its viewers notice.

    for each attacker, `rounds` times:      quiet window, pause, attacked window, pause

Compared are medians over rounds of each window's percentiles, so that one hiccup of the machine is not taken for the attack.
"""

import asyncio
import contextlib
import statistics
import time
from collections.abc import Callable

import msgspec
from msgspec import Struct

from loadtest import crowd as one_crowd
from loadtest.crowds import Crowds, crowds
from loadtest.hearing import Figures, added
from loadtest.hostile.attackers import attacking
from loadtest.hostile.wire import Got, Target
from loadtest.people import Host, host_of, tokens
from loadtest.results import Plan as Mix
from loadtest.server import LocalServer
from loadtest.socket import loopback
from loadtest.talk import Talk

RATIO_MAX = 1.5  # of a 99th percentile with the attacker to that without
SETTLE_S = 1.0  # the attack is under way before a window begins
ATTACK_FROM = 0xFA01  # the loopback address of attackers: 127.0.250.1
TALKERS_FROM = 0xF000
PERCENTILES = ("chat_p50_ms", "chat_p99_ms", "control_p50_ms", "control_p99_ms")


class Plan(Struct, frozen=True, kw_only=True):
    """`seconds` of each window."""

    attackers: list[str]
    rounds: int = 3
    seconds: float = 6.0
    viewers: int = 500
    chats_per_s: float = 20.0
    likes_per_s: float = 200.0
    controls_per_s: float = 4.0


class Window(Struct, frozen=True, kw_only=True):
    """What the viewers had in one window, and what the server used."""

    chat_p50_ms: float
    chat_p99_ms: float
    control_p50_ms: float
    control_p99_ms: float
    frames: int
    server_cpu_s: float


class Outcome(Struct, frozen=True, kw_only=True):
    """One attacker: windows without and with it, what it got, and what went wrong for others meanwhile."""

    attacker: str
    quiet: list[Window]
    attacked: list[Window]
    got: Got
    faults: dict[str, int]
    notices: dict[str, int]

    def median(self, name: str, *, attacked: bool) -> float:
        """Of a field of the windows."""
        windows = self.attacked if attacked else self.quiet
        return float(statistics.median(getattr(window, name) for window in windows))

    def ratio(self, name: str) -> float:
        """With the attacker to without; 1.0 when nothing was measured."""
        quiet = self.median(name, attacked=False)
        return self.median(name, attacked=True) / quiet if quiet else 1.0

    @property
    def calm(self) -> bool:
        """The rest of the room did not notice."""
        return not self.faults and all(self.ratio(name) <= RATIO_MAX for name in ("chat_p99_ms", "control_p99_ms"))


class Rounds:
    """Plays a Plan on a server."""

    def __init__(self, server: LocalServer, plan: Plan, tell: Callable[[str], None]) -> None:
        self._server = server
        self._plan = plan
        self._tell = tell
        self._target = Target(host=server.host, port=server.port, room="hostile", source=loopback(ATTACK_FROM))

    async def run(self) -> list[Outcome]:
        """All attackers, one after the other."""
        server, plan = self._server, self._plan
        mix = Mix(viewers=plan.viewers, chats_per_s=plan.chats_per_s, likes_per_s=plan.likes_per_s)
        given = await tokens(server, mix.talkers, first_source=TALKERS_FROM)
        seats = one_crowd.Plan(host=server.host, port=server.port, room=self._target.room, size=plan.viewers)
        stage = msgspec.structs.replace(seats, size=mix.talkers, tokens=given, first_source=TALKERS_FROM)
        async with host_of(server, self._target.room) as host, crowds(seats) as crowd, crowds(stage) as talkers:
            await talkers.enter()
            await crowd.enter()
            show = asyncio.get_running_loop().create_task(self._go_on(host, talkers))
            try:
                return [await self._face(name, crowd, show) for name in plan.attackers]
            finally:
                show.cancel()
                await asyncio.wait([show])

    async def _go_on(self, host: Host, talkers: Crowds) -> None:
        """The show, until cancelled."""
        plan = self._plan
        while True:
            talk = Talk(seconds=60.0, chats_per_s=plan.chats_per_s, likes_per_s=plan.likes_per_s)
            async with asyncio.TaskGroup() as group:
                group.create_task(talkers.talk(talk))
                group.create_task(host.steadily(plan.controls_per_s, talk.seconds))

    async def _face(self, name: str, crowd: Crowds, show: "asyncio.Task[None]") -> Outcome:
        self._tell(f"{name} ...")
        quiet: list[Window] = []
        attacked: list[Window] = []
        got = Got()
        faults: dict[str, int] = {}
        notices: dict[str, int] = {}
        for _ in range(self._plan.rounds):
            if show.done():
                show.result()
            for windows, attacks in ((quiet, False), (attacked, True)):
                figures, window = await self._window(name if attacks else "", crowd, got)
                windows.append(window)
                faults, notices = added(faults, figures.faults), added(notices, figures.notices)
        return Outcome(attacker=name, quiet=quiet, attacked=attacked, got=got, faults=faults, notices=notices)

    async def _window(self, attacker: str, crowd: Crowds, got: Got) -> tuple[Figures, Window]:
        """Some seconds of the room, under attack by `attacker` unless that is empty. Faults are those since the last one."""
        async with contextlib.AsyncExitStack() as stack:
            if attacker:
                task = asyncio.get_running_loop().create_task(attacking(attacker, self._target, got))
                stack.push_async_callback(_ended, task)
            await asyncio.sleep(SETTLE_S)
            before = await crowd.take()
            begun = self._server.sample()
            await asyncio.sleep(self._plan.seconds)
            figures = await crowd.take()
            ended = self._server.sample()
        figures.faults, figures.notices = added(before.faults, figures.faults), added(before.notices, figures.notices)
        window = Window(
            chat_p50_ms=round(figures.chat.percentile(50), 1),
            chat_p99_ms=round(figures.chat.percentile(99), 1),
            control_p50_ms=round(figures.control.percentile(50), 1),
            control_p99_ms=round(figures.control.percentile(99), 1),
            frames=figures.frames,
            server_cpu_s=round(ended.cpu_s.get("server", 0.0) - begun.cpu_s.get("server", 0.0), 2),
        )
        return figures, window


async def _ended(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.wait([task])


def machine_time() -> str:
    """Now, ISO 8601, UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
