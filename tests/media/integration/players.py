"""A low-latency player that keeps what it is given: every playlist, every map, every part, over HTTP.

Its pieces are decoded by PyAV afterwards: each map with the parts that follow it is a file.
"""

import asyncio
import io
import re
from typing import Any

import aiohttp
import av
from msgspec import Struct

from tests.media.hls.chunks import Chunk, read_chunk
from tests.media.hls.players import next_part
from tests.patience import PATIENCE_S

LOOK_S = 0.1
_LINE = re.compile(r'#EXT-X-(?:(DISCONTINUITY)$|(?:MAP:URI|PART:[^\n]*URI)="([^"]+)")', re.MULTILINE)


class Section(Struct):
    """A map and its parts, in order."""

    map: bytes
    parts: list[bytes]


class Decoded(Struct, frozen=True):
    """What came out of a section: (width, height) of each picture, or samples of each sound."""

    frames: int
    sizes: set[tuple[int, int]]


class Player:
    """Follows one rendition of a room from the first part on, in a task, until `stop()`."""

    def __init__(self, session: aiohttp.ClientSession, url: str, room: str, rendition: str) -> None:
        self._session = session
        self._base = f"{url}/live/{room}/{rendition}"
        self.sections: list[Section] = []
        self.segments: list[int] = []  # numbers of those that began, as playlists told
        self.refused: list[tuple[str, int]] = []
        self.breaks: set[int] = set()  # indices, among all parts, of those that a discontinuity goes before
        self._seen: set[str] = set()
        self._task = asyncio.create_task(self._follow())

    @property
    def parts(self) -> int:
        """How many there are by now."""
        return sum(len(section.parts) for section in self.sections)

    async def stop(self) -> None:
        """Enough. Raises what went wrong."""
        self._task.cancel()
        try:
            await self._task
        except asyncio.CancelledError:
            pass

    async def _follow(self) -> None:
        text = await self._text("index.m3u8")
        while text is None:
            await asyncio.sleep(LOOK_S)
            text = await self._text("index.m3u8")
        while True:
            await self._take(text)
            msn, part = next_part(text)
            self.segments.append(msn)
            following = await self._text(f"index.m3u8?_HLS_msn={msn}&_HLS_part={part}")
            assert following is not None, self.refused
            text = following

    async def _take(self, text: str) -> None:
        assert "#EXT-X-ENDLIST" not in text
        is_break = False
        for discontinuity, uri in _LINE.findall(text):
            if discontinuity:
                is_break = True
                continue
            is_part = not uri.startswith("m")
            is_first, is_break = is_part and is_break, is_break and not is_part
            if uri in self._seen:
                continue
            if is_first:
                self.breaks.add(self.parts)
            data = await self._get(uri)
            assert data is not None, self.refused
            self._seen.add(uri)
            if is_part:
                self.sections[-1].parts.append(data)
            else:
                self.sections.append(Section(data, []))

    async def _text(self, path: str) -> str | None:
        data = await self._get(path)
        return data.decode() if data is not None else None

    async def _get(self, path: str) -> bytes | None:
        timeout = aiohttp.ClientTimeout(total=PATIENCE_S)
        async with self._session.get(f"{self._base}/{path}", timeout=timeout) as response:
            body = await response.read()
        if response.status == 200:
            return body
        if self._seen:
            self.refused.append((path, response.status))
        return None

    # --- afterwards ---

    def chunks(self) -> list[Chunk]:
        """All parts, read."""
        return [read_chunk(part) for section in self.sections for part in section.parts]

    def decoded(self) -> list[Decoded]:
        """Each section through a decoder that stops at the first fault."""
        return [_decoded(section) for section in self.sections if section.parts]


def _decoded(section: Section) -> Decoded:
    frames, sizes = 0, set()
    options = {"err_detect": "explode", "flags": "low_delay"}
    with av.open(io.BytesIO(section.map + b"".join(section.parts)), "r", format="mp4") as container:
        stream: Any = container.streams[0]
        stream.codec_context.options = options
        for frame in container.decode(stream):
            frames += 1
            if isinstance(frame, av.VideoFrame):
                assert not frame.is_corrupt
                sizes.add((frame.width, frame.height))
    return Decoded(frames, sizes)
