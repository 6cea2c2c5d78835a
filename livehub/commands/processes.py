"""The processes of one node: everything in this one, or supervised workers that share the port."""

import argparse
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import msgspec

from livehub import serving, supervise
from livehub.app import Application
from livehub.base.config import Config
from livehub.commands.terminal import Environ
from livehub.servers.child import ServerError
from livehub.tls import base_url, secured

Ready = Callable[[Application], Awaitable[None]]
START_TIMEOUT_S = 30.0


def serve_processes(config: Config, options: argparse.Namespace, environ: Environ, ready: Ready) -> None:
    """Serve until told to stop; `ready` runs once when clients can come. Raises ConfigError before anything is started."""
    secured(config)
    if options.workers == 1:
        serving.run(serving.serve(config, options.port, jobs=True, handover=None, ready=ready))
        return

    async def started() -> None:
        # Only to load the demo and to sign the links; it serves nobody.
        application = Application(config, jobs=False, media=False)
        await application.start()
        try:
            await _until_healthy(config, options.port)
            await ready(application)
        finally:
            await application.stop()

    children = supervise.environment(config.database_url, config.redis_url, config.secret, environ)
    with tempfile.TemporaryDirectory(prefix="livehub-") as sockets:  # made for us alone (mode 0700)
        programs = supervise.commands(options.port, options.workers, Path(sockets))
        serving.run(supervise.Supervisor(programs, children, config.shutdown_grace_s).run(started))


async def _until_healthy(config: Config, port: int) -> None:
    """Wait for the first worker to answer, at most START_TIMEOUT_S."""
    url = base_url(msgspec.structs.replace(config, public_url=""), port) + "/healthz"
    until_s = time.monotonic() + START_TIMEOUT_S
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as session:
        while time.monotonic() < until_s:
            try:
                # On this machine, to see whether somebody answers; the certificate is for others' names.
                async with session.get(url, ssl=False):
                    return
            except (aiohttp.ClientError, TimeoutError):
                await serving.pause()
    raise ServerError("no worker answers; see the log above")
