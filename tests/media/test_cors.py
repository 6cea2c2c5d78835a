"""A page of another origin may read all that is played: every address answers preflights and HEAD, and refusals say so, too."""

from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from livehub import app
from livehub.app import Application
from livehub.base.auth import Permission
from livehub.base.errors import Unauthenticated
from livehub.base.module import ProcessRole
from livehub.hub.settings import HubConfig
from livehub.hub.sockets.session_forwarding import SessionForwarding
from media.hls.packager import Packager
from media.hls.tracks import PackagingSettings
from media.ingest.registry import CameraRegistry
from media.ingest.thumbnails import Thumbnails
from media.settings import MediaConfig
from tests.base.served import NO_VALKEY, SECRET, serving
from tests.media.hls.serving import served
from tests.media.hls.streams import ORIGIN_MS, in_time, packaged, sound, video
from tests.media.record.site import recording_site
from tests.media.record.streams import stream
from tests.media.record.test_clips import clipped

ASKED = {
    "Origin": "https://elsewhere.example",
    "Access-Control-Request-Method": "GET",
    "Access-Control-Request-Headers": "range,x-player",
}


def check_preflight(status: int, headers: dict[str, str]) -> None:
    assert status == 204
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    assert headers["Access-Control-Allow-Headers"] == "range,x-player"
    assert int(headers["Access-Control-Max-Age"]) >= 600


LIVE = (
    "index.m3u8",
    "video/index.m3u8",
    "video/index.m3u8?_HLS_msn=0",
    "video/pr1-0.m4s",
    "video/sr1-0.m4s",
    "video/mr1-0.mp4",
)


@pytest.mark.parametrize("path", LIVE)
async def test_a_live_stream_is_for_every_page(path: str) -> None:
    async with served() as (origin, port), aiohttp.ClientSession() as session:
        origin.open("farm", "r1", ORIGIN_MS)
        origin.stream("farm").put(packaged(Packager(PackagingSettings(), ORIGIN_MS), in_time(video(60), sound(100))))
        url = f"http://127.0.0.1:{port}/live/farm/{path}"
        async with session.options(url, headers=ASKED) as answer:
            check_preflight(answer.status, dict(answer.headers))
        async with session.get(url) as got, session.head(url) as head:
            assert (got.status, head.status, await head.read()) == (200, 200, b"")
            assert got.headers["Access-Control-Allow-Origin"] == "*"
            told = ("Content-Length", "Content-Type", "Cache-Control", "Access-Control-Expose-Headers")
            assert [head.headers[name] for name in told] == [got.headers[name] for name in told]
        async with session.get(f"http://127.0.0.1:{port}/live/other/{path}") as refused:
            assert (refused.status, refused.headers["Access-Control-Allow-Origin"]) == (404, "*")
        async with session.post(url) as refused:
            assert (refused.status, refused.headers["Access-Control-Allow-Origin"]) == (405, "*")
            assert (refused.headers["Allow"], (await refused.json())["name"]) == (
                "GET, HEAD, OPTIONS", "method_not_allowed",
            )  # fmt: skip


async def test_recordings_clips_and_posters_are_for_every_page(database_url: str, folder: Path) -> None:
    async with recording_site(database_url, folder) as site:
        recorder = await site.record(stream(3.5))
        clip = await clipped(site, recorder.id, 0, 2_000)
        base, cut = f"/media/recordings/{recorder.id}", f"/media/clips/{clip['id']}"
        pieces = ("index.m3u8", "video/index.m3u8", "opus/index.m3u8", "video/m0.mp4", "video/s0.m4s", "poster.jpg")
        for path in (*(f"{each}/{piece}" for each in (base, cut) for piece in pieces), f"{cut}.mp4"):
            asked = await site.call(
                f"OPTIONS {path}", role=None, **{name.replace("-", "_"): text for name, text in ASKED.items()}
            )
            check_preflight(asked.status, asked.headers)
            got, head = await site.call(f"GET {path}", role=None), await site.call(f"HEAD {path}", role=None)
            assert (got.status, head.status, head.raw) == (200, 200, b""), path
            for answer in (got, head):
                assert answer.headers["Access-Control-Allow-Origin"] == "*"
                assert answer.headers["Content-Type"] == got.headers["Content-Type"]
            refused = await site.call(f"POST {path}", role=None)
            assert (refused.status, refused.headers["Access-Control-Allow-Origin"]) == (405, "*"), path
            assert refused.headers["Allow"] == "GET, HEAD, OPTIONS"
        gone = await site.call(f"GET /media/recordings/rec-{'0' * 18}/index.m3u8", role=None)
        assert (gone.status, gone.headers["Access-Control-Allow-Origin"]) == (404, "*")


async def test_headers_that_are_no_names_are_not_repeated() -> None:
    async with served() as (_, port), aiohttp.ClientSession() as session:
        for names in ("a" * 2_000, "x: y", '"', "é"):
            url = f"http://127.0.0.1:{port}/live/farm/index.m3u8"
            async with session.options(url, headers={**ASKED, "Access-Control-Request-Headers": names}) as answer:
                assert answer.status == 204
                assert "Access-Control-Allow-Headers" not in answer.headers


async def refuse(_request: web.Request, _permission: Permission, _room: str) -> None:
    raise Unauthenticated


