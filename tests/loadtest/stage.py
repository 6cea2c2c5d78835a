"""A server of a few lines for tests of the crowd: a real one (aiohttp), which does what a test has it do."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from loadtest.crowd import Crowd, Plan

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def served(handler: Handler) -> AsyncIterator[int]:
    """The port on which `handler` answers everything."""
    app = web.Application()
    app.router.add_get("/{rest:.*}", handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    try:
        await site.start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


@asynccontextmanager
async def crowd_at(port: int, **fields: object) -> AsyncIterator[Crowd]:
    """A crowd in this process; gone afterwards."""
    crowd = Crowd(Plan(port=port, room="r", **{"size": 1, "dialect": "raw", **fields}))  # type: ignore[arg-type]
    try:
        yield crowd
    finally:
        crowd.close()


async def until(holds: Callable[[], bool], *, within_s: float = 10.0) -> None:
    """Look until it holds. Raises TimeoutError."""
    async with asyncio.timeout(within_s):
        while not holds():  # noqa: ASYNC110 - nobody tells us
            await asyncio.sleep(0.01)
