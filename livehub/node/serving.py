"""One process of the server: listens, runs until told to stop, stops gracefully."""

import asyncio
import contextlib
import gc
import logging
import os
import resource
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import uvloop
from aiohttp import web

from livehub.app import MODULES, Application
from livehub.base.config import Settings
from livehub.base.module import ALL_ROLES, Module, ProcessRole
from livehub.base.serving import Runner
from livehub.hub.hub import Hub
from livehub.hub.settings import HubConfig
from livehub.hub.sockets.session_forwarding import SessionForwarding
from livehub.node import media_proxy, node_metrics
from livehub.node.port import BACKLOG, listen
from livehub.node.tls import Tls, load_tls

log = logging.getLogger("livehub.node.serving")

GC_THRESHOLD = (20_000, 20, 50)
PARENT_LOOK_S = 1.0
DESCRIPTORS_KEPT = 512  # for files, PostgreSQL, Valkey, pages, and those who are about to be refused


async def serve(
    settings: Settings,
    port: int,
    *,
    forwarding: SessionForwarding | None,
    ready: Callable[[Application], Awaitable[None]],
    media: bool = True,
    parent: int | None = None,
    modules: Sequence[Module] = MODULES,
) -> None:
    """Serve on `port` until SIGTERM or SIGINT. `ready` runs once when everything is started.

    `forwarding`: to the other workers that share the port, and do what is not a socket's; None: this process does all.
    `media`: whether this node holds cameras and programs.
    """
    config = settings.core
    tls = load_tls(config)
    if config.trust_proxy and not config.public_url:
        log.warning(
            "serving.no_public_url", extra={"hint": "cookies are Secure only if the proxy sets X-Forwarded-Proto"}
        )
    # First of all, so that a port in use ends us before anything was started.
    listener = listen(config.host, port, shared=forwarding is not None)
    roles = ALL_ROLES if forwarding is None else frozenset({ProcessRole.SOCKETS})
    if not media:
        roles -= {ProcessRole.MEDIA}
    application = Application(
        limit_sockets_to_fds(settings), modules=modules, roles=roles, forwarding=forwarding, forwards_media=media
    )
    async with served(application, listener, forwarding.socket_path() if forwarding is not None else None, tls):
        await ready(application)
        await _stop_requested(parent)
        log.info("serving.stopping")


def limit_sockets_to_fds(settings: Settings) -> Settings:
    """`settings` with no more sockets than this process may have descriptors; raises its soft limit first, if need be."""
    config = settings.of(HubConfig)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard and soft < config.sockets_max + DESCRIPTORS_KEPT:
        wanted = config.sockets_max + DESCRIPTORS_KEPT
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    fits = config.sockets_max if soft == resource.RLIM_INFINITY else soft - DESCRIPTORS_KEPT
    if fits >= config.sockets_max:
        return settings
    log.warning("serving.fewer_sockets", extra={"descriptors": soft, "sockets_max": fits})
    return settings.replace(sockets_max=max(1, fits))


@contextlib.asynccontextmanager
async def served(
    application: Application, listener: socket.socket, beside: Path | None = None, tls: Tls | None = None
) -> AsyncIterator[None]:
    """Serve `application` on `listener`, and to the other workers of the node on the Unix socket `beside`."""
    app = application.served()
    if tls is not None:
        tls.add(app)
    runner = Runner(app, access_log=None, shutdown_timeout=1.0, handle_signals=False)
    try:
        await runner.setup()
    except BaseException:  # of a part that cannot start: those before it have
        await application.stop()
        await runner.cleanup()
        raise
    sockets = application.get(Hub).sockets.listener
    sockets.fallback_factory = runner.server
    server: asyncio.Server | None = None
    try:
        server = await asyncio.get_running_loop().create_server(
            sockets,
            sock=listener,
            backlog=BACKLOG,
            ssl=tls.context if tls is not None else None,
            ssl_handshake_timeout=sockets.config.socket_handshake_s if tls is not None else None,
        )
        if beside is not None:  # last, since who answers there is up
            await web.UnixSite(runner, str(beside), backlog=BACKLOG).start()
        yield
    finally:
        if server is not None:
            server.close()
        await runner.cleanup()


async def run_unseen(
    role: ProcessRole,
    settings: Settings,
    parent: int | None = None,
    sockets: Path | None = None,
    *,
    modules: Sequence[Module] = MODULES,
) -> None:
    """Do what no client sees until told to stop: jobs, the stock or the log. `sockets`: a folder for who reads the metrics."""
    settings = settings.replace(socket_send_loop="off")  # which takes 140 MB, and there are no viewers here
    application = Application(settings, modules=modules, roles=frozenset({role}))
    await application.start()
    try:
        async with node_metrics.listening(sockets / f"{role.value}.sock" if sockets is not None else None):
            await _stop_requested(parent)
    finally:
        await application.stop()


async def run_media(
    settings: Settings, parent: int | None, sockets: Path, *, modules: Sequence[Module] = MODULES
) -> None:
    """Hold cameras and programs until told to stop; the workers of the node connect to it in the folder `sockets`."""
    # They alone can, and they name the client they forward for.
    settings = settings.replace(trust_proxy=True)
    application = Application(settings, modules=modules, roles=frozenset({ProcessRole.MEDIA}))
    runner = Runner(application.served(), access_log=None, shutdown_timeout=1.0, handle_signals=False)
    await runner.setup()
    path = sockets / media_proxy.SOCKET
    path.unlink(missing_ok=True)  # of one that died
    try:
        await web.UnixSite(runner, str(path), backlog=BACKLOG).start()
        await _stop_requested(parent)
    finally:
        await runner.cleanup()


async def _stop_requested(parent: int | None) -> None:
    """Wait for SIGTERM or SIGINT, or for the end of our parent process `parent`."""
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
    """A short wait before looking again at something that is starting."""
    await asyncio.sleep(0.1)
