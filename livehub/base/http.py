"""The HTTP edge: serves typed endpoints, turns errors into RFC 9457 problem documents, sets the security headers.

For every call, in this order: how many bad tokens its address has sent, token, rate limit of the person (of the address where
there is no token), permission, how fresh the sign-in is, whose room it is about, body, then (if it writes) a transaction with
the Idempotency-Key inside, or the two of a call in two phases. What counts as one address says addresses.py. People behind one
share no limit as long as their tokens are good. Routes that are no typed calls are bounded in the same place (bounds.py).
Nothing else in the code base builds an error response.
"""

import logging
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from http import HTTPStatus
from typing import Any

import msgspec
from aiohttp import web
from yarl import URL

from livehub.base import bodies, errors, idempotency
from livehub.base.auth import ID_BYTES_MAX, Identity, Permission, Tokens, require, require_fresh
from livehub.base.bounds import Bound, Bounds, bound_of, bounded
from livehub.base.calling import called_from
from livehub.base.clock import Clock
from livehub.base.config import Config
from livehub.base.cookies import Cookies, check_own_page
from livehub.base.db import Database, Transaction, acting_for
from livehub.base.decoding import NUL_FAULT, BodyDecoder, has_nul, text_fault
from livehub.base.endpoints import Call, Endpoint
from livehub.base.file_body import FileBody
from livehub.base.ids import CHANCE_BYTES
from livehub.base.metrics import HTTP_REQUESTS, HTTP_SECONDS, REFUSALS
from livehub.base.origins import allowed_origins
from livehub.base.room_rights import RoomRights
from livehub.base.streamed import Streamed

log = logging.getLogger("livehub.http")

CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' https: data: blob:; "
    "media-src 'self' blob:; connect-src {connect}; font-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(self), microphone=(self), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_FROM_STATUS: dict[int, type[errors.LivehubError]] = {
    404: errors.NotFound,
    405: errors.MethodNotAllowed,
    413: errors.TooLarge,
}

# As long as an Id may be (livehub/room/models.py): what an address names may come to stand in a message.
PATH_PART_CHARS_MAX = 64
PERSON = "person"  # the variable that stands for one; their id is as their token has it

# Where the next request of the connection begins is not known, or not soon.
_HUNG_UP_AFTER = frozenset({errors.RequestTimeout.status, errors.UnknownTransferCoding.status})

_CLIENT_GONE = 499  # nginx's number for it; nobody receives it, the metrics count it

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """An RFC 9457 problem document; `code` and `name` are ours and stable, and some have more members: see docs/wire.md."""

    type: str
    title: str
    status: int
    detail: str
    code: int
    name: str
    retry_after_ms: int | msgspec.UnsetType = msgspec.UNSET


def security_headers(config: Config) -> dict[str, str]:
    """The headers of every answer.

    Pages connect to where they came from, by WebSocket, too (browsers before 2022 do not count that as 'self', hence the
    public address by name), to the host of map tiles where one is set, and to nobody else.
    """
    connect = ["'self'"]
    if config.public_url:
        origin = URL(config.public_url).origin()
        connect += [str(origin), str(origin.with_scheme("wss" if origin.scheme == "https" else "ws"))]
    if config.map_tiles_url:
        connect.append(str(URL(config.map_tiles_url).origin()))
    return {"Content-Security-Policy": CSP.format(connect=" ".join(connect)), **SECURITY_HEADERS}


