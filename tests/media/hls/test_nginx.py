"""Behind the nginx that we ship, the origin is asked as often by fifty players as by one."""

import asyncio
import gzip
import shutil
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
            for accepts in ("identity", "gzip", "gzip, br", "", "gzip;q=0", "br, gzip; q=0.0"):
                headers = {"Accept-Encoding": accepts}
                async with session.get(f"{url}/live/farm/opus/index.m3u8?_HLS_msn=0", headers=headers) as response:
                    body = await response.read()
                    packed = response.headers.get("Content-Encoding") == "gzip"
                    assert packed == (accepts in ("gzip", "gzip, br"))
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


async def curl(*arguments: str) -> tuple[str, dict[str, str], bytes]:
    """(HTTP's version and the status, headers by their names in lower case, body) of what curl gets by HTTP/2 if it can."""
    command = ("curl", "--silent", "--include", "--http2", "--max-time", "20", *arguments)
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    assert process.returncode == 0
    head, _, body = out.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    return status.strip(), {name.lower(): text for name, _, text in (line.partition(": ") for line in lines)}, body


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
async def test_iphones_get_http_2_and_whoever_comes_without_tls_is_sent_there(folder: Path) -> None:
    async with served() as (origin, port):
        origin.open("farm", "r1", ORIGIN_MS)
        origin.stream("farm").put(packaged(Packager(PackagingSettings(), ORIGIN_MS), in_time(video(60), sound(100))))
        with proxy.front(folder, port) as ports:
            trusted = ("--cacert", str(ports.certificate))
            for path in ("index.m3u8", "video/index.m3u8?_HLS_msn=0&_HLS_part=2", "video/pr1-0.m4s", "video/sr1-0.m4s"):
                status, headers, body = await curl(*trusted, f"{ports.tls}/live/farm/{path}")
                assert (status, headers["access-control-allow-origin"]) == ("HTTP/2 200", "*")
                assert len(body) == int(headers.get("content-length", len(body))) > 100
                status, head, body = await curl(*trusted, "--head", f"{ports.tls}/live/farm/{path}")
                assert (status, body, head["x-cache"]) == ("HTTP/2 200", b"", "HIT")
            status, headers, _ = await curl(f"{ports.redirect}/live/farm/video/index.m3u8?_HLS_msn=0")
            assert status.startswith("HTTP/1.1 308")
            assert headers["location"] == "https://127.0.0.1/live/farm/video/index.m3u8?_HLS_msn=0"


async def test_a_page_of_another_origin_may_ask_beforehand_also_while_others_wait(folder: Path) -> None:
    asked = {
        "Origin": "https://elsewhere.example",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "x-player",
    }
    async with served() as (origin, port), aiohttp.ClientSession() as session:
        origin.open("farm", "r1", ORIGIN_MS)
        origin.stream("farm").put(
            packaged(Packager(PackagingSettings(), ORIGIN_MS), in_time(video(59), sound(97)))[:-12]
        )
        with proxy.nginx(folder, port) as url:
            waited_for = f"{url}/live/farm/video/index.m3u8?_HLS_msn=0&_HLS_part=9"
            waiting = asyncio.create_task(session.get(waited_for))
            async with asyncio.timeout(5):
                while origin.waiting == 0:  # noqa: ASYNC110 - it is a plain number, as metrics want it
                    await asyncio.sleep(0.005)
            for path in (waited_for, f"{url}/live/farm/video/pr1-0.m4s", f"{url}/live/farm/index.m3u8"):
                answers = await asyncio.gather(*(session.options(path, headers=asked) for _ in range(5)))
                for answer in answers:
                    assert (answer.status, answer.headers["Access-Control-Allow-Headers"]) == (204, "x-player")
                    assert answer.headers["Access-Control-Allow-Origin"] == "*"
            assert not waiting.done()
            origin.close("farm")
            (await waiting).release()
