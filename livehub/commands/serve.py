"""`serve`: the server on DATABASE_URL and REDIS_URL."""

import argparse
import asyncio

import msgspec

from livehub.app import Application
from livehub.base.config import Config, ConfigError, variable
from livehub.base.db_errors import DRIVER_ERRORS, meaning
from livehub.commands import extras
from livehub.commands.doctor import schema_fault
from livehub.commands.processes import serve_processes
from livehub.commands.terminal import Environ, configured, say
from livehub.dev.settings import REAL_RATE, DevConfig
from livehub.node.signing_key import secret_of
from livehub.node.tls import base_url


def run(options: argparse.Namespace, environ: Environ) -> int:
    """Serve; the database must have been migrated."""
    if options.media:
        extras.require("media", instead="serve with --no-media")
    settings = configured(environ)
    config = settings.core
    if settings.of(DevConfig).clock_rate != REAL_RATE:
        raise ConfigError(f"{variable('clock_rate')} is for `demo` alone: here business time is real time")
    missing = [name for name in ("database_url", "redis_url") if not getattr(config, name)]
    if missing:
        raise ConfigError(" and ".join(map(variable, missing)) + " must be set; `demo` runs its own servers")
    _check_schema(config)
    settings = settings.replace(secret=secret_of(config, options.data, make=True))

    async def ready(_application: Application) -> None:
        say(f"livehub is up: {base_url(msgspec.structs.replace(config, public_url=''), options.port)}")

    serve_processes(settings, options, environ, ready)
    return 0


def _check_schema(config: Config) -> None:
    """Refuse to serve on a database of another schema. One that is away for now may be as it should; we start all the same."""
    try:
        fault = asyncio.run(schema_fault(config))
    except DRIVER_ERRORS as error:
        if meaning(error, is_closed=False) is None:
            raise
        return
    if fault is not None:
        raise ConfigError(f"the database cannot be used: {fault}")
