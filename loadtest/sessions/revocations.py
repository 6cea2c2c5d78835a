"""Sessions that are ended by their owner, one after the other: how long until the last of their sockets is closed with 3505.

The sockets of a person spread over the workers of a node, and the call that ends the session reaches one of them.
"""

import asyncio
import random
import statistics
import time
from collections.abc import Callable
from contextlib import AsyncExitStack

import aiohttp
from msgspec import Struct

from loadtest.hostile.wire import Got, Target, Wire, wire
from loadtest.server import LocalServer
from loadtest.socket import loopback

ENDED = "3505"
WITHIN_S = 60.0
CALL_TIMEOUT_S = 30.0
SPREAD_S = 0.5  # a worker looks every half second: not always in the same moment of it
PEOPLE_PER_SOURCE = 100


class Plan(Struct, frozen=True, kw_only=True):
    """What to play. `sockets`: of each person. `kill_valkey`: it is dead from the beginning."""

    workers: int = 2
    times: int = 100
    sockets: int = 8
    kill_valkey: bool = False
    seed: int = 1


class Report(Struct, frozen=True, kw_only=True):
    """`made`: ISO 8601, UTC. `last_ms`: for each session, from the call until the last socket was closed."""

    made: str
    machine: str
    commit: str
    plan: Plan
    last_ms: list[float]
    first_ms: list[float]
    closed: dict[str, int]

    @property
    def sound(self) -> bool:
        """Every socket was closed with the right number."""
        return self.closed == {ENDED: self.plan.times * self.plan.sockets}

    @property
    def median_ms(self) -> float:
        """Of the last sockets."""
        return statistics.median(self.last_ms)


class Played(Struct, frozen=True, kw_only=True):
    """What came out, for a Report."""

    last_ms: list[float]
    first_ms: list[float]
    closed: dict[str, int]


async def play(server: LocalServer, plan: Plan, tell: Callable[[str], None]) -> Played:
    """All of it. Raises ServerLost, or what the connection does."""
    if plan.kill_valkey:
        assert server.bus is not None
        await server.bus.kill()
    chance, got = random.Random(plan.seed), Got()
    times_ms = []
    for number in range(plan.times):
        if number % 20 == 0:
            tell(f"session {number + 1} of {plan.times} ...")
        source = loopback(2 + number // PEOPLE_PER_SOURCE)
        times_ms.append(await _ended(server, source, number, plan.sockets, chance.uniform(0, SPREAD_S), got))
    return Played(
        last_ms=[max(each) for each in times_ms], first_ms=[min(each) for each in times_ms], closed=got.closed
    )


async def _ended(server: LocalServer, source: str, number: int, sockets: int, pause_s: float, got: Got) -> list[float]:
    """Somebody signs in, opens sockets and signs out; when each was closed, ms after the call began."""
    target = Target(host=server.host, port=server.port, room="", source=source)
    timeout, local = aiohttp.ClientTimeout(total=CALL_TIMEOUT_S), (source, 0)
    async with AsyncExitStack() as stack:
        calls = await stack.enter_async_context(
            aiohttp.ClientSession(
                timeout=timeout, connector=aiohttp.TCPConnector(local_addr=local), raise_for_status=True
            )
        )
        async with calls.post(f"{server.url}/api/session", json={"name": f"Load {number}"}) as answer:
            token = (await answer.json())["token"]
        wires = [await stack.enter_async_context(wire(target, got)) for _ in range(sockets)]
        for one in wires:
            assert await one.connect(target, token)
        await asyncio.sleep(pause_s)
        began_s = time.monotonic()
        closing = [asyncio.create_task(_closed_s(one)) for one in wires]
        headers = {"Authorization": f"Bearer {token}"}
        async with calls.post(f"{server.url}/api/sign-out", json={}, headers=headers):
            pass
        async with asyncio.timeout(WITHIN_S):
            return [1e3 * (closed_s - began_s) for closed_s in await asyncio.gather(*closing)]


async def _closed_s(one: Wire) -> float:
    """When the server closed it, by the monotonic clock."""
    try:
        await one.hear_all()
    except (ConnectionError, EOFError):
        return time.monotonic()
    raise AssertionError("it hears until the end")
