"""livehub's own part of the benchmark of reservations: its stock engine, asked from another process.

    this process     waits
    engine           `python -m livehub stock-process`, as a node of several processes starts it
    load             a StockClient, as every worker has one: so many Reserve requests on their way at a time, each of another
                     person, each for a unit of a sale (of which one person may have one) and a unit of its product

A request counts when its Held has come, which is when PostgreSQL has it. Afterwards holds, units and answers are counted.
"""

import asyncio
import contextlib
import io
import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import uvloop

from commerce.flashsale.client import StockClient
from commerce.flashsale.codes import HELD
from commerce.flashsale.copy_rows import COLUMNS, CopyRows
from commerce.flashsale.requests import Adjust, Done, Held, Put, Reserve, Resource, Units
from commerce.flashsale.rows import HoldRow
from commerce.flashsale.settings import StockConfig
from commerce.sales.lines import quota, stock
from livehub.app import MIGRATIONS, settings
from livehub.base.config import Settings
from livehub.base.db import Database
from livehub.base.migrations import migrate
from tests.bench.reservation_peers import COPIED, UNITS, check, people

CHECKOUT = Path(__file__).parent.parent.parent
ON_THEIR_WAY = 12_000  # requests, of one worker that a whole room taps in
AT_ONCE = 2_000  # of these, asked in one go
WARM_S = 1.0
UP_WITHIN_S = 60.0
TTL_MS = 600_000
KEY = "tap-key-1"  # everybody has their own keys
SALE, PRODUCT = "bench", "blueberries"
SECRET = "only for a benchmark, and no secret at all"

_LEFT = "SELECT id, units - held - sold AS left FROM stock_resources"
_HOLDS = (
    "SELECT count(*), count(DISTINCT person), sum(has[1])::bigint, sum(has[2])::bigint FROM stock_holds WHERE state = 1"
)


def prepare(database_url: str) -> None:
    """What livehub's own tables are in an empty database."""
    migrate(database_url, MIGRATIONS)


async def livehub_reservations(database_url: str, redis_url: str, seconds: float) -> float:
    """Durable reservations a second over `seconds`, in a prepared database, checked. Raises Oversold."""
    environ = {**os.environ, "DATABASE_URL": database_url, "REDIS_URL": redis_url, "LIVEHUB_SECRET": SECRET}
    environ["LIVEHUB_LOG_LEVEL"] = "WARNING"
    load = ("tests.bench.reservation_engine", str(seconds))
    async with _process(environ, "livehub", "stock-process"), _process(environ, *load) as asking:
        assert asking.stdout is not None
        told, took_s = json.loads(await asking.stdout.readline())
    connection = await asyncpg.connect(database_url)
    try:
        left = {row["id"]: row["left"] for row in await connection.fetch(_LEFT)}
        counted = await connection.fetchrow(_HOLDS)
    finally:
        await connection.close()
    assert counted is not None
    holds, persons, of_sale, of_product = counted
    check("livehub, the sale", units=UNITS, left=left[quota(SALE)], holds=of_sale, told=told[0])
    check("livehub, the product", units=UNITS, left=left[stock(PRODUCT)], holds=of_product, told=told[0])
    check("livehub, people", units=UNITS, left=UNITS - persons, holds=holds, told=told[0])
    return float(told[1] / took_s)


