"""`python -m livehub doctor`: what is wrong with this installation, in words. Looks, changes nothing."""

import asyncio
import resource
import sys
from collections.abc import Callable
from pathlib import Path

import asyncpg
import redis.asyncio as redis
from redis.exceptions import RedisError

from livehub.base.config import Config
from livehub.base.migrations import newest

FILES_MIN = 4_096

Finding = tuple[str, bool, str]


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return "Python", sys.version_info >= (3, 11), f"{version}; 3.11 or newer is needed"


def _files() -> Finding:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return "open files", soft >= FILES_MIN, f"{soft} allowed; each viewer takes one, so raise it with `ulimit -n`"


def _pages(config: Config) -> Finding:
    dist = Path(config.web_dist)
    return "web pages", (dist / "viewer" / "index.html").is_file(), f"in {dist}; `make setup` builds them"


def _secret(config: Config) -> Finding:
    told = "set" if config.secret else "not set: fine for `demo`; `serve` needs LIVEHUB_SECRET or --data"
    return "secret", True, told


async def _head(connection: asyncpg.Connection) -> str:
    applied = await connection.fetchval("SELECT to_regclass('alembic_version') IS NOT NULL")
    return str(await connection.fetchval("SELECT version_num FROM alembic_version")) if applied else "none"


async def schema_of(config: Config) -> str:
    """The revision that the database is at, "none" if it was never migrated. Raises what asyncpg raises."""
    connection = await asyncpg.connect(config.database_url, timeout=5)
    try:
        return await _head(connection)
    finally:
        await connection.close()


async def _postgresql(config: Config) -> Finding:
    if not config.database_url:
        return "PostgreSQL", True, "DATABASE_URL is not set: `demo` runs its own; `serve` needs it"
    try:
        connection = await asyncpg.connect(config.database_url, timeout=5)
    except (OSError, TimeoutError, asyncpg.PostgresError, ValueError) as error:
        return "PostgreSQL", False, f"cannot connect: {error}"
    try:
        version = await connection.fetchval("SHOW server_version")
        number = int(await connection.fetchval("SHOW server_version_num"))
        head = await _head(connection)
    finally:
        await connection.close()
    if number < 140_000:
        return "PostgreSQL", False, f"{version}; 14 or newer is needed"
    return (
        "PostgreSQL",
        head == newest(),
        f"{version}, migrated to {head}; `python -m livehub migrate` brings {newest()}",
    )


async def _valkey(config: Config) -> Finding:
    if not config.redis_url:
        return "Valkey", True, "REDIS_URL is not set: `demo` runs its own; `serve` needs it"
    client = redis.Redis.from_url(config.redis_url, socket_connect_timeout=5, socket_timeout=5)
    try:
        info = await client.info("server")
    except (OSError, TimeoutError, RedisError) as error:
        return "Valkey", False, f"cannot connect: {error}"
    finally:
        await client.aclose()
    return "Valkey", True, str(info.get("valkey_version") or info.get("redis_version"))


async def _findings(config: Config) -> list[Finding]:
    here = [_python(), _files(), _pages(config), _secret(config)]
    return [*here, await _postgresql(config), await _valkey(config)]


def examine(config: Config, tell: Callable[[str], None]) -> bool:
    """Tell every finding; whether all is well."""
    findings = asyncio.run(_findings(config))
    for name, well, words in findings:
        tell(f"{'ok ' if well else 'BAD'}  {name}: {words}")
    return all(well for _, well, _ in findings)
