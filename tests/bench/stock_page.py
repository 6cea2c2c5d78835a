"""What staff look at and change of a product that a million people hold (K12): over HTTP, one question after the other.

    python -m tests.bench.stock_page [--holds N] [--rounds N]

PostgreSQL is the embedded one as `demo` runs it, on a disk; the server and its stock engine run in this process. The product is
one of sixty; half of the holds are of the quota of a sale, too.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import uvloop

from commerce.catalogue.products import put_product
from commerce.sales.lines import quota, stock
from livehub.app import MIGRATIONS, settings
from livehub.base.migrations import migrate
from livehub.embedded.servers import start_postgres
from loadtest.command import commit, machine
from tests.base.served import NO_VALKEY, SECRET
from tests.commerce.sales.shop import product
from tests.integration.server import InProcessServer, Person, opened

HOLDS, ROUNDS = 1_000_000, 50
PRODUCTS = 60
FAR_MS = 4_000_000_000_000
READY_S = 300.0
PATIENT = aiohttp.ClientTimeout(total=60)

FILL = """
INSERT INTO stock_holds (id, person, key, also, state, expires_ms, resources, asked, has)
SELECT lpad(n::text, 18, '0'), 'person-' || n, 'key-' || n, '{"",""}', 1, $2::bigint + n,
    CASE WHEN n % 2 = 0 THEN $3::text[] ELSE $3::text[] || $4::text END,
    CASE WHEN n % 2 = 0 THEN '{1}'::bigint[] ELSE '{1,1}'::bigint[] END,
    CASE WHEN n % 2 = 0 THEN '{1}'::bigint[] ELSE '{1,1}'::bigint[] END
FROM generate_series(1, $1::bigint) AS n
"""
RESOURCE = "INSERT INTO stock_resources (id, units, held, limits, opens_ms, closes_ms) VALUES ($1, $2, $3, $4, 0, $5)"


async def fill(url: str, holds: int) -> None:
    connection = await asyncpg.connect(url)
    try:
        for number in range(PRODUCTS):
            await put_product(connection, product(f"product-{number}"), now_ms=1)
        await connection.execute(FILL, holds, FAR_MS, [stock("product-0")], quota("bench"), timeout=600)
        await connection.execute(RESOURCE, stock("product-0"), 2 * holds, holds, [0, 0, 0], 2**62)
        await connection.execute(RESOURCE, quota("bench"), holds, holds - holds // 2, [2, 0, 0], 2**62)
        await connection.execute("VACUUM ANALYZE stock_holds, stock_resources")
    finally:
        await connection.close()


class Staff:
    """Who asks; `took_ms`: by what is asked."""

    def __init__(self, server: InProcessServer, person: Person) -> None:
        self._server = server
        self._headers = {"Authorization": f"Bearer {person.token}"}
        self.took_ms: dict[str, list[float]] = {}

    async def ask(self, name: str, method: str, path: str, body: Any = None) -> Any:
        began_s = time.perf_counter()
        url = self._server.url + path
        async with self._server.session.request(
            method, url, json=body, headers=self._headers, timeout=PATIENT
        ) as answer:
            told = await answer.json()
            assert answer.status < 300, told
        self.took_ms.setdefault(name, []).append((time.perf_counter() - began_s) * 1000)
        return told

    async def round(self) -> None:
        """What the stock page asks, and ten units more."""
        of_product = "/api/products/product-0/stock"
        await self.ask("the list of products", "GET", "/api/products")
        await self.ask("a search in it", "GET", "/api/products?q=product-0")
        before = await self.ask("the stock of the product", "GET", of_product)
        change = {"delta": 10, "reason": "harvest"}
        after = await self.ask("10 units more", "POST", of_product, change)
        assert after["on_hand"] == before["on_hand"] + 10


async def ready(server: InProcessServer) -> float:
    """Seconds until the stock engine has read all of it."""
    began_s = time.perf_counter()
    while await server.away() not in ("", "valkey"):
        if time.perf_counter() - began_s > READY_S:
            raise TimeoutError("the stock engine does not come up")
        await asyncio.sleep(0.05)
    return time.perf_counter() - began_s


async def run(holds: int, rounds: int) -> None:
    with tempfile.TemporaryDirectory(prefix="livehub-bench-", dir="/var/tmp") as folder:
        postgres = await asyncio.to_thread(start_postgres, Path(folder))
        try:
            await asyncio.to_thread(migrate, postgres.url(), MIGRATIONS)
            await fill(postgres.url(), holds)
            given = settings(
                database_url=postgres.url(), redis_url=NO_VALKEY, secret=SECRET, admission_lag_ms_max=60_000.0,
                http_requests_per_s_max=100_000.0, http_requests_burst_max=100_000,
            )  # fmt: skip
            async with opened(given) as server:
                ready_s = await ready(server)
                staff = Staff(server, server.person("boss", role="admin", is_fresh=True))
                await staff.round()
                staff.took_ms.clear()
                for _ in range(rounds):
                    await staff.round()
        finally:
            await asyncio.to_thread(postgres.close)
    told(f"{machine()}, commit {commit()}; {holds:,} live holds of one product, read by the engine in {ready_s:.1f} s")
    told(f"{'':<28}{'median':>9}{'p99':>9}{'most':>9}  ms")
    for name, took in staff.took_ms.items():
        told(f"{name:<28}{statistics.median(took):>9.1f}{p99(took):>9.1f}{max(took):>9.1f}")


def p99(took: Sequence[float]) -> float:
    return sorted(took)[min(len(took) - 1, len(took) * 99 // 100)]


def told(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.stock_page", description="The stock page for staff.")
    parser.add_argument("--holds", type=int, default=HOLDS, help="live holds of the product")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    uvloop.run(run(options.holds, options.rounds))


if __name__ == "__main__":
    main()
