"""Answers that are sent as they are made: a list as a file, an archive. Nothing of them is in memory but the piece under way.

A handler of a reading call returns one in place of its reply:

    return Streamed(pieces(), content_type="application/zip", file="my-data.zip")

Headers are sent before the first piece, so what fails after that can only break the answer off: clients see a body cut short
(its last chunk is missing), never a whole one that is not.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from typing import Any

from aiohttp import web


class Streamed:
    """`pieces`: of the body, in order, as an async generator. `file`: what a browser names it (ASCII)."""

    __slots__ = ("_bytes", "_content_type", "_file", "_pieces")

    def __init__(
        self, pieces: AsyncIterator[bytes], *, content_type: str, file: str, bytes_: int | None = None
    ) -> None:
        self._pieces: Any = pieces
        self._content_type = content_type
        self._file = file
        self._bytes = bytes_

    async def send(self, request: web.Request, headers: Mapping[str, str]) -> web.StreamResponse:
        """Send it with these headers and its own. The first piece is made before anything is sent, so that a refusal is one."""
        async with aclosing(self._pieces) as pieces:
            first = b"" if request.method == "HEAD" else await anext(pieces, b"")
            response = web.StreamResponse(
                headers={
                    **headers,
                    "Content-Type": self._content_type,
                    "Content-Disposition": f'attachment; filename="{self._file}"',
                    "Cache-Control": "no-store",
                }
            )
            response.content_length = self._bytes
            await response.prepare(request)
            if request.method != "HEAD":
                await response.write(first)
                async for piece in pieces:
                    await response.write(piece)
            await response.write_eof()
        return response
