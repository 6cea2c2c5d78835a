"""`demo`: everything with embedded servers under one folder, and the demo farm."""

import argparse
import sys
import time
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from msgspec import structs

from commerce.flashsale.settings import StockConfig
from livehub.app import Application
from livehub.base.config import Config, ConfigError, variable
from livehub.commands import demo_farm, extras
from livehub.commands.demo_story import Story, StoryFailed, Van
from livehub.commands.migrate import migrated
from livehub.commands.processes import serve_processes
from livehub.commands.terminal import Environ, StartError, configured, say
from livehub.embedded.chain import DEVELOPMENT_KEY, Chain, anvil
from livehub.embedded.child import ServerError
from livehub.embedded.oidc_provider import CLIENT_ID, CLIENT_SECRET, OidcProvider
from livehub.embedded.servers import Embedded, start_servers
from livehub.node import port
from livehub.node.signing_key import log_key_of, secret_of
from livehub.node.tls import AUTHORITY_PATH, base_url, load_tls
from livehub.people.settings import PeopleConfig
from trace.anchor.settings import AnchorConfig

if TYPE_CHECKING:
    from livehub.commands.local_ca import Files


def run(options: argparse.Namespace, environ: Environ) -> int:
    """Start what is missing, load the farm, serve."""
    given = {
        "LIVEHUB_SIGN_IN_BY_NAME": "true",
        "LIVEHUB_SIGN_IN_BY_LINK": "true",
        "LIVEHUB_PAYMENT_PROVIDERS": "sandbox",
        "LIVEHUB_LOG_FORMAT": "text",
        "LIVEHUB_LOG_LEVEL": "WARNING",
        "LIVEHUB_MEDIA_DIR": str(options.data / "media"),
        "LIVEHUB_UPLOADS_DIR": str(options.data / "uploads"),
        "LIVEHUB_LOG_DIR": str(options.data / "log"),
        "LIVEHUB_LOG_KEY": log_key_of(options.data),
    }
    environ = {**given, **environ}
    options.media = True
    own_servers = not all(environ.get(name) for name in map(variable, ("database_url", "redis_url")))
    extras.require("media", *(["demo"] if own_servers or options.lan else []))
    files = None
    if options.lan:
        files, of_lan = _in_lan(options, environ)
        environ |= of_lan
    # What only this machine is to see opens no UDP port to the network either.
    environ = {variable("media_host"): environ.get(variable("host"), Config().host), **environ}
    settings = configured(environ)
    settings = settings.replace(secret=secret_of(settings.core, options.data, make=True))
    config = settings.core
    # Before servers are started for nothing.
    load_tls(config)
    stock = settings.of(StockConfig)
    with suppress(OSError):  # in use: the servers, whose folder another demo may have, say so better
        port.check(config.host, options.port)
        port.check(stock.stock_host, stock.stock_port, "stock_host")
    with ExitStack() as stack:
        if not (config.database_url and config.redis_url):
            servers = stack.enter_context(_servers(config, options))
            settings = settings.replace(
                database_url=config.database_url or servers.database_url,
                redis_url=config.redis_url or servers.redis_url,
            )
        if not settings.of(PeopleConfig).oidc_issuer and "oidc_provider_mock" not in extras.missing("demo"):
            of_staff = _staff_sign_in(stack, options)
            settings = settings.replace(**of_staff)
            environ = {**environ, **{variable(name): value for name, value in of_staff.items()}}
        if not settings.of(AnchorConfig).anchors and anvil() is not None and not extras.missing("anchor"):
            of_chain = _development_chain(stack, options)
            settings = settings.replace(**of_chain)
            environ = {**environ, **{variable(name): str(value) for name, value in of_chain.items()}}
        config = settings.core
        migrated(config.database_url)
        url = base_url(config, options.port)

        async def ready(application: Application) -> None:
            await demo_farm.load(application)
            await demo_farm.know_staff(application, settings.of(PeopleConfig).oidc_issuer)
            say(f"\nlivehub is up: {url}\n")
            links = demo_farm.sign_in_links(application, url, config.token_ttl_s)
            for what, address in links:
                say(f"  {what:<12} {address}")
            await _tell(stack, application, options)
            if files is not None:
                _say_lan(url, dict(links)["host studio"], files)
            say(f"\n  rooms        {url}/\n  API          {url}/api/openapi.json\n\nCtrl-C stops it.")

        serve_processes(settings, options, environ, ready)
    return 0


