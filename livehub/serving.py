"""One process of the server: listens, runs until told to stop, stops gracefully."""

import asyncio
import contextlib
import gc
import logging
import os
import resource
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

import msgspec
import uvloop
from aiohttp import web

from livehub import relay, scrape
from livehub.app import Application
from livehub.base.config import Config
from livehub.hub.handover import Handover
from livehub.tls import Secured, secured

log = logging.getLogger("livehub.serving")

GC_THRESHOLD = (20_000, 20, 50)
PARENT_LOOK_S = 1.0
DESCRIPTORS_KEPT = 512  # for files, PostgreSQL, Valkey, pages, and those who are about to be refused
BACKLOG = 4_096  # an opening show brings thousands of connections in a second


async def serve(
    config: Config,
    port: int,
    *,
    jobs: bool,
    handover: Handover | None,
    ready: Callable[[Application], Awaitable[None]],
    parent: int | None = None,
) -> None:
    """Serve on `port` until SIGTERM or SIGINT. `ready` runs once when everything is started.

    `handover`: with the other workers that share the port; None: nobody else does.
    """
    tls = secured(config)
    # First of all, so that a port in use ends us before anything was started.
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    listener = socket.create_server(
        (config.host, port), family=family, backlog=BACKLOG, reuse_port=handover is not None
    )
    application = Application(fitting(config), jobs=jobs, media=handover is None, handover=handover)
    async with served(application, listener, handover.socket_path() if handover is not None else None, tls):
        await ready(application)
        await _told_to_stop(parent)
        log.info("serving.stopping")


def fitting(config: Config) -> Config:
    """`config` with no more sockets than this process may have descriptors, of which it first takes as many as it can."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard and soft < config.sockets_max + DESCRIPTORS_KEPT:
        wanted = config.sockets_max + DESCRIPTORS_KEPT
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    fits = config.sockets_max if soft == resource.RLIM_INFINITY else soft - DESCRIPTORS_KEPT
    if fits >= config.sockets_max:
        return config
    log.warning("serving.fewer_sockets", extra={"descriptors": soft, "sockets_max": fits})
    return msgspec.structs.replace(config, sockets_max=max(1, fits))


@contextlib.asynccontextmanager
async def served(
    application: Application, listener: socket.socket, beside: Path | None = None, tls: Secured | None = None
) -> AsyncIterator[None]:
    """Serve `application` on `listener`, and to the other workers of the node on the Unix socket `beside`."""
    app = application.served()
    if tls is not None:
        tls.add(app)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0, handle_signals=False)
    await runner.setup()
    doorway = application.hub.sockets.doorway
    doorway.others = runner.server
    server: asyncio.Server | None = None
    try:
        if beside is not None:
            await web.UnixSite(runner, str(beside), backlog=BACKLOG).start()
        server = await asyncio.get_running_loop().create_server(
            doorway,
            sock=listener,
            backlog=BACKLOG,
            ssl=tls.context if tls is not None else None,
            ssl_handshake_timeout=doorway.config.socket_handshake_s if tls is not None else None,
        )
        yield
    finally:
        if server is not None:
            server.close()
        await runner.cleanup()


async def run_jobs(config: Config, parent: int | None = None, sockets: Path | None = None) -> None:
    """A process that runs durable jobs until told to stop. It listens to nobody but, in `sockets`, to who reads its metrics."""
    application = Application(config, jobs=True, media=False)
    await application.start()
    try:
        async with scrape.listening(sockets / scrape.JOBS_SOCKET if sockets is not None else None):
            await _told_to_stop(parent)
    finally:
        await application.stop()


async def run_media(config: Config, parent: int | None, sockets: Path) -> None:
    """A process that holds cameras and programs until told to stop; the workers of the node reach it in `sockets`."""
    # Only they do, and they say whom they speak for.
    application = Application(msgspec.structs.replace(config, trust_proxy=True), jobs=False)
    runner = web.AppRunner(application.served(), access_log=None, shutdown_timeout=1.0, handle_signals=False)
    await runner.setup()
    path = sockets / relay.SOCKET
    path.unlink(missing_ok=True)  # of one that died
    try:
        await web.UnixSite(runner, str(path), backlog=BACKLOG).start()
        await _told_to_stop(parent)
    finally:
        await runner.cleanup()


async def _told_to_stop(parent: int | None) -> None:
    """Until SIGTERM or SIGINT comes, or the process `parent`, whose child we are, is no more."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    while not stop.is_set() and parent in (None, os.getppid()):
        try:
            async with asyncio.timeout(PARENT_LOOK_S):
                await stop.wait()
        except TimeoutError:
            continue
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.remove_signal_handler(number)


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run `main` on uvloop."""
    # What is loaded now stays: the collector need not look at it again. It looks seldom, because a full room is a million
    # objects that live long, and ours are freed by their counts.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLD)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main)


async def pause() -> None:
    """A short wait between two looks at something that is starting."""
    await asyncio.sleep(0.1)
