"""What serves our applications over HTTP, wherever a process listens: aiohttp's runner, but for requests that are none.

What cannot be read as HTTP never reaches an application. aiohttp answers and logs it with the beginning of the line that it
stumbled over, which may be a cookie or a token; here it gets our own refusal, and the log says of which kind it was.
"""

import logging

from aiohttp import web

from livehub.base import errors
from livehub.base.http import SECURITY_HEADERS, problem
from livehub.base.metrics import HTTP_REQUESTS, REFUSALS

log = logging.getLogger("livehub.base.serving")


class Runner(web.AppRunner):
    """Every process that serves an application serves it with this."""

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return _Server(made.request_handler, request_factory=made.request_factory, **made._kwargs)


class _Server(web.Server):
    def __call__(self) -> web.RequestHandler:
        return _RequestHandler(self, loop=self._loop, **self._kwargs)


class _RequestHandler(web.RequestHandler):
    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """`message` and `exc` quote what came, so neither is answered; nor logged, if it is the client's fault."""
        del message
        if request.writer.output_size > 0:
            raise ConnectionError("a part of an answer was sent already")
        if status < 500:
            REFUSALS.labels(edge="http", name="no_http").inc()
            log.debug("http.no_http", extra={"error": type(exc).__name__})
            response = problem(errors.BadRequest("This is not a request of HTTP/1.1 as a server can read it."))
        else:
            log.error("http.defect", exc_info=exc)
            response = problem(errors.Internal())
        HTTP_REQUESTS.labels("other", "none", response.status).inc()
        response.headers.update({**SECURITY_HEADERS, "Cache-Control": "no-store"})
        response.force_close()
        return response
