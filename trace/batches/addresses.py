"""The address that codes begin with: that of the shop as people reach it."""

from aiohttp import web
from yarl import URL

from livehub.base.addresses import client_scheme
from livehub.base.config import Config


def base_of(request: web.Request, config: Config) -> str:
    """LIVEHUB_PUBLIC_URL's origin; where that is not set, as whoever asks calls us."""
    if config.public_url:
        return str(URL(config.public_url).origin())
    return f"{client_scheme(request, trust_proxy=config.trust_proxy)}://{request.host}"