async def _tell(stack: ExitStack, application: Application, options: argparse.Namespace) -> None:
    """Batches and a van, and where to look at them. A demo without them is one, too."""
    config = application.settings.core
    token = application.tokens.sign(demo_farm.OPS, now_s=time.time(), ttl_s=config.token_ttl_s)
    here = base_url(structs.replace(config, public_url=""), options.port)
    pictures = Path(config.web_dist) / "demo"
    story = Story(here, token, options.data / "demo-sensors.json", pictures, ZoneInfo(config.time_zone))
    try:
        say(f"  {'journey':<12} {await story.tell()}")
    except StoryFailed as error:
        say(f"  journey      none: {error}")
        return
    van = Van(story)
    stack.callback(van.stop)
    van.start()


def _servers(config: Config, options: argparse.Namespace) -> Embedded:
    """Those that the settings don't name. Raises StartError."""
    try:
        return start_servers(options.data, postgres=not config.database_url, valkey=not config.redis_url, progress=say)
    except ServerError as error:
        raise StartError(str(error)) from error


def _staff_sign_in(stack: ExitStack, options: argparse.Namespace) -> dict[str, str]:
    """Settings to sign the demo's staff in by a provider that runs as long as we do. Raises StartError."""
    try:
        provider = OidcProvider(options.data, demo_farm.staff_claims(), is_awaited=False)
    except ServerError as error:
        raise StartError(str(error)) from error
    stack.callback(provider.stop)
    return {
        "oidc_issuer": provider.issuer,
        "oidc_client_id": CLIENT_ID,
        "oidc_client_secret": CLIENT_SECRET,
        "oidc_auth_time": "assumed",  # it asks everybody each time, and does not say so
        "oidc_role_claim": "roles",
        "oidc_roles": "admin=admin,ops=ops,host=host",
    }


def _development_chain(stack: ExitStack, options: argparse.Namespace) -> dict[str, Any]:
    """Settings to anchor the log on a chain that runs as long as we do. Raises StartError."""
    try:
        chain = Chain(options.data)
    except ServerError as error:
        raise StartError(str(error)) from error
    stack.callback(chain.close)
    return chain_settings(chain)


def chain_settings(chain: Chain) -> dict[str, Any]:
    """As often as there are blocks, each checkpoint anchored by the first that has it."""
    return {
        "anchors": "evm",
        "anchor_evm_url": chain.url,
        "anchor_evm_chain_id": chain.chain_id,
        "anchor_evm_key": DEVELOPMENT_KEY,
        "anchor_evm_development": True,
        "anchor_evm_confirmations": 1,
        "anchor_every_s": 0.5,
        "anchor_look_s": 0.2,
        "anchor_evm_hold_s": 1.2,  # of the two seconds between blocks
        "anchor_retry_s_max": 10.0,
    }


def _in_lan(options: argparse.Namespace, environ: Environ) -> "tuple[Files, Environ]":
    """The certificate, and the settings that serve with it to the local network, workers too. Raises ConfigError."""
    from livehub.commands import local_ca  # noqa: PLC0415  # its package is there for --lan alone

    taken = [name for name in map(variable, ("host", "public_url", "tls_cert", "tls_key")) if environ.get(name)]
    if taken:
        raise ConfigError(f"--lan sets {' and '.join(taken)} by itself: unset it, or leave --lan out")
    address = local_ca.own_address()
    reached_at = local_ca.addresses()
    files = local_ca.files_for(options.data, reached_at, local_ca.host_names(), datetime.now(UTC))
    return files, {
        variable("host"): "0.0.0.0",  # noqa: S104  # that is what --lan asks for
        variable("public_url"): f"https://{address}:{options.port}",
        variable("tls_cert"): str(files.certificate.resolve()),
        variable("tls_key"): str(files.key.resolve()),
        variable("tls_authority"): str(files.authority.resolve()),
    }


def _say_lan(url: str, studio: str, files: "Files") -> None:
    from livehub.commands import qr  # noqa: PLC0415  # as above

    say("\nThe host studio, for a phone in the same network (its camera works on this secure page only):\n")
    say(qr.in_terminal(studio, coloured=sys.stdout.isatty()))
    say(
        "\nIt signs in as the host: show it to nobody else. The phone will warn of a certificate that it does not know: go on,"
    )
    say(f"or install the authority's first, from {url}{AUTHORITY_PATH}")
    say(f"(SHA-256 {files.fingerprint}).")
