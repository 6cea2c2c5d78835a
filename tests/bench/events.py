"""Domain events: how many a second are drained by three subscriptions whose effects are rows, and how soon after its commit
an event is reacted to where nothing else happens.

    python -m tests.bench.events [--events N] [--seconds S]

PostgreSQL is the embedded one as `demo` runs it, on the disk, with fsync. Draining: N events lie there when a reader starts
(a backlog), and, by itself, N events while eight producers write them (produced and drained at once). The effect of an event
in a subscription is a row with a primary key, so that one too many fails. Latency: from the return of the producer's commit
to the return of the reaction's, as the reader's process sees it; a reaction that has no effect but a row.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvloop
from msgspec import Struct

from livehub.app import MIGRATIONS
from livehub.base.config import Config
from livehub.base.db import Database, Transaction
from livehub.base.event_reader import EventReader
from livehub.base.events import Event, Subscription, emit, emit_all
from livehub.base.migrations import migrate
from livehub.embedded.servers import start_postgres

NAMES = ("points", "data", "dispatch")
PRODUCERS = 8
IN_A_TRANSACTION = 10
LATENCIES = 300


class OrderPaid(Struct, frozen=True, kw_only=True, tag="order.paid", tag_field="event"):
    """An event as shops have them."""

    order: str
    person: str
    total_minor: int
    currency: str = "CNY"


class Bench:
    """A migrated database with a table of effects."""

    def __init__(self, config: Config, database: Database) -> None:
        self._config = config
        self._database = database

    async def prepare(self) -> None:
        """Empty tables."""
        async with self._database.connection() as connection:
            await connection.execute("""
                DROP TABLE IF EXISTS effects;
                CREATE TABLE effects (subscription text, event bigint, person text, PRIMARY KEY (subscription, event));
                TRUNCATE domain_events, parked_events, event_cursors;
            """)

    def reader(self, then: Callable[[Transaction, list[Event[Any]]], None] | None = None) -> EventReader:
        """Three subscriptions."""
        return EventReader(self._config, self._database, [self._subscription(name, then) for name in NAMES])

    def _subscription(self, name: str, then: Callable[[Transaction, list[Event[Any]]], None] | None) -> Subscription:
        async def react(tx: Transaction, batch: list[Event[Any]]) -> None:
            await tx.connection.execute(
                "INSERT INTO effects SELECT $1, e, p FROM unnest($2::bigint[], $3::text[]) AS x (e, p)",
                name,
                [event.id for event in batch],
                [event.data.person for event in batch],
            )
            if then is not None:
                then(tx, batch)

        return Subscription(name=name, types=(OrderPaid,), react=react, begins="start")

    async def produce(self, number: int) -> None:
        """From eight producers, ten events to a transaction."""

        async def producer(k: int) -> None:
            for i in range(number // PRODUCERS // IN_A_TRANSACTION):
                async with self._database.transaction() as tx:
                    for j in range(IN_A_TRANSACTION):
                        order = f"o{k}-{i}-{j}"
                        await emit(tx, OrderPaid(order=order, person=f"p{i % 97}", total_minor=3_990), key=order)

        await asyncio.gather(*(producer(k) for k in range(PRODUCERS)))

    async def backlog(self, number: int) -> None:
        """At once."""
        for start in range(0, number, 10_000):
            size = min(10_000, number - start)
            paid = [OrderPaid(order=f"o{start + n}", person=f"p{n % 97}", total_minor=3_990) for n in range(size)]
            async with self._database.transaction() as tx:
                await emit_all(tx, [(event, event.order) for event in paid])

    async def drained(self, number: int) -> None:
        """Until every event has had its three effects; fails when there are too many."""
        while True:
            async with self._database.connection() as connection:
                left = await connection.fetchval(
                    "SELECT count(*) FROM event_cursors c, event_head h WHERE c.position < h.position"
                )
                effects = await connection.fetchval("SELECT count(*) FROM effects") if not left else 0
            if effects >= number * len(NAMES):
                assert effects == number * len(NAMES)
                return
            await asyncio.sleep(0.05)

    async def drain(self, number: int, *, producing: bool) -> float:
        """Events a second."""
        await self.prepare()
        if not producing:
            await self.backlog(number)
        reader = self.reader()
        started_s = time.perf_counter()
        reader.start()
        if producing:
            await self.produce(number)
        await self.drained(number)
        elapsed_s = time.perf_counter() - started_s
        await reader.stop()
        return number / elapsed_s

    async def latencies_ms(self, number: int) -> list[float]:
        """Of single events, a pause between any two."""
        await self.prepare()
        seen = asyncio.Event()
        found: list[float] = []
        left = 0

        def committed() -> None:
            nonlocal left
            left -= 1
            if not left:
                seen.set()

        reader = self.reader(lambda tx, _batch: tx.after_commit(committed))
        reader.start()
        await asyncio.sleep(1.0)
        for n in range(number):
            left = len(NAMES)
            seen.clear()
            async with self._database.transaction() as tx:
                await emit(tx, OrderPaid(order=f"o{n}", person="p", total_minor=1), key=f"o{n}")
            started_s = time.perf_counter()
            await seen.wait()
            found.append((time.perf_counter() - started_s) * 1000)
            await asyncio.sleep(0.02 + n % 7 * 0.013)
        await reader.stop()
        return found


@asynccontextmanager
async def bench(folder: Path) -> AsyncIterator[Bench]:
    """On a server of its own."""
    server = await asyncio.to_thread(start_postgres, folder)
    try:
        await asyncio.to_thread(migrate, server.url(), MIGRATIONS)
        config = Config(database_url=server.url(), db_pool_max=20)
        database = Database(config)
        await database.open()
        yield Bench(config, database)
        await database.close()
    finally:
        await asyncio.to_thread(server.close)


async def measure(number: int) -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory(prefix="livehub-bench-") as folder:
        async with bench(Path(folder)) as on:
            await on.drain(number // 10, producing=False)  # warms up
            runs: dict[str, Callable[[], Awaitable[float]]] = {
                "backlog": lambda: on.drain(number, producing=False),
                "while they are produced": lambda: on.drain(number, producing=True),
            }
            for name, run in runs.items():
                rates = [await run() for _ in range(3)]
                sys.stdout.write(
                    f"{statistics.median(rates):.0f} events/s drained with three reactions each, {name}"
                    f" ({min(rates):.0f} - {max(rates):.0f}, {number} events)\n"
                )
            found = sorted(await on.latencies_ms(LATENCIES))
            p50, p99 = found[len(found) // 2], found[len(found) * 99 // 100]
            sys.stdout.write(
                f"reaction after the commit, idle: p50 {p50:.1f} ms, p99 {p99:.1f} ms, most {found[-1]:.1f} ms\n"
            )


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.events")
    parser.add_argument("--events", type=int, default=40_000)
    options = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(measure(options.events))


if __name__ == "__main__":
    main()
