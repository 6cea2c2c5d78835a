"""A show under load: viewers come in, people chat and like, the host pins, Valkey dies, the network drops, all is counted.

    joining      all viewers come in
    show         the mix runs; figures are taken here (with `kill_valkey`, Valkey is away for 5 s in the middle of it)
    storm        everybody's network is gone at once while the show goes on; all come back from where they stood
    end          until every viewer stands where the control log stands

The server's processor time is that of its own Python processes; PostgreSQL's and Valkey's are told beside it.
"""

import asyncio
import contextlib
import math
import time
from collections.abc import AsyncIterator, Iterator
from typing import NamedTuple

import msgspec
from msgspec import Struct

from loadtest import crowd as crowds_part
from loadtest.crowds import Crowds, crowds
from loadtest.hearing import Figures
from loadtest.house import House
from loadtest.people import Host, host_of, tokens
from loadtest.talk import Said, Talk
from loadtest.usage import Sample

SETTLE_S = 2.0
CATCH_UP_S = 30.0
VALKEY_AWAY_S = 5.0
CHATS_PER_TALKER_S = 0.5  # half of what one person may say
LIKES_PER_TALKER_S = 20.0  # the server counts 50 a second of one socket
MESSAGES_PER_TALKER_S = 5.0  # and takes 20 events
TALKERS_FROM = 0xF000  # loopback addresses of those who talk: 127.0.240.0 and on
STORM_PAIRS = 3  # pairs of control messages while everybody is away


class Plan(Struct, frozen=True, kw_only=True):
    """What to do. `per_s`: joins a second (0: as fast as they go); `per_source`: sockets from one address."""

    room: str = "load"
    viewers: int = 500
    seconds: float = 15.0
    chats_per_s: float = 20.0
    likes_per_s: float = 200.0
    like_batch: int = 5
    controls_per_s: float = 1.0
    per_s: float = 0.0
    at_once: int = 64
    per_source: int = 512
    processes: int = 0
    deflate: bool = False
    cut: bool = True
    kill_valkey: bool = False

    @property
    def talkers(self) -> int:
        """People who talk: so many that none meets the limit of one person or one socket."""
        messages_per_s = self.likes_per_s / self.like_batch
        return max(
            1,
            math.ceil(self.chats_per_s / CHATS_PER_TALKER_S),
            math.ceil(self.likes_per_s / LIKES_PER_TALKER_S),
            math.ceil(messages_per_s / MESSAGES_PER_TALKER_S),
        )


class Second(Struct, frozen=True, kw_only=True):
    """One second of a show. Latencies in ms; processor seconds in that second, by kind of process."""

    at_s: int
    viewers: int
    frames: int
    events: int
    entered: int
    bytes: int
    chat_p50_ms: float
    chat_p99_ms: float
    control_p50_ms: float
    control_p99_ms: float
    server_cpu_s: float
    crowd_cpu_s: float
    memory_mb: float
    faults: int


class Phase(Struct, frozen=True, kw_only=True):
    """A part of a show, in seconds from its beginning."""

    name: str
    from_s: float
    to_s: float


class Report(Struct, frozen=True, kw_only=True):
    """What came out. Times in ms unless the name says otherwise; `cpu` is the server's Python processes' own.

    `events`: lines of chat seen, control messages, and likes reflected in the totals that the viewers saw, each counted
    once per viewer. `frames`: messages that viewers of the crowd received, pings and answers not among them.
    """

    plan: Plan
    workers: int
    connect_s: float
    connects_per_s: float
    connects_per_cpu_s: float
    memory_kb_per_viewer: float
    show_s: float
    frames: int
    lines: int
    controls: int
    likes: int
    events: int
    bytes: int
    frames_per_s: float
    events_per_s: float
    bytes_per_viewer_s: float
    cpu_s: float
    postgresql_cpu_s: float
    valkey_cpu_s: float
    crowd_cpu_s: float
    cpu_us_per_frame: float
    cpu_us_per_event: float
    events_per_cpu_s: float
    control_p50_ms: float
    control_p99_ms: float
    control_max_ms: float
    chat_p50_ms: float
    chat_p99_ms: float
    chat_max_ms: float
    chats_sent: int
    likes_sent: int
    controls_sent: int
    reconnect_s: float
    viewers_behind: int
    faults: dict[str, int]
    notices: dict[str, int]
    phases: list[Phase]
    seconds: list[Second]

    @property
    def sound(self) -> bool:
        """No control message was missing, doubled or out of order, and everybody stands at the head."""
        return not self.faults and not self.viewers_behind


