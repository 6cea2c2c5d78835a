"""TLS at our own door, for `demo --lan` and for who has a certificate and no proxy. What it costs is in docs/operations.md."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from livehub.base.config import Config, ConfigError, variable

AUTHORITY_PATH = "/lan/ca.crt"


@dataclass(frozen=True)
class Secured:
    """`context`: for all connections at the door. `authority`: a DER certificate that devices may fetch and trust; None: no."""

    context: ssl.SSLContext
    authority: bytes | None = None

    def add(self, app: web.Application) -> None:
        """Route the authority's certificate. It is public; whether it is ours, the fingerprint in the terminal tells."""
        authority = self.authority
        if authority is None:
            return

        async def serve(_request: web.Request) -> web.Response:
            # This type makes phones offer to install it.
            return web.Response(
                body=authority,
                content_type="application/x-x509-ca-cert",
                headers={
                    "Content-Disposition": 'attachment; filename="livehub-ca.crt"',
                    "Cache-Control": "no-store",
                },
            )

        app.router.add_get(AUTHORITY_PATH, serve)


def secured(config: Config) -> Secured | None:
    """What the settings ask for; None: plain HTTP. Raises ConfigError for files that can't be used."""
    if not config.tls_cert and not config.tls_key:
        return None
    if not (config.tls_cert and config.tls_key):
        raise ConfigError(f"{variable('tls_cert')} and {variable('tls_key')} go together")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.set_alpn_protocols(["http/1.1"])  # what we speak, and what WebSockets need (RFC 6455)
    try:
        context.load_cert_chain(config.tls_cert, config.tls_key)
        authority = Path(config.tls_authority).read_text("ascii") if config.tls_authority else None
        return Secured(context, ssl.PEM_cert_to_DER_cert(authority) if authority is not None else None)
    except (OSError, ValueError) as error:  # an SSLError is an OSError
        raise ConfigError(f"the TLS certificate, its key or its authority can't be used: {error}") from None


def base_url(config: Config, port: int) -> str:
    """How people on this machine reach us, unless the settings know better."""
    if config.public_url:
        return config.public_url.rstrip("/")
    return f"{'https' if config.tls_cert else 'http'}://{shown(config.host)}:{port}"


def shown(host: str) -> str:
    """The address to show for the one that is listened on."""
    host = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104  (compared, not listened on)
    return f"[{host}]" if ":" in host else host
