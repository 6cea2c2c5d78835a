"""Payments at the sandbox: begun, paid there, told of over HTTP, and paid here; how many a second, and what each costs.

    python -m tests.bench.payments [--payments N] [--rounds N] [--buyers N] [--json F]

The server with all its roles is this process, on the embedded PostgreSQL as `demo` runs it (fsync on); buyers are another
one, so many at a time. What is paid for is a till that writes as orders do: the payment and its entries in the ledger, many
in one transaction. Cases take turns in each round; the figures are medians.

    begin   the attempt, its row, the sandbox's, how it can be paid
    pay     begin; the buyer presses "pay"; the notice comes; paid
"""

import argparse
import asyncio
import itertools
import json
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import uvloop
from aiohttp.test_utils import TestServer

from commerce.ledger.posting import post
from commerce.ledger.transfers import captured
from commerce.payments import store
from commerce.payments.payables import PaidIn, Payable, Payables
from commerce.payments.refund_rows import RefundRow
from livehub import app
from livehub.app import DEMO_MODULES, MIGRATIONS, Application
from livehub.base.auth import Identity, Role, Tokens
from livehub.base.db import Transaction
from livehub.base.errors import LivehubError
from livehub.base.group_commit import GroupCommit
from livehub.base.migrations import migrate
from livehub.base.module import Context, Module, Part, ProcessRole
from livehub.embedded.servers import start_postgres

SECRET = "a secret of the benchmark, more than 32 characters long"
CASES = ("begin", "pay")
BUYERS = 64
PAID_WITHIN_S = 60.0


class Till(Part):
    """Fills the port Payables; any order costs 59.90, whoever's it is. `paid_s`: payment to the moment it was paid."""

    def __init__(self, context: Context) -> None:
        self._database = context.database
        self.paid_s: dict[str, float] = {}
        self._commits: GroupCommit[PaidIn, bool] = GroupCommit(
            "bench till", self._write, batch_max=200, pending_max=10_000
        )
        context.provide(Payables, self)

    async def start(self) -> None:
        self._commits.start()

    async def stop(self) -> None:
        await self._commits.stop()

    async def opening(self, order: str, person: str, *, until_ms: int, now_ms: int) -> Payable:
        del order, person, now_ms
        return Payable(amount_minor=5_990, currency="CNY", description="Blueberries", closes_ms=until_ms)

    async def paid(self, paid: PaidIn) -> None:
        if await self._commits.add(paid):
            self.paid_s[paid.payment] = time.monotonic()

    async def refunded(self, tx: Transaction, refund: RefundRow) -> None:
        del tx, refund

    async def _write(self, paid: list[PaidIn]) -> list[bool | LivehubError]:
        async with self._database.batch.transaction() as tx:
            new = await store.mark_paid(tx, paid, now_real_ms=int(time.time() * 1000))
            await post(tx.connection, [
                captured(
                    payment=each.payment, order=each.order, provider=each.provider, amount_minor=each.amount_minor,
                    currency=each.currency, at_ms=each.at_ms,
                )
                for each in paid
            ])  # fmt: skip
        return list(new)


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[tuple[Till, str]]:
    """The till, and the address of the server."""
    server = await asyncio.to_thread(start_postgres, folder)
    try:
        await asyncio.to_thread(migrate, server.url(), MIGRATIONS)
        settings = app.settings(
            database_url=server.url(), secret=SECRET, redis_url="unix:///nonexistent/valkey.sock",
            payment_providers="sandbox", http_requests_per_s_max=100_000.0, http_requests_burst_max=100_000,
            db_pool_per_person_max=20,
        )  # fmt: skip
        roles = frozenset({ProcessRole.SOCKETS, ProcessRole.JOBS})
        application = Application(settings, modules=(*DEMO_MODULES, Module(name="till", build=Till)), roles=roles)
        async with TestServer(application.served()) as served:
            yield application.get(Till), str(served.make_url("/")).rstrip("/")
    finally:
        await asyncio.to_thread(server.close)


