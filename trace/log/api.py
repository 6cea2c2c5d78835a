"""The log over HTTP, for everybody and any page: C2SP tlog-tiles, and receipts.

    GET /log/checkpoint                    the newest signed checkpoint
    GET /log/tile/{level}/{index}[.p/{w}]  hashes; of level `entries` the entries themselves
    GET /log/key                           the public key, as `python -m trace verify --key` takes it
    GET /log/proof/{index}                 a receipt (c2sp.org/tlog-proof@v1)
    GET /log/proofs?size=S&leaves=0,7&since=4   entries with the hashes of their receipts in the tree of S, as JSON
    GET /api/log                           how it stands, as JSON

Files are read in a thread. What is at an address of a tile never changes, so caches may keep it for ever.
"""

import asyncio
import re
from base64 import b64encode
from http import HTTPStatus

import msgspec
from aiohttp import hdrs, web

from livehub.base.auth import Permission
from livehub.base.bounds import Bound, bounded
from livehub.base.db import Database
from livehub.base.endpoints import Call, Endpoint, get
from livehub.base.errors import LivehubError
from livehub.base.http import problem
from livehub.base.lists import iso
from livehub.base.raw_calls import RawCall
from livehub.base.sql import queries
from trace.log.errors import LogOff, NoSuchLeaf, NoSuchTile
from trace.log.reader import LogReader
from trace.log.schemas import LogState
from trace.log.tiles import TileError, parsed

Q = queries(__file__, "log.sql")

WAITING_MAX = 100_000
PROVING_MAX = 2  # at a time: each may read a hundred bundles of entries
PROOFS_MAX = 100  # entries in one answer; each may lie in another bundle
SINCE_MAX = 4  # smaller trees: one that a browser remembers, those at anchors
FOR_EVER = "public, max-age=31536000, immutable"
NEVER = "no-cache"
TEXT, JSON = "text/plain", "application/json"
_INDEX = re.compile("0|[1-9][0-9]{0,17}")
_OPEN = {hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: "*", hdrs.X_CONTENT_TYPE_OPTIONS: "nosniff"}


def _refused(error: LivehubError) -> web.Response:
    response = problem(error)
    response.headers.update(_OPEN)
    return response


def _too_fast(_request: web.Request, error: LivehubError) -> web.Response:
    return _refused(error)


