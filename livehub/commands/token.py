"""`token`: print one token, nothing else."""

import argparse
import secrets
import time
from contextlib import suppress

import asyncpg

from livehub.app import settings
from livehub.base.auth import Identity, Role, Tokens
from livehub.base.config import ConfigError
from livehub.base.db import Database
from livehub.base.ids import CHANCE_BYTES, ordered_id
from livehub.commands.database import asked
from livehub.commands.terminal import Environ, say
from livehub.node.signing_key import secret_of
from livehub.people import persons


def run(options: argparse.Namespace, environ: Environ) -> int:
    """Sign a token with the secret of the server whose data lies under `--data`, or of the environment."""
    config = settings(environ).core
    now_s = time.time()
    user = options.user or f"{options.role}-{ordered_id(int(now_s * 1000), secrets.token_bytes(CHANCE_BYTES))}"
    role = Role(options.role)
    identity = Identity(
        id=user,
        name=options.name or user,
        role=role,
        signed_in_s=int(now_s),
        runs_every_room=role is Role.HOST and not options.user,
    )
    tokens = Tokens(secret_of(config, options.data, make=False))
    try:
        token = tokens.sign(identity, now_s=now_s, ttl_s=config.token_ttl_s)
    except ValueError as error:
        raise ConfigError(str(error)) from error
    # Without a database, or with one that is not migrated yet, they are made when they first need to be.
    with suppress(ConfigError, asyncpg.PostgresError):
        asked(options, environ, lambda database: _known(database, identity, int(now_s * 1000)))
    say(token)
    return 0


async def _known(database: Database, identity: Identity, now_ms: int) -> int:
    """Have the person be there; one who is stays as they are. Raises Unavailable."""
    async with database.connection() as connection:
        await persons.create(connection, name=identity.name, now_ms=now_ms, role=identity.role, id_=identity.id)
    return 0
