"""Everybody's network is gone at once, and all come back with the tokens they have; what PostgreSQL is asked meanwhile.

signing in     each viewer is a person, with a session and a token of their own
idle           all are in the room, nothing happens: what is asked all the time
storm          all are cut off, come back, and are in step again; then some seconds in which what was put off can come
"""

import asyncio
import time
from collections.abc import Callable

import msgspec
from msgspec import Struct

from loadtest import crowd as one_crowd
from loadtest.crowds import Crowds, crowds
from loadtest.people import host_of, remove_cameras
from loadtest.sale.rounds import people
from loadtest.server import LocalServer
from loadtest.sessions.statements import Asked, Statements, asked, since

SETTLE_S = 3.0
CATCH_UP_S = 30.0
# Statements more than usual that are none for one who comes back: what is asked every few seconds falls into the time that is
# looked at, or does not; and ten times a second each worker looks up all at once who came, for messages they have not read.
# A statement for each of them would be a share of 1.
EXTRA_MAX = 50
EXTRA_SHARE_MAX = 0.1


class Plan(Struct, frozen=True, kw_only=True):
    """What to play. `at_once`: connections on their way at a time."""

    room: str = "storm"
    workers: int = 2
    viewers: int = 30_000
    at_once: int = 256
    storms: int = 1
    idle_s: float = 15.0


class Storm(Struct, frozen=True, kw_only=True):
    """One storm. `came_back`: connections that were let in; `back_s`: until the last was; `seen_s`: how long was counted."""

    came_back: int
    back_s: float
    seen_s: float
    statements: int
    extra: float
    asked: list[Asked]
    behind: int
    faults: dict[str, int]
    notices: dict[str, int]

    @property
    def extra_each(self) -> float:
        """Statements beyond those of an idle server, for each that came back."""
        return self.extra / max(1, self.came_back)

    def sound(self, viewers: int) -> bool:
        """Whether all came back, in step, and PostgreSQL was asked nothing for one of them."""
        may_be = EXTRA_MAX + EXTRA_SHARE_MAX * self.came_back
        return self.came_back >= viewers and not self.behind and not self.faults and self.extra <= may_be


class Report(Struct, frozen=True, kw_only=True):
    """`made`: ISO 8601, UTC. `idle`: what an idle server asks."""

    made: str
    machine: str
    commit: str
    plan: Plan
    idle: list[Asked]
    signing_in_s: float
    memory_kb_per_viewer: float
    storms: list[Storm]

    @property
    def sound(self) -> bool:
        """Every storm was."""
        return all(storm.sound(self.plan.viewers) for storm in self.storms)


class Played(Struct, frozen=True, kw_only=True):
    """What came out, for a Report."""

    idle: list[Asked]
    signing_in_s: float
    memory_kb_per_viewer: float
    storms: list[Storm]


async def play(server: LocalServer, statements: Statements, plan: Plan, tell: Callable[[str], None]) -> Played:
    """All of it. Raises CrowdLost or ServerLost."""
    await remove_cameras(server, "demo")
    async with host_of(server, plan.room) as host:
        tell(f"{plan.viewers} people sign in ...")
        began_s = time.monotonic()
        tokens = await people(server, plan.viewers)
        signing_in_s = time.monotonic() - began_s
        seats = one_crowd.Plan(
            host=server.host, port=server.port, room=plan.room, size=plan.viewers, tokens=tokens, first_source=2
        )
        async with crowds(seats) as crowd:
            tell("all come in ...")
            empty_bytes = server.sample().rss_bytes.get("server", 0)
            await crowd.enter(at_once=plan.at_once)
            await asyncio.sleep(SETTLE_S)
            full_bytes = server.sample().rss_bytes.get("server", 0)
            tell("nothing happens ...")
            before, looked_s = await statements.calls(), time.monotonic()
            await asyncio.sleep(plan.idle_s)
            idle, idle_s = since(before, await statements.calls()), time.monotonic() - looked_s
            storms = []
            for number in range(plan.storms):
                tell(f"storm {number + 1} of {plan.storms} ...")
                await crowd.take()
                storm = await _storm(crowd, statements, plan, idle, idle_s)
                await host.pair()
                behind = await crowd.caught_up(*host.head, timeout_s=CATCH_UP_S)
                storms.append(msgspec.structs.replace(storm, behind=behind))
    return Played(
        idle=asked(idle, idle_s, idle, idle_s),
        signing_in_s=signing_in_s,
        memory_kb_per_viewer=(full_bytes - empty_bytes) / 1024 / plan.viewers,
        storms=storms,
    )


async def _storm(crowd: Crowds, statements: Statements, plan: Plan, idle: dict[str, int], idle_s: float) -> Storm:
    before, began_s = await statements.calls(), time.monotonic()
    await crowd.cut()
    back_s = await crowd.enter(at_once=plan.at_once)
    await asyncio.sleep(SETTLE_S)
    seen, seen_s = since(before, await statements.calls()), time.monotonic() - began_s
    heard = await crowd.take()
    found = asked(idle, idle_s, seen, seen_s)
    return Storm(
        came_back=heard.entered,
        back_s=back_s,
        seen_s=seen_s,
        statements=sum(one.calls for one in found),
        extra=sum(max(0.0, one.extra) for one in found),
        asked=found,
        behind=-1,
        faults=dict(heard.faults),
        notices=dict(heard.notices),
    )
