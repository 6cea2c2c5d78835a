"""Typed JSON endpoints as values: method, path, who may call, what goes in, what comes out. Shapes only; http.py serves them.

    post("/api/rooms/{room}/pins", self.pin, may=Permission.RUN_SHOWS, body=CardRequest, reply=CardPlaced, status=201)

One list of these makes the routes, the checks, the OpenAPI document (openapi.py) and the role x endpoint test.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

from aiohttp import web
from msgspec import Struct

from livehub.base.auth import Identity, Permission
from livehub.base.db import Transaction
from livehub.base.errors import LivehubError

B = TypeVar("B")
R = TypeVar("R")


class Call(Generic[B]):
    """One request, checked: `body` is of the declared type, `identity` may do this, `tx` is open if the call writes."""

    __slots__ = ("_tx", "body", "identity", "now_ms", "path", "query", "request")

    def __init__(
        self,
        *,
        request: web.Request,
        identity: Identity | None,
        body: B,
        query: Any,
        now_ms: int,
        tx: Transaction | None,
    ) -> None:
        self.request = request
        self.identity = identity
        self.body = body
        self.query = query
        self.path: dict[str, str] = dict(request.match_info)
        self.now_ms = now_ms
        self._tx = tx

    @property
    def tx(self) -> Transaction:
        """The transaction of a writing call."""
        assert self._tx is not None, "this endpoint was declared with writes=False"
        return self._tx

    @property
    def person(self) -> Identity:
        """Who calls; there is always somebody where a permission beyond WATCH was asked for."""
        assert self.identity is not None
        return self.identity


class Endpoint(Struct, frozen=True, kw_only=True):
    """One endpoint. `errors` lists what it refuses with beyond what every call can meet."""

    method: str
    path: str
    handler: Callable[[Call[Any]], Awaitable[Any]]
    may: Permission
    body: Any
    reply: Any
    status: int
    writes: bool
    query: Any = None
    errors: tuple[type[LivehubError], ...] = ()

    @property
    def summary(self) -> str:
        """The first line of the handler's docstring."""
        return (self.handler.__doc__ or "").strip().split("\n")[0]


def get(
    path: str,
    handler: Callable[[Call[None]], Awaitable[R]],
    *,
    reply: type[R],
    may: Permission = Permission.WATCH,
    query: type[Struct] | None = None,
    errors: tuple[type[LivehubError], ...] = (),
) -> Endpoint:
    """A call that changes nothing."""
    return Endpoint(
        method="GET", path=path, handler=handler, may=may, body=None, reply=reply, status=200, writes=False,
        query=query, errors=errors,
    )  # fmt: skip


def post(  # noqa: PLR0913  (each is a column of the table of endpoints)
    path: str,
    handler: Callable[[Call[B]], Awaitable[R]],
    *,
    may: Permission,
    body: type[B],
    reply: type[R] | None,
    status: int = 200,
    writes: bool = True,
    errors: tuple[type[LivehubError], ...] = (),
    method: str = "POST",
) -> Endpoint:
    """A call that changes something, in one transaction (unless `writes=False`); POST takes an Idempotency-Key."""
    return Endpoint(
        method=method, path=path, handler=handler, may=may, body=body, reply=reply,
        status=status if reply is not None else 204, writes=writes, errors=errors,
    )  # fmt: skip


def delete(
    path: str,
    handler: Callable[[Call[None]], Awaitable[R]],
    *,
    may: Permission,
    reply: type[R] | None,
    errors: tuple[type[LivehubError], ...] = (),
) -> Endpoint:
    """A call that takes something away."""
    return Endpoint(
        method="DELETE", path=path, handler=handler, may=may, body=None, reply=reply,
        status=200 if reply is not None else 204, writes=True, errors=errors,
    )  # fmt: skip
