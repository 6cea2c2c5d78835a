"""The database of commands that ask or change something in it while a server runs, or does not."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable

import msgspec

from livehub.base.config import Config, ConfigError
from livehub.base.db import Database
from livehub.base.errors import Unavailable
from livehub.commands.terminal import Environ, configured
from livehub.embedded.postgres import running_url


def asked(options: argparse.Namespace, environ: Environ, ask: Callable[[Database], Awaitable[int]]) -> int:
    """Run `ask` on DATABASE_URL, or on the database that `demo` serves from `--data`. Raises ConfigError."""
    config = configured(environ).core
    return asyncio.run(_asked(msgspec.structs.replace(config, database_url=url_of(options, config)), ask))


def url_of(options: argparse.Namespace, config: Config) -> str:
    """DATABASE_URL, or that of the database that `demo` serves from `--data`. Raises ConfigError."""
    url = config.database_url or (running_url(options.data) if options.data is not None else None)
    if url is None:
        raise ConfigError("DATABASE_URL must be set, or --data name the folder of a running `demo`")
    return url


async def _asked(config: Config, ask: Callable[[Database], Awaitable[int]]) -> int:
    database = Database(config)
    await database.open()
    try:
        return await ask(database)
    except Unavailable as error:
        raise ConfigError("the database does not answer") from error
    finally:
        await database.close()
