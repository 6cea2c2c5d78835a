"""Durable reservations a second: the stock engine, and what else one would reserve with, taking turns in one run.

    python -m tests.bench.reservations [--rounds N] [--seconds S] [--only NAME ...] [--json FILE]

One PostgreSQL and one Valkey on a disk, both writing before they answer; reservation_peers.py says what each peer does, and
checks after each round that nothing was oversold. Told are medians over the rounds with least and most, and what livehub
is to each peer as the median of the ratios of the rounds.
"""

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import msgspec
import psutil
import uvloop

from livehub.embedded.postgres import Postgres
from livehub.embedded.valkey import Valkey
from loadtest.command import commit, machine
from loadtest.pairs import is_swapped, paired_ratio
from tests.bench.reservation_engine import copied_rows, livehub_reservations, prepare
from tests.bench.reservation_peers import REDIS_SETTINGS, Oversold, Peer, peers

ROUNDS = 5
SECONDS = 3.0  # of each case in a round
LIVEHUB = "livehub"
TEMPLATE, FRESH = "with_tables", "round"
CHECKOUT = Path(__file__).parent.parent.parent
IN_MEMORY = ("tmpfs", "ramfs")


class OwnTables:
    """Something that is measured on livehub's own tables, in a fresh database in each round."""

    def __init__(self, name: str, postgres: Postgres, measure: Callable[[str, float], Awaitable[float]]) -> None:
        self.name = name
        self._postgres = postgres
        self._measure = measure

    async def open(self) -> None:
        """Lay the tables out, once; each round begins with a copy of them."""
        if not await self._fetch(f"SELECT FROM pg_database WHERE datname = '{TEMPLATE}'"):
            await self._fetch(f"CREATE DATABASE {TEMPLATE}")
            await asyncio.to_thread(prepare, self._postgres.url(TEMPLATE))

    async def close(self) -> None:
        """Nothing is left."""

    async def measured(self, seconds: float) -> float:
        """Raises Oversold."""
        await self._fetch(f"CREATE DATABASE {FRESH} TEMPLATE {TEMPLATE}")
        await self._fetch("CHECKPOINT")
        try:
            return await self._measure(self._postgres.url(FRESH), seconds)
        finally:
            await self._fetch(f"DROP DATABASE {FRESH} WITH (FORCE)")

    async def _fetch(self, query: str) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self._postgres.url())
        try:
            return await connection.fetch(query)
        finally:
            await connection.close()


async def measure(postgres: Postgres, valkey: Valkey, options: argparse.Namespace) -> dict[str, list[float]]:
    """Reservations a second of each round, by name. Raises Oversold."""
    cases: list[Peer] = [
        *peers(postgres.url(), valkey.url),
        OwnTables("bare COPY of livehub's rows", postgres, copied_rows),
        OwnTables(LIVEHUB, postgres, lambda url, seconds: livehub_reservations(url, valkey.url, seconds)),
    ]
    cases = [case for case in cases if not options.only or case.name in options.only]
    found: dict[str, list[float]] = {case.name: [] for case in cases}
    async with AsyncExitStack() as stack:
        for case in cases:
            await case.open()
            stack.push_async_callback(case.close)
        for number in range(options.rounds):
            for case in reversed(cases) if is_swapped(number) else cases:
                rate = await case.measured(options.seconds)
                found[case.name].append(rate)
                sys.stderr.write(f"round {number + 1} of {options.rounds}, {case.name}: {rate:,.0f}\n")
    return found


async def servers_said(postgres: Postgres) -> str:
    """Which they are, and that PostgreSQL writes to a disk before it answers."""
    connection = await asyncpg.connect(postgres.url())
    try:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            if await connection.fetchval(f"SHOW {setting}") != "on":
                raise RuntimeError(f"PostgreSQL runs with {setting} off")
        version = await connection.fetchval("SHOW server_version")
    finally:
        await connection.close()
    return f"PostgreSQL {version} with fsync, Valkey with appendfsync always"


def filesystem(folder: Path) -> str:
    """Of which kind the one is that `folder` lies on."""
    mounts = {Path(part.mountpoint): part.fstype for part in psutil.disk_partitions(all=True)}
    return next((mounts[parent] for parent in (folder, *folder.parents) if parent in mounts), "unknown")


def table(found: dict[str, list[float]]) -> str:
    """For the terminal."""
    lines = []
    for name, rates in found.items():
        line = f"{name:<30} {statistics.median(rates):>10,.0f} /s  ({min(rates):,.0f} - {max(rates):,.0f})"
        if LIVEHUB in found and name != LIVEHUB:
            ratio = paired_ratio(found[LIVEHUB], rates)
            line += f"   livehub: {ratio.median:,.2f}x ({ratio.low:,.2f} - {ratio.high:,.2f})"
        lines.append(line)
    return "\n".join(lines) + "\n"


def main() -> int:
    """The command; 1 when a peer oversold."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.reservations")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each in a round")
    parser.add_argument("--only", action="append", help="this one; may be repeated")
    parser.add_argument("--json", type=Path, help="where to write the rate of every round")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    home = CHECKOUT / ".livehub"
    home.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=home) as name:
        folder = Path(name)
        on = filesystem(folder.resolve())
        if on in IN_MEMORY:
            sys.stderr.write(f"{folder} is in memory ({on}), where nothing is durable\n")
            return 2
        postgres, valkey = Postgres(folder), Valkey(folder, settings=REDIS_SETTINGS)
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                said = runner.run(servers_said(postgres))
                found = runner.run(measure(postgres, valkey, options))
        except Oversold as error:
            sys.stderr.write(f"{error}\n")
            return 1
        finally:
            valkey.close()
            postgres.close()
    sys.stdout.write(f"{machine()}, {on}; {said}; load average before {load:.1f}\n")
    sys.stdout.write(f"reservations a second, medians of {options.rounds} rounds of {options.seconds:g} s\n")
    sys.stdout.write(table(found))
    if options.json is not None:
        report = {
            "machine": machine(),
            "commit": commit(),
            "servers": said,
            "load_average": load,
            "seconds": options.seconds,
            "rates": found,
        }
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(report)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
