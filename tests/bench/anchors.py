"""Checkpoint to chain: from its publication until a transaction with it, or a later one, is in a block and known to be.

    python -m tests.bench.anchors [--seconds S] [--every-ms MS]

The chain is the embedded one, with a block every 2 s, PostgreSQL is embedded too, and settings are those of `demo`. Checkpoints
are put into the log's head as its writer leaves them; what the writer takes itself is told by another figure.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import asyncpg

from livehub import app
from livehub.app import MIGRATIONS
from livehub.base.db import Database
from livehub.base.migrations import migrate
from livehub.commands.demo import chain_settings
from livehub.embedded.chain import Chain
from livehub.embedded.servers import start_postgres
from trace.anchor.leader import AnchorLeader
from trace.anchor.settings import AnchorConfig

BLOCK_S = 2
PUT = """
INSERT INTO log_head (origin, vkey, leaves, size, root, note, at_ms)
VALUES ('bench', '', $1, $1, sha256(int8send($1)), 'note', $2)
ON CONFLICT (single) DO UPDATE SET leaves = $1, size = $1, root = sha256(int8send($1)), at_ms = $2
"""
ANCHORED = "SELECT size, confirmed_ms FROM anchorings WHERE state = 'confirmed' ORDER BY size"


async def measured(url: str, chain: Chain, seconds: float, every_ms: float) -> dict[str, Any]:
    """In milliseconds, over all checkpoints that were published."""
    settings = app.settings(secret="s" * 40, database_url=url, **chain_settings(chain))
    database = Database(settings.core)
    await database.open()
    leader = AnchorLeader(settings.of(AnchorConfig), database, "evm", time.time)
    running = asyncio.create_task(leader.run())
    connection = await asyncpg.connect(url)
    published: dict[int, int] = {}
    try:
        await _publish(connection, 1)
        await _anchored(connection, 1)
        began_s, size = time.monotonic(), 1
        while time.monotonic() - began_s < seconds:
            size += 1
            published[size] = await _publish(connection, size)
            await asyncio.sleep(every_ms / 1000)
        await _anchored(connection, size)
        anchored = [(row["size"], row["confirmed_ms"]) for row in await connection.fetch(ANCHORED)]
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await connection.close()
        await database.close(1.0)
    lags = [next(at for big, at in anchored if big >= size) - at_ms for size, at_ms in published.items()]
    return {
        "checkpoints": len(lags),
        "transactions": len(anchored),
        "median_ms": statistics.median(lags),
        "p99_ms": statistics.quantiles(lags, n=100)[98],
        "most_ms": max(lags),
    }


async def _publish(connection: asyncpg.Connection, size: int) -> int:
    at_ms = int(time.time() * 1000)
    await connection.execute(PUT, size, at_ms)
    return at_ms


async def _anchored(connection: asyncpg.Connection, size: int) -> None:
    async with asyncio.timeout(60):
        while not await connection.fetchval(  # noqa: ASYNC110
            "SELECT EXISTS (SELECT FROM anchorings WHERE state = 'confirmed' AND size >= $1)", size
        ):
            await asyncio.sleep(0.05)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.anchors", description=__doc__)
    parser.add_argument("--seconds", type=float, default=120.0, help="how long checkpoints are published")
    parser.add_argument("--every-ms", type=float, default=130.0, help="pause between two of them")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lh-", dir="/tmp") as name:
        postgres = start_postgres(Path(name))
        chain = Chain(Path(name), block_s=BLOCK_S)
        try:
            url = postgres.url()
            migrate(url, MIGRATIONS)
            figures = asyncio.run(measured(url, chain, options.seconds, options.every_ms))
        finally:
            chain.close()
            postgres.close()
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
