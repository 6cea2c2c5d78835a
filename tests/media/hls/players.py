"""A program fed in real time, and players that do as low-latency players do: blocking reloads, delta updates, every part."""

import asyncio
import re
import time
from collections.abc import Callable

import aiohttp

from media.frames import VideoFrame
from media.hls.origin import Origin
from media.hls.packager import Packager
from media.hls.tracks import PackagingSettings
from tests.media.hls import streams

_PART = re.compile(r'#EXT-X-PART:[^\n]*URI="([^"]+)"')
_MAP = re.compile(r'#EXT-X-MAP:URI="([^"]+)"')
_SEQUENCE = re.compile(r"#EXT-X-MEDIA-SEQUENCE:(\d+)")
_SKIPPED = re.compile(r"SKIPPED-SEGMENTS=(\d+)")


async def feed(origin: Origin, room: str, *, seconds: float, run: str = "a1", size: int = 100) -> None:
    """A stream of 30 pictures a second into `origin`, each at its time. `size`: bytes of a picture."""
    origin.open(room, run, streams.ORIGIN_MS)
    packager = Packager(PackagingSettings(), streams.ORIGIN_MS)
    pictures = streams.video(round(seconds * 30), size=size)
    started_s = time.monotonic()
    for frame in streams.in_time(pictures, streams.sound(round(seconds * 50))):
        pieces = packager.video(frame) if isinstance(frame, VideoFrame) else packager.audio(frame)
        if pieces:
            origin.stream(room).put(pieces)
        ahead_s = streams.seconds(frame) - (time.monotonic() - started_s)
        if ahead_s > 0:
            await asyncio.sleep(ahead_s)
    origin.stream(room).put(packager.close())
    origin.close(room)


class Player:
    """One viewer of `room` at `url`: both renditions, over kept connections. `parts`: URIs fetched, by rendition, in order."""

    def __init__(self, session: aiohttp.ClientSession, url: str, room: str) -> None:
        self._session = session
        self._base = f"{url}/live/{room}"
        self.requests = 0
        self.failures: list[tuple[str, int]] = []
        self.parts: dict[str, list[str]] = {}
        self.waits_s: list[float] = []
        self.now_s: Callable[[], float] = time.monotonic

    async def play(self) -> None:
        """Until the stream's end."""
        text = await self._get("index.m3u8", until_there=True)
        renditions = re.findall(r"^(?:#EXT-X-MEDIA:.*URI=\"(\w+)/index\.m3u8\"|(\w+)/index\.m3u8)", text, re.M)
        await asyncio.gather(*(self._follow(sound or picture) for sound, picture in renditions))

    async def _follow(self, rendition: str) -> None:
        seen: dict[str, None] = {}
        text = await self._get(f"{rendition}/index.m3u8", until_there=True)
        for uri in _MAP.findall(text):
            await self._get(f"{rendition}/{uri}")
        parts = _PART.findall(text)[-3:]
        while True:
            for uri in parts:
                if uri not in seen:
                    seen[uri] = None
                    await self._get(f"{rendition}/{uri}")
            if "#EXT-X-ENDLIST" in text:
                break
            msn, part = next_part(text)
            text = await self._get(f"{rendition}/index.m3u8?_HLS_msn={msn}&_HLS_part={part}&_HLS_skip=YES")
            listed = _PART.findall(text)
            newest = next(reversed(seen))
            parts = listed[listed.index(newest) + 1 :] if newest in listed else listed
        self.parts[rendition] = list(seen)

    async def _get(self, path: str, *, until_there: bool = False) -> str:
        while True:
            self.requests += 1
            started_s = self.now_s()
            async with self._session.get(f"{self._base}/{path}") as response:
                body = await response.read()
            self.waits_s.append(self.now_s() - started_s)
            if response.status == 200:
                return body.decode() if "m3u8" in path else ""
            if not until_there:
                self.failures.append((path, response.status))
                return ""
            await asyncio.sleep(0.2)


def next_part(text: str) -> tuple[int, int]:
    """(msn, part) that comes after those in a playlist."""
    sequence, skipped = _SEQUENCE.search(text), _SKIPPED.search(text)
    assert sequence is not None
    complete = text.count("#EXTINF:") + (int(skipped[1]) if skipped else 0)
    return int(sequence[1]) + complete, text.rpartition("#EXTINF:")[2].count("#EXT-X-PART:")
