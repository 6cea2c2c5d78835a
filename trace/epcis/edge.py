"""HTTP of EPCIS: who may call, the standard's headers and its problem documents (EPCIS 2.0, 12, and its OpenAPI document)."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import unquote

import msgspec
from aiohttp import web

from livehub import VERSION
from livehub.base.auth import Identity, Permission, require
from livehub.base.bounds import Bound, bounded
from livehub.base.db import acting_for
from livehub.base.errors import (
    BadRequest,
    BadToken,
    Forbidden,
    LivehubError,
    NotFound,
    SessionEnded,
    TooLarge,
    Unauthenticated,
    UnsupportedMediaType,
)
from livehub.base.http import HttpEdge, problem
from trace.epcis.context import NAMESPACE_BYTES_MAX
from trace.epcis.declared import ROOT
from trace.epcis.errors import CaptureTooLarge, EpcisError, QueryInvalid
from trace.epcis.settings import EpcisConfig
from trace.epcis.vocabulary import PREFIXES

EXTENSIONS_MAX = 32

_NAMES: tuple[tuple[type[LivehubError], str], ...] = (
    (Unauthenticated, "SecurityException"),
    (BadToken, "SecurityException"),
    (SessionEnded, "SecurityException"),
    (Forbidden, "SecurityException"),
    (UnsupportedMediaType, "UnsupportedMediaTypeException"),
    (BadRequest, "ValidationException"),
    (NotFound, "NoSuchResourceException"),
)

Handler = Callable[[web.Request, Identity], Awaitable[web.Response]]


class EpcisEdge:
    """Serves handlers under ROOT to whoever may exchange events."""

    def __init__(self, config: EpcisConfig, edge: HttpEdge) -> None:
        self.config = config
        self._edge = edge

    def add(self, app: web.Application, path: str, *, get: Handler | None = None, post: Handler | None = None) -> None:
        """Serve an address: GET (and HEAD), POST, and OPTIONS, which says what it takes."""
        methods = []
        for method, handler in (("GET", get), ("POST", post)):
            if handler is not None:
                app.router.add_route(method, ROOT + path, self._guarded(handler))
                methods.append(method)
                if method == "GET":
                    app.router.add_route("HEAD", ROOT + path, self._guarded(handler))
                    methods.append("HEAD")
        allow = ", ".join([*methods, "OPTIONS"])

        @bounded(Bound.FILES)
        async def options(_request: web.Request) -> web.Response:
            return web.Response(status=204, headers={**self._headers(), **self._limits(), "Allow": allow})

        app.router.add_route("OPTIONS", ROOT + path, options)

    def _guarded(self, handler: Handler) -> Callable[[web.Request], Awaitable[web.Response]]:
        @bounded(Bound.CALLS, refused=lambda _request, error: self._with_headers(self._refused(error)))
        async def serve(request: web.Request) -> web.Response:
            try:
                identity = self._edge.identify(request)
                require(identity, Permission.EXCHANGE_EVENTS)
                assert identity is not None
                with acting_for(identity.id):
                    response = await handler(request, identity)
            except LivehubError as error:
                response = self._refused(error)
            return self._with_headers(response)

        return serve

    def _with_headers(self, response: web.Response) -> web.Response:
        response.headers.update(
            {name: value for name, value in self._headers().items() if name not in response.headers}
        )
        return response

    def _refused(self, error: LivehubError) -> web.Response:
        told = error
        if isinstance(error, TooLarge):
            told = CaptureTooLarge(details={"bytes_max": self.config.epcis_capture_bytes_max})
        response = problem(told)
        document = msgspec.json.decode(response.body) if isinstance(response.body, bytes) else {}
        exception = exception_of(told)
        response.body = msgspec.json.encode({**document, "type": f"epcisException:{exception}", "title": exception})
        if isinstance(told, CaptureTooLarge):
            response.headers.update(self._limits())
        return response

    @staticmethod
    def _headers() -> dict[str, str]:
        return {
            "GS1-EPCIS-Version": "2.0.0",
            "GS1-CBV-Version": "2.0.0",
            "GS1-Vendor-Version": VERSION,
            "GS1-EPC-Format": "Never_Translates",
            "GS1-CBV-XML-Format": "Never_Translates",
            "Cache-Control": "no-store",
        }

    def _limits(self) -> dict[str, str]:
        return {
            "GS1-EPCIS-Min": "2.0.0",
            "GS1-EPCIS-Max": "2.0.0",
            "GS1-CBV-Min": "2.0.0",
            "GS1-CBV-Max": "2.0.0",
            "GS1-EPCIS-Capture-Limit": str(self.config.epcis_capture_events_max),
            "GS1-EPCIS-Capture-File-Size-Limit": str(self.config.epcis_capture_bytes_max),
            "GS1-Capture-Error-Behaviour": "rollback",
        }


def exception_of(error: LivehubError) -> str:
    """What the standard calls it."""
    if isinstance(error, EpcisError):
        return error.exception
    return next((name for kind, name in _NAMES if isinstance(error, kind)), "ImplementationException")


def as_problem(error: LivehubError, **more: Any) -> dict[str, Any]:
    """A problem document inside of a job."""
    exception = exception_of(error)
    return {
        "type": f"epcisException:{exception}",
        "title": exception,
        "status": error.status,
        "detail": error.message,
        "code": error.code,
        **error.details,
        **more,
    }


def answer(body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """A response in JSON."""
    return web.Response(body=msgspec.json.encode(body), status=status, content_type="application/json", headers=headers)


def parameters_of(request: web.Request) -> list[tuple[str, list[str]]]:
    """Of the query string: (name, values). Values are separated by commas; one within a value is written %2C.

    A plus is a plus, since offsets have some: this is no form. Raises QueryInvalid for what is not UTF-8.
    """
    found = []
    for pair in filter(None, request.rel_url.raw_query_string.split("&")):
        name, _, values = pair.partition("=")
        try:
            decoded = [unquote(each, errors="strict") for each in values.split(",")]
            found.append((unquote(name, errors="strict"), decoded))
        except UnicodeDecodeError as error:
            raise QueryInvalid("The query string is not UTF-8.", details={"parameter": name[:120]}) from error
    return found


def extensions_of(request: web.Request) -> dict[str, str]:
    """Prefixes that queries use, out of GS1-Extensions: `example=https://ns.example.com/epcis/, ...`. Raises QueryInvalid."""
    found = dict(PREFIXES)
    listed = [each.strip() for each in request.headers.get("GS1-Extensions", "").split(",") if each.strip()]
    for each in listed:
        prefix, equals, uri = each.partition("=")
        if not equals or ":" not in uri or len(uri.encode()) > NAMESPACE_BYTES_MAX or len(listed) > EXTENSIONS_MAX:
            raise QueryInvalid(
                "GS1-Extensions has PREFIX=URI, separated by commas.", details={"parameter": "GS1-Extensions"}
            )
        found[prefix.strip()] = uri.strip()
    return found
