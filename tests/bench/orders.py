"""Staff look for orders, of a million: the list under each filter, its sums, and 100,000 of them as a file.

    python -m tests.bench.orders [--orders N] [--rounds N]

PostgreSQL is the embedded one as `demo` runs it; its processor time is told beside that of this process. After a
round that is not counted questions go over HTTP to a server in this process, one after the other. The
orders are of 180 days, the later the more of them under way, in 400 shows, of 60 products of which some sell far better.
"""

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import psutil
import uvloop

from livehub.app import MIGRATIONS, settings
from livehub.base import xlsx
from livehub.base.auth import Identity, Role, Tokens
from livehub.base.ids import CHANCE_BYTES, ordered_id
from livehub.base.migrations import migrate
from livehub.embedded.servers import start_postgres
from tests.base.served import NO_VALKEY, SECRET
from tests.integration.server import InProcessServer, opened

DAYS = 180
SHOWS = 400
PRODUCTS = 60
LINES_PER_ORDER = (1, 1, 1, 2, 2, 3)
EXPORTED = 100_000
CHUNK = 20_000
UNDER_WAY_DAYS = 3
UNDER_WAY = ("unpaid", "paid", "preparing", "dispatched", "delivered")
SEED = 8
BEGAN_MS = 1_780_000_000_000
ADDRESS = '{"name": "张三丰", "phone": "%s", "region": "110105", "line": "朝阳区某某路某某小区某某号楼 3 单元 1201"}'
PRODUCT = """
    INSERT INTO products (id, farm, title, price_minor, currency, unit) VALUES ($1, 'demo-farm', $2, 990, 'CNY', '500g/份')
"""
PATIENT = aiohttp.ClientTimeout(total=120)

INSERT = """
    WITH o AS (
        INSERT INTO orders (
            id, number, person, key, fingerprint, state, room, currency, goods_minor, discount_minor, delivery_minor,
            delivery_discount_minor, total_minor, paid_minor, address, closes_ms, created_ms, paid_ms
        )
        SELECT id, number, person, id, 'f', state, room, 'CNY', total, 0, 0, 0, total,
            CASE WHEN paid_ms IS NULL THEN 0 ELSE total END, address::jsonb, 4000000000000, created_ms, paid_ms
        FROM unnest(
            $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::bigint[], $9::bigint[]
        ) AS n (id, number, person, state, room, total, address, created_ms, paid_ms)
    )
    INSERT INTO order_lines (
        id, order_id, position, product, title, unit, qty, unit_price_minor, amount_minor, discount_minor, paid_minor,
        unit_shares_minor
    )
    SELECT order_id || '-' || position, order_id, position, product, '草莓 ' || product, '500g/份', 1, price, price, 0, price,
        ARRAY[price]
    FROM unnest($10::text[], $11::smallint[], $12::text[], $13::bigint[]) AS l (order_id, position, product, price)
"""


class Made:
    """Orders in the order of time; a list for each column of INSERT."""

    def __init__(self, count: int, began_ms: int) -> None:
        self._count = count
        self._began_ms = began_ms
        self._chance = random.Random(SEED)
        self._products = [f"product-{n}" for n in range(PRODUCTS)]
        self._weights = [1 / (n + 1) for n in range(PRODUCTS)]

    def chunks(self) -> Iterator[list[list[Any]]]:
        for at in range(0, self._count, CHUNK):
            orders, lines = [], []
            for n in range(at, min(at + CHUNK, self._count)):
                order, its_lines = self._order(n)
                orders.append(order)
                lines += its_lines
            yield [list(column) for column in (*zip(*orders, strict=True), *zip(*lines, strict=True))]

    def _order(self, n: int) -> tuple[tuple[Any, ...], list[tuple[Any, ...]]]:
        chance = self._chance
        at_ms = self._began_ms + n * DAYS * 86_400_000 // self._count
        id_ = ordered_id(at_ms, chance.randbytes(CHANCE_BYTES))
        is_under_way = self._count - n < self._count * UNDER_WAY_DAYS / DAYS
        state = chance.choice((*(UNDER_WAY if is_under_way else ("done",) * 14), "cancelled"))
        bought = chance.choices(self._products, self._weights, k=chance.choice(LINES_PER_ORDER))
        lines = [(id_, position, product, 990) for position, product in enumerate(bought)]
        phone = f"+861{chance.randrange(3_000_000_000, 9_999_999_999)}"
        room = f"show-{n * SHOWS // self._count}" if n % 10 else None
        order = (
            id_, f"{n:012d}", f"person-{chance.randrange(200_000)}", state, room,
            990 * len(lines), ADDRESS % phone, at_ms, None if state in ("unpaid", "cancelled") else at_ms + 60_000,
        )  # fmt: skip
        return order, lines


async def fill(url: str, count: int) -> None:
    connection = await asyncpg.connect(url)
    for columns in Made(count, BEGAN_MS).chunks():
        await connection.execute(INSERT, *columns)
    for product in range(PRODUCTS):
        await connection.execute(PRODUCT, f"product-{product}", f"草莓 {product} 号")
    await connection.execute("VACUUM ANALYZE orders, order_lines")
    await connection.close()


