"""A show under load: viewers come in, people chat and like, the host pins, Valkey dies, the network drops, all is counted.

    joining      all viewers come in
    show         the mix runs; the figures are of this time (with `kill_valkey`, Valkey is away for 5 s in the middle of it)
    storm        everybody's network is gone at once while the show goes on; all come back from where they stood
    then         at most 30 s until every viewer stands where the control log stands

Faults count from the first join to the end, at the viewers and at those who talk. The server's processor time is that of its
own Python processes; PostgreSQL's and Valkey's are told beside it.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterator

import msgspec

from loadtest import crowd as one_crowd
from loadtest.crowds import Crowds, crowds
from loadtest.hearing import Figures, added
from loadtest.people import Host, host_of, tokens
from loadtest.results import Measured, Phase, Plan, Report, report_of, second_of
from loadtest.server import LocalServer
from loadtest.talk import Said, Talk
from loadtest.usage import Sample

SETTLE_S = 2.0
DRAIN_S = 0.5  # what was said last still arrives, and counts as the show's, as does the work for it
CATCH_UP_S = 30.0
VALKEY_AWAY_S = 5.0
TALKERS_FROM = 0xF000  # loopback addresses of those who talk: 127.0.240.0 and on
STORM_PAIRS = 3  # pairs of control messages while everybody is away


class _Meter:
    """Samples of the server's processes, one a second."""

    def __init__(self, server: LocalServer) -> None:
        self._server = server
        self._samples: dict[int, Sample] = {}

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While this is entered."""
        task = asyncio.get_running_loop().create_task(self._every_second())
        try:
            yield
        finally:
            task.cancel()

    async def _every_second(self) -> None:
        while self._server.usage is not None:
            await asyncio.sleep(1 - time.time() % 1)
            self._samples[int(time.time())] = self._server.usage.sample()

    def second(self, second: int) -> tuple[float, float]:
        """The server's processor seconds in the second that ends at `second`, and its resident MB then."""
        now, before = self._samples.get(second), self._samples.get(second - 1)
        cpu_s = _server_s(now) - _server_s(before) if now and before else 0.0
        return cpu_s, now.rss_bytes.get("server", 0) / 1e6 if now else 0.0


class LoadShow:
    """Runs a Plan against a server. `tell` hears how far it is."""

    def __init__(self, server: LocalServer, plan: Plan, tell: Callable[[str], None]) -> None:
        self._server = server
        self._plan = plan
        self._tell = tell
        self._meter = _Meter(server)
        self._phases: list[Phase] = []
        self._started_s = 0.0

    async def run(self) -> Report:
        """The whole show. Raises CrowdLost or ServerLost when it cannot be played to its end."""
        server, plan = self._server, self._plan
        given = await tokens(server, plan.talkers, first_source=TALKERS_FROM)
        seats = one_crowd.Plan(
            host=server.host,
            port=server.port,
            room=plan.room,
            size=plan.viewers,
            deflate=plan.deflate,
            per_source=plan.per_source if server.host.startswith("127.") else 0,
        )
        stage = msgspec.structs.replace(seats, size=plan.talkers, tokens=given, first_source=TALKERS_FROM)
        async with (
            host_of(server, plan.room) as host,
            crowds(seats, processes=plan.processes) as crowd,
            crowds(stage) as talkers,
            self._meter.running(),
        ):
            await talkers.enter()
            self._started_s = time.time()
            measured = await self._play(host, crowd, talkers)
            begun = int(self._started_s)
            seconds = [
                second_of(second - begun, figures, *self._meter.second(second))
                for second, figures in crowd.seconds.items()
                if second >= begun
            ]
        return report_of(plan, measured, self._phases, seconds)

    async def _play(self, host: Host, crowd: Crowds, talkers: Crowds) -> Measured:
        server, plan = self._server, self._plan
        empty = server.sample()
        with self._phase("joining"):
            connect_s = await crowd.enter(per_s=plan.per_s, at_once=plan.at_once)
        full = server.sample()
        await asyncio.sleep(SETTLE_S)
        joined, before, begun_s = await crowd.take(), server.sample(), time.monotonic()
        with self._phase("show"):
            said = await self._perform(host, talkers)
        show_s = time.monotonic() - begun_s
        await asyncio.sleep(DRAIN_S)
        after, heard = server.sample(), await crowd.take()
        reconnect_s = await self._storm(host, crowd) if plan.cut else 0.0
        behind = await crowd.caught_up(*host.head, timeout_s=CATCH_UP_S)
        await asyncio.sleep(SETTLE_S)
        faults, notices = _all_told([joined, heard, await crowd.take(), await talkers.take()])
        return Measured(
            connect_s=connect_s,
            connect_cpu_s=_server_s(full) - _server_s(empty),
            grown_bytes=full.rss_bytes.get("server", 0) - empty.rss_bytes.get("server", 0),
            show_s=show_s,
            cpu_s={kind: spent_s - before.cpu_s.get(kind, 0.0) for kind, spent_s in after.cpu_s.items()},
            reconnect_s=reconnect_s,
            heard=heard,
            faults=faults,
            notices=notices,
            said=(said.chats, said.likes, said.unsaid),
            controls_sent=host.controls,
            behind=behind,
        )

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
        bus, usage = self._server.bus, self._server.usage
        assert bus is not None
        assert usage is not None
        await asyncio.sleep(max(0.0, (self._plan.seconds - VALKEY_AWAY_S) / 2))
        with self._phase("Valkey away"):
            await bus.kill()
            await asyncio.sleep(VALKEY_AWAY_S)
            await bus.start()
        usage.add(bus.pid)

    async def _storm(self, host: Host, crowd: Crowds) -> float:
        """Everybody is cut off, the show goes on meanwhile, all come back and must be made whole; how long that took."""
        with self._phase("storm"):
            await crowd.cut()
            for _ in range(STORM_PAIRS):
                await host.pair()
            return await crowd.enter(per_s=self._plan.per_s, at_once=self._plan.at_once)

    @contextlib.contextmanager
    def _phase(self, name: str) -> Iterator[None]:
        self._tell(f"{name} ...")
        begun_s = time.time() - self._started_s
        yield
        ended_s = time.time() - self._started_s
        self._phases.append(Phase(name=name, from_s=round(begun_s, 2), to_s=round(ended_s, 2)))


def _server_s(sample: Sample) -> float:
    return sample.cpu_s.get("server", 0.0)


def _all_told(parts: list[Figures]) -> tuple[dict[str, int], dict[str, int]]:
    """Faults and notices of all parts."""
    faults: dict[str, int] = {}
    notices: dict[str, int] = {}
    for part in parts:
        faults, notices = added(faults, part.faults), added(notices, part.notices)
    return faults, notices