class _Took(NamedTuple):
    """How long the parts of a show took."""

    connect_s: float
    show_s: float
    reconnect_s: float


class _Meter:
    """Samples of the server's processes, one a second."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.samples: dict[int, Sample] = {}

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While this is entered."""
        task = asyncio.get_running_loop().create_task(self._every_second())
        try:
            yield
        finally:
            task.cancel()

    async def _every_second(self) -> None:
        while self._house.usage is not None:
            await asyncio.sleep(1 - time.time() % 1)
            self.samples[int(time.time())] = self._house.usage.sample()

    def second(self, second: int) -> tuple[float, float]:
        """The server's processor seconds in the second that ends at `second`, and its resident MB then."""
        now, before = self.samples.get(second), self.samples.get(second - 1)
        cpu_s = now.cpu_s.get("server", 0.0) - before.cpu_s.get("server", 0.0) if now and before else 0.0
        return cpu_s, now.rss_bytes.get("server", 0) / 1e6 if now else 0.0


class LoadShow:
    """Runs a Plan against a House."""

    def __init__(self, house: House, plan: Plan, workers: int) -> None:
        self._house = house
        self._plan = plan
        self._workers = workers
        self._meter = _Meter(house)
        self._phases: list[Phase] = []
        self._started_s = 0.0

    async def run(self) -> Report:
        """The whole show. Raises CrowdLost or HouseLost when it cannot be played to its end."""
        house, plan = self._house, self._plan
        given = await tokens(house, plan.talkers, first_source=TALKERS_FROM)
        seats = crowds_part.Plan(
            host=house.host,
            port=house.port,
            room=plan.room,
            size=plan.viewers,
            deflate=plan.deflate,
            per_source=plan.per_source if house.host.startswith("127.") else 0,
        )
        stage = msgspec.structs.replace(seats, size=plan.talkers, tokens=given, first_source=TALKERS_FROM)
        async with (
            host_of(house, plan.room) as host,
            crowds(seats, processes=plan.processes) as crowd,
            crowds(stage) as talkers,
            self._meter.running(),
        ):
            return await self._play(host, crowd, talkers)

    async def _play(self, host: Host, crowd: Crowds, talkers: Crowds) -> Report:
        house, plan = self._house, self._plan
        await talkers.enter()
        self._started_s = time.time()
        empty = house.sample()
        with self._phase("joining"):
            connect_s = await crowd.enter(per_s=plan.per_s, at_once=plan.at_once)
        full = house.sample()
        await asyncio.sleep(SETTLE_S)
        joined = await crowd.take()
        before = house.sample()
        begun_s = time.monotonic()
        with self._phase("show"):
            said = await self._perform(host, talkers)
        show_s = time.monotonic() - begun_s
        after, heard = house.sample(), await crowd.take()
        reconnect_s = 0.0
        if plan.cut:
            with self._phase("storm"):
                reconnect_s = await self._storm(host, crowd)
        behind = await crowd.caught_up(*host.head, timeout_s=CATCH_UP_S)
        rest, of_talkers = await crowd.take(), await talkers.take()
        for part in (joined, rest, of_talkers):
            heard.faults = _sums(heard.faults, part.faults)
            heard.notices = _sums(heard.notices, part.notices)
        return self._report(
            heard, said, crowd, took=_Took(connect_s, show_s, reconnect_s),
            samples=(empty, full, before, after), controls=host.controls, behind=behind,
        )  # fmt: skip

    async def _perform(self, host: Host, talkers: Crowds) -> Said:
        plan = self._plan
        talk = Talk(
            seconds=plan.seconds,
            chats_per_s=plan.chats_per_s,
            likes_per_s=plan.likes_per_s,
            like_batch=plan.like_batch,
        )
        async with asyncio.TaskGroup() as group:
            said = group.create_task(talkers.talk(talk))
            group.create_task(host.steadily(plan.controls_per_s, plan.seconds))
            if plan.kill_valkey:
                group.create_task(self._without_valkey())
        return said.result()

    async def _without_valkey(self) -> None:
        bus, usage = self._house.bus, self._house.usage
        assert bus is not None
        assert usage is not None
        await asyncio.sleep(max(0.0, (self._plan.seconds - VALKEY_AWAY_S) / 2))
        with self._phase("Valkey away"):
            await bus.kill()
            await asyncio.sleep(VALKEY_AWAY_S)
            await bus.start()
        usage.add(bus.pid)

    async def _storm(self, host: Host, crowd: Crowds) -> float:
        """Everybody is cut off, the show goes on meanwhile, all come back and must be made whole."""
        await crowd.cut()
        for _ in range(STORM_PAIRS):
            await host.pair()
        return await crowd.enter(per_s=self._plan.per_s, at_once=self._plan.at_once)

    @contextlib.contextmanager
    def _phase(self, name: str) -> Iterator[None]:
        begun_s = time.time() - self._started_s
        yield
        ended_s = time.time() - self._started_s
        self._phases.append(Phase(name=name, from_s=round(begun_s, 2), to_s=round(ended_s, 2)))

    def _report(
        self,
        heard: Figures,
        said: Said,
        crowd: Crowds,
        *,
        took: _Took,
        samples: tuple[Sample, Sample, Sample, Sample],
        controls: int,
        behind: int,
    ) -> Report:
        empty, full, before, after = samples
        connect_s, show_s, reconnect_s = took
        used = {kind: after.cpu_s.get(kind, 0.0) - before.cpu_s.get(kind, 0.0) for kind in after.cpu_s}
        cpu_s = used.get("server", 0.0)
        joining_cpu_s = full.cpu_s.get("server", 0.0) - empty.cpu_s.get("server", 0.0)
        viewers = self._plan.viewers
        grown = full.rss_bytes.get("server", 0) - empty.rss_bytes.get("server", 0)
        return Report(
            plan=self._plan,
            workers=self._workers,
            connect_s=round(connect_s, 2),
            connects_per_s=round(viewers / connect_s, 1),
            connects_per_cpu_s=round(viewers / joining_cpu_s, 1) if joining_cpu_s else 0.0,
            memory_kb_per_viewer=round(grown / viewers / 1024, 1),
            show_s=round(show_s, 2),
            frames=heard.frames,
            lines=heard.lines,
            controls=heard.controls,
            likes=heard.likes,
            events=heard.events,
            bytes=heard.bytes,
            frames_per_s=round(heard.frames / show_s, 1),
            events_per_s=round(heard.events / show_s, 1),
            bytes_per_viewer_s=round(heard.bytes / show_s / viewers, 1),
            cpu_s=round(cpu_s, 2),
            postgresql_cpu_s=round(used.get("postgresql", 0.0), 2),
            valkey_cpu_s=round(used.get("valkey", 0.0), 2),
            crowd_cpu_s=round(heard.cpu_s, 2),
            cpu_us_per_frame=round(cpu_s / max(heard.frames, 1) * 1e6, 2),
            cpu_us_per_event=round(cpu_s / max(heard.events, 1) * 1e6, 3),
            events_per_cpu_s=round(heard.events / cpu_s) if cpu_s else 0.0,
            control_p50_ms=round(heard.control.percentile(50), 1),
            control_p99_ms=round(heard.control.percentile(99), 1),
            control_max_ms=round(heard.control.greatest_ms, 1),
            chat_p50_ms=round(heard.chat.percentile(50), 1),
            chat_p99_ms=round(heard.chat.percentile(99), 1),
            chat_max_ms=round(heard.chat.greatest_ms, 1),
            chats_sent=said.chats - said.unsaid,
            likes_sent=said.likes,
            controls_sent=controls,
            reconnect_s=round(reconnect_s, 2),
            viewers_behind=behind,
            faults=heard.faults,
            notices=heard.notices,
            phases=self._phases,
            seconds=[self._second(second, figures) for second, figures in sorted(crowd.seconds.items())],
        )

    def _second(self, second: int, figures: Figures) -> Second:
        cpu_s, memory_mb = self._meter.second(second)
        return Second(
            at_s=second - int(self._started_s),
            viewers=figures.present,
            frames=figures.frames,
            events=figures.events,
            entered=figures.entered,
            bytes=figures.bytes,
            chat_p50_ms=round(figures.chat.percentile(50), 1),
            chat_p99_ms=round(figures.chat.percentile(99), 1),
            control_p50_ms=round(figures.control.percentile(50), 1),
            control_p99_ms=round(figures.control.percentile(99), 1),
            server_cpu_s=round(cpu_s, 3),
            crowd_cpu_s=round(figures.cpu_s, 3),
            memory_mb=round(memory_mb, 1),
            faults=sum(figures.faults.values()),
        )


def _sums(some: dict[str, int], more: dict[str, int]) -> dict[str, int]:
    return {name: some.get(name, 0) + more.get(name, 0) for name in {**some, **more}}
