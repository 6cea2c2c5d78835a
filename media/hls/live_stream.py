"""One run of a room's program as players find it: the live playlists of its renditions, and who waits for what comes next.

All requests for the same thing share one future. A playlist is written once per version, and compressed once.
"""

import asyncio
from collections.abc import Iterable, Mapping

from media.errors import TooFarAhead
from media.hls.live_playlist import LivePlaylist, RecoveredSegments
from media.hls.multivariant import Promised, multivariant_of
from media.hls.playlist import Report
from media.hls.playlist_response import gzipped
from media.hls.tracks import PackagingSettings
from media.parts import PackagerEvent

WaitKey = tuple[str, int, int | None]
"""(rendition, msn, part) of a playlist; (rendition, FIRST, None): with a segment; (rendition, PART, number) of a part."""
PART, FIRST = -1, -2


class LiveStream:
    """`renditions`: those to come, the video's first. `promised`: one that players are told of at once.

    `run`: lower-case letters and digits, at most 16, never used before. `past`: of a stream that goes on in this process.
    """

    def __init__(
        self,
        run: str,
        origin_ms: int,
        settings: PackagingSettings,
        *,
        dvr_s: float,
        memory_s: float,
        renditions: Iterable[str],
        past: Mapping[str, RecoveredSegments],
        promised: Promised | None,
    ) -> None:
        self.run = run
        self._origin_ms = origin_ms
        self._settings = settings
        self._dvr_s = dvr_s
        self._memory_s = memory_s
        self._needed = tuple(renditions)
        self._promised = promised
        self.expected = self._needed if promised is None else (*self._needed, promised.rendition)
        self._past = past
        self.playlists: dict[str, LivePlaylist] = {}
        self._is_over = False
        self._waiting: dict[WaitKey, asyncio.Future[None]] = {}
        self._rendered: dict[tuple[str, bool], tuple[int, bytes]] = {}
        for rendition in past:
            self.playlists[rendition] = self._new_playlist(rendition)

    # --- in ---

    def put(self, events: Iterable[PackagerEvent]) -> None:
        """What the packager made. Whoever waits for it is answered."""
        for event in events:
            playlist = self.playlists.get(event.rendition)
            if playlist is None:
                playlist = self.playlists[event.rendition] = self._new_playlist(event.rendition)
            playlist.put(event, self._lead)
        self._wake()

    def end(self) -> None:
        """Playlists say that nothing follows."""
        self._is_over = True
        for playlist in self.playlists.values():
            playlist.end()
        self._wake()

    def _new_playlist(self, rendition: str) -> LivePlaylist:
        return LivePlaylist(
            rendition,
            self.run,
            self._origin_ms,
            self._settings,
            dvr_s=self._dvr_s,
            memory_s=self._memory_s,
            past=self._past.get(rendition),
        )

    # --- out ---

    @property
    def is_published(self) -> bool:
        """Whether there is a multivariant playlist. Players look for renditions only once, so it waits until all have begun.

        What has not come after a whole segment is not waited for.
        """
        lead = self._lead
        if lead is None or not lead.is_publishable:
            return False
        return lead.has_rates or all(
            name in self.playlists and self.playlists[name].is_publishable for name in self._needed
        )

    def is_promised(self, rendition: str) -> bool:
        """Whether players are told of it before it has begun."""
        return self._promised is not None and rendition == self._promised.rendition

    def multivariant(self) -> bytes:
        """The multivariant playlist as it is now."""
        return multivariant_of(self.playlists, self._promised).encode()

    def rendered(self, playlist: LivePlaylist, *, skip: bool) -> bytes:
        """The playlist's newest version, compressed."""
        key = (playlist.rendition, skip)
        found = self._rendered.get(key)
        if found is None or found[0] != playlist.version:
            reports = [
                Report(f"../{other.rendition}/index.m3u8", *other.last())
                for other in self.playlists.values()
                if other is not playlist and other.begun
            ]
            found = self._rendered[key] = (playlist.version, gzipped(playlist.text(reports, skip=skip).encode()))
        return found[1]

    @property
    def _lead(self) -> LivePlaylist | None:
        return self.playlists.get(self.expected[0])

    # --- waiting ---

    def is_due(self, key: WaitKey) -> bool:
        """Whether what is waited for is there; also when nothing will come any more. Raises TooFarAhead."""
        rendition, msn, number = key
        playlist = self.playlists.get(rendition)
        if playlist is None:
            return self._is_over
        if msn == FIRST:
            return playlist.ended or bool(playlist.segments)
        if msn == PART:
            return playlist.ended or playlist.next_number > (number or 0)
        return playlist.due(msn, number)

    def future(self, key: WaitKey) -> "asyncio.Future[None]":
        """Done once it is due, or turned out to be too far ahead."""
        future = self._waiting.get(key)
        if future is None:
            future = self._waiting[key] = asyncio.get_running_loop().create_future()
        return future

    def _wake(self) -> None:
        for key in [key for key in self._waiting if self._is_settled(key)]:
            self._waiting.pop(key).set_result(None)

    def _is_settled(self, key: WaitKey) -> bool:
        """Whether there is an answer, be it that this is too far ahead, which before the first part nobody could know."""
        try:
            return self.is_due(key)
        except TooFarAhead:
            return True
