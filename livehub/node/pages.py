"""The web pages: HTML per application, hashed assets that never change, and what else lies in the built folder."""

from pathlib import Path

from aiohttp import web

from livehub.base.errors import NotFound, Unavailable
from livehub.base.http import Handler

APPLICATIONS = {
    "/": "viewer",
    "/r/{room}": "viewer",
    "/studio": "studio",
    "/studio/{room}": "studio",
    "/ops": "ops",
}
FOREVER = "public, max-age=31536000, immutable"
HOUR = "public, max-age=3600"


class Pages:
    """Serves `dist`, the folder that `npm run build` makes."""

    def __init__(self, dist: Path) -> None:
        self._dist = dist.resolve()

    def add(self, app: web.Application) -> None:
        """Route the pages; anything else that is asked for by GET is looked for in the folder."""
        for path, name in APPLICATIONS.items():
            app.router.add_get(path, self._html(f"{name}/index.html"))
        app.router.add_get("/{file:.+}", self._file)

    def _html(self, file: str) -> Handler:
        async def serve(_request: web.Request) -> web.StreamResponse:
            path = self._dist / file
            if not path.is_file():
                raise Unavailable("The pages are not built yet: run `make setup`.")
            return web.FileResponse(path, headers={"Cache-Control": "no-cache"})

        return serve

    async def _file(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["file"]
        if "\0" in name:
            raise NotFound
        path = (self._dist / name).resolve()
        if not path.is_relative_to(self._dist) or not path.is_file() or path.suffix == ".html":
            raise NotFound
        caching = FOREVER if name.startswith("assets/") else HOUR
        return web.FileResponse(path, headers={"Cache-Control": caching})
