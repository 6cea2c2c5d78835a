"""Typed JSON endpoints as values: method, path, who may call, what goes in, what comes out. Shapes only; http.py serves them.

    post("/api/rooms/{room}/pins", self.pin, may=Permission.RUN_SHOWS, body=CardRequest, reply=CardPlaced, status=201)

A body is a Struct of JSON, or a file (file_body.py), which the handler gets as a ReceivedFile. One list of these makes the
routes, the checks, the OpenAPI document (openapi.py) and the role x endpoint test.
"""

import hashlib
import re
import secrets
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

import msgspec
from aiohttp import web
from msgspec import Struct

from livehub.base.auth import IN_ROOMS, WANTS_FRESH_SIGN_IN, Identity, Permission
from livehub.base.db import Transaction
from livehub.base.errors import LivehubError
from livehub.base.file_body import FileBody, ReceivedFile
from livehub.base.idempotency import RowKey, checked_key, fingerprint
from livehub.base.ids import CHANCE_BYTES, ordered_id
from livehub.base.streamed import Streamed

_VARIABLE = re.compile(r"{(\w+)}")

B = TypeVar("B")
R = TypeVar("R")


class Call(Generic[B]):
    """One request, checked: `body` is of the declared type, `identity` may do this, `tx` is open if the call writes.

    A call in two phases has no `tx` but a `key`, and `attempt`: when it is not 1, an earlier one may have had an effect
    (idempotency.py).
    """

    __slots__ = (
        "_at_end",
        "_tx",
        "attempt",
        "body",
        "identity",
        "is_accepted",
        "key",
        "max_age_s",
        "now_ms",
        "path",
        "query",
        "request",
    )

    def __init__(
        self,
        *,
        request: web.Request,
        identity: Identity | None,
        body: B,
        query: Any,
        now_ms: int,
        tx: Transaction | None,
        key: str | None = None,
        attempt: int = 1,
    ) -> None:
        self.request = request
        self.identity = identity
        self.body = body
        self.query = query
        self.path: dict[str, str] = dict(request.match_info)
        self.now_ms = now_ms
        self.key = key
        self.attempt = attempt
        self.max_age_s = 0  # of a read: how long anybody's cache may keep the answer; 0: nobody keeps it
        self.is_accepted = False  # answered with 202: what was asked for is being made, and the reply says so
        self._tx = tx
        self._at_end: list[Callable[[Transaction], Awaitable[None]]] = []

    @property
    def tx(self) -> Transaction:
        """The transaction of a writing call."""
        assert self._tx is not None, "this endpoint was declared with writes=False or two_phases=True"
        return self._tx

    def write_at_end(self, write: Callable[[Transaction], Awaitable[None]]) -> None:
        """In a call in two phases: write this in the transaction in which the answer is remembered."""
        self._at_end.append(write)

    async def write_all(self, tx: Transaction) -> None:
        """What was to be written at the end, in order."""
        for write in self._at_end:
            await write(tx)

    def keyed_id(self) -> str:
        """An id for what the call makes: under an Idempotency-Key always the same one, whatever became of requests before."""
        header = self.request.headers.get("Idempotency-Key")
        if header is None:
            return ordered_id(self.now_ms, secrets.token_bytes(CHANCE_BYTES))
        asked = "\0".join((self.person.id, header.strip().strip('"'), self.request.path))
        body = self.body.sha256 if isinstance(self.body, ReceivedFile) else msgspec.json.encode(self.body)
        digest = hashlib.sha256(asked.encode() + b"\0" + body).digest()
        return ordered_id(int.from_bytes(digest[:5], "big"), digest[5:])

    def row_key(self) -> str:
        """The Idempotency-Key, for a call whose rows keep it (Endpoint.key_in_row); without one a key of this request alone.
        Raises BadRequest."""
        header = self.request.headers.get("Idempotency-Key")
        return secrets.token_hex(CHANCE_BYTES) if header is None else checked_key(header)

    def kept_key(self) -> RowKey | None:
        """The Idempotency-Key for a row that is made in the call's transaction. The answer under a key is forgotten after
        LIVEHUB_IDEMPOTENCY_TTL_S; what must not be done twice after that either looks for its row by this. None without a key.
        """
        header = self.request.headers.get("Idempotency-Key")
        if header is None:
            return None
        asked = f"{self.person.id}\0{checked_key(header)}"
        print_ = fingerprint(self.request.method, self.request.path, msgspec.json.encode(self.body))
        return RowKey(hashlib.sha256(asked.encode()).digest(), print_)

    @property
    def person(self) -> Identity:
        """Who calls; there is always somebody where a permission beyond WATCH was asked for."""
        assert self.identity is not None
        return self.identity


