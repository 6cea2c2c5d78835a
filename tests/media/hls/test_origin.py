"""What players and caches are answered: who waits, who is refused, for how long an answer may be kept."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from pathlib import Path
from unittest.mock import ANY

import aiohttp
import m3u8
import pytest

from media.frames import VideoFrame
from media.hls.live_playlist import RecoveredSegments
from media.hls.multivariant import Promised
from media.hls.origin import Origin
from media.hls.packager import LOWER, OPUS, VIDEO, Packager, Resume
from media.hls.tracks import PackagingSettings
from media.parts import PackagerEvent
from media.settings import MediaConfig
from tests.media.hls.serving import served
from tests.media.hls.streams import ORIGIN_MS, in_time, packaged, sound, video

FOR_EVER = "public, max-age=31536000, immutable"


def pieces_of(seconds: float) -> list[PackagerEvent]:
    """A stream of that length, its ends of segments included."""
    frames = in_time(video(round(seconds * 30)), sound(round(seconds * 50)))
    return packaged(Packager(PackagingSettings(), ORIGIN_MS), frames)


def cut(pieces: list[PackagerEvent], *, parts: int) -> tuple[list[PackagerEvent], list[PackagerEvent]]:
    """The pieces up to that many parts of the picture, and the rest."""
    at = 0
    while parts:
        parts -= pieces[at].rendition == "video" and hasattr(pieces[at], "index")
        at += 1
    return pieces[:at], pieces[at:]


class Client:
    """Asks, and keeps what was answered."""

    def __init__(self, session: aiohttp.ClientSession, port: int) -> None:
        self._session = session
        self._url = f"http://127.0.0.1:{port}"

    async def get(self, path: str, **headers: str) -> tuple[int, bytes, dict[str, str]]:
        async with self._session.get(self._url + path, headers=headers) as response:
            return response.status, await response.read(), {k.lower(): v for k, v in response.headers.items()}

    async def status(self, path: str) -> int:
        return (await self.get(path))[0]


@pytest.fixture
async def live() -> AsyncIterator[tuple[Origin, Client, list[PackagerEvent]]]:
    """A stream with 2.6 s of which all is there, and what comes next."""
    async with served() as (origin, port), aiohttp.ClientSession(auto_decompress=False) as session:
        origin.open("farm", "r1", ORIGIN_MS)
        now, later = cut(pieces_of(8), parts=13)
        origin.stream("farm").put(now)
        yield origin, Client(session, port), later


Live = tuple[Origin, Client, list[PackagerEvent]]


async def waiting(origin: Origin, count: int) -> None:
    """Until that many requests wait."""
    async with asyncio.timeout(5):
        while origin.waiting != count:  # noqa: ASYNC110 - it is a plain number, as metrics want it
            await asyncio.sleep(0.001)


# --- what is there ---


async def test_playlists_are_of_their_type_short_lived_and_for_every_page(live: Live) -> None:
    _, client, _ = live
    for path in ("/live/farm/index.m3u8", "/live/farm/video/index.m3u8", "/live/farm/opus/index.m3u8"):
        status, body, headers = await client.get(path, **{"Accept-Encoding": "identity"})
        assert (status, headers["content-type"]) == (200, "application/vnd.apple.mpegurl")
        assert headers["cache-control"] == "public, max-age=1"
        assert headers["access-control-allow-origin"] == "*"
        assert body.startswith(b"#EXTM3U\n")


async def test_a_playlist_is_compressed_for_those_who_take_it(live: Live) -> None:
    _, client, _ = live
    _, plain, headers = await client.get("/live/farm/video/index.m3u8", **{"Accept-Encoding": "identity"})
    assert "content-encoding" not in headers
    _, zipped, headers = await client.get("/live/farm/video/index.m3u8", **{"Accept-Encoding": "br, gzip"})
    assert (headers["content-encoding"], headers["vary"]) == ("gzip", "Accept-Encoding")
    assert gzip.decompress(zipped) == plain


async def test_maps_parts_and_segments_may_be_kept_for_ever(live: Live) -> None:
    _, client, _ = live
    parts = []
    for name in ("mr1-0.mp4", *(f"pr1-{number}.m4s" for number in range(10)), "sr1-0.m4s"):
        status, body, headers = await client.get(f"/live/farm/video/{name}")
        assert (status, headers["content-type"], headers["cache-control"]) == (200, "video/mp4", FOR_EVER)
        parts.append(body)
    assert b"".join(parts[1:-1]) == parts[-1]


@pytest.mark.parametrize(
    "path",
    [
        "/live/farm/video/pr1-14.m4s", "/live/farm/video/pr2-3.m4s", "/live/farm/video/sr1-1.m4s",
        "/live/farm/video/sr1-9.m4s", "/live/farm/video/mr1-1.mp4", "/live/farm/video/pr1-1.mp4",
        "/live/farm/video/mr1-0.m4s", "/live/farm/audio/index.m3u8", "/live/other/index.m3u8",
    ],
)  # fmt: skip
async def test_what_is_not_there_is_not_kept_for_long(live: Live, path: str) -> None:
    status, _, headers = await live[1].get(path)
    assert (status, headers["cache-control"]) == (404, "public, max-age=1")
    assert headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    "path", ["%2e%2e/secret", "..%2fsecret", "sr1-0.m4s%00", "sr1-0x.m4s", "s..-0.m4s", "S1-0.m4s"]
)
async def test_no_other_names_are_served(live: Live, path: str) -> None:
    assert await live[1].status(f"/live/farm/video/{path}") == 404


# --- waiting ---


async def test_a_blocking_reload_waits_for_its_part_and_may_be_kept(live: Live) -> None:
    origin, client, later = live
    asked = asyncio.create_task(client.get("/live/farm/video/index.m3u8?_HLS_msn=1&_HLS_part=3&_HLS_skip=YES"))
    await waiting(origin, 1)
    now, _ = cut(later, parts=1)
    origin.stream("farm").put(now)
    status, body, headers = await asked
    assert (status, headers["cache-control"]) == (200, "public, max-age=24")
    assert gzip.decompress(body).count(b"pr1-13.m4s") == 1


async def test_one_that_waits_for_a_segment_does_so_to_its_end(live: Live) -> None:
    origin, client, later = live
    asked = asyncio.create_task(client.get("/live/farm/video/index.m3u8?_HLS_msn=1"))
    await waiting(origin, 1)
    almost, rest = cut(later, parts=7)
    origin.stream("farm").put(almost)
    assert origin.waiting == 1
    origin.stream("farm").put(rest[:1])
    _, body, _ = await asked
    assert b"\nsr1-1.m4s\n" in gzip.decompress(body)


async def test_the_hinted_part_is_given_when_it_is_made(live: Live) -> None:
    origin, client, later = live
    asked = [asyncio.create_task(client.get("/live/farm/video/pr1-13.m4s")) for _ in range(5)]
    await waiting(origin, 5)
    now, _ = cut(later, parts=1)
    origin.stream("farm").put(now)
    answers = await asyncio.gather(*asked)
    assert {status for status, _, _ in answers} == {200}
    assert len({body for _, body, _ in answers}) == 1
    assert origin.waiting == 0


@pytest.mark.parametrize(
    "query", ["_HLS_part=0", "_HLS_msn=-1", "_HLS_msn=x", "_HLS_msn=1&_HLS_part=x", "_HLS_msn=3", "_HLS_msn=1&_HLS_part=99",
              "_HLS_skip=no"],
)  # fmt: skip
async def test_directives_that_make_no_sense_are_refused(live: Live, query: str) -> None:
    assert await live[1].status(f"/live/farm/video/index.m3u8?{query}") == 400


async def test_when_the_stream_ends_who_waits_is_told_so(live: Live) -> None:
    origin, client, _ = live
    reload = asyncio.create_task(client.get("/live/farm/video/index.m3u8?_HLS_msn=1&_HLS_part=3"))
    part = asyncio.create_task(client.get("/live/farm/video/pr1-13.m4s"))
    await waiting(origin, 2)
    origin.close("farm")
    assert gzip.decompress((await reload)[1]).endswith(b"#EXT-X-ENDLIST\n")
    assert (await part)[0] == 404


async def test_only_so_many_may_wait() -> None:
    async with served(MediaConfig(media_waiting_max=1)) as (origin, port), aiohttp.ClientSession() as session:
        client = Client(session, port)
        origin.open("farm", "r1", ORIGIN_MS)
        origin.stream("farm").put(cut(pieces_of(2), parts=3)[0])
        first = asyncio.create_task(client.status("/live/farm/video/index.m3u8?_HLS_msn=0&_HLS_part=3"))
        await waiting(origin, 1)
        status, _, headers = await client.get("/live/farm/video/pr1-3.m4s")
        assert (status, headers["cache-control"], headers["retry-after"]) == (503, "no-store", "4")
        origin.close("farm")
        assert await first == 200


async def test_a_wait_ends_after_three_target_durations() -> None:
    config = MediaConfig(media_segment_ms=500, media_segment_ms_max=1_000)
    async with served(config) as (origin, port), aiohttp.ClientSession() as session:
        client = Client(session, port)
        origin.open("farm", "r1", ORIGIN_MS)
        origin.stream("farm").put(cut(pieces_of(2), parts=3)[0])
        status, _, headers = await client.get("/live/farm/video/index.m3u8?_HLS_msn=0&_HLS_part=3")
        assert (status, headers["cache-control"]) == (503, "no-store")
        assert origin.waiting == 0


async def test_players_that_come_before_the_first_part_wait_for_it() -> None:
    async with served() as (origin, port), aiohttp.ClientSession() as session:
        client = Client(session, port)
        origin.open("farm", "r1", ORIGIN_MS)
        assert await client.status("/live/farm/index.m3u8") == 404
        assert await client.status("/live/farm/video/index.m3u8") == 404
        early = asyncio.create_task(client.status("/live/farm/video/index.m3u8?_HLS_msn=0&_HLS_part=0"))
        absurd = asyncio.create_task(client.status("/live/farm/video/index.m3u8?_HLS_msn=70"))
        await waiting(origin, 2)
        origin.stream("farm").put(cut(pieces_of(2), parts=1)[0])
        assert (await early, await absurd) == (200, 400)


async def test_the_multivariant_playlist_waits_for_every_rendition() -> None:
    async with served() as (origin, port), aiohttp.ClientSession() as session:
        client = Client(session, port)
        origin.open("farm", "r1", ORIGIN_MS)
        pieces = pieces_of(1)
        origin.stream("farm").put([piece for piece in pieces if piece.rendition == "video"][:2])
        assert await client.status("/live/farm/index.m3u8") == 404
        origin.stream("farm").put([piece for piece in pieces if piece.rendition == "opus"][:2])
        assert await client.status("/live/farm/index.m3u8") == 200


async def test_a_playlist_is_given_once_it_has_a_segment() -> None:
    async with served() as (origin, port), aiohttp.ClientSession() as session:
        client = Client(session, port)
        origin.open("farm", "r1", ORIGIN_MS)
        now, later = cut(pieces_of(4), parts=3)
        origin.stream("farm").put(now)
        early = asyncio.create_task(client.get("/live/farm/video/index.m3u8"))
        await waiting(origin, 1)
        origin.stream("farm").put(later)
        status, body, headers = await early
        assert (status, headers["cache-control"]) == (200, "public, max-age=1")
        assert b"\nsr1-0.m4s\n" in body


async def test_a_promised_rendition_is_told_of_at_once_and_who_asks_for_it_waits() -> None:
    async with served() as (origin, port), aiohttp.ClientSession() as session:
        client = Client(session, port)
        promised = Promised(rendition="low", short_side_px=180, bitrate_bps=300_000)
        origin.open("farm", "r1", ORIGIN_MS, promised=promised)
        packager = Packager(PackagingSettings(), ORIGIN_MS, renditions=(VIDEO, OPUS, LOWER))
        pictures = video(300)
        for frame in in_time(pictures[:150], sound(250)):
            origin.stream("farm").put(packager.video(frame) if isinstance(frame, VideoFrame) else packager.audio(frame))
        status, body, _ = await client.get("/live/farm/index.m3u8")
        assert status == 200
        assert [line for line in body.decode().splitlines() if "low" in line] == ["low/index.m3u8"]
        assert b"RESOLUTION=320x180" in body
        early = asyncio.create_task(client.get("/live/farm/low/index.m3u8"))
        await waiting(origin, 1)
        for frame in pictures[150:]:
            origin.stream("farm").put(packager.video(frame))
            origin.stream("farm").put(packager.lower(frame))
        status, body, _ = await early
        assert status == 200
        assert b"#EXT-X-MEDIA-SEQUENCE:3\n" in body
        assert await client.status("/live/farm/other/index.m3u8") == 404


# --- one stream after another, and one that goes on ---


async def test_another_stream_in_the_room_has_other_names(live: Live) -> None:
    origin, client, _ = live
    origin.close("farm")
    origin.open("farm", "r2", ORIGIN_MS)
    origin.stream("farm").put(cut(pieces_of(2), parts=3)[0])
    assert await client.status("/live/farm/video/pr1-0.m4s") == 404
    assert await client.status("/live/farm/video/pr2-0.m4s") == 200


async def test_what_left_memory_comes_from_where_it_was_recorded(folder: Path) -> None:
    (folder / "0.m4s").write_bytes(bytes(range(100)))
    asked: list[tuple[str, str, int]] = []

    def stored(room: str, rendition: str, msn: int) -> Path | None:
        asked.append((room, rendition, msn))
        return folder / "0.m4s" if msn == 0 else None

    async with served(MediaConfig(media_memory_s=30.0), stored) as (origin, port), aiohttp.ClientSession() as session:
        client = Client(session, port)
        origin.open("farm", "r1", ORIGIN_MS)
        origin.stream("farm").put(pieces_of(40))
        status, body, headers = await client.get("/live/farm/video/sr1-0.m4s")
        assert (status, body, headers["cache-control"]) == (200, bytes(range(100)), FOR_EVER)
        status, body, _ = await client.get("/live/farm/video/sr1-0.m4s", Range="bytes=10-19")
        assert (status, body) == (206, bytes(range(10, 20)))
        assert await client.status("/live/farm/video/sr1-1.m4s") == 404
        assert await client.status("/live/farm/video/sr1-19.m4s") == 200
        assert await client.status("/live/farm/video/sr9-0.m4s") == 404
        assert await client.status("/live/farm/video/pr1-0.m4s") == 404
    assert asked == [("farm", "video", 0), ("farm", "video", 0), ("farm", "video", 1)]


async def test_a_stream_that_goes_on_in_another_process_lists_what_was_and_what_comes(folder: Path) -> None:
    (folder / "old.m4s").write_bytes(b"old")
    async with (
        served() as (before, _),
        served(segment_path=lambda room, rendition, msn: folder / "old.m4s") as (after, port),
        aiohttp.ClientSession(headers={"Accept-Encoding": "identity"}) as session,
    ):
        client = Client(session, port)
        before.open("farm", "r1", ORIGIN_MS)
        before.stream("farm").put(pieces_of(4))
        past = {
            name: RecoveredSegments(segments=before.stream("farm").playlists[name].segments, maps={"mr1-0.mp4": b"map"})
            for name in ("opus", "video")
        }
        after.open("farm", "r2", ORIGIN_MS, past=past)
        assert await client.status("/live/farm/index.m3u8") == 404  # whom would it name?
        assert await client.status("/live/farm/video/index.m3u8") == 200
        frames = in_time(video(60, start_s=6), sound(100, start_s=6))
        resume = Resume(msn=2, parts={"video": 20, "opus": 20}, maps={"video": 1, "opus": 1})
        after.stream("farm").put(packaged(Packager(PackagingSettings(), ORIGIN_MS, resume), frames))
        assert len(m3u8.loads((await client.get("/live/farm/index.m3u8"))[1].decode()).media) == 1
        for rendition in ("video", "opus"):
            read = m3u8.loads((await client.get(f"/live/farm/{rendition}/index.m3u8"))[1].decode())
            facts = [(each.uri, each.discontinuity, each.init_section.uri) for each in read.segments]
            assert facts == [
                ("sr1-0.m4s", False, "mr1-0.mp4"), ("sr1-1.m4s", False, "mr1-0.mp4"), ("sr2-2.m4s", True, "mr2-1.mp4"),
            ]  # fmt: skip
            gap_s = (read.segments[2].program_date_time - read.segments[1].program_date_time).total_seconds()
            assert gap_s == pytest.approx(4, abs=0.02)
            assert read.preload_hint.uri == "pr2-30.m4s"
            assert await client.get(f"/live/farm/{rendition}/mr1-0.mp4") == (200, b"map", ANY)
            assert await client.get(f"/live/farm/{rendition}/sr1-1.m4s") == (200, b"old", ANY)
            assert await client.status(f"/live/farm/{rendition}/mr2-1.mp4") == 200
            assert await client.status(f"/live/farm/{rendition}/pr1-19.m4s") == 404
