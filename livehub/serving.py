"""One process of the server: listens, runs until told to stop, stops gracefully."""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import uvloop
from aiohttp import web

from livehub.app import Application
from livehub.base.config import Config

log = logging.getLogger("livehub.serving")

BACKLOG = 4_096  # an opening show brings thousands of connections in a second


async def serve(
    config: Config,
    port: int,
    *,
    jobs: bool,
    reuse_port: bool,
    ready: Callable[[Application], Awaitable[None]],
) -> None:
    """Serve on `port` until SIGTERM or SIGINT. `ready` runs once when everything is started."""
    application = Application(config, jobs=jobs)
    runner = web.AppRunner(application.served(), access_log=None, shutdown_timeout=1.0, handle_signals=False)
    await runner.setup()
    site = web.TCPSite(runner, config.host, port, backlog=BACKLOG, reuse_port=reuse_port)
    try:
        await site.start()
        await ready(application)
        await _told_to_stop()
        log.info("serving.stopping")
        await site.stop()
    finally:
        await runner.cleanup()


async def run_jobs(config: Config) -> None:
    """A process that listens to nobody: it runs durable jobs until told to stop."""
    application = Application(config, jobs=True)
    await application.start()
    try:
        await _told_to_stop()
    finally:
        await application.stop()


async def _told_to_stop() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.remove_signal_handler(number)


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run `main` on uvloop."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main)


async def pause() -> None:
    """A short wait between two looks at something that is starting."""
    await asyncio.sleep(0.1)