async def test_thumbnails_of_cameras_are_for_staff_of_every_page() -> None:
    application = web.Application()
    Thumbnails(refuse, CameraRegistry(MediaConfig()), lambda _room: None).add(application)
    async with TestClient(TestServer(application)) as client:
        async with client.options("/media/thumbnails/farm/cam-1.jpg", headers=ASKED) as answer:
            check_preflight(answer.status, dict(answer.headers))
        async with client.get("/media/thumbnails/farm/cam-1.jpg") as refused:
            assert (refused.status, refused.headers["Access-Control-Allow-Origin"]) == (401, "*")
            assert refused.headers["Cache-Control"] == "no-store"


async def test_a_room_without_a_picture_has_no_still_for_a_moment() -> None:
    application = web.Application()
    Thumbnails(refuse, CameraRegistry(MediaConfig()), lambda _room: None).add(application)
    async with TestClient(TestServer(application)) as client:
        async with client.options("/live/farm/still.jpg", headers=ASKED) as answer:
            check_preflight(answer.status, dict(answer.headers))
        async with client.get("/live/farm/still.jpg") as refused:
            assert (refused.status, refused.headers["Cache-Control"]) == (404, "public, max-age=1")


NOWHERE = ("/live/farm", "/live/farm/video/s1.ts", "/live/a/b/c/d", "/media/nothing", "/media/clips/x.mp4", "/media/")


async def test_where_nothing_is_every_page_may_read_that(database_url: str) -> None:
    async with serving(database_url) as server:
        for path in NOWHERE:
            asked = await server.call(f"OPTIONS {path}", role=None, headers=ASKED)
            check_preflight(asked.status, asked.headers)
            gone = await server.call(f"GET {path}", role=None)
            assert (gone.status, gone.body["name"]) == (404, "not_found"), path
            head = await server.call(f"HEAD {path}", role=None)
            posted = await server.call(f"POST {path}", role=None)
            assert (head.status, posted.status, posted.body["name"]) == (404, 405, "method_not_allowed"), path
            for answer in (gone, head, posted):
                assert answer.headers["Access-Control-Allow-Origin"] == "*", path
        for path in ("/media/whip/cam-1", "/media/whep/farm", "/media/sessions/none", "/media/whip/a/b/c/d"):
            asked = await server.call(f"OPTIONS {path}", role=None, headers=ASKED)
            assert (asked.status, "PATCH" in asked.headers["Access-Control-Allow-Methods"]) == (204, True), path
            put = await server.call(f"PUT {path}", role=None)
            assert (put.status, put.headers["Access-Control-Allow-Origin"]) == (405, "*"), path
        other = await server.call("GET /nothing", role=None)
        assert (other.status, "Access-Control-Allow-Origin" in other.headers) == (404, False)


async def test_what_is_refused_before_any_handler_every_page_may_read(database_url: str) -> None:
    async with serving(database_url, http_body_bytes_max=1024) as server:
        coded = {"Transfer-Encoding": "gzip, chunked"}
        for path in ("/live/farm/index.m3u8", "/media/whep/farm"):
            refused = await server.call(f"GET {path}", role=None, headers=coded)
            assert (refused.status, refused.headers["Access-Control-Allow-Origin"]) == (501, "*"), path
        offer = {"Content-Type": "application/sdp"}
        large = await server.call("POST /media/whep/farm", role=None, raw=b"v=0" * 100_000, headers=offer)
        assert (large.status, large.headers["Access-Control-Allow-Origin"]) == (413, "*")


async def test_a_page_may_read_that_the_media_process_is_away(database_url: str, tmp_path: Path) -> None:
    application = Application(
        app.settings(database_url=database_url, secret=SECRET, redis_url=NO_VALKEY),
        roles=frozenset({ProcessRole.SOCKETS}),
        forwarding=SessionForwarding(HubConfig(), tmp_path, 1),
    )
    async with TestClient(TestServer(application.served())) as client:
        for path in ("/live/farm/index.m3u8", "/media/clips/x.mp4", "/media/whep/farm"):
            async with client.get(path) as away:
                assert (away.status, (await away.json())["name"]) == (503, "unavailable")
                assert away.headers["Access-Control-Allow-Origin"] == "*"
        for path in ("/live/farm/index.m3u8", "/live/farm/still.jpg", "/media/clips/x.mp4"):
            async with client.options(path, headers=ASKED) as answer:
                check_preflight(answer.status, dict(answer.headers))
        for path in ("/media/whip/cam-1", "/media/whep/farm", "/media/sessions/abc"):
            async with client.options(path, headers={**ASKED, "Access-Control-Request-Method": "PATCH"}) as answer:
                assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (204, "*")
                assert answer.headers["Access-Control-Allow-Methods"] == "GET, HEAD, POST, PATCH, DELETE, OPTIONS"
                assert answer.headers["Access-Control-Allow-Headers"] == "Authorization, Content-Type, If-Match"
            async with client.options(path) as asked:  # for ICE servers, of which only the media process knows
                assert asked.status == 503
        async with client.options("/api/rooms/farm/cut", headers=ASKED) as api:
            assert (api.status, "Access-Control-Allow-Origin" in api.headers) == (503, False)
