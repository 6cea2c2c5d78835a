"""The whole server behind the nginx configuration that we ship: pages' calls, sockets, cameras and pictures get through it."""

from pathlib import Path
from typing import Any

import pytest

from tests.integration.house import House, LocalHouse, eventually
from tests.integration.viewers import Crowd
from tests.media.hls import proxy
from tests.media.integration.peers import RawPeer, request
from tests.media.integration.publishers import Kit, publishing

pytestmark = pytest.mark.skipif(proxy.binary() is None, reason="nginx is not installed")

ON_AIR_WITHIN_S = 20.0


async def _camera(house: House, room: str) -> dict[str, Any]:
    made: dict[str, Any] = await house.do("POST", f"/api/rooms/{room}/cameras", {"name": "Phone"})
    return made


async def test_a_show_gets_through(house: LocalHouse, crowd: Crowd, kit: Kit, folder: Path) -> None:
    with proxy.nginx(folder, int(house.url.rpartition(":")[2])) as url:
        front = House(url, house.session)
        room = await front.room()
        for path in ("/", "/healthz", f"/r/{room}", f"/api/rooms/{room}", "/nothing/here"):
            assert (await front.call("GET", path)).status == (await house.call("GET", path)).status, path
        assert (await front.call("GET", "/metrics")).status == 403

        watching = await crowd.raw(front, front.person("lin"))
        await watching.join(room)
        polling = await crowd.of_kind("python upgraded", front, front.person("bo"))
        await polling.join(room)

        made = await _camera(front, room)
        async with publishing(front, made, kit) as publisher:
            for viewer in (watching, polling):
                told = await viewer.inbox.until(
                    "control", lambda body: body["type"] == "camera", within_s=ON_AIR_WITHIN_S
                )
                assert told["data"]["program"]["camera"] == made["camera"]["id"]

            async def is_listed() -> bool:
                return (await front.call("GET", f"/live/{room}/index.m3u8")).status == 200

            await eventually(is_listed, within_s=ON_AIR_WITHIN_S)
            blocking = f"/live/{room}/video/index.m3u8?_HLS_msn=0"
            found = [(await front.call("GET", blocking)).headers for _ in range(2)]
            assert [headers["X-Cache"] for headers in found] == ["MISS", "HIT"]
            await publisher.stop()


async def test_a_session_of_whip_is_changed_and_ended_through_it(house: LocalHouse, folder: Path) -> None:
    with proxy.nginx(folder, int(house.url.rpartition(":")[2])) as url:
        front = House(url, house.session)
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