class LogApi:
    """`reader`: None where no log is published here."""

    def __init__(self, database: Database, reader: LogReader | None) -> None:
        self._database = database
        self._reader = reader
        self._proving = asyncio.Semaphore(PROVING_MAX)

    def endpoints(self) -> list[Endpoint]:
        return [get("/api/log", self.state, may=Permission.WATCH, reply=LogState, errors=(LogOff,))]

    async def state(self, _call: Call[None]) -> LogState:
        """How the log stands: what anybody needs to verify it, and how much waits for the next checkpoint."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(Q["state"], WAITING_MAX)
        if row is None:
            raise LogOff
        return LogState(
            origin=row["origin"],
            key=row["vkey"],
            size=row["size"],
            root=b64encode(row["root"]).decode(),
            published_at=iso(row["at_ms"]) if row["is_published"] else None,
            waiting=row["waiting"],
        )

    @staticmethod
    def raw_calls() -> list[RawCall]:
        """Files, for everybody and any page."""
        tiles, text = "https://c2sp.org/tlog-tiles", (TEXT,)
        return [
            RawCall("GET", "/log/checkpoint", "The newest signed checkpoint.", {200: text}, refuses=(LogOff,), standard=tiles),
            RawCall("GET", "/log/key", "The log's public key.", {200: text}, refuses=(LogOff,)),
            RawCall(
                "GET", "/log/proof/{index}", "A receipt of an entry.", {200: text}, refuses=(LogOff, NoSuchLeaf),
                standard="https://c2sp.org/tlog-proof",
            ),
            RawCall(
                "GET", "/log/proofs", "Entries with their proofs in the tree of `size`, and that it goes on from others.",
                {200: (JSON,)}, query=("size", "leaves", "since"), refuses=(LogOff, NoSuchLeaf),
            ),
            RawCall(
                "GET", "/log/{tile}", "A tile of hashes, or of entries.", {200: ("application/octet-stream",)},
                refuses=(LogOff, NoSuchTile), standard=tiles,
            ),
        ]  # fmt: skip

    def attach(self, app: web.Application) -> None:
        app.router.add_get("/log/checkpoint", self._checkpoint)
        app.router.add_get("/log/key", self._key)
        app.router.add_get("/log/proof/{index}", self._proof)
        app.router.add_get("/log/proofs", self._proofs)
        app.router.add_get("/log/{tile:tile/.*}", self._tile)

    @bounded(Bound.FILES, refused=_too_fast)
    async def _checkpoint(self, _request: web.Request) -> web.Response:
        if self._reader is None:
            return _refused(LogOff())
        raw = await asyncio.to_thread(self._reader.folder.checkpoint)
        return _refused(LogOff()) if raw is None else _answer(raw, TEXT, NEVER)

    @bounded(Bound.FILES, refused=_too_fast)
    async def _key(self, _request: web.Request) -> web.Response:
        if self._reader is None:
            return _refused(LogOff())
        vkey = await asyncio.to_thread(self._reader.folder.key)
        return _refused(LogOff()) if vkey is None else _answer(f"{vkey}\n".encode(), TEXT, NEVER)

    @bounded(Bound.FILES, refused=_too_fast)
    async def _tile(self, request: web.Request) -> web.Response:
        if self._reader is None:
            return _refused(LogOff())
        try:
            tile = parsed(request.match_info["tile"])
        except TileError as error:
            return _refused(NoSuchTile(str(error)))
        raw = await asyncio.to_thread(self._reader.tile, tile)
        return _refused(NoSuchTile()) if raw is None else _answer(raw, "application/octet-stream", FOR_EVER)

    @bounded(Bound.FILES, refused=_too_fast)
    async def _proof(self, request: web.Request) -> web.Response:
        if self._reader is None:
            return _refused(LogOff())
        index = request.match_info["index"]
        receipt = await asyncio.to_thread(self._reader.receipt, int(index)) if _INDEX.fullmatch(index) else None
        return _refused(NoSuchLeaf()) if receipt is None else _answer(receipt.encode(), TEXT, NEVER)

    @bounded(Bound.FILES, refused=_too_fast)
    async def _proofs(self, request: web.Request) -> web.Response:
        """For a page that has a checkpoint, and many entries to look up in it: one answer, about one tree."""
        if self._reader is None:
            return _refused(LogOff())
        size = _numbers(request.query.get("size", ""), 1)
        leaves = _numbers(request.query.get("leaves", ""), PROOFS_MAX)
        since = _numbers(request.query.get("since", ""), SINCE_MAX)
        if not size or size == [0] or leaves is None or since is None or 0 in since:
            return _refused(NoSuchLeaf())
        async with self._proving:
            found = await asyncio.to_thread(self._reader.proofs, size[0], leaves, since)
        return _refused(NoSuchLeaf()) if found is None else _answer(msgspec.json.encode(found), JSON, NEVER)


def _numbers(text: str, most: int) -> list[int] | None:
    """Numbers between commas; None for what is none, or more than `most` of them."""
    parts = text.split(",", most) if text else []
    return [int(each) for each in parts] if len(parts) <= most and all(map(_INDEX.fullmatch, parts)) else None


def _answer(body: bytes, content_type: str, cache: str) -> web.Response:
    charset = "utf-8" if content_type == TEXT else None
    headers = {**_OPEN, hdrs.CACHE_CONTROL: cache}
    return web.Response(status=HTTPStatus.OK, body=body, content_type=content_type, charset=charset, headers=headers)
