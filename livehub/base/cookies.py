"""Our cookies, which only the calls of sign-in go by, and from which pages such a call may come.

A session's cookie holds a secret that no script can read: HttpOnly, for this host alone, not sent from pages of others except
on the way here by a link (SameSite=Lax). That is not enough (a subdomain is of the same site), so each call that goes by it
has to come from a page of ours: browsers say so with Sec-Fetch-Site (Fetch Metadata, W3C), older ones with Origin (RFC 6454).

Over HTTPS (LIVEHUB_PUBLIC_URL, our own TLS, or what a trusted proxy says) they are `Secure`, and their names begin with
`__Host-`, with which a browser takes a cookie only from this very host, for all of it.
"""

import logging
from collections.abc import Callable
from functools import cache

from aiohttp import web
from msgspec import Struct

from livehub.base.addresses import client_scheme
from livehub.base.config import Config
from livehub.base.errors import ForeignOrigin

log = logging.getLogger("livehub.base.cookies")

PREFIX = "__Host-"
BASE_NAME = "livehub-"


class _Set(Struct, frozen=True):
    name: str
    value: str
    max_age_s: int
    is_secure: bool


@cache
def _warn_of_proxy() -> None:
    """Once in a process: a client can say so, too."""
    log.warning(
        "cookies.not_secure", extra={"hint": "set LIVEHUB_PUBLIC_URL, or LIVEHUB_TRUST_PROXY behind a proxy of yours"}
    )


_SET = web.RequestKey("cookies_set", list[_Set])


class Cookies:
    """The cookies of one request and its answer. One name for each app, so that a host and a viewer can share a browser."""

    def __init__(self, request: web.Request, config: Config) -> None:
        self._request = request
        scheme = client_scheme(request, trust_proxy=config.trust_proxy)
        self._is_secure = scheme == "https" or config.public_url.startswith("https:")
        if not self._is_secure and "https" in request.headers.get("X-Forwarded-Proto", ""):
            _warn_of_proxy()

    def name(self, app: str) -> str:
        """The name of an app's cookie."""
        return f"{PREFIX if self._is_secure else ''}{BASE_NAME}{app}"

    def get(self, app: str) -> str:
        """What came; "" if nothing did."""
        return self._request.cookies.get(self.name(app), "")

    def put(self, app: str, value: str, *, max_age_s: int) -> None:
        """Have it set with the answer, also if that is a refusal."""
        self._request.setdefault(_SET, []).append(_Set(self.name(app), value, max_age_s, self._is_secure))

    def drop(self, app: str) -> None:
        """Have it taken away."""
        self.put(app, "", max_age_s=0)

    @staticmethod
    def add_to(response: web.StreamResponse, request: web.Request) -> None:
        """Write into the answer what was put while the request was served."""
        for each in request.get(_SET, ()):
            response.set_cookie(
                each.name,
                each.value,
                max_age=each.max_age_s,
                path="/",
                secure=each.is_secure,
                httponly=True,
                samesite="Lax",
            )


def is_page(request: web.Request) -> bool:
    """Whether a page in a browser calls, rather than a program."""
    return "Sec-Fetch-Site" in request.headers or "Origin" in request.headers


def check_own_page(request: web.Request, is_own: Callable[[str, str], bool]) -> None:
    """Raise ForeignOrigin unless a page of ours calls, or a program that sends none of our cookies.

    `is_own(origin, host)`: whether pages of that origin are ours where the request went (origins.py).
    """
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None:
        if site != "same-origin":
            raise ForeignOrigin
    elif origin is not None:
        if not origin or not is_own(origin, request.host):
            raise ForeignOrigin
    elif any(name.removeprefix(PREFIX).startswith(BASE_NAME) for name in request.cookies):
        raise ForeignOrigin
