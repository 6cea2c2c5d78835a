"""`python -m livehub doctor`: what is wrong with this installation, in words. Looks, changes nothing."""

import argparse
import asyncio
import errno
import resource
import sys
from pathlib import Path

import asyncpg
import msgspec
import redis.asyncio as redis
from redis.exceptions import RedisError

from commerce.flashsale.settings import StockConfig
from livehub.app import MIGRATIONS, settings
from livehub.base.config import Config, ConfigError, Settings
from livehub.base.migrations import compare
from livehub.commands import extras
from livehub.commands.terminal import Environ, say
from livehub.node.port import check
from livehub.node.tls import base_url, load_tls
from media.rtc import addresses
from media.settings import MediaConfig

FILES_MIN = 4_096
PORT = 8_080  # where nothing says otherwise

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


def _address(config: Config, port: int) -> Finding:
    """Whether a server can listen there, as `serve` and `demo` do."""
    where = base_url(msgspec.structs.replace(config, public_url=""), port)
    try:
        load_tls(config)
    except ConfigError as error:
        return "address", False, str(error)
    return _listening("address", where, config.host, port, "host")


def _stock(config: StockConfig) -> Finding:
    where = f"at {config.stock_host}, {config.stock_port or 'any free port'}"
    return _listening("stock engine", where, config.stock_host, config.stock_port, "stock_host")


def _listening(name: str, where: str, host: str, port: int, setting: str) -> Finding:
    try:
        check(host, port, setting)
    except ConfigError as error:
        return name, False, str(error)
    except OSError as error:
        is_taken = error.errno == errno.EADDRINUSE
        told = "in use, perhaps by a livehub that runs" if is_taken else error.strerror
        return name, is_taken, f"{where}: {told}"
    return name, True, where


def _media(config: MediaConfig) -> Finding:
    """Whether peers can reach the UDP port at the addresses that they are told."""
    try:
        with addresses.bound(config, 0) as probe:  # any free port: a server may have its own open
            host = addresses.host_of(probe)
    except OSError as error:
        return (
            "WebRTC",
            False,
            f"UDP cannot be opened at {config.media_host}: {error.strerror}; correct LIVEHUB_MEDIA_HOST",
        )
    own = addresses.interfaces()
    told = addresses.candidate_addresses(config, host, own, addresses.on_the_way_out())
    fault = addresses.disagreement(config, host, told, own)
    port = config.media_udp_port or "any free port (set LIVEHUB_MEDIA_UDP_PORT to open one in a firewall)"
    return "WebRTC", fault is None, fault or f"UDP at {host}, {port}; peers are told {', '.join(told)}"


def _packages(extra: str, whom: str) -> Finding:
    absent = extras.missing(extra)
    told = f"not installed: {', '.join(absent)}; `{extras.how_to_install(extra)}`" if absent else "installed"
    return f"packages for {extra}", True, f"{told}; {whom}"


async def _schema(connection: asyncpg.Connection) -> str | None:
    """What is wrong with the database's schema, in words; None: nothing."""
    exists = await connection.fetchval("SELECT to_regclass('alembic_version') IS NOT NULL")
    rows = await connection.fetch("SELECT version_num FROM alembic_version") if exists else []
    lacking, unknown = compare([row["version_num"] for row in rows], MIGRATIONS)
    if unknown:
        return f"it is of a newer version of livehub ({', '.join(unknown)})"
    return f"it lacks {', '.join(lacking)}: run `python -m livehub migrate`" if lacking else None


async def schema_fault(config: Config) -> str | None:
    """What is wrong with the schema of the database, in words; None: nothing. Raises what asyncpg raises."""
    connection = await asyncpg.connect(config.database_url, timeout=5)
    try:
        return await _schema(connection)
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
        fault = await _schema(connection)
    finally:
        await connection.close()
    if number < 140_000:
        return "PostgreSQL", False, f"{version}; 14 or newer is needed"
    return "PostgreSQL", fault is None, f"{version}, {fault or 'migrated'}"


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


def _machine() -> list[Finding]:
    """What depends on no setting."""
    return [
        _python(),
        _files(),
        _packages("media", "`media` needs them, and `serve` without --no-media"),
        _packages("demo", "`demo` needs them"),
    ]


async def _installation(settings: Settings, port: int) -> list[Finding]:
    config = settings.core
    here = [
        _address(config, port),
        _stock(settings.of(StockConfig)),
        _media(settings.of(MediaConfig)),
        _pages(config),
        _secret(config),
    ]
    return [*here, await _postgresql(config), await _valkey(config)]


def _findings(environ: Environ) -> list[Finding]:
    try:
        read = settings(environ)
    except ConfigError as error:  # with settings that no server takes there is nothing further to look at
        return [*_machine(), *(("settings", False, fault) for fault in error.faults)]
    port = int(environ.get("LIVEHUB_PORT") or PORT)
    return [*_machine(), *asyncio.run(_installation(read, port))]


def run(_options: argparse.Namespace, environ: Environ) -> int:
    """Tell every finding; fails when one is bad."""
    findings = _findings(environ)
    for name, well, words in findings:
        say(f"{'ok ' if well else 'BAD'}  {name}: {words}")
    return 0 if all(well for _, well, _ in findings) else 1