async def buy(url: str, case: str, payments: int, buyers: int, first: int) -> dict[str, Any]:
    """So many payments, `buyers` of them at a time; when each was pressed, and how long its calls took."""
    numbers = itertools.count(first)
    last = first + payments
    pressed_s: dict[str, float] = {}
    took_ms: dict[str, list[float]] = {"begin": [], "press": []}
    tokens = Tokens(SECRET)
    now_s = time.time()

    async def call(session: aiohttp.ClientSession, what: str, path: str, body: object, headers: dict[str, str]) -> Any:
        began_s = time.monotonic()
        async with session.post(url + path, json=body, headers=headers) as response:
            answer = await response.json()
            assert response.status < 300, answer
        took_ms[what].append((time.monotonic() - began_s) * 1000)
        return answer

    async def buyer(session: aiohttp.ClientSession) -> None:
        while (number := next(numbers)) < last:
            person = Identity(id=f"buyer-{number}", name="B", role=Role.VIEWER)
            headers = {
                "Authorization": f"Bearer {tokens.sign(person, now_s=now_s, ttl_s=3_600)}",
                "Idempotency-Key": f"the-key-{number}",
            }
            path = f"/api/orders/order-{number}/payments"
            id_ = (await call(session, "begin", path, {"provider": "sandbox"}, headers))["id"]
            if case == "pay":
                pressed_s[id_] = time.monotonic()
                await call(session, "press", f"/api/sandbox/payments/{id_}/pay", {}, {})

    began_s = time.monotonic()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=buyers)) as session:
        await asyncio.gather(*(buyer(session) for _ in range(buyers)))
    return {"began_s": began_s, "ended_s": time.monotonic(), "pressed_s": pressed_s, "took_ms": took_ms}


async def measured(till: Till, url: str, case: str, options: argparse.Namespace, first: int) -> dict[str, float]:
    """One round of one case."""
    process = psutil.Process()
    used_s, used_there_s = time.process_time(), _postgres_s(process)
    client = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.payments", "--client", url, "--case", case, "--first", str(first),
        "--payments", str(options.payments), "--buyers", str(options.buyers), stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await client.communicate()
    said = json.loads(out)
    waited_until_s = time.monotonic() + PAID_WITHIN_S
    while not said["pressed_s"].keys() <= till.paid_s.keys() and time.monotonic() < waited_until_s:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    paid_s = {id_: till.paid_s[id_] for id_ in said["pressed_s"]}
    ended_s = max([said["ended_s"], *paid_s.values()])
    figures = {
        "per_s": options.payments / (ended_s - said["began_s"]),
        "begin_ms_p50": statistics.median(said["took_ms"]["begin"]),
        "begin_ms_p99": _p99(said["took_ms"]["begin"]),
        "server_cpu_ms": (time.process_time() - used_s) * 1e3 / options.payments,
        "postgres_cpu_ms": (_postgres_s(process) - used_there_s) * 1e3 / options.payments,
    }
    if paid_s:
        waits_ms = [(paid_s[id_] - at_s) * 1e3 for id_, at_s in said["pressed_s"].items()]
        figures |= {"paid_ms_p50": statistics.median(waits_ms), "paid_ms_p99": _p99(waits_ms)}
    return figures


def _p99(values: list[float]) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * 99 // 100)]


def _postgres_s(process: psutil.Process) -> float:
    used = 0.0
    for child in process.children(recursive=True):
        try:
            times = child.cpu_times()
            used += times.user + times.system if "postgres" in child.name() else 0.0
        except psutil.Error:  # it has ended
            continue
    return used


async def run(options: argparse.Namespace) -> dict[str, dict[str, float]]:
    found: dict[str, list[dict[str, float]]] = {case: [] for case in CASES}
    with tempfile.TemporaryDirectory(prefix="livehub-bench-") as folder:
        async with serving(Path(folder)) as (till, url):
            first = itertools.count(0, options.payments)
            await measured(till, url, "pay", options, next(first))  # what is loaded, prepared and planned at first
            for _ in range(options.rounds):
                for case in CASES:
                    found[case].append(await measured(till, url, case, options, next(first)))
    return {
        case: {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}
        for case, rounds in found.items()
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.payments", description="Payments at the sandbox.")
    parser.add_argument("--payments", type=int, default=1_000, help="in a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--buyers", type=int, default=BUYERS, help="at a time")
    parser.add_argument("--json", type=Path, help="write the figures there")
    parser.add_argument("--client", help=argparse.SUPPRESS)
    parser.add_argument("--case", default="pay", help=argparse.SUPPRESS)
    parser.add_argument("--first", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.client:
        said = uvloop.run(buy(options.client, options.case, options.payments, options.buyers, options.first))
        sys.stdout.write(json.dumps(said))
        return 0
    figures = uvloop.run(run(options))
    for case, values in figures.items():
        sys.stdout.write(f"{case:<6} " + "  ".join(f"{name} {value:.2f}" for name, value in values.items()) + "\n")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
