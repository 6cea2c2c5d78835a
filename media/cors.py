"""Media that any page may read, by CORS (Fetch, section 3.2): what every answer says, preflights included.

No cookies are involved, so any origin may ask. A header that a page adds (a Range, a token, what a player's user wants) makes
its browser ask first by OPTIONS; whatever it names is allowed, since nothing here goes by it but Range and Authorization.
"""

import re
from collections.abc import Awaitable, Callable

from aiohttp import hdrs, web

from livehub.base import errors
from livehub.base.bounds import Bound, bounded
from livehub.base.http import problem

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

PREFIXES = ("/live/", "/media/")
# Sessions are authorised by bearer tokens, never by cookies, so pages of any origin may speak to them as well.
_SESSION_PREFIXES = ("/media/whip/", "/media/whep/", "/media/sessions/")
_OF_SESSIONS = {
    hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: "*",
    hdrs.ACCESS_CONTROL_ALLOW_METHODS: "GET, HEAD, POST, PATCH, DELETE, OPTIONS",
    hdrs.ACCESS_CONTROL_ALLOW_HEADERS: "Authorization, Content-Type, If-Match",
    hdrs.ACCESS_CONTROL_EXPOSE_HEADERS: "Location, ETag, Link, Retry-After",
    hdrs.ACCESS_CONTROL_MAX_AGE: "86400",
}
_OF_FILES = {
    hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: "*",
    hdrs.ACCESS_CONTROL_EXPOSE_HEADERS: "Content-Length, Content-Range, Age, Date, Retry-After",
}
_METHODS = "GET, HEAD, OPTIONS"
_MAX_AGE_S = 86_400  # browsers cut it to what they like: two hours in Chromium
PICTURES = "a show's pictures: a whole audience behind one address, or a cache in front, fetches them, out of memory"
_PERSONAL = (401, 403)  # refusals of one person
_NAMES = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~,\t -]{1,1024}")  # tokens of RFC 9110, 5.6.2, in a list


async def let_pages_in(request: web.Request, response: web.StreamResponse) -> None:
    """A signal of the application: whatever is answered under our prefixes, by whomever, every page may read."""
    if request.path.startswith(PREFIXES):
        response.headers.update(_OF_SESSIONS if request.path.startswith(_SESSION_PREFIXES) else _OF_FILES)


def open_to_pages(app: web.Application) -> None:
    """Have every answer of `app` under our prefixes read by every page. Also in processes that hand media over."""
    if let_pages_in not in app.on_response_prepare:
        app.on_response_prepare.append(let_pages_in)


def add_preflights(app: web.Application) -> None:
    """Answer preflights at all addresses under our prefixes, also where nothing is: or a page would not read that."""
    for prefix in PREFIXES:
        app.router.add_options(f"{prefix}{{rest:.*}}", _preflight)


def answering_preflights(forward: Handler) -> Handler:
    """For a process that hands media over by `forward`: it answers preflights under our prefixes by itself, since a page whose
    preflight fails cannot read that the media process is away. Other requests by OPTIONS ask for what only that one knows.
    """

    @bounded(Bound.NONE, why="counted by the media process, which it is handed to")
    async def answer(request: web.Request) -> web.StreamResponse:
        is_preflight = request.method == hdrs.METH_OPTIONS and hdrs.ACCESS_CONTROL_REQUEST_METHOD in request.headers
        if is_preflight and request.path.startswith(PREFIXES):
            return await _preflight(request)
        return await forward(request)

    return answer


def add_public(app: web.Application, path: str, handler: Handler) -> None:
    """Serve `path` by GET and HEAD to every page. Refusals are for every page, too, and caches keep them for a moment only;
    that of another method (405) is not kept."""
    open_to_pages(app)
    app.router.add_get(path, _public(handler))
    app.router.add_options(path, _preflight)
    app.router.add_route(hdrs.METH_ANY, path, _refuse_method)


def _public(handler: Handler) -> Handler:
    @bounded(Bound.NONE, why=PICTURES)
    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except errors.LivehubError as error:
            response = problem(error)
            is_for_all = error.status < 500 and error.status not in _PERSONAL
            response.headers[hdrs.CACHE_CONTROL] = "public, max-age=1" if is_for_all else "no-store"
            return response

    return answer


@bounded(Bound.FILES)
async def _refuse_method(_request: web.Request) -> web.StreamResponse:
    response = problem(errors.MethodNotAllowed())
    response.headers.update({hdrs.ALLOW: _METHODS, hdrs.CACHE_CONTROL: "no-store"})
    return response


@bounded(Bound.FILES)
async def _preflight(request: web.Request) -> web.Response:
    """What a browser asks before a request that is not simple."""
    headers = {
        hdrs.ACCESS_CONTROL_ALLOW_METHODS: _METHODS,
        hdrs.ACCESS_CONTROL_MAX_AGE: str(_MAX_AGE_S),
        hdrs.ALLOW: _METHODS,
        hdrs.CACHE_CONTROL: "no-store",
    }
    names = request.headers.get(hdrs.ACCESS_CONTROL_REQUEST_HEADERS, "")
    if _NAMES.fullmatch(names):
        headers[hdrs.ACCESS_CONTROL_ALLOW_HEADERS] = names
    return web.Response(status=204, headers=headers)