def questions(count: int, chance: random.Random) -> dict[str, str]:
    """What is asked in a round, by what it is called here."""
    n = chance.randrange(count)
    day = datetime.fromtimestamp(BEGAN_MS / 1000, UTC) + timedelta(days=chance.randrange(DAYS - 7))
    week = f"from={day:%Y-%m-%dT00:00:00Z}&to={day + timedelta(days=7):%Y-%m-%dT00:00:00Z}"
    show, popular, rare = f"show-{chance.randrange(SHOWS)}", "product-0", f"product-{PRODUCTS - 1}"
    after = ordered_id(BEGAN_MS + chance.randrange(DAYS) * 86_400_000, bytes(CHANCE_BYTES))
    return {
        "nothing": "",
        "a page in the middle": f"after={after}",
        "a state of few": "state=preparing",
        "a state of most": "state=done",
        "two states": "state=cancelled,done",
        "a week": week,
        "a week, cancelled": f"{week}&state=cancelled",
        "a room": f"room={show}",
        "a room, cancelled": f"room={show}&state=cancelled",
        "a product that many buy": f"product={popular}",
        "a product that few buy": f"product={rare}",
        "a product in a room": f"product={rare}&room={show}",
        "a product, under way": f"product={rare}&state=preparing",
        "a product in a week": f"product={rare}&{week}",
        "words in a title": "q=59%20号",
        "a number": f"q={n:012d}",
        "a phone's end": f"q={chance.randrange(10_000):04d}",
        "a phone's end in a room": f"q={chance.randrange(10_000):04d}&room={show}",
    }


async def ask(server: InProcessServer, path: str, headers: dict[str, str]) -> tuple[float, int]:
    """ms, and bytes of the answer."""
    began_s = time.perf_counter()
    async with server.session.get(server.url + path, headers=headers, timeout=PATIENT) as response:
        body = await response.read()
        assert response.status == 200, body
    return (time.perf_counter() - began_s) * 1000, len(body)


async def measure(server: InProcessServer, count: int, rounds: int) -> None:
    admin = Identity(id="boss", name="Boss", role=Role.ADMIN, signed_in_s=int(time.time()))
    token = Tokens(SECRET).sign(admin, now_s=time.time(), ttl_s=3_600)
    headers = {"Authorization": f"Bearer {token}"}
    chance = random.Random(SEED)
    lists: dict[str, list[float]] = {}
    sums: dict[str, list[float]] = {}
    for query in questions(count, chance).values():
        await ask(server, f"/api/orders?limit=50&{query}", headers)
    began_s, began_there_s = time.process_time(), children_s()
    for _ in range(rounds):
        for name, query in questions(count, chance).items():
            lists.setdefault(name, []).append((await ask(server, f"/api/orders?limit=50&{query}", headers))[0])
    used_s, used_there_s = time.process_time() - began_s, children_s() - began_there_s
    for _ in range(max(1, rounds // 10)):
        for name, query in questions(count, chance).items():
            if not query.startswith("after="):
                sums.setdefault(name, []).append((await ask(server, f"/api/orders/sums?{query}", headers))[0])
    told(f"{'filter':<28} {'list: median':>12} {'p99':>8} {'sums: median':>14}  ms")
    for name, took in lists.items():
        told(f"{name:<28} {statistics.median(took):>12.1f} {p99(took):>8.1f} {median(sums.get(name)):>14}")
    everything = [each for took in lists.values() for each in took]
    told(f"{'all of them':<28} {statistics.median(everything):>12.1f} {p99(everything):>8.1f}")
    told(
        f"processor time of a page: of the server and its client {used_s * 1000 / len(everything):.1f} ms, "
        f"of PostgreSQL {used_there_s * 1000 / len(everything):.1f} ms"
    )
    for kind, accept in (("CSV", "text/csv"), ("XLSX", xlsx.CONTENT_TYPE)):
        began_s, began_there_s = time.process_time(), children_s()
        took_ms, size = await ask(server, "/api/orders?state=done", headers | {"Accept": accept})
        used_s, used_there_s = time.process_time() - began_s, children_s() - began_there_s
        told(
            f"{min(EXPORTED, count):,} orders as {kind}: {took_ms / 1000:.1f} s, {size / 1e6:.1f} MB; processor time of the "
            f"server and its client {used_s:.1f} s, of PostgreSQL {used_there_s:.1f} s"
        )


def children_s() -> float:
    """Processor time of PostgreSQL, so far."""
    used = [process.cpu_times() for process in psutil.Process().children(recursive=True)]
    return sum(times.user + times.system for times in used)


def p99(took: Sequence[float]) -> float:
    return sorted(took)[min(len(took) - 1, len(took) * 99 // 100)]


def median(took: Sequence[float] | None) -> str:
    return f"{statistics.median(took):.1f}" if took else ""


def told(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def run(count: int, rounds: int) -> None:
    with tempfile.TemporaryDirectory(prefix="livehub-bench-") as folder:
        postgres = await asyncio.to_thread(start_postgres, Path(folder))
        try:
            await asyncio.to_thread(migrate, postgres.url(), MIGRATIONS)
            began_s = time.perf_counter()
            await fill(postgres.url(), count)
            told(f"{count:,} orders, made in {time.perf_counter() - began_s:.0f} s")
            given = settings(
                database_url=postgres.url(), redis_url=NO_VALKEY, secret=SECRET, http_requests_per_s_max=100_000.0,
                http_requests_burst_max=100_000,
            )  # fmt: skip
            async with opened(given) as server:
                await measure(server, count, rounds)
        finally:
            await asyncio.to_thread(postgres.close)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.orders", description="Staff look for orders.")
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=30, help="times each filter is asked for")
    options = parser.parse_args()
    uvloop.run(run(options.orders, options.rounds))


if __name__ == "__main__":
    main()
