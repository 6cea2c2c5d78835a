"""`serve`: the server on DATABASE_URL and REDIS_URL."""

import argparse
import asyncio

import msgspec

from livehub.app import Application
from livehub.base.config import Config, ConfigError, variable
from livehub.base.db import AWAY
from livehub.base.migrations import newest
from livehub.commands.processes import serve_processes
from livehub.commands.terminal import Environ, configured, say
from livehub.doctor import schema_of
from livehub.secret import secret_of
from livehub.tls import base_url


def run(options: argparse.Namespace, environ: Environ) -> int:
    """Serve; the database must have been migrated."""
    config = configured(environ)
    missing = [name for name in ("database_url", "redis_url") if not getattr(config, name)]
    if missing:
        raise ConfigError(" and ".join(map(variable, missing)) + " must be set; `demo` runs its own servers")
    _check_schema(config)
    config = msgspec.structs.replace(config, secret=secret_of(config, options.data, make=True))

    async def ready(_application: Application) -> None:
        say(f"livehub is up: {base_url(msgspec.structs.replace(config, public_url=''), options.port)}")

    serve_processes(config, options, environ, ready)
    return 0


def _check_schema(config: Config) -> None:
    """Refuse to serve on a database of another schema. One that is away for now may be as it should; we start all the same."""
    try:
        present = asyncio.run(schema_of(config))
    except AWAY:
        return
    if present != newest():
        raise ConfigError(f"the database is at {present}, and {newest()} is needed: run `python -m livehub migrate`")
