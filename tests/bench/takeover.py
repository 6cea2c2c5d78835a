"""How long nobody answers when the leading stock process dies, or freezes, with a million live holds.

    python -m tests.bench.takeover [--holds N] [--rounds N]

Two stock processes on one PostgreSQL on a disk; whoever asks does so from another process, as workers do. Reports the time from
the signal to the next leader's first durable answer, and what a look at the sale and a change of its stock take.
"""

import argparse
import asyncio
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import psutil
import uvloop

from commerce.flashsale.client import StockClient
from commerce.flashsale.lead_row import find_leader
from commerce.flashsale.requests import Adjust, Done, Held, Put, Reserve, Resource, Units, Watch, Watched
from commerce.flashsale.settings import StockConfig
from commerce.sales.lines import quota, stock
from commerce.sales.store import units_of
from livehub.app import settings
from livehub.base.db import Database
from livehub.embedded.postgres import Postgres
from loadtest.command import commit, machine
from tests.bench.reservation_engine import CHECKOUT, SECRET, prepare

HOLDS, ROUNDS = 1_000_000, 3
SALE, PRODUCT = "bench", "blueberries"
LINES = (Units(quota(SALE), 1), Units(stock(PRODUCT), 1))
FAR_MS = 4_000_000_000_000
WAIT_S = 120.0
NO_BUS = "redis://127.0.0.1:1/0"  # the stock needs none

_FILL = """
INSERT INTO stock_holds (id, person, key, also, state, expires_ms, resources, asked, has)
SELECT lpad(n::text, 18, '0'), 'person-' || n, 'key-' || n, '{"",""}', 1, $2::bigint + n, $3::text[], '{1,1}', '{1,1}'
FROM generate_series(1, $1::bigint) AS n
"""


class StockProcess:
    """One `stock-process`."""

    def __init__(self, environ: dict[str, str]) -> None:
        command = [sys.executable, "-m", "livehub", "stock-process"]
        self._process = subprocess.Popen(command, cwd=CHECKOUT, env=environ)

    def listens_on(self, port: int) -> bool:
        """Whether it is the one whose address that is."""
        listening = psutil.Process(self._process.pid).net_connections("tcp")
        return any(each.status == psutil.CONN_LISTEN and each.laddr.port == port for each in listening)

    def tell(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def end(self) -> None:
        self._process.kill()
        self._process.wait()


async def _filled(url: str, holds: int) -> None:
    connection = await asyncpg.connect(url, command_timeout=None)
    try:
        names = [line.resource for line in LINES]
        await connection.execute(_FILL, holds, FAR_MS, names, timeout=600)
        put = (
            "INSERT INTO stock_resources (id, units, held, limits, opens_ms, closes_ms) VALUES ($1, $2, $3, $4, 0, $5)"
        )
        for name, limits in zip(names, ([2, 0, 0], [0, 0, 0]), strict=True):
            await connection.execute(put, name, 2 * holds, holds, limits, 2**62)
        await connection.execute("ANALYZE stock_holds")
    finally:
        await connection.close()


class Measured:
    """`figures`: name -> seconds, of each round."""

    def __init__(self, database: Database, client: StockClient, environ: dict[str, str]) -> None:
        self._database = database
        self._client = client
        self._environ = environ
        self._taps = 0
        self.processes = [StockProcess(environ), StockProcess(environ)]
        self.figures: dict[str, list[float]] = {}

    async def tap(self) -> None:
        """One reservation, answered."""
        self._taps += 1
        answer = await self._client.ask(Reserve(f"buyer-{self._taps}", "tap", LINES, 600_000))
        if not isinstance(answer, Held):
            raise TypeError(f"there is plenty, and the engine says {answer}")

    async def leader(self) -> StockProcess:
        """The process that leads."""
        async with self._database.connection() as connection:
            found = await find_leader(connection)
        assert found is not None
        port = urlsplit(f"//{found.address}").port or 0
        return next(process for process in self.processes if process.listens_on(port))

    async def time(self, name: str, work: "asyncio.Future[object] | object") -> None:
        """Add what `work` takes."""
        began_s = time.perf_counter()
        await work  # type: ignore[misc]
        self.figures.setdefault(name, []).append(time.perf_counter() - began_s)

    async def round(self) -> None:
        for name, number in (("after SIGKILL", signal.SIGKILL), ("after SIGSTOP", signal.SIGSTOP)):
            await self.tap()
            leader = await self.leader()
            await asyncio.sleep(2.0)
            leader.tell(number)
            await self.time(name, self.tap())
            leader.end()
            self.processes.remove(leader)
            self.processes.append(StockProcess(self._environ))
            await asyncio.sleep(5.0)  # for the new one to be ready to take over
        await self.time("figures of the sale", self._look())
        await self.time("change of stock", self._adjust())

    async def _look(self) -> None:
        watched = await self._client.ask(Watch(quota(SALE)))
        assert isinstance(watched, Watched)
        async with self._database.connection() as connection:
            assert (await units_of(connection, [quota(SALE)]))[quota(SALE)][1] > 0

    async def _adjust(self) -> None:
        assert isinstance(await self._client.ask(Put(Resource(id=stock(PRODUCT), units=0))), Done)
        assert await self._client.ask(Adjust(stock(PRODUCT), 10, f"delivery {self._taps}")) == Done()


async def run(url: str, rounds: int) -> dict[str, list[float]]:
    environ = {**os.environ, "DATABASE_URL": url, "LIVEHUB_SECRET": SECRET, "LIVEHUB_LOG_LEVEL": "ERROR"}
    environ["REDIS_URL"] = NO_BUS
    config = settings(database_url=url, secret=SECRET, stock_ask_s_max=WAIT_S).of(StockConfig)
    database = Database(config)
    await database.open()
    client = StockClient(config, database, SECRET)
    client.start()
    measured = Measured(database, client, environ)
    try:
        async with asyncio.timeout(WAIT_S):
            while not client.is_connected:  # noqa: ASYNC110 - nobody tells us
                await asyncio.sleep(0.1)
        for _ in range(rounds):
            await measured.round()
    finally:
        await client.stop()
        for process in measured.processes:
            process.end()
        await database.close()
    return measured.figures


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.takeover", description="Takeover of the stock engine.")
    parser.add_argument("--holds", type=int, default=HOLDS, help="live holds")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="livehub-bench-", dir="/var/tmp") as folder:
        postgres = Postgres(Path(folder))
        try:
            url = postgres.url()
            prepare(url)
            uvloop.run(_filled(url, options.holds))
            figures = uvloop.run(run(url, options.rounds))
        finally:
            postgres.close()
    sys.stdout.write(f"{machine()}, commit {commit()}; {options.holds:,} live holds\n")
    for name, seconds in figures.items():
        least, most = min(seconds), max(seconds)
        sys.stdout.write(f"{name:<22} {statistics.median(seconds):8.3f} s ({least:.3f} - {most:.3f})\n")


if __name__ == "__main__":
    main()
