"""`demo`: everything with embedded servers under one folder, and the demo farm."""

import argparse
import sys
from contextlib import ExitStack
from datetime import UTC, datetime

import msgspec

from livehub import demo, embedded, lan
from livehub.app import Application
from livehub.base.config import ConfigError, variable
from livehub.base.migrations import migrate
from livehub.commands import qr
from livehub.commands.processes import serve_processes
from livehub.commands.terminal import Environ, configured, say
from livehub.secret import secret_of
from livehub.tls import AUTHORITY_PATH, base_url


def run(options: argparse.Namespace, environ: Environ) -> int:
    """Start what is missing, load the farm, serve."""
    given = {
        "LIVEHUB_SIGN_IN_BY_NAME": "true",
        "LIVEHUB_LOG_FORMAT": "text",
        "LIVEHUB_LOG_LEVEL": "WARNING",
        "LIVEHUB_MEDIA_DIR": str(options.data / "media"),
    }
    environ = {**given, **environ}
    files = None
    if options.lan:
        files, settings = _in_lan(options, environ)
        environ |= settings
    config = configured(environ)
    config = msgspec.structs.replace(config, secret=secret_of(config, options.data, make=True))
    with ExitStack() as stack:
        if not (config.database_url and config.redis_url):
            servers = stack.enter_context(
                embedded.start(
                    options.data, postgres=not config.database_url, valkey=not config.redis_url, progress=say
                )
            )
            config = msgspec.structs.replace(
                config,
                database_url=config.database_url or servers.database_url,
                redis_url=config.redis_url or servers.redis_url,
            )
        migrate(config.database_url)
        url = base_url(config, options.port)

        async def ready(application: Application) -> None:
            await demo.load(application)
            say(f"\nlivehub is up: {url}\n")
            links = demo.sign_in_links(application, url, config.token_ttl_s)
            for what, address in links:
                say(f"  {what:<12} {address}")
            if files is not None:
                _say_lan(url, dict(links)["host studio"], files)
            say(f"\n  rooms        {url}/\n  API          {url}/api/openapi.json\n\nCtrl-C stops it.")

        serve_processes(config, options, environ, ready)
    return 0


def _in_lan(options: argparse.Namespace, environ: Environ) -> tuple[lan.Files, Environ]:
    """The certificate, and the settings that serve with it to the local network, workers too. Raises ConfigError."""
    taken = [name for name in map(variable, ("host", "public_url", "tls_cert", "tls_key")) if environ.get(name)]
    if taken:
        raise ConfigError(f"--lan sets {' and '.join(taken)} by itself: unset it, or leave --lan out")
    address = lan.own_address()
    reached_at = lan.addresses()
    files = lan.files_for(options.data, reached_at, lan.host_names(), datetime.now(UTC))
    return files, {
        variable("host"): "0.0.0.0",  # noqa: S104  # that is what --lan asks for
        variable("public_url"): f"https://{address}:{options.port}",
        variable("tls_cert"): str(files.certificate.resolve()),
        variable("tls_key"): str(files.key.resolve()),
        variable("tls_authority"): str(files.authority.resolve()),
    }


def _say_lan(url: str, studio: str, files: lan.Files) -> None:
    say("\nThe host studio, for a phone in the same network (its camera works on this secure page only):\n")
    say(qr.in_terminal(studio, coloured=sys.stdout.isatty()))
    say(
        "\nIt signs in as the host: show it to nobody else. The phone will warn of a certificate that it does not know: go on,"
    )
    say(f"or install the authority's first, from {url}{AUTHORITY_PATH}")
    say(f"(SHA-256 {files.fingerprint}).")
