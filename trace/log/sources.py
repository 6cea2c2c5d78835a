"""Where a log is read from to be verified or mirrored: a folder, or a server."""

import asyncio
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Protocol

import aiohttp

from trace.log.folder import CHECKPOINT, KEY, LogFolder
from trace.log.tiles import WIDTH, Tile, TileError, parsed

FETCHES_AT_ONCE = 16
FETCH_S_MAX = 30.0
TRIES = 3
TOLD_TO_WAIT_MAX = 20  # times that one file is asked for again because the server says to wait
WAIT_S_MAX = 10.0
FILE_BYTES_MAX = WIDTH * (65_535 + 2)


class SourceError(Exception):
    """Could not look: the server is away, or answers with something else than a log."""


class _ToldToWait(Exception):
    """The server bounds how many files it gives out in a second."""

    def __init__(self, wait_s: float) -> None:
        self.wait_s = wait_s


class Source(Protocol):
    """A log's files. What is not there is None; SourceError where that cannot be told."""

    async def checkpoint(self) -> bytes | None: ...

    async def key(self) -> bytes | None: ...

    async def tiles(self, wanted: Sequence[Tile]) -> list[bytes | None]: ...

    async def close(self) -> None: ...


class FolderSource:
    """A folder on this machine."""

    def __init__(self, path: Path) -> None:
        self.folder = LogFolder(path)

    async def checkpoint(self) -> bytes | None:
        return self._read(CHECKPOINT)

    async def key(self) -> bytes | None:
        return self._read(KEY)

    async def tiles(self, wanted: Sequence[Tile]) -> list[bytes | None]:
        return [self._tile(tile) for tile in wanted]

    def partial(self) -> Iterator[tuple[Tile, bytes]]:
        """All partial tiles that lie there, those of earlier checkpoints included."""
        for path in sorted((self.folder.path / "tile").rglob("*.p/*")):
            try:
                tile = parsed(path.relative_to(self.folder.path).as_posix())
            except TileError:
                continue  # a file that is being written
            yield tile, path.read_bytes()

    async def close(self) -> None:
        pass

    def _tile(self, tile: Tile) -> bytes | None:
        try:
            return self.folder.read(tile)
        except TileError:  # a wider one, of which it is the beginning, is none
            return b""

    def _read(self, name: str) -> bytes | None:
        path = self.folder.path / name
        return path.read_bytes() if path.is_file() else None


class HttpSource:
    """A server, at the address before `/checkpoint`."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        connector = aiohttp.TCPConnector(limit=FETCHES_AT_ONCE)
        self._session = aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=FETCH_S_MAX))

    async def checkpoint(self) -> bytes | None:
        found = await self._get(CHECKPOINT)
        if found is None and not self._url.endswith("/log"):  # the address of a livehub server
            found = await self._get(f"log/{CHECKPOINT}")
            if found is not None:
                self._url += "/log"
        return found

    async def key(self) -> bytes | None:
        return await self._get(KEY)

    async def tiles(self, wanted: Sequence[Tile]) -> list[bytes | None]:
        return list(await asyncio.gather(*(self._get(tile.path) for tile in wanted)))

    async def close(self) -> None:
        await self._session.close()

    async def _get(self, path: str) -> bytes | None:
        reason, attempt, waited = "", 0, 0
        while attempt < TRIES and waited < TOLD_TO_WAIT_MAX:
            try:
                return await self._got(path)
            except _ToldToWait as told:
                reason, waited = f"the server still says to wait after {waited + 1} times", waited + 1
                await asyncio.sleep(told.wait_s)
            except (aiohttp.ClientError, TimeoutError, SourceError) as error:
                reason = str(error) or type(error).__name__
                await asyncio.sleep(0.2 * 2**attempt)
                attempt += 1
        raise SourceError(f"{self._url}/{path}: {reason}")

    async def _got(self, path: str) -> bytes | None:
        async with self._session.get(f"{self._url}/{path}") as response:
            if response.status == HTTPStatus.NOT_FOUND:
                return None
            if response.status == HTTPStatus.TOO_MANY_REQUESTS:
                said = response.headers.get("Retry-After", "1")
                raise _ToldToWait(min(float(said), WAIT_S_MAX) if said.isascii() and said.isdigit() else 1.0)
            if response.status != HTTPStatus.OK:
                raise SourceError(f"the server answers {response.status}")
            body = await response.content.read(FILE_BYTES_MAX + 1)
            while chunk := await response.content.read(FILE_BYTES_MAX + 1):
                body += chunk
                if len(body) > FILE_BYTES_MAX:
                    raise SourceError("the server sends more than any file of a log has")
            return body


def source_of(place: str) -> FolderSource | HttpSource:
    """`place`: the address of a server, or the path of a folder. Raises SourceError."""
    if place.startswith(("http://", "https://")):
        return HttpSource(place)
    path = Path(place)
    if not path.is_dir():
        raise SourceError(f"{place} is neither a folder nor an address")
    return FolderSource(path)
