"""The whole server behind the nginx configuration that we ship: pages' calls, sockets, cameras and pictures get through it."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from tests.integration.server import InProcessServer, LocalServer, eventually
from tests.integration.viewers import Crowd
from tests.media.hls import proxy
from tests.media.integration.peers import RawPeer, request
from tests.media.integration.publishers import Kit, publishing
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.skipif(proxy.binary() is None, reason="nginx is not installed")

OpenServer = Callable[..., AbstractAsyncContextManager[InProcessServer]]


async def _camera(server: LocalServer, room: str) -> dict[str, Any]:
    made: dict[str, Any] = await server.do("POST", f"/api/rooms/{room}/cameras", {"name": "Phone"})
    return made


async def test_a_show_gets_through(server: InProcessServer, crowd: Crowd, kit: Kit, folder: Path) -> None:
    with proxy.nginx(folder, int(server.url.rpartition(":")[2])) as url:
        front = LocalServer(url, server.session)
        room = await front.room()
        for path in ("/", "/healthz", f"/r/{room}", f"/api/rooms/{room}", "/nothing/here"):
            assert (await front.call("GET", path)).status == (await server.call("GET", path)).status, path
        assert (await front.call("GET", "/metrics")).status == 403

        watching = await crowd.raw(front, front.person("lin"))
        await watching.join(room)
        polling = await crowd.of_kind("python upgraded", front, front.person("bo"))
        await polling.join(room)

        made = await _camera(front, room)
        async with publishing(front, made, kit) as publisher:
            for viewer in (watching, polling):
                told = await viewer.inbox.until("control", lambda body: body["type"] == "camera", within_s=PATIENCE_S)
                assert told["data"]["program"]["camera"] == made["camera"]["id"]

            async def is_listed() -> bool:
                return (await front.call("GET", f"/live/{room}/index.m3u8")).status == 200

            await eventually(is_listed, within_s=PATIENCE_S)
            blocking = f"/live/{room}/video/index.m3u8?_HLS_msn=0"
            found = [(await front.call("GET", blocking)).headers for _ in range(2)]
            assert [headers["X-Cache"] for headers in found] == ["MISS", "HIT"]
            await publisher.stop()


async def test_a_session_of_whip_is_changed_and_ended_through_it(server: InProcessServer, folder: Path) -> None:
    with proxy.nginx(folder, int(server.url.rpartition(":")[2])) as url:
        front = LocalServer(url, server.session)
        made = await _camera(front, await front.room())
        token = made["token"]
        async with RawPeer.of(sends=True) as peer:
            location = await peer.begun(front, made["whip"], token)
            assert location.startswith("/media/")
            await peer.connected()
            restarted = await peer.patch(
                front, "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n", token, If_Match="*"
            )
            assert (restarted.status, restarted.headers["ETag"] != peer.etag) == (200, True)
            ended = await request(front, "DELETE", location, b"", token, {})
            assert ended.status == 200
            assert "X-Cache" not in ended.headers
        assert (await request(front, "DELETE", location, b"", token, {})).status == 404


async def test_who_watches_a_show_again_asks_the_cache(open_server: OpenServer, kit: Kit, folder: Path) -> None:
    async with open_server(media_dir=str(folder / "media"), media_disk_free_bytes_min=0) as server:
        with proxy.nginx(folder, int(server.url.rpartition(":")[2])) as url:
            front = LocalServer(url, server.session)
            room = await front.room()
            made = await _camera(front, room)
            listing = f"/api/rooms/{room}/recordings"
            async with publishing(front, made, kit) as publisher:

                async def is_recorded() -> bool:
                    found = (await server.do("GET", listing))["recordings"]
                    return bool(found and found[0]["duration_ms"] > 3_000)

                await eventually(is_recorded, within_s=PATIENCE_S)
                await server.do("POST", f"/api/rooms/{room}/state", {"status": "ended"})
                await publisher.stop()

            async def is_ended() -> bool:
                return (await server.do("GET", listing))["recordings"][0]["ended_ts"] is not None

            await eventually(is_ended, within_s=PATIENCE_S)
            recording = (await server.do("GET", listing))["recordings"][0]
            base = recording["hls"].removesuffix("/index.m3u8")
            lines = (await server.call("GET", f"{base}/video/index.m3u8")).body.splitlines()
            piece = f"{base}/video/{next(line for line in lines if line.endswith('.m4s'))}"
            for path in (recording["hls"], f"{base}/video/index.m3u8", piece, recording["poster"], listing):
                # Whoever has something in the query gets no other answer, and does not get past the cache.
                answers = await asyncio.gather(*(_got(front, f"{path}?viewer={n}") for n in range(20)))
                assert {(status, data) for status, _, data in answers} == {(200, answers[0][2])}, path
                assert [cache for _, cache, _ in answers].count("MISS") == 1, path
            fresh = await front.call("GET", f"{listing}?fresh=1")
            assert fresh.headers["X-Cache"] == "BYPASS"
            assert [found["id"] for found in fresh.body["recordings"]] == [recording["id"]]
            part = await _got(front, piece, Range="bytes=4-7")
            assert part == (206, "HIT", (await _got(server, piece))[2][4:8])


async def _got(of: LocalServer, path: str, **headers: str) -> tuple[int, str, bytes]:
    """Status, what the cache says of it, body."""
    async with of.session.get(of.url + path, headers=headers) as answer:
        return answer.status, answer.headers.get("X-Cache", ""), await answer.read()
