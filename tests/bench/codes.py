"""A code that is shown on air: pages of a lot, and of its boxes, that a server gives out in a second.

    python -m tests.bench.codes [--seconds N] [--phones N]

The lot came of three others, with ten steps each, and has 50,000 boxes. PostgreSQL is the embedded one as `demo` runs it;
phones are connections of another process, each of which asks again as soon as it was answered. The first figure is of one code
that all of them scan, the second of a box of its own for each scan, the third of the linkset.
"""

import argparse
import asyncio
import itertools
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import aiohttp
import asyncpg
import uvloop

from livehub.app import MIGRATIONS, settings
from livehub.base.migrations import migrate
from livehub.embedded.servers import start_postgres
from tests.base.served import NO_VALKEY, SECRET
from tests.bench.lots import p99_ms, told
from tests.integration.server import opened

GTIN = "09520123456788"
LOT = "20261128A"
BOXES = 50_000
FILL = """
INSERT INTO log_entries (entry) VALUES ('x');
INSERT INTO batches (id, product, gtin, lot, made_by, made_ms, place_name, lat, lon, given_lat, given_lon, datum, units, entry,
                     created_ms, created_by)
SELECT 'b' || n, 'blueberries', '09520123456788', CASE WHEN n = 0 THEN '20261128A' ELSE 'P' || n END, 'harvest',
       1795000000000 + n, '云栖农场 3 号棚', 30.1, 120.1, 30.1, 120.1, 'wgs84', 50000, (SELECT min(id) FROM log_entries), 1, 'x'
FROM generate_series(0, 3) n;
INSERT INTO batch_makings (id, kind, at_ms, entry, created_ms, created_by)
VALUES ('m0', 'merge', 1, (SELECT min(id) FROM log_entries), 1, 'x');
INSERT INTO batch_lineage (child, parent, units, making) SELECT 'b0', 'b' || n, 1, 'm0' FROM generate_series(1, 3) n;
INSERT INTO batch_sheets (id, batch, boxes, entry, created_ms, created_by)
VALUES ('s0', 'b0', 1, (SELECT min(id) FROM log_entries), 1, 'x');
INSERT INTO batch_steps (id, batch, kind, at_ms, recorded_ms, note, entry, created_by, place_name, lat, lon)
SELECT b || '-' || n, 'b' || b, 'cooled', 1795000001000 + n, 1, '', (SELECT min(id) FROM log_entries), 'x', '冷库', 30.2, 120.2
FROM generate_series(0, 3) b, generate_series(1, 10) n;
INSERT INTO batch_boxes (batch, serial, sheet, position) SELECT 'b0', 'S' || n, 's0', n FROM generate_series(1, 50000) n;
ANALYZE
"""


async def fill(url: str) -> None:
    db = await asyncpg.connect(url)
    await db.execute(FILL)
    await db.close()


async def asked(url: str, phones: int, seconds: float, *, boxes: bool, accept: str) -> str:
    """How many were answered in a second, and the slowest hundredth."""
    numbers, took_s = itertools.cycle(range(1, BOXES + 1)), []
    ends_s = time.perf_counter() + seconds
    async with aiohttp.ClientSession(
        headers={"Accept": accept}, connector=aiohttp.TCPConnector(limit=phones)
    ) as session:

        async def phone() -> None:
            while (began_s := time.perf_counter()) < ends_s:
                path = f"/01/{GTIN}/10/{LOT}" + (f"/21/S{next(numbers)}" if boxes else "")
                async with session.get(url + path) as answer:
                    await answer.read()
                    assert answer.status == 200, answer.status
                took_s.append(time.perf_counter() - began_s)

        began_s = time.perf_counter()
        await asyncio.gather(*(phone() for _ in range(phones)))
        rate = len(took_s) / (time.perf_counter() - began_s)
    return f"{rate:,.0f} a second, median {sorted(took_s)[len(took_s) // 2] * 1000:.1f} ms, p99 {p99_ms(took_s):.1f} ms"


async def client(url: str, phones: int, seconds: float) -> None:
    html, links = "text/html,*/*;q=0.8", "application/linkset+json"
    for name, boxes, accept in (("one code", False, html), ("each a box", True, html), ("linkset", False, links)):
        told(f"{name}: {await asked(url, phones, seconds, boxes=boxes, accept=accept)}")


async def run(phones: int, seconds: float) -> None:
    with tempfile.TemporaryDirectory(prefix="livehub-bench-") as folder:
        postgres = await asyncio.to_thread(start_postgres, Path(folder))
        try:
            await asyncio.to_thread(migrate, postgres.url(), MIGRATIONS)
            await fill(postgres.url())
            given = settings(
                database_url=postgres.url(), redis_url=NO_VALKEY, secret=SECRET,
                http_files_per_s_max=1_000_000.0, http_files_burst_max=1_000_000,
            )  # fmt: skip
            async with opened(given) as server:
                began_s = time.process_time()
                command = [sys.executable, "-m", "tests.bench.codes", "--client", server.url]
                command += ["--phones", str(phones), "--seconds", str(seconds)]
                await asyncio.to_thread(subprocess.run, command, check=True)
                told(f"processor time of the server: {time.process_time() - began_s:.1f} s in {3 * seconds:.0f} s")
        finally:
            await asyncio.to_thread(postgres.close)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.codes", description="A code that is shown on air.")
    parser.add_argument("--seconds", type=float, default=8.0, help="for each figure")
    parser.add_argument("--phones", type=int, default=64)
    parser.add_argument("--client", metavar="URL", help="be the phones, of a server that runs")
    options = parser.parse_args()
    if options.client:
        uvloop.run(client(options.client, options.phones, options.seconds))
    else:
        uvloop.run(run(options.phones, options.seconds))


if __name__ == "__main__":
    main()
