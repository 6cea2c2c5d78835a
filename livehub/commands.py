"""What each command does: reads the configuration, starts what it needs, hands over."""

import argparse
import secrets
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path

import aiohttp
import asyncpg
import msgspec
import psycopg
from sqlalchemy.exc import SQLAlchemyError

from livehub import demo, doctor, embedded, serving, supervise
from livehub.app import Application
from livehub.base import config as configuration
from livehub.base import logs
from livehub.base.auth import Identity, Role, Tokens
from livehub.base.config import Config, ConfigError
from livehub.base.ids import CHANCE_BYTES, ordered_id
from livehub.base.migrations import migrate
from livehub.embedded import ServerError
from livehub.secret import secret_of
from livehub.spec import published

Environ = dict[str, str]
Ready = Callable[[Application], Awaitable[None]]


def run(options: argparse.Namespace, environ: Environ) -> int:
    """Run the command named in `options`; errors of the installation become one line."""
    try:
        return COMMANDS[options.command](options, environ)
    except (ConfigError, ServerError) as error:
        return _complain(str(error))
    except (SQLAlchemyError, psycopg.OperationalError, asyncpg.PostgresConnectionError) as error:
        return _complain(f"PostgreSQL: {str(error).splitlines()[0]}")
    except OSError as error:
        return _complain(str(error))


def _complain(text: str) -> int:
    sys.stderr.write(f"livehub: {text}\n")
    return 1


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _demo(options: argparse.Namespace, environ: Environ) -> int:
    given = {"LIVEHUB_SIGN_IN_BY_NAME": "true", "LIVEHUB_LOG_FORMAT": "text", "LIVEHUB_LOG_LEVEL": "WARNING"}
    environ = {**given, **environ}
    config = _configured(environ)
    config = msgspec.structs.replace(config, secret=secret_of(config, options.data, make=True))
    with ExitStack() as stack:
        if not (config.database_url and config.redis_url):
            servers = stack.enter_context(
                embedded.start(
                    options.data, postgres=not config.database_url, valkey=not config.redis_url, progress=_say
                )
            )
            config = msgspec.structs.replace(
                config,
                database_url=config.database_url or servers.database_url,
                redis_url=config.redis_url or servers.redis_url,
            )
        _migrate(config)
        url = config.public_url or f"http://{_shown(config.host)}:{options.port}"

        async def ready(application: Application) -> None:
            await demo.load(application)
            _say(f"\nlivehub is up: {url}\n")
            for what, address in demo.sign_in_links(application, url, config.token_ttl_s):
                _say(f"  {what:<12} {address}")
            _say(f"\n  rooms        {url}/\n  API          {url}/api/openapi.json\n\nCtrl-C stops it.")

        _serve_processes(config, options, environ, ready)
    return 0


def _serve(options: argparse.Namespace, environ: Environ) -> int:
    config = _configured(environ)
    missing = [name for name in ("database_url", "redis_url") if not getattr(config, name)]
    if missing:
        raise ConfigError(
            " and ".join(map(configuration.variable, missing)) + " must be set; `demo` runs its own servers"
        )
    config = msgspec.structs.replace(config, secret=secret_of(config, options.data, make=True))

    async def ready(_application: Application) -> None:
        _say(f"livehub is up: http://{_shown(config.host)}:{options.port}")

    _serve_processes(config, options, environ, ready)
    return 0


def _serve_processes(config: Config, options: argparse.Namespace, environ: Environ, ready: Ready) -> None:
    if options.workers == 1:
        serving.run(serving.serve(config, options.port, jobs=True, reuse_port=False, ready=ready))
        return

    async def started() -> None:
        # Only to load the demo and to sign the links; it serves nobody.
        application = Application(config, jobs=False)
        await application.start()
        try:
            await _until_healthy(config, options.port)
            await ready(application)
        finally:
            await application.stop()

    children = supervise.environment(config.database_url, config.redis_url, config.secret, environ)
    supervisor = supervise.Supervisor(
        supervise.commands(options.port, options.workers), children, config.shutdown_grace_s
    )
    serving.run(supervisor.run(started))


async def _until_healthy(config: Config, port: int) -> None:
    """Wait for the first worker to answer, at most 30 seconds."""
    url = f"http://{_shown(config.host)}:{port}/healthz"
    until_s = time.monotonic() + 30.0
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as session:
        while time.monotonic() < until_s:
            try:
                async with session.get(url):
                    return
            except (aiohttp.ClientError, TimeoutError):
                await serving.pause()
    raise ServerError("no worker answers; see the log above")


def _worker(options: argparse.Namespace, environ: Environ) -> int:
    config = _configured(environ)

    async def ready(_application: Application) -> None:
        return

    serving.run(serving.serve(config, options.port, jobs=False, reuse_port=True, ready=ready))
    return 0


def _jobs(_options: argparse.Namespace, environ: Environ) -> int:
    serving.run(serving.run_jobs(_configured(environ)))
    return 0


def _token(options: argparse.Namespace, environ: Environ) -> int:
    config = configuration.load(environ)
    now_s = time.time()
    user = options.user or f"{options.role}-{ordered_id(int(now_s * 1000), secrets.token_bytes(CHANCE_BYTES))}"
    identity = Identity(id=user, name=options.name or user, role=Role(options.role))
    tokens = Tokens(secret_of(config, options.data, make=False))
    _say(tokens.sign(identity, now_s=now_s, ttl_s=config.token_ttl_s))
    return 0


def _migrate_command(_options: argparse.Namespace, environ: Environ) -> int:
    config = _configured(environ)
    if not config.database_url:
        raise ConfigError("DATABASE_URL must be set")
    applied = _migrate(config)
    _say("\n".join(f"applied {name}" for name in applied) or "nothing to do")
    return 0


def _doctor(_options: argparse.Namespace, environ: Environ) -> int:
    return 0 if doctor.examine(configuration.load(environ), _say) else 1


def _spec(options: argparse.Namespace, _environ: Environ) -> int:
    root = Path(__file__).parent.parent
    stale = published.stale(root) if options.check else published.write(root)
    for path in stale:
        _say(f"{'out of date' if options.check else 'written'}: {path}")
    return 1 if options.check and stale else 0


def _migrate(config: Config) -> list[str]:
    return migrate(config.database_url)


def _configured(environ: Environ) -> Config:
    config = configuration.load(environ)
    logs.configure(config.log_format, config.log_level)
    return config


def _shown(host: str) -> str:
    return "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104  (compared, not listened on)


COMMANDS: dict[str, Callable[[argparse.Namespace, Environ], int]] = {
    "demo": _demo,
    "serve": _serve,
    "token": _token,
    "migrate": _migrate_command,
    "doctor": _doctor,
    "spec": _spec,
    "worker": _worker,
    "jobs": _jobs,
}