async def copied_rows(database_url: str, seconds: float) -> float:
    """Rows of holds as the engine writes them, a second, in a prepared database: no more can be had of these tables."""
    connection = await asyncpg.connect(database_url)
    lines, rows, who = (Units(quota(SALE), 1), Units(stock(PRODUCT), 1)), CopyRows(), people()
    ids, copied = (f"{number:026d}" for number in itertools.count()), 0
    put = "INSERT INTO stock_resources (id, units, limits, opens_ms, closes_ms) VALUES ($1, $2, '{1,0,0}', 0, 0)"
    take = "UPDATE stock_resources SET held = held + $1"
    try:
        for line in lines:
            await connection.execute(put, line.resource, UNITS)
        began_s = time.monotonic()
        while time.monotonic() < began_s + seconds:
            batch = [HoldRow(next(ids), next(who), KEY, ("", ""), HELD, TTL_MS, lines, (1, 1)) for _ in range(COPIED)]
            async with connection.transaction():
                source = io.BytesIO(rows.encode(batch))
                await connection.copy_to_table("stock_holds", source=source, columns=COLUMNS, format="binary")
                await connection.execute(take, COPIED)
            copied += COPIED
        took_s = time.monotonic() - began_s
        holds = await connection.fetchval("SELECT count(*) FROM stock_holds")
        left = await connection.fetchval("SELECT min(units - held) FROM stock_resources")
    finally:
        await connection.close()
    check("rows of livehub", units=UNITS, left=left, holds=holds, told=copied)
    return copied / took_s


@contextlib.asynccontextmanager
async def _process(environ: dict[str, str], module: str, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A module as a process, told to end afterwards."""
    command = [sys.executable, "-m", module, *arguments]
    child = await asyncio.create_subprocess_exec(*command, cwd=CHECKOUT, env=environ, stdout=subprocess.PIPE)
    try:
        yield child
    finally:
        with contextlib.suppress(ProcessLookupError):  # it has ended by itself
            child.terminate()
        await child.wait()


class _Load:
    """Asks for units for one person after the other."""

    def __init__(self, client: StockClient) -> None:
        self._client = client
        self._people = people()
        self._lines = (Units(quota(SALE), 1), Units(stock(PRODUCT), 1))
        self.held = 0

    async def run(self, seconds: float) -> None:
        """So long, and until all that was asked is answered."""
        until_s = time.monotonic() + seconds
        await asyncio.gather(*(self._keep_asking(until_s) for _ in range(ON_THEIR_WAY // AT_ONCE)))

    async def _keep_asking(self, until_s: float) -> None:
        while time.monotonic() < until_s:
            asked = [self._client.ask(request) for request in self._requests(AT_ONCE)]
            for answer in asked:
                if not isinstance(await answer, Held):
                    raise TypeError(f"there is plenty, and the engine says {answer.result()}")
            self.held += len(asked)

    def _requests(self, count: int) -> Iterator[Reserve]:
        return (Reserve(next(self._people), KEY, self._lines, TTL_MS) for _ in range(count))


async def _load(configured: Settings, seconds: float) -> None:
    config = configured.of(StockConfig)
    database = Database(config)
    await database.open()
    client = StockClient(config, database, config.secret)
    client.start()
    try:
        async with asyncio.timeout(UP_WITHIN_S):
            while not client.is_connected:  # noqa: ASYNC110 - nobody tells us
                await asyncio.sleep(0.02)
        await _put(client)
        load = _Load(client)
        await load.run(WARM_S)
        warm, began_s = load.held, time.monotonic()
        await load.run(seconds)
        took_s = time.monotonic() - began_s
        sys.stdout.write(json.dumps([[load.held, load.held - warm], took_s]) + "\n")
        sys.stdout.flush()
    finally:
        await client.stop()
        await database.close()


async def _put(client: StockClient) -> None:
    """A product with stock, and a sale of it."""
    always = Resource(id=stock(PRODUCT), units=0)
    assert isinstance(await client.ask(Put(always)), Done)
    assert isinstance(await client.ask(Adjust(stock(PRODUCT), UNITS, "stock-of-the-benchmark")), Done)
    limited = Resource(id=quota(SALE), units=UNITS, limits=(1, 0, 0))
    assert isinstance(await client.ask(Put(limited, within=stock(PRODUCT))), Done)


def main() -> None:
    """The load's process."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_load(settings(os.environ), float(sys.argv[1])))


if __name__ == "__main__":
    main()
