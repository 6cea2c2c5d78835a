"""An origin on a port of the moment."""

import contextlib
from collections.abc import AsyncIterator

from aiohttp import web

from media.hls.origin import Origin, SegmentPath
from media.settings import MediaConfig


@contextlib.asynccontextmanager
async def served(
    config: MediaConfig | None = None, segment_path: SegmentPath | None = None
) -> AsyncIterator[tuple[Origin, int]]:
    """The origin, and its port."""
    origin = Origin(config or MediaConfig(), segment_path)
    app = web.Application()
    origin.add(app)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield origin, runner.addresses[0][1]
    finally:
        await runner.cleanup()
