"""An origin on a port of the moment."""

import contextlib
from collections.abc import AsyncIterator

from aiohttp import web

from livehub.base.config import Config
from media.hls.origin import Origin, Stored


@contextlib.asynccontextmanager
async def served(config: Config | None = None, stored: Stored | None = None) -> AsyncIterator[tuple[Origin, int]]:
    """The origin, and its port."""
    origin = Origin(config or Config(), stored)
    app = web.Application()
    app.add_routes(origin.routes())
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield origin, runner.addresses[0][1]
    finally:
        await runner.cleanup()