def problem(error: errors.LivehubError) -> web.Response:
    """The response for a refusal, counted."""
    REFUSALS.labels(edge="http", name=error.name).inc()
    document = Problem(
        type=f"/problems/{error.name}",
        title=HTTPStatus(error.status).phrase,
        status=error.status,
        detail=error.message,
        code=error.code,
        name=error.name,
        retry_after_ms=msgspec.UNSET if error.retry_after_ms is None else error.retry_after_ms,
    )
    shown = {**error.details, **msgspec.to_builtins(document)} if error.details else document
    response = web.Response(
        body=msgspec.json.encode(shown), status=error.status, content_type="application/problem+json"
    )
    if error.retry_after_ms is not None:
        response.headers["Retry-After"] = str(-(-error.retry_after_ms // 1000))
    if error.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, errors.UnsupportedMediaType) and error.accept_encoding:
        response.headers["Accept-Encoding"] = error.accept_encoding
    return response


def path_part_chars_max(variable: str) -> int:
    """How long what stands for this variable of a path may be."""
    return ID_BYTES_MAX if variable == PERSON else PATH_PART_CHARS_MAX


def decode_body(raw: bytes, decoder: BodyDecoder[Any]) -> Any:
    """`raw` as its type. Raises BadRequest naming the field; an empty body is `{}`."""
    if has_nul(raw):
        raise errors.BadRequest(text_fault(raw) or NUL_FAULT)
    return decoder.decode(raw or b"{}")


class HttpEdge:
    """Serves endpoints on an aiohttp application."""

    def __init__(
        self,
        config: Config,
        database: Database,
        tokens: Tokens,
        *,
        clock: Clock,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._config = config
        self._database = database
        self._tokens = tokens
        self._clock = clock
        self._bounds = Bounds(config, self.identify, monotonic_s)
        self.room_rights: RoomRights | None = None
        self._security_headers = security_headers(config)
        self._is_own_page = allowed_origins("", config.public_url)
        self._calls = idempotency.IdempotentCalls(
            database, config.secret, wait_s=config.db_timeout_s, act_s_max=config.http_two_phases_s_max
        )

    def application(self) -> web.Application:
        """An application with our middleware, and no routes yet."""
        app = web.Application(
            middlewares=[self._guard],
            client_max_size=self._config.http_body_bytes_max,
            handler_args={
                "access_log": None,
                "keepalive_timeout": self._config.http_keepalive_s,
                "auto_decompress": False,  # read_body decodes: aiohttp takes what is cut off for whole
            },
        )
        app.on_response_prepare.append(self._secure)
        app[bodies.READS] = bodies.BodyReads(self._config.http_bodies_per_address_max)
        return app

    def add(self, app: web.Application, endpoint: Endpoint) -> None:
        """Serve `endpoint`. Raises ValueError when nobody can tell in which room its right has to hold."""
        if (by := endpoint.room_by) and not (self.room_rights and self.room_rights.leads_to_room(by)):
            raise ValueError(
                f"{endpoint.method} {endpoint.path}: nothing says which room a {by} is of (Module.of_rooms)"
            )
        is_json = endpoint.body is not None and not isinstance(endpoint.body, FileBody)
        decoder = BodyDecoder[Any](endpoint.body) if is_json else None

        @bounded(Bound.TYPED)
        async def serve(request: web.Request) -> web.StreamResponse:
            return await self._serve(endpoint, decoder, request)

        app.router.add_route(endpoint.method, endpoint.path, serve)
        if (
            endpoint.method == "GET"
        ):  # "All general-purpose servers MUST support the methods GET and HEAD" (RFC 9110, 9.1)
            app.router.add_route("HEAD", endpoint.path, serve)

    def identify(self, request: web.Request) -> Identity | None:
        """Whom the Authorization header names; None without one. Raises BadToken."""
        header = request.headers.get("Authorization", "")
        if not header:
            return None
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            raise errors.BadToken
        return self._tokens.read(token.strip(), now_s=self._clock.real_s())

    async def require_in_room(self, request: web.Request, permission: Permission, room: str) -> None:
        """For what is no typed call: raise Unauthenticated, BadToken, Forbidden or NotYourRoom unless the right holds there."""
        identity = self.identify(request)
        require(identity, permission)
        await self._check_in_room(identity, permission, "room", room)

    async def _secure(self, _request: web.Request, response: web.StreamResponse) -> None:
        """Every answer has the security headers, also one that is sent piece by piece while its handler runs."""
        response.headers.update({k: v for k, v in self._security_headers.items() if k not in response.headers})

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        started_s = time.perf_counter()
        try:
            _check_transfer_coding(request)
            refused = self._too_fast(request)
            response = await handler(request) if refused is None else refused
        except errors.LivehubError as error:
            response = problem(error)
        except web.HTTPException as error:
            response = self._from_aiohttp(error)
        except bodies.ClientGone:
            log.debug("http.client_gone", extra={"method": request.method, "path": request.path})
            response = web.Response(status=_CLIENT_GONE)
        except Exception:
            log.exception("http.defect", extra={"method": request.method, "path": request.path})
            response = problem(errors.Internal())
        if not response.prepared:
            Cookies.add_to(response, request)
        if response.status in _HUNG_UP_AFTER or request.content.exception() is not None:
            await _send_and_hang_up(request, response)
        resource = request.match_info.route.resource
        route = resource.canonical if resource is not None else "none"
        HTTP_REQUESTS.labels(request.method if request.method in _METHODS else "other", route, response.status).inc()
        HTTP_SECONDS.labels(route).observe(time.perf_counter() - started_s)
        return response

    def _too_fast(self, request: web.Request) -> web.Response | None:
        """The refusal of a request that is one too many; None: it may be handled. A typed call is counted in `_serve`."""
        route = bound_of(request.match_info.handler)
        refusal = self._bounds.refusal(request, route.bound)
        if refusal is None:
            if route.bound is Bound.CALLS:
                called_from(self._bounds.network(request), self._config.secret)
            return None
        return problem(refusal) if route.refused is None else route.refused(request, refusal)

    @staticmethod
    def _from_aiohttp(error: web.HTTPException) -> web.StreamResponse:
        known = _FROM_STATUS.get(error.status)
        if known is None and error.status < 400:
            return error
        response = problem((known or errors.BadRequest)())
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
        return response

    async def _serve(
        self, endpoint: Endpoint, decoder: BodyDecoder[Any] | None, request: web.Request
    ) -> web.StreamResponse:
        network = self._bounds.network(request)
        called_from(network, self._config.secret)
        try:
            identity = self._bounds.identify(request)
        except (errors.BadToken, errors.SessionEnded):
            if not endpoint.cookies:
                raise
            identity = None  # whoever has only an old token left renews it, or signs out, by the cookie
        scope = identity.id if identity else network
        self._bounds.count(scope)
        require(identity, endpoint.may)
        if endpoint.cookies:
            check_own_page(request, self._is_own_page)
        if endpoint.is_fresh and identity is not None:
            require_fresh(identity, now_s=self._clock.real_s(), within_s=self._config.fresh_sign_in_s)
        if any("\0" in part or len(part) > path_part_chars_max(name) for name, part in request.match_info.items()):
            raise errors.NotFound
        with acting_for(scope):
            await self._check_room(endpoint, identity, request)
        query = self._query(endpoint, request)
        async with self._body(endpoint, decoder, request, scope) as (body, raw):
            call = BoundCall(endpoint, request, identity, body, query, int(self._clock.now_s() * 1000))
            with acting_for(scope):
                return await (self._serve_writing(call, raw, scope) if endpoint.writes else self._serve_reading(call))

    @asynccontextmanager
    async def _body(
        self, endpoint: Endpoint, decoder: BodyDecoder[Any] | None, request: web.Request, scope: str
    ) -> AsyncIterator[tuple[Any, bytes]]:
        """The body as the handler gets it, and the bytes that tell it from another one under the same key."""
        if isinstance(endpoint.body, FileBody):
            async with endpoint.body.received(request, self._config, scope) as file:
                yield file, file.sha256
        else:
            raw = await self._read(endpoint, request)
            yield (None if decoder is None else decode_body(raw, decoder)), raw

    async def _check_room(self, endpoint: Endpoint, identity: Identity | None, request: web.Request) -> None:
        """Raise NotYourRoom when the call's right is one of rooms, and does not hold in this one."""
        if by := endpoint.room_by:
            await self._check_in_room(identity, endpoint.may, by, request.match_info[by])

    async def _check_in_room(self, identity: Identity | None, permission: Permission, by: str, value: str) -> None:
        assert identity is not None, "nobody has a right of rooms without a token"
        if not identity.runs_all_rooms:
            assert self.room_rights is not None, "there are calls about rooms"
            await self.room_rights.require(identity, permission, by, value)

    async def _serve_reading(self, call: "BoundCall") -> web.StreamResponse:
        answer, max_age_s = await call.read()
        if isinstance(answer, Streamed):
            return await answer.send(call.request, self._security_headers)
        response = _response(answer)
        if max_age_s:
            response.headers["Cache-Control"] = f"public, max-age={max_age_s}"
        return response

    async def _serve_writing(self, call: "BoundCall", raw: bytes, scope: str) -> web.StreamResponse:
        request, two_phases = call.request, call.endpoint.two_phases
        header = request.headers.get("Idempotency-Key") if request.method == "POST" else None
        if header is None and not two_phases:
            async with self._database.transaction() as tx:
                answer = await call.run(tx)
            return _response(answer)
        if header is None and not call.endpoint.needs_key:
            header = secrets.token_hex(CHANCE_BYTES)  # for this request alone
        key = idempotency.checked_key(header or "")
        print_ = idempotency.fingerprint(request.method, request.path, raw)
        keyed = idempotency.KeyedRequest(scope, key, print_, call.endpoint.tells_secret)
        if two_phases:
            answer, is_replayed = await self._calls.run_in_two_phases(keyed, partial(call.act, key))
        else:
            answer, is_replayed = await self._calls.run(keyed, call.run)
        response = _response(answer)
        if is_replayed:
            response.headers["Idempotency-Replayed"] = "true"
        return response

    async def _read(self, endpoint: Endpoint, request: web.Request) -> bytes:
        if endpoint.body is None:
            return b""
        raw = await bodies.read_body(request, self._config, self._config.http_body_bytes_max)
        if (raw or (endpoint.cookies and request.cookies)) and request.content_type != "application/json":
            raise errors.UnsupportedMediaType
        return raw

    @staticmethod
    def _query(endpoint: Endpoint, request: web.Request) -> Any:
        if endpoint.query is None:
            return None
        for name, value in request.query.items():
            if "\0" in value:
                raise errors.BadRequest(f"{NUL_FAULT} - at `$.{name}`")
        try:
            return msgspec.convert(dict(request.query), endpoint.query, strict=False)
        except msgspec.ValidationError as error:
            raise errors.BadRequest(str(error)) from error


def _check_transfer_coding(request: web.Request) -> None:
    """Raise UnknownTransferCoding for another than chunked, with which a body would come as it stands: compressed
    (RFC 9112, section 6.1)."""
    codings = ",".join(request.headers.getall("Transfer-Encoding", ()))
    if codings.strip().lower() not in ("", "chunked"):
        raise errors.UnknownTransferCoding


async def _send_and_hang_up(request: web.Request, response: web.StreamResponse) -> None:
    """Without waiting for the rest of the body, as aiohttp does after an answer (`lingering_time`)."""
    response.force_close()
    try:
        await response.prepare(request)
        await response.write_eof()
    except ConnectionError:
        return  # gone already
    request.protocol.force_close()


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class BoundCall:
    """A checked request that only waits for its transaction."""

    def __init__(
        self, endpoint: Endpoint, request: web.Request, identity: Identity | None, body: Any, query: Any, now_ms: int
    ) -> None:
        self.endpoint = endpoint
        self.request = request
        self._identity = identity
        self._body = body
        self._query = query
        self._now_ms = now_ms

    async def run(self, tx: Transaction | None) -> idempotency.StoredResponse:
        """The answer of the handler, inside `tx`."""
        return await self._answer(self._call(tx))

    async def read(self) -> tuple[idempotency.StoredResponse | Streamed, int]:
        """The answer of the handler, and for how many seconds caches may keep it."""
        call = self._call(None)
        reply = await self.endpoint.handler(call)
        return reply if isinstance(reply, Streamed) else self._stored(call, reply), call.max_age_s

    async def act(self, key: str, attempt: int) -> tuple[idempotency.StoredResponse, idempotency.Write]:
        """The answer of the handler, with nothing open, and what is to be written together with it."""
        call = self._call(None, key=key, attempt=attempt)
        return await self._answer(call), call.write_all

    def _call(self, tx: Transaction | None, *, key: str | None = None, attempt: int = 1) -> Call[Any]:
        return Call(
            request=self.request,
            identity=self._identity,
            body=self._body,
            query=self._query,
            now_ms=self._now_ms,
            tx=tx,
            key=key,
            attempt=attempt,
        )

    async def _answer(self, call: Call[Any]) -> idempotency.StoredResponse:
        return self._stored(call, await self.endpoint.handler(call))

    def _stored(self, call: Call[Any], reply: Any) -> idempotency.StoredResponse:
        body = b"" if reply is None else msgspec.json.encode(reply)
        assert self.endpoint.accepts or not call.is_accepted, "this endpoint was declared without accepts=True"
        return idempotency.StoredResponse(202 if call.is_accepted else self.endpoint.status, body)


def _response(answer: idempotency.StoredResponse) -> web.Response:
    headers = {"Cache-Control": "no-store"}
    if answer.status == 204:
        return web.Response(status=204, headers=headers)
    return web.Response(body=answer.body, status=answer.status, content_type="application/json", headers=headers)
