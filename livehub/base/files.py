"""A file as an answer: whole, in the coding that the client takes, or one range of it (RFC 9110, sections 12 to 14).

aiohttp's FileResponse sends it and answers conditions. What it reads otherwise than the standard is decided here, and it is
told the outcome: which range (ranges.py), and which coding (accept_encoding.py).
"""

import asyncio
import math
from pathlib import Path

from aiohttp import hdrs, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.typedefs import LooseHeaders
from multidict import CIMultiDict

from livehub.base.accept_encoding import chosen
from livehub.base.ranges import is_unchanged, range_asked

TWINS = {"br": ".br", "gzip": ".gz"}  # by coding, the best first: what a file's encoded form ends in


class File(web.FileResponse):
    """`path`, or with `has_twins` a form of it that lies beside it, encoded. Only whole with another status than 200."""

    def __init__(self, path: Path, *, headers: LooseHeaders, status: int = 200, has_twins: bool = False) -> None:
        super().__init__(path, status=status, headers=headers)
        self._file = path
        self._has_twins = has_twins

    def set_status(self, status: int, reason: str | None = None) -> None:
        """A refusal is not kept, whatever holds for the file."""
        super().set_status(status, reason)
        if status >= 400:
            self.headers[hdrs.CACHE_CONTROL] = "no-store"

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        headers = CIMultiDict(request.headers)
        accepted = ",".join(headers.popall(hdrs.ACCEPT_ENCODING, []))
        path = self._file
        if self._has_twins:
            twins = await asyncio.to_thread(_twins_of, path)
            if twins:
                self.headers[hdrs.VARY] = hdrs.ACCEPT_ENCODING
            if coding := chosen(accepted, list(twins)):
                headers[hdrs.ACCEPT_ENCODING] = coding
                path = twins[coding]
        if part := await self._range(request.method, headers, path):
            headers[hdrs.RANGE] = part
        return await super().prepare(request.clone(headers=headers))

    async def _range(self, method: str, headers: CIMultiDict[str], path: Path) -> str | None:
        """What FileResponse is to be asked for of `path`; the headers about it are taken out."""
        asked = range_asked(method, headers.popall(hdrs.RANGE, []))
        if_range = ",".join(headers.popall(hdrs.IF_RANGE, []))
        if asked is None or self.status != 200:
            return None
        try:
            found = await asyncio.to_thread(path.stat)
        except OSError:  # which FileResponse will notice as well
            return None
        if if_range:
            # As FileResponse makes them.
            etag, modified_s = f'"{found.st_mtime_ns:x}-{found.st_size:x}"', math.ceil(found.st_mtime)
            if not is_unchanged(if_range, etag=etag, modified_s=modified_s):
                return None
        begin, end = asked.within(found.st_size) or (found.st_size, found.st_size + 1)  # the latter: 416
        return f"bytes={begin}-{end - 1}"


def _twins_of(path: Path) -> dict[str, Path]:
    twins = {coding: path.with_name(path.name + ending) for coding, ending in TWINS.items()}
    return {coding: twin for coding, twin in twins.items() if twin.is_file()}
