"""The web pages: HTML per application, hashed assets that never change, and what else lies in the built folder."""

import asyncio
import gzip
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import msgspec
from aiohttp import hdrs, web
from msgspec import Struct

from livehub.base.accept_encoding import chosen
from livehub.base.bounds import Bound, bounded
from livehub.base.errors import LivehubError, NotFound, Unavailable
from livehub.base.files import File
from livehub.base.http import Handler
from livehub.node.first_look import PICTURE_PARTS, ROOM_PARTS, Manifest, preloads, with_first_look
from livehub.node.sharing import Shared, with_card
from livehub.room.languages import preferred

# What each application owns: the paths of its pages are its own affair, so that a new page is no change here. The pages'
# development server has the same list (web/applications.json). The viewer's tells of whatever is nobody's.
APPLICATIONS = {
    "/": "viewer",
    "/r/{tail:.+}": "viewer",
    "/me": "viewer",
    "/orders": "viewer",
    "/orders/{tail:.+}": "viewer",
    "/studio": "studio",
    "/studio/{tail:.*}": "studio",
    "/ops": "ops",
    "/ops/{tail:.*}": "ops",
    "/field": "field",
    "/field/{tail:.*}": "field",
}
NOWHERE = "viewer"
# What a page may ask a browser for beyond what every page may (livehub/base/http.py): where a step was recorded.
PAGE_HEADERS = {"field": {"Permissions-Policy": "camera=(self), microphone=(), geolocation=(self)"}}
# That of a room tells about it (sharing.py).
ROOM = "/r/{tail:.+}"
NO_HEADERS: Mapping[str, str] = {}
FOREVER = "public, max-age=31536000, immutable"
HOUR = "public, max-age=3600"
PAGES_OF_ALL = (
    "pages and what they load: many behind one address open them at once, and nothing is asked of the database"
)
MANIFEST = Path(".vite/manifest.json")
GZIP_LEVEL = 6  # of a page of some 5 kB: a tenth of a millisecond


Described = Callable[[str, str], Awaitable[Shared | None]]
"""What is known of the room of this id, in this language (`zh`, `en`); None: nothing. May raise LivehubError."""


class _Template(Struct, frozen=True):
    """A room's page as it was built at `built_ns`, and the links to what it needs, without and with a picture."""

    built_ns: int
    page: str
    links: str
    picture_links: str


class Pages:
    """Serves `dist`, the folder that `npm run build` makes. `origin`: how the outside reaches us; empty: as it was asked."""

    def __init__(self, dist: Path, described: Described, *, origin: str = "") -> None:
        self._dist = dist.resolve()
        self._described = described
        self._origin = origin
        self._template: _Template | None = None

    def add(self, app: web.Application) -> None:
        """Route the pages; anything else that is asked for by GET is looked for in the folder.

        A person's browser that finds nothing there gets a page that says so, with 404; a program gets the problem document.
        """
        for path, name in APPLICATIONS.items():
            file = f"{name}/index.html"
            headers = PAGE_HEADERS.get(name, {})
            app.router.add_get(path, self._room(file) if path == ROOM else self._html(file, headers=headers))
        app.router.add_get("/{file:.+}", self._file)

    def _html(self, file: str, status: int = 200, *, headers: Mapping[str, str] = NO_HEADERS) -> Handler:
        @bounded(Bound.NONE, why=PAGES_OF_ALL)
        async def serve(_request: web.Request) -> web.StreamResponse:
            path = self._dist / file
            if not path.is_file():
                raise Unavailable("The pages are not built yet: run `make setup`.")
            return File(path, status=status, headers={"Cache-Control": "no-cache", **headers}, has_twins=True)

        return serve

    def _room(self, file: str) -> Handler:
        plain = self._html(file)

        @bounded(Bound.FILES)
        async def serve(request: web.Request) -> web.StreamResponse:
            path = self._dist / file
            try:
                language = preferred(request.headers.get("Accept-Language", ""))
                shared = await self._described(request.match_info["tail"].partition("/")[0], language)
            except LivehubError:  # the page itself can tell more of it than a card
                shared = None
            if shared is None or not path.is_file():
                return await plain(request)
            origin = (
                self._origin or f"{request.scheme}://{request.host}"
            )  # whatever a client calls us is no fault of ours
            page = await asyncio.to_thread(self._filled, path, shared, origin, request.path)
            headers = {"Cache-Control": "no-cache", hdrs.VARY: f"{hdrs.ACCEPT_LANGUAGE}, {hdrs.ACCEPT_ENCODING}"}
            body = page.encode(errors="replace")  # a Host that is not ASCII has halves of surrogate pairs in it
            if chosen(",".join(request.headers.getall(hdrs.ACCEPT_ENCODING, [])), ["gzip"]):
                headers[hdrs.CONTENT_ENCODING] = "gzip"
                body = gzip.compress(body, GZIP_LEVEL, mtime=0)
            return web.Response(body=body, content_type="text/html", charset="utf-8", headers=headers)

        return serve

    def _filled(self, path: Path, shared: Shared, origin: str, address: str) -> str:
        template = self._read(path)
        page = with_card(template.page, shared, origin=origin, path=address)
        known = shared.known
        if known is None or address.rstrip("/") != f"/r/{known.room.id}":  # below a room are other pages
            return page
        links = [template.links, template.picture_links if known.hls is not None else ""]
        return with_first_look(page, known, title=shared.title, links=links)

    def _read(self, path: Path) -> _Template:
        built_ns = path.stat().st_mtime_ns
        if self._template is None or self._template.built_ns != built_ns:
            page, manifest_at = path.read_text(), self._dist / MANIFEST
            manifest = msgspec.json.decode(manifest_at.read_bytes(), type=Manifest) if manifest_at.is_file() else {}
            links = preloads(page, manifest, ROOM_PARTS)
            picture_links = preloads(page + links, manifest, PICTURE_PARTS)
            self._template = _Template(built_ns, page, links, picture_links)
        return self._template

    @bounded(Bound.NONE, why=PAGES_OF_ALL)
    async def _file(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["file"]
        path = self._dist if "\0" in name else (self._dist / name).resolve()
        if not path.is_relative_to(self._dist) or not path.is_file() or path.suffix == ".html":
            if _is_for_a_person(request):
                return await self._html(f"{NOWHERE}/index.html", status=404)(request)
            raise NotFound
        caching = FOREVER if name.startswith("assets/") else HOUR
        return File(path, headers={"Cache-Control": caching}, has_twins=True)


def _is_for_a_person(request: web.Request) -> bool:
    """Whether a browser goes to this address, rather than a page or a program asking for a file."""
    return "text/html" in request.headers.get("Accept", "") and not request.path.startswith(("/api/", "/assets/"))
