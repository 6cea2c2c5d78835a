"""The HTTP edge: serves typed endpoints, turns errors into RFC 9457 problem documents, sets the security headers.

For every call, in this order: rate limit, token, permission, body, then (if it writes) a transaction with the
Idempotency-Key inside. Nothing else in the code base builds an error response.
"""

import logging
import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

import msgspec
from aiohttp import web

from livehub.base import errors, idempotency
from livehub.base.auth import Identity, Tokens, require
from livehub.base.config import Config
from livehub.base.db import Database, Transaction
from livehub.base.endpoints import Call, Endpoint
from livehub.base.limits import RateLimiter
from livehub.base.metrics import HTTP_REQUESTS, HTTP_SECONDS, REFUSALS

log = logging.getLogger("livehub.http")

CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' https: data: blob:; "
    "media-src 'self' blob:; connect-src 'self' ws: wss:; font-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CSP,
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
_ESCAPED_NUL = b"\\u0000"  # PostgreSQL's text and jsonb cannot hold U+0000, so no body of ours may.

# As long as an Id may be (livehub/room/shown.py): what an address names may come to stand in a message.
PATH_PART_CHARS_MAX = 64

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """An RFC 9457 problem document; `code` and `name` are ours and stable, see docs/wire.md."""

    type: str
    title: str
    status: int
    detail: str
    code: int
    name: str
    retry_after_ms: int | msgspec.UnsetType = msgspec.UNSET


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
    response = web.Response(
        body=msgspec.json.encode(document), status=error.status, content_type="application/problem+json"
    )
    if error.retry_after_ms is not None:
        response.headers["Retry-After"] = str(-(-error.retry_after_ms // 1000))
    if isinstance(error, errors.Unauthenticated | errors.BadToken):
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def client_address(request: web.Request, *, trust_proxy: bool) -> str:
    """The client's address; behind a proxy of ours the last one it added to X-Forwarded-For."""
    forwarded = request.headers.get("X-Forwarded-For", "") if trust_proxy else ""
    return last_forwarded(forwarded) or request.remote or "unknown"


def last_forwarded(header: str) -> str:
    """The address that the proxy next to us saw, of an X-Forwarded-For; "" of none."""
    return header.rsplit(",", 1)[-1].strip()


def decode_body(raw: bytes, body_type: Any) -> Any:
    """`raw` as `body_type`. Raises BadRequest naming the field; an empty body is `{}`."""
    if _ESCAPED_NUL in raw:
        raise errors.BadRequest("The character U+0000 is not taken.")
    try:
        return msgspec.json.decode(raw or b"{}", type=body_type)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise errors.BadRequest(str(error)) from error


class HttpEdge:
    """Serves endpoints on an aiohttp application."""

    def __init__(self, config: Config, database: Database, tokens: Tokens, *, now_s: Callable[[], float]) -> None:
        self._config = config
        self._database = database
        self._tokens = tokens
        self._now_s = now_s
        self._limiter = RateLimiter(
            per_s_max=config.http_requests_per_s_max,
            burst_max=config.http_requests_burst_max,
            keys_max=config.limiter_keys_max,
        )

    def application(self) -> web.Application:
        """An application with our middleware, and no routes yet."""
        return web.Application(
            middlewares=[self._guard],
            client_max_size=self._config.http_body_bytes_max,
            handler_args={"access_log": None},
        )

    def add(self, app: web.Application, endpoint: Endpoint) -> None:
        """Route one endpoint."""

        async def serve(request: web.Request) -> web.StreamResponse:
            return await self._serve(endpoint, request)

        app.router.add_route(endpoint.method, endpoint.path, serve)

    def identify(self, request: web.Request) -> Identity | None:
        """Whom the Authorization header names; None without one. Raises BadToken."""
        header = request.headers.get("Authorization", "")
        if not header:
            return None
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            raise errors.BadToken
        return self._tokens.read(token.strip(), now_s=self._now_s())

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        started_s = time.perf_counter()
        try:
            response = await handler(request)
        except errors.LivehubError as error:
            response = problem(error)
        except web.HTTPException as error:
            response = self._from_aiohttp(error)
        except Exception:
            log.exception("http.defect", extra={"method": request.method, "path": request.path})
            response = problem(errors.Internal())
        if not response.prepared:
            response.headers.update({k: v for k, v in SECURITY_HEADERS.items() if k not in response.headers})
        resource = request.match_info.route.resource
        route = resource.canonical if resource is not None else "none"
        HTTP_REQUESTS.labels(request.method if request.method in _METHODS else "other", route, response.status).inc()
        HTTP_SECONDS.labels(route).observe(time.perf_counter() - started_s)
        return response

    @staticmethod
    def _from_aiohttp(error: web.HTTPException) -> web.StreamResponse:
        known = _FROM_STATUS.get(error.status)
        if known is None and error.status < 400:
            return error
        response = problem((known or errors.BadRequest)())
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
        return response

    async def _serve(self, endpoint: Endpoint, request: web.Request) -> web.StreamResponse:
        address = client_address(request, trust_proxy=self._config.trust_proxy)
        identity = self.identify(request)
        wait_s = self._limiter.wait_s(identity.id if identity else address, self._now_s())
        if wait_s:
            raise errors.TooFast(retry_after_ms=int(wait_s * 1000) + 1)
        require(identity, endpoint.may)
        if any("\0" in value or len(value) > PATH_PART_CHARS_MAX for value in request.match_info.values()):
            raise errors.NotFound
        query = self._query(endpoint, request)
        raw = await self._read(endpoint, request)
        body = decode_body(raw, endpoint.body) if endpoint.body is not None else None
        call = _Pending(endpoint, request, identity, body, query, int(self._now_s() * 1000))
        if not endpoint.writes:
            return _response(await call.run(None))
        return await self._serve_writing(call, raw, identity.id if identity else address)

    async def _serve_writing(self, call: "_Pending", raw: bytes, scope: str) -> web.StreamResponse:
        request = call.request
        header = request.headers.get("Idempotency-Key") if request.method == "POST" else None
        async with self._database.transaction() as tx:
            if header is None:
                return _response(await call.run(tx))
            key = idempotency.checked_key(header)
            print_ = idempotency.fingerprint(request.method, request.path, raw)
            before = await idempotency.recall(tx, scope, key, print_)
            if before is not None:
                response = _response(before)
                response.headers["Idempotency-Replayed"] = "true"
                return response
            answer = await call.run(tx)
            await idempotency.remember(tx, scope, key, answer)
        return _response(answer)

    async def _read(self, endpoint: Endpoint, request: web.Request) -> bytes:
        if endpoint.body is None:
            return b""
        try:
            raw = await request.read()
        except web.HTTPRequestEntityTooLarge as error:
            raise errors.TooLarge from error
        if raw and request.content_type != "application/json":
            raise errors.UnsupportedMediaType
        return raw

    @staticmethod
    def _query(endpoint: Endpoint, request: web.Request) -> Any:
        if endpoint.query is None:
            return None
        try:
            return msgspec.convert(dict(request.query), endpoint.query, strict=False)
        except msgspec.ValidationError as error:
            raise errors.BadRequest(str(error)) from error


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class _Pending:
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

    async def run(self, tx: Transaction | None) -> idempotency.Remembered:
        call: Call[Any] = Call(
            request=self.request,
            identity=self._identity,
            body=self._body,
            query=self._query,
            now_ms=self._now_ms,
            tx=tx,
        )
        reply = await self.endpoint.handler(call)
        body = b"" if reply is None else msgspec.json.encode(reply)
        return idempotency.Remembered(self.endpoint.status, body)


def _response(answer: idempotency.Remembered) -> web.Response:
    headers = {"Cache-Control": "no-store"}
    if answer.status == 204:
        return web.Response(status=204, headers=headers)
    return web.Response(body=answer.body, status=answer.status, content_type="application/json", headers=headers)