class Endpoint(Struct, frozen=True, kw_only=True):
    """One endpoint. `errors` lists what it refuses with beyond what every call can meet.

    `accepts`: it may also answer 202, with the same reply, of what takes longer than a request; see Call.is_accepted.
    `cookies`: it goes by our cookies, or sets them, so pages of others may not call it (cookies.py). All other calls go by the
    header Authorization alone, which no page of another can send.
    `fresh`: it wants a recent sign-in. `of_no_room`: its right is one of rooms, and it is about none of them.
    `key_in_row`: it writes for itself, and keeps the Idempotency-Key in the rows that it makes, for ever (Call.row_key).
    `tells_secret`: its answer has something that is told once (a code, a key); what is kept of it for retries is encrypted.
    """

    method: str
    path: str
    handler: Callable[[Call[Any]], Awaitable[Any]]
    may: Permission
    body: Any
    reply: Any
    status: int
    writes: bool
    two_phases: bool = False
    needs_key: bool = False
    key_in_row: bool = False
    accepts: bool = False
    cookies: bool = False
    fresh: bool = False
    of_no_room: bool = False
    tells_secret: bool = False
    query: Any = None
    errors: tuple[type[LivehubError], ...] = ()

    def __post_init__(self) -> None:
        """Raise ValueError when nobody could tell in which room its right has to hold."""
        if self.may in IN_ROOMS and not self.of_no_room and not _VARIABLE.search(self.path):
            raise ValueError(
                f"{self.method} {self.path}: {self.may.value} is a right of rooms; say of_no_room if it is of none"
            )

    @property
    def is_fresh(self) -> bool:
        """Whether it wants a recent sign-in."""
        return self.fresh or self.may in WANTS_FRESH_SIGN_IN

    @property
    def room_by(self) -> str | None:
        """The variable of its path that leads to the room in which its right has to hold: `room`, or what the room has, as
        modules declare it (Module.of_rooms). None: its right is not one of rooms.
        """
        if self.may not in IN_ROOMS or self.of_no_room:
            return None
        variables = _VARIABLE.findall(self.path)
        return "room" if "room" in variables else variables[0]

    @property
    def summary(self) -> str:
        """The first line of the handler's docstring."""
        return (self.handler.__doc__ or "").strip().split("\n")[0]


def get(
    path: str,
    handler: Callable[[Call[None]], Awaitable[R | Streamed]],
    *,
    reply: type[R] | None,
    may: Permission = Permission.WATCH,
    query: type[Struct] | None = None,
    fresh: bool = False,
    of_no_room: bool = False,
    errors: tuple[type[LivehubError], ...] = (),
) -> Endpoint:
    """A call that changes nothing. `reply`: of what it answers in JSON; None: it answers with a file alone (streamed.py)."""
    return Endpoint(
        method="GET", path=path, handler=handler, may=may, body=None, reply=reply, status=200, writes=False,
        query=query, fresh=fresh, of_no_room=of_no_room, errors=errors,
    )  # fmt: skip


def post(  # noqa: PLR0913  (each is a column of the table of endpoints)
    path: str,
    handler: Callable[[Call[B]], Awaitable[R]],
    *,
    may: Permission,
    body: type[B] | FileBody,
    reply: type[R] | None,
    status: int = 200,
    writes: bool = True,
    two_phases: bool = False,
    needs_key: bool | None = None,
    key_in_row: bool = False,
    accepts: bool = False,
    cookies: bool = False,
    fresh: bool = False,
    of_no_room: bool = False,
    tells_secret: bool = False,
    errors: tuple[type[LivehubError], ...] = (),
    method: str = "POST",
) -> Endpoint:
    """A call that changes something, in one transaction (unless `writes=False`); POST takes an Idempotency-Key.

    With `two_phases` no transaction is open while the handler runs, so that it may ask a provider or take its time; the handler
    says with `write_at_end` what is committed together with its answer. The key is then required, unless `needs_key=False`.
    """
    assert not two_phases or method == "POST", "only a POST has an Idempotency-Key"
    return Endpoint(
        method=method, path=path, handler=handler, may=may, body=body, reply=reply,
        status=status if reply is not None else 204, writes=writes and not key_in_row, two_phases=two_phases,
        needs_key=two_phases if needs_key is None else needs_key, key_in_row=key_in_row, accepts=accepts, cookies=cookies,
        fresh=fresh, of_no_room=of_no_room, tells_secret=tells_secret, errors=errors,
    )  # fmt: skip


def delete(
    path: str,
    handler: Callable[[Call[None]], Awaitable[R]],
    *,
    may: Permission,
    reply: type[R] | None,
    query: type[Struct] | None = None,
    fresh: bool = False,
    errors: tuple[type[LivehubError], ...] = (),
) -> Endpoint:
    """A call that takes something away."""
    return Endpoint(
        method="DELETE", path=path, handler=handler, may=may, body=None, reply=reply,
        status=200 if reply is not None else 204, writes=True, query=query, fresh=fresh, errors=errors,
    )  # fmt: skip
