"""How often one address, or one person, may ask: of every route there is, typed or not.

    calls   by person, or by address where there is no token. Of every route that says nothing else
    files   by address alone: what everybody may have and many fetch in bulk. No token is looked at
    none    not here; `why` says what bounds it instead

A handler says so of itself:

    @bounded(Bound.FILES)
    async def _tile(self, request: web.Request) -> web.Response: ...

tests/base/test_bounds.py lists what is bounded by files or by nothing, and calls every other route until it is refused.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from typing import Any, TypeVar

from aiohttp import web
from msgspec import Struct

from livehub.base.addresses import client_network
from livehub.base.auth import Identity
from livehub.base.config import Config
from livehub.base.errors import BadToken, LivehubError, SessionEnded, TooFast
from livehub.base.limits import RateLimiter, check_wait

_ATTRIBUTE = "bound"


class Bound(Enum):
    """By what a route is bounded."""

    CALLS = "calls"
    FILES = "files"
    NONE = "none"
    TYPED = "typed"  # as CALLS, by http.py itself, in the order of checks that a typed call has


class Bounded(Struct, frozen=True):
    """`refused`: the refusal as the route's clients know it; None: the problem document alone."""

    bound: Bound
    why: str = ""
    refused: Callable[[web.Request, LivehubError], web.Response] | None = None


F = TypeVar("F", bound=Callable[..., Any])
_CALLS = Bounded(Bound.CALLS)


def bounded(
    bound: Bound, *, why: str = "", refused: Callable[[web.Request, LivehubError], web.Response] | None = None
) -> Callable[[F], F]:
    """A decorator of handlers."""
    assert bool(why) == (bound is Bound.NONE), "what is not bounded here says why, and nothing else does"

    def marked(handler: F) -> F:
        setattr(handler, _ATTRIBUTE, Bounded(bound, why, refused))
        return handler

    return marked


def bound_of(handler: object) -> Bounded:
    """Of a route's handler, a method among them."""
    found: Bounded = getattr(handler, _ATTRIBUTE, _CALLS)
    return found


class Bounds:
    """`identify`: whom a request's token names; raises BadToken, SessionEnded."""

    def __init__(
        self,
        config: Config,
        identify: Callable[[web.Request], Identity | None],
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._config = config
        self._identify = identify
        self._monotonic_s = monotonic_s
        self._calls = self._limiter(config.http_requests_per_s_max, config.http_requests_burst_max)
        self._bad_tokens = self._limiter(config.http_requests_per_s_max, config.http_requests_burst_max)
        self._files = self._limiter(config.http_files_per_s_max, config.http_files_burst_max)

    def _limiter(self, per_s_max: float, burst_max: int) -> RateLimiter:
        return RateLimiter(per_s_max=per_s_max, burst_max=burst_max, keys_max=self._config.limiter_keys_max)

    def network(self, request: web.Request) -> str:
        """Where a request comes from, as limits count it."""
        return client_network(request, trust_proxy=self._config.trust_proxy)

    def identify(self, request: web.Request) -> Identity | None:
        """Whom the token names; none is even looked at for an address that has sent too many bad ones. Raises TooFast,
        BadToken, SessionEnded."""
        network = self.network(request)
        if "Authorization" in request.headers:
            check_wait(self._bad_tokens.peek_s(network, self._monotonic_s()))
        try:
            return self._identify(request)
        except BadToken:
            self._bad_tokens.wait_s(network, self._monotonic_s())
            raise

    def count(self, scope: str) -> None:
        """One call of a person or an address. Raises TooFast."""
        check_wait(self._calls.wait_s(scope, self._monotonic_s()))

    def refusal(self, request: web.Request, bound: Bound) -> TooFast | None:
        """Count a request of a route that is no typed call. Whether a bad token matters is for its handler to say."""
        try:
            if bound is Bound.FILES:
                check_wait(self._files.wait_s(self.network(request), self._monotonic_s()))
            elif bound is Bound.CALLS:
                identity = None
                with suppress(BadToken, SessionEnded):
                    identity = self.identify(request)
                self.count(identity.id if identity else self.network(request))
        except TooFast as error:
            return error
        return None
