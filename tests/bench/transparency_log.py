"""The transparency log: entries appended a second, from commit to published checkpoint, proofs, and the verification of it all.

    python -m tests.bench.transparency_log [--entries N] [--json FILE]

PostgreSQL is the embedded one as `demo` runs it, on the disk; `log-process` writes the log as a node of several processes
starts it, and this process appends. An entry counts when it is in the checkpoint that lies in the log's folder. Proofs are made
by the reader that answers `GET /log/proof`, in this process; verification is `python -m trace verify` on the folder.
"""

import argparse
import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import uvloop

from livehub.app import MIGRATIONS
from livehub.base.config import Config
from livehub.base.db import Database
from livehub.base.migrations import migrate
from livehub.embedded.servers import start_postgres
from trace.log.entries import append, encoded
from trace.log.reader import LogReader

CHECKOUT = Path(__file__).parent.parent.parent
ENTRIES = 1_000_000
IN_A_TRANSACTION = 1_000
WRITERS = 4
PROBES = 500
PROBE_PAUSE_S = 0.02
LOOK_S = 0.002
PROOFS = 5_000
KEY = bytes(range(32)).hex()
NOW_MS = 1_800_000_000_000


class Bench:
    """Appends to a log in `folder` that another process writes."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.reader = LogReader(folder, tiles_cached_max=1_000)
        self.chance = random.Random(7)

    def entry(self) -> bytes:
        return encoded("reading", NOW_MS, {"device": "van-3", "digest": self.chance.randbytes(32).hex(), "of": 64})

    def size(self) -> int:
        published = self.reader.checkpoint()
        return 0 if published is None else published[0].size

    async def until(self, size: int) -> None:
        while self.size() < size:  # noqa: ASYNC110  # the other process only writes a file
            await asyncio.sleep(LOOK_S)

    async def append(self, entries: list[bytes]) -> None:
        await self.database.run(lambda tx: append(tx, entries))

    async def appended_per_s(self, entries: int) -> float:
        """Of so many entries, made beforehand."""
        made = [[self.entry() for _ in range(IN_A_TRANSACTION)] for _ in range(entries // IN_A_TRANSACTION)]
        before, began_s = self.size(), time.perf_counter()
        waiting = iter(made)

        async def write() -> None:
            for some in waiting:
                await self.append(some)

        await asyncio.gather(*(write() for _ in range(WRITERS)))
        await self.until(before + entries)
        return entries / (time.perf_counter() - began_s)

    async def until_published_ms(self) -> list[float]:
        """From the commit of an entry to the checkpoint that has it, of entries that come one by one."""
        found = []
        for _ in range(PROBES):
            before = self.size()
            await self.append([self.entry()])
            began_s = time.perf_counter()
            await self.until(before + 1)
            found.append((time.perf_counter() - began_s) * 1e3)
            await asyncio.sleep(PROBE_PAUSE_S)
        return found

    def proofs_ms(self) -> list[float]:
        """Of random leaves."""
        size, found = self.size(), []
        for _ in range(PROOFS):
            index = self.chance.randrange(size)
            began_s = time.perf_counter()
            receipt = self.reader.receipt(index)
            assert receipt is not None
            receipt.encode()
            found.append((time.perf_counter() - began_s) * 1e3)
        return found


def verified_s(folder: Path) -> float:
    """The command, from its start to its end."""
    began_s = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "trace", "verify", str(folder)], cwd=CHECKOUT, check=True, capture_output=True
    )
    return time.perf_counter() - began_s


async def run(entries: int) -> dict[str, float]:
    """All figures."""
    with ExitStack() as stack:
        data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="livehub-bench-")))
        postgres = start_postgres(data)
        stack.callback(postgres.close)
        migrate(postgres.url(), MIGRATIONS)
        database = Database(Config(database_url=postgres.url()))
        await database.open()
        folder = data / "log"
        stack.enter_context(log_process(postgres.url(), folder))
        bench = Bench(database, folder)
        await bench.append([bench.entry()])
        await bench.until(1)
        published = sorted(await bench.until_published_ms())
        per_s = await bench.appended_per_s(entries)
        proofs = sorted(bench.proofs_ms())
        await database.close()
        verified = [verified_s(folder) for _ in range(3)]
        return {
            "entries": bench.size(),
            "appended_per_s": per_s,
            "published_ms_p50": statistics.median(published),
            "published_ms_p99": published[len(published) * 99 // 100],
            "proof_ms_p50": statistics.median(proofs),
            "proof_ms_p99": proofs[len(proofs) * 99 // 100],
            "verified_s": statistics.median(verified),
        }


@contextmanager
def log_process(url: str, folder: Path) -> Iterator[None]:
    """The process that writes the log of the database at `url` into `folder`."""
    environ = {
        **os.environ, "DATABASE_URL": url, "REDIS_URL": "redis://127.0.0.1:9/0", "LIVEHUB_SECRET": "s" * 32,
        "LIVEHUB_LOG_DIR": str(folder), "LIVEHUB_LOG_KEY": KEY, "LIVEHUB_LOG_LEVEL": "WARNING",
    }  # fmt: skip
    process = subprocess.Popen([sys.executable, "-m", "livehub", "log-process"], cwd=CHECKOUT, env=environ)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.transparency_log")
    parser.add_argument("--entries", type=int, default=ENTRIES)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found = uvloop.run(run(options.entries))
    for name, value in found.items():
        sys.stdout.write(f"{name:<20} {value:>14,.3f}\n")
    if options.json:
        options.json.write_text(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
