"""Behind the nginx that we ship, the origin is asked as often by fifty players as by one."""

import asyncio
import gzip
from pathlib import Path

import aiohttp
import pytest

from media.hls.origin import Origin
from media.hls.packager import Packager
from media.hls.tracks import PackagingSettings
from tests.media.hls import proxy
from tests.media.hls.players import Player, feed
from tests.media.hls.serving import served
from tests.media.hls.streams import ORIGIN_MS, in_time, packaged, sound, video

pytestmark = pytest.mark.skipif(proxy.binary() is None, reason="nginx is not installed")

PLAYERS = 50
SECONDS = 8.0


async def watched(origin: Origin, url: str, room: str, count: int) -> tuple[int, list[Player]]:
    """Requests that reached the origin while `count` players watched a stream from its beginning to its end."""
    before = origin.requests
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        players = [Player(session, url, room) for _ in range(count)]
        await asyncio.gather(feed(origin, room, seconds=SECONDS), *(player.play() for player in players))
    return origin.requests - before, players


async def test_the_origin_is_asked_no_more_by_fifty_players_than_by_one(folder: Path) -> None:
    async with served() as (origin, port):
        with proxy.nginx(folder, port) as url:
            by_one, (alone,) = await watched(origin, url, "one", 1)
            by_many, players = await watched(origin, url, "many", PLAYERS)
    assert alone.failures == []
    assert [player.failures for player in players] == [[]] * PLAYERS
    for player in players:  # and they got the stream, each part once and in order
        for parts in player.parts.values():
            numbers = [int(uri.split("-")[1].removesuffix(".m4s")) for uri in parts]
            assert numbers == list(range(numbers[0], numbers[-1] + 1))
            assert numbers[-1] == SECONDS * 5 - 1
    assert sum(player.requests for player in players) > 20 * by_many
    assert by_many <= 1.2 * by_one, (by_many, by_one)


async def test_what_else_a_query_says_makes_no_other_entry_in_the_cache(folder: Path) -> None:
    async with served() as (origin, port), aiohttp.ClientSession(auto_decompress=False) as session:
        origin.open("farm", "r1", ORIGIN_MS)
        origin.stream("farm").put(packaged(Packager(PackagingSettings(), ORIGIN_MS), in_time(video(60), sound(100))))
        with proxy.nginx(folder, port) as url:
            found = []
            for query in ("_HLS_msn=0&_HLS_part=2", "token=1&_HLS_part=2&_HLS_msn=0", "_HLS_msn=0&x&_HLS_part=2&x=2"):
                async with session.get(f"{url}/live/farm/video/index.m3u8?{query}") as response:
                    found.append((response.status, response.headers["X-Cache"], response.headers["Cache-Control"]))
    assert found == [(200, cache, "public, max-age=24") for cache in ("MISS", "HIT", "HIT")]
    assert origin.requests == 1


async def test_a_playlist_is_kept_packed_and_given_as_the_player_wants_it(folder: Path) -> None:
    async with served() as (origin, port), aiohttp.ClientSession(auto_decompress=False) as session:
        origin.open("farm", "r1", ORIGIN_MS)
        origin.stream("farm").put(packaged(Packager(PackagingSettings(), ORIGIN_MS), in_time(video(60), sound(100))))
        with proxy.nginx(folder, port) as url:
            bodies = []
            for accepts in ("identity", "gzip", "gzip, br", ""):
                headers = {"Accept-Encoding": accepts}
                async with session.get(f"{url}/live/farm/opus/index.m3u8?_HLS_msn=0", headers=headers) as response:
                    body = await response.read()
                    packed = response.headers.get("Content-Encoding") == "gzip"
                    assert packed == ("gzip" in accepts)
                    bodies.append(gzip.decompress(body) if packed else body)
    assert bodies[0].startswith(b"#EXTM3U")
    assert len(set(bodies)) == 1
    assert origin.requests == 1


async def test_a_refusal_passes_as_it_is_and_a_range_of_a_segment_is_cut_by_nginx(folder: Path) -> None:
    async with served() as (origin, port), aiohttp.ClientSession() as session:
        origin.open("farm", "r1", ORIGIN_MS)
        origin.stream("farm").put(packaged(Packager(PackagingSettings(), ORIGIN_MS), in_time(video(60), sound(100))))
        with proxy.nginx(folder, port) as url:
            for path, status in (
                ("video/index.m3u8?_HLS_part=1", 400),
                ("video/pr1-999.m4s", 404),
                ("x/index.m3u8", 404),
            ):
                async with session.get(f"{url}/live/farm/{path}") as response:
                    assert (response.status, response.headers["Access-Control-Allow-Origin"]) == (status, "*")
            async with session.get(f"{url}/live/farm/video/sr1-0.m4s", headers={"Range": "bytes=4-7"}) as response:
                assert (response.status, await response.read()) == (206, b"moof")
            async with session.get(f"{url}/metrics") as response:
                assert response.status == 403
