"""A body that is a file, received into one without a name: whatever happens to the process, nothing of it stays on the disk.

It is bounded as bodies of JSON are (bodies.py), with a size and a time of its own, and in how many are held at once: those that
are being received, and those whose call is under way. A person has few of these places, and a network not all of them, so
that whoever is slow, for fun or by a bad link, is in nobody else's way.
"""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import IO

from aiohttp import hdrs, web
from msgspec import Struct

from livehub.base.addresses import client_network
from livehub.base.bodies import BodyReads, Pace, decoded_pieces
from livehub.base.config import Config
from livehub.base.errors import LivehubError, TooLarge, Unavailable, UnsupportedMediaType

WRITE_BYTES = 1_048_576  # given to the disk at once, by a thread
RETRY_AFTER_MS = 2_000


class ReceivedFile(Struct, frozen=True, kw_only=True):
    """A body as a file, open until the call has ended. `sha256`: the digest of its `size` bytes."""

    file: IO[bytes]
    size: int
    sha256: bytes


class FileBody:
    """What an endpoint takes as its body instead of JSON.

    `media_types`: for the documents; what comes is told by its content. `pace`: how soon a client has to send it. `each_max`,
    `network_max`, `at_once_max`: held at a time of one person, of one network, and in all.
    """

    def __init__(
        self,
        *,
        media_types: tuple[str, ...],
        bytes_max: int,
        pace: Pace,
        each_max: int,
        network_max: int,
        at_once_max: int,
        too_large: type[LivehubError] = TooLarge,
    ) -> None:
        self.media_types = media_types
        self._bytes_max = bytes_max
        self._pace = pace
        self._at_once_max = at_once_max
        self._held = BodyReads(each_max)
        self._held_by_network = BodyReads(network_max)
        self._too_large = too_large

    @asynccontextmanager
    async def received(self, request: web.Request, config: Config, scope: str) -> AsyncIterator[ReceivedFile]:
        """The body of a request of `scope`, for as long as its call takes.

        Raises UnsupportedMediaType when nothing says that it is a file (a page of somebody else can send only forms and plain
        text unasked), Unavailable, TooFast, and what `decoded_pieces` raises.
        """
        if hdrs.CONTENT_TYPE not in request.headers or not _is_file(request.content_type):
            raise UnsupportedMediaType("Send the file as it is, with its Content-Type.")
        if len(self._held) >= self._at_once_max:
            raise Unavailable("Many files are arriving. Try again shortly.", retry_after_ms=RETRY_AFTER_MS)
        network = client_network(request, trust_proxy=config.trust_proxy)
        with self._held.hold(scope), self._held_by_network.hold(network):
            try:
                file = await asyncio.to_thread(tempfile.TemporaryFile)
            except OSError as error:
                raise Unavailable(retry_after_ms=RETRY_AFTER_MS) from error
            with file:
                yield await self._read(request, config, file)

    async def _read(self, request: web.Request, config: Config, file: IO[bytes]) -> ReceivedFile:
        digest, size, waiting = hashlib.sha256(), 0, bytearray()
        pieces = decoded_pieces(request, config, bytes_max=self._bytes_max, pace=self._pace)
        try:
            async with aclosing(pieces) as arriving:
                async for piece in arriving:
                    digest.update(piece)
                    size += len(piece)
                    waiting += piece
                    if len(waiting) >= WRITE_BYTES:
                        await _written(file, waiting)
            await _written(file, waiting)
        except TooLarge as error:
            raise self._too_large(details={"bytes_max": self._bytes_max}) from error
        return ReceivedFile(file=file, size=size, sha256=digest.digest())


async def _written(file: IO[bytes], waiting: bytearray) -> None:
    """Move what waits to the file. Raises Unavailable when the disk is full."""
    data = bytes(waiting)
    waiting.clear()

    def write() -> None:
        file.write(data)
        file.flush()

    try:
        await asyncio.to_thread(write)
    except OSError as error:
        raise Unavailable(retry_after_ms=RETRY_AFTER_MS) from error


def _is_file(content_type: str) -> bool:
    return content_type.startswith("image/") or content_type == "application/octet-stream"
