"""What only somebody at this machine may call: codes that were not sent, and the clock.

An address of loopback is not enough: a page anywhere can have a browser here call us, and with a name of its own that leads to
127.0.0.1 (DNS rebinding) it reads the answer, too. So the name that is asked for has to be one that only we have, and what
comes from a page has to come from ours.
"""

from ipaddress import ip_address

from aiohttp import web
from yarl import URL

from livehub.base.addresses import client_address
from livehub.base.errors import Forbidden, ForeignOrigin
from livehub.base.origins import host_of, is_of_host, origin_of

FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")
LOCALHOST = "localhost"


def check_this_machine(request: web.Request, public_url: str) -> None:
    """Raise Forbidden unless the call comes from a loopback address, through no proxy, and to a name of this machine or to the
    host of `public_url`; ForeignOrigin if a page of somebody else's makes it.
    """
    public = (URL(public_url).host or "").lower() if public_url else ""
    if not is_from_this_machine(request) or not _is_here(host_of(request.host), public):
        raise Forbidden("Only this machine may do this.")
    is_foreign = request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin")
    if (
        is_foreign and request.headers.get("Sec-Fetch-Mode") != "navigate"
    ):  # whoever follows a link sees the page themselves
        raise ForeignOrigin
    for text in request.headers.getall("Origin", ()):
        origin = origin_of(text)
        if origin is None or not is_of_host(origin, request.host):
            raise ForeignOrigin


class ThisMachine:
    """Fills the port DemoOnly."""

    def __init__(self, public_url: str) -> None:
        self._public_url = public_url

    def check(self, request: web.Request) -> None:
        """As `check_this_machine`."""
        check_this_machine(request, self._public_url)


def is_from_this_machine(request: web.Request) -> bool:
    """Whether it comes from a loopback address, and no proxy says that it brings it from elsewhere."""
    if any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ip_address(client_address(request, trust_proxy=False)).is_loopback
    except ValueError:  # a Unix socket
        return False


def _is_here(host: str | None, public: str) -> bool:
    if host is None:
        return False
    if host in {LOCALHOST, public}:
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
