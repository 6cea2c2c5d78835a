"""TLS without a proxy, for `demo --lan` and small installations. What it costs is in docs/operations.md."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from livehub.base.config import Config, ConfigError, variable

AUTHORITY_PATH = "/lan/ca.crt"


@dataclass(frozen=True)
class Tls:
    """`context`: for all connections of the port. `authority`: a DER certificate that devices may fetch and trust, if any."""

    context: ssl.SSLContext
    authority: bytes | None = None

    def add(self, app: web.Application) -> None:
        """Route the authority's certificate. It is public; people compare its fingerprint with the one in the terminal."""
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


def load_tls(config: Config) -> Tls | None:
    """TLS as configured; None: plain HTTP. Raises ConfigError for files that can't be used."""
    if not config.tls_cert and not config.tls_key:
        return None
    if not (config.tls_cert and config.tls_key):
        raise ConfigError(f"{variable('tls_cert')} and {variable('tls_key')} go together")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.set_alpn_protocols(["http/1.1"])  # what we speak, and what WebSockets need (RFC 6455)
    try:
        context.load_cert_chain(config.tls_cert, config.tls_key)
        authority = Path(config.tls_authority).read_text("ascii") if config.tls_authority else None
        return Tls(context, ssl.PEM_cert_to_DER_cert(authority) if authority is not None else None)
    except (OSError, ValueError) as error:  # an SSLError is an OSError
        raise ConfigError(f"the TLS certificate, its key or its authority can't be used: {error}") from None


def base_url(config: Config, port: int) -> str:
    """LIVEHUB_PUBLIC_URL, else the address for a browser on this machine."""
    if config.public_url:
        return config.public_url.rstrip("/")
    return f"{'https' if config.tls_cert else 'http'}://{_connectable(config.host)}:{port}"


def _connectable(host: str) -> str:
    """What to connect to, as in a URL, for the address that is listened on."""
    # Passkeys are of a name: at a loopback address browsers make none, at `localhost` they do (WebAuthn, 5.1.2).
    if host in ("0.0.0.0", "::", "127.0.0.1", "::1"):  # noqa: S104  (compared, not listened on)
        return "localhost"
    return f"[{host}]" if ":" in host else host
