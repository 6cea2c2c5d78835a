"""The processes of one node: everything in this one, or supervised workers that share the port."""

import argparse
import logging
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp

from livehub.app import Application
from livehub.base.config import Settings
from livehub.commands.terminal import Environ, StartError, modules_of
from livehub.node import node_metrics, serving, supervisor
from livehub.node.port import reserved
from livehub.node.tls import load_tls

log = logging.getLogger("livehub.commands.processes")

Ready = Callable[[Application], Awaitable[None]]
START_TIMEOUT_S = 30.0


def serve_processes(settings: Settings, options: argparse.Namespace, environ: Environ, ready: Ready) -> None:
    """Serve until told to stop; `ready` runs once when clients can connect.

    Before anything is started it raises ConfigError for bad settings and OSError for a port in use; later, StartError when no
    worker comes up.
    """
    config = settings.core
    load_tls(config)
    if options.workers == 1:
        modules = modules_of(options)
        serving.run(
            serving.serve(settings, options.port, forwarding=None, ready=ready, media=options.media, modules=modules)
        )
        return

    async def started() -> None:
        # Only to load the demo and to sign the links; it serves nobody.
        application = Application(settings, modules=modules_of(options), roles=frozenset())
        await application.start()
        try:
            await _until_up(supervisor.sockets(Path(sockets), options.workers, media=options.media))
            await ready(application)
        finally:
            await application.stop()

    children = supervisor.environment(config.database_url, config.redis_url, config.secret, environ)
    with (
        reserved(config.host, options.port),
        tempfile.TemporaryDirectory(prefix="livehub-") as sockets,  # made for us alone (mode 0700)
    ):
        programs = supervisor.commands(
            options.port, options.workers, Path(sockets), media=options.media, dev=options.dev
        )
        serving.run(supervisor.Supervisor(programs, children, config.shutdown_grace_s).run(started))


async def _until_up(sockets: dict[str, Path]) -> None:
    """Wait for every process to answer on its Unix socket, where nobody else can, at most START_TIMEOUT_S.

    A node some of whose processes are late serves all the same; raises StartError when no worker answers.
    """
    until_s = time.monotonic() + START_TIMEOUT_S
    missing = dict(sockets)
    while time.monotonic() < until_s:
        for name, socket in list(missing.items()):
            if await _is_up(socket):
                del missing[name]
        if not missing:
            return
        await serving.pause()
    if all(name in missing for name in sockets if name.startswith("hub-")):
        raise StartError("no worker answers; see the log above")
    log.warning("node.incomplete", extra={"missing": sorted(missing)})


async def _is_up(socket: Path) -> bool:
    timeout = aiohttp.ClientTimeout(total=2)
    connector = aiohttp.UnixConnector(path=str(socket))
    try:
        async with (
            aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
            session.get(f"http://process{node_metrics.OWN}") as answer,
        ):
            return answer.status == 200
    except (aiohttp.ClientError, OSError, TimeoutError):
        return False
