"""A log whose checkpoints the test publishes, anchors that work on it, and what lies outside: a real chain, and what stands
between it and us.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import pytest
from aiohttp import web

from livehub import app
from livehub.base.db import Database
from livehub.embedded.chain import DEVELOPMENT_KEY, Chain, anvil
from tests.base.served import SECRET
from tests.patience import PATIENCE_S
from trace.anchor.leader import AnchorLeader
from trace.anchor.settings import AnchorConfig
from trace.log import notes
from trace.log.checkpoints import Checkpoint
from trace.log.keys import Ed25519Signer

needs_anvil = pytest.mark.skipif(anvil() is None, reason="anvil is not installed")

ORIGIN = "log.example"
SIGNER = Ed25519Signer(ORIGIN, b"k" * 32)


def root_of(size: int) -> bytes:
    """Of the tests' log at that size; any 32 bytes will do."""
    return sha256(f"tree {size}".encode()).digest()


def note_of(size: int, root: bytes | None = None) -> bytes:
    text = Checkpoint(ORIGIN, size, root or root_of(size)).text
    return notes.Note(text, (SIGNER.sign(text),)).encode()


class Ledger:
    """The log's head, as its writer leaves it, and what has been anchored of it."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.connection = connection

    async def publish(self, size: int, at_ms: int | None = None) -> None:
        """A checkpoint of so many leaves."""
        at_ms = int(time.time() * 1000) if at_ms is None else at_ms
        await self.connection.execute(
            "INSERT INTO log_head (origin, vkey, leaves, size, root, note, at_ms) VALUES ($1, $2, $3, $3, $4, $5, $6)"
            " ON CONFLICT (single) DO UPDATE SET leaves = $3, size = $3, root = $4, note = $5, at_ms = $6",
            ORIGIN, SIGNER.verifier.vkey, size, root_of(size), note_of(size), at_ms,
        )  # fmt: skip

    async def anchorings(self) -> list[Any]:
        return list(await self.connection.fetch("SELECT * FROM anchorings ORDER BY id"))

    async def attempts(self) -> list[Any]:
        return list(await self.connection.fetch("SELECT * FROM anchor_attempts ORDER BY anchoring, at_ms, fee_wei"))

    async def until(self, holds: Callable[[list[Any]], bool]) -> list[Any]:
        """The anchorings, once they are so."""
        until_s = time.monotonic() + PATIENCE_S
        while not holds(rows := await self.anchorings()):
            assert time.monotonic() < until_s, [dict(row) for row in rows]
            await asyncio.sleep(0.02)
        return rows

    async def health(self, *, is_failing: bool) -> Any:
        """Of the one anchor there is, once it is so."""
        until_s = time.monotonic() + PATIENCE_S
        while True:
            row = await self.connection.fetchrow("SELECT * FROM anchor_health")
            if row is not None and (row["failing_since_ms"] is not None) is is_failing:
                return row
            assert time.monotonic() < until_s, row
            await asyncio.sleep(0.02)

    async def until_depth(self, depth: int) -> list[Any]:
        """The anchorings, once the first has that depth."""
        return await self.until(lambda rows: bool(rows) and rows[0]["depth"] == depth)

    async def until_confirmed(self, size: int) -> Any:
        """The anchoring of that size, once it is confirmed."""
        rows = await self.until(lambda rows: any(r["size"] == size and r["state"] == "confirmed" for r in rows))
        return next(row for row in rows if row["size"] == size)


@asynccontextmanager
async def ledger_of(database_url: str) -> AsyncIterator[Ledger]:
    connection = await asyncpg.connect(database_url)
    try:
        yield Ledger(connection)
    finally:
        await connection.close()


def on_chain(chain: Chain, **settings: Any) -> AnchorConfig:
    """The settings of an anchor there, as quick as tests want it."""
    given: dict[str, Any] = {
        "anchors": "evm", "anchor_evm_url": chain.url, "anchor_evm_chain_id": chain.chain_id,
        "anchor_evm_key": DEVELOPMENT_KEY, "anchor_evm_confirmations": 1, "anchor_evm_development": True,
    }  # fmt: skip
    return config(**(given | settings))


def config(**settings: Any) -> AnchorConfig:
    quick: dict[str, Any] = {"anchor_every_s": 0.01, "anchor_look_s": 0.05, "anchor_timeout_s": 2.0}
    return app.settings(secret=SECRET, **(quick | settings)).of(AnchorConfig)


@asynccontextmanager
async def anchoring(database_url: str, config: AnchorConfig, kind: str = "evm") -> AsyncIterator[AnchorLeader]:
    """What anchors, at work, as in a process of its own."""
    settings = app.settings(secret=SECRET, database_url=database_url)
    database = Database(settings.core)
    await database.open()
    leader = AnchorLeader(config, database, kind, time.time)
    task = asyncio.create_task(leader.run())
    try:
        yield leader
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await database.close(1.0)


Answer = Callable[[dict[str, Any]], Awaitable[web.StreamResponse | None]]


class Proxy:
    """Between us and a chain's RPC: passes on what is asked, unless `answer` answers by itself; `alter`s what is answered."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self.answer: Answer | None = None
        self.alter: Callable[[str, Any], Any] = lambda _method, result: result
        self.asked: list[str] = []
        self.url = ""
        self._session: aiohttp.ClientSession | None = None

    async def handle(self, request: web.Request) -> web.StreamResponse:
        question = await request.json()
        self.asked.append(question["method"])
        if self.answer is not None and (own := await self.answer(question)) is not None:
            return own
        assert self._session is not None
        async with self._session.post(self._chain.url, json=question) as response:
            said = await response.json()
        if "result" in said:
            said["result"] = self.alter(question["method"], said["result"])
        return web.json_response(said)

    @asynccontextmanager
    async def served(self) -> AsyncIterator["Proxy"]:
        application = web.Application(client_max_size=10_000_000)
        application.router.add_post("/", self.handle)
        async with aiohttp.ClientSession() as self._session, listening(application) as self.url:
            yield self


@asynccontextmanager
async def listening(application: web.Application) -> AsyncIterator[str]:
    """The address of an application that is served on a free port."""
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def new_chain(folder: Path, *, settings: tuple[str, ...] = (), block_s: int = 0) -> Chain:
    """By default it makes a block of each transaction at once."""
    return Chain(folder, block_s=block_s, settings=settings)
