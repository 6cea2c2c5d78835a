"""A camera on air, cut from and to, lost and back: players never reload, and every frame that they are given decodes."""

import asyncio
from contextlib import AsyncExitStack
from itertools import pairwise
from typing import Any

import aiohttp
import pytest

from media.frames import AUDIO_HZ, VIDEO_HZ
from media.ingest.cameras import StoredCamera
from media.ingest.test_source import HEIGHT as PATTERN_HEIGHT
from media.ingest.test_source import WIDTH as PATTERN_WIDTH
from media.module import Media
from tests.integration.server import InProcessServer, eventually
from tests.integration.viewers import Crowd
from tests.media.integration.players import Player
from tests.media.integration.publishers import HEIGHT, WIDTH, Kit, publishing
from tests.patience import PATIENCE_S

VIDEO_FRAME = 90_000 // 30
AFTER = 8  # parts to see of what is on air before something else happens


async def _camera(server: InProcessServer, room: str, kind: str = "whip") -> dict[str, Any]:
    made: dict[str, Any] = await server.do("POST", f"/api/rooms/{room}/cameras", {"name": kind.title(), "kind": kind})
    return made


async def _shows(server: InProcessServer, room: str, camera: str | None) -> None:
    async def is_on_air() -> bool:
        found = await server.do("GET", f"/api/rooms/{room}/cameras")
        return bool(found["on_air"] == camera)

    await eventually(is_on_air, within_s=PATIENCE_S)


async def _more(player: Player, parts: int) -> None:
    until = player.parts + parts

    async def has_more() -> bool:
        return player.parts >= until

    await eventually(has_more, within_s=PATIENCE_S)


async def test_everybody_may_see_a_still_of_what_is_on_air_and_of_nothing_else(
    server: InProcessServer, kit: Kit
) -> None:
    room = await server.room()
    made = await _camera(server, room)
    async with aiohttp.ClientSession() as session:

        async def seen() -> tuple[int, str, str, bytes]:
            async with session.get(f"{server.url}/live/{room}/still.jpg") as answer:
                picture = await answer.read()
                return answer.status, answer.content_type, answer.headers["Cache-Control"], picture[:3] + picture[-2:]

        async def is_there() -> bool:
            return (await seen())[0] == 200

        async def is_gone() -> bool:
            return (await seen())[0] == 404 and not await is_listed()

        async def is_listed() -> bool:
            (summary,) = [each for each in (await server.do("GET", "/api/rooms"))["rooms"] if each["id"] == room]
            return bool(summary["on_air"])

        assert await is_gone()
        async with publishing(server, made, kit):
            await eventually(is_there, within_s=PATIENCE_S)
            assert await seen() == (200, "image/jpeg", "public, max-age=5", b"\xff\xd8\xff\xff\xd9")
            await eventually(is_listed, within_s=PATIENCE_S)
            await server.do("POST", f"/api/rooms/{room}/state", {"status": "ended"})
            await eventually(is_gone, within_s=PATIENCE_S)


async def test_a_publisher_is_on_air_and_the_room_is_told(server: InProcessServer, crowd: Crowd, kit: Kit) -> None:
    room = await server.room()
    viewer = await crowd.raw(server, server.person("lin"))
    await viewer.join(room)
    made = await _camera(server, room)
    async with publishing(server, made, kit) as publisher:
        told = await viewer.inbox.until("control", lambda body: body["type"] == "camera", within_s=PATIENCE_S)
        program = told["data"]["program"]
        assert told["data"]["reason"] == "start"
        assert (program["camera"], program["hls"]) == (made["camera"]["id"], f"/live/{room}/index.m3u8")
        assert await server.metric("livehub_media_publishers") == 1

        async def is_listed() -> bool:
            return (await server.call("GET", program["hls"])).status == 200

        await eventually(is_listed, within_s=PATIENCE_S)
        text = (await server.call("GET", program["hls"])).body
        assert f"RESOLUTION={WIDTH}x{HEIGHT}" in text
        assert "opus" in text
        listed = await server.do("GET", f"/api/rooms/{room}/cameras")
        health = listed["cameras"][0]["health"]
        assert (health["width"], health["height"], health["audio"]) == (WIDTH, HEIGHT, True)
        of = {"room": room, "camera": program["camera"]}
        assert await server.metric("livehub_camera_live", **of) == 1
        for name in ("bitrate_bps", "fps", "keyframe_age_seconds"):
            assert await server.metric(f"livehub_camera_{name}", **of) > 0, name
        assert await server.metric("livehub_camera_loss_ratio", **of) < 0.5
        await publisher.stop()

    async def is_over() -> bool:
        return await server.metric("livehub_media_publishers") == 0

    await eventually(is_over)
    cameras = server.application.get(Media).node.cameras
    assert await server.metric("livehub_camera_fps", **of) == 0
    camera = cameras.get(program["camera"])
    assert camera is not None
    camera.last_frame_s = asyncio.get_running_loop().time() - 10_000

    async def is_forgotten() -> bool:
        return program["camera"] not in cameras

    await eventually(is_forgotten)
    again = await server.do("GET", f"/api/rooms/{room}/cameras")
    assert again["cameras"][0]["state"] == "off"


async def test_a_program_with_cuts_and_a_loss_is_one_stream_that_decodes_whole(
    server: InProcessServer, crowd: Crowd, kit: Kit
) -> None:
    room = await server.room()
    viewer = await crowd.raw(server, server.person("lin"))
    await viewer.join(room)
    phone, pattern = await _camera(server, room), await _camera(server, room, "test")
    phone_id, pattern_id = phone["camera"]["id"], pattern["camera"]["id"]
    await viewer.inbox.until("control", lambda body: body["type"] == "camera", within_s=PATIENCE_S)
    async with AsyncExitStack() as stack:
        players = [Player(server.session, server.url, room, rendition) for rendition in ("video", "opus")]
        for player in players:
            stack.push_async_callback(player.stop)
        video = players[0]
        await _shows(server, room, pattern_id)
        publisher = await stack.enter_async_context(publishing(server, phone, kit))

        async def sends() -> bool:
            listed = await server.do("GET", f"/api/rooms/{room}/cameras")
            return any(c["id"] == phone_id and c["state"] == "live" for c in listed["cameras"])

        await eventually(sends, within_s=PATIENCE_S)
        await server.do("POST", f"/api/rooms/{room}/cut", {"camera": phone_id})
        await _more(video, AFTER)
        await server.do("POST", f"/api/rooms/{room}/cut", {"camera": pattern_id})
        await _more(video, AFTER)
        await server.do("POST", f"/api/rooms/{room}/cut", {"camera": phone_id})
        await _more(video, AFTER)
        await publisher.kill()
        await _shows(server, room, None)
        await _more(video, AFTER)
        await stack.enter_async_context(publishing(server, phone, kit))
        await _shows(server, room, phone_id)
        await _more(video, AFTER)
        for player in players:
            await player.stop()

    told = [(b["data"]["reason"], (b["data"]["program"] or {}).get("camera")) for b in viewer.inbox.of("control")
            if b["type"] == "camera"]  # fmt: skip
    assert told == [
        ("start", pattern_id), ("cut", phone_id), ("cut", pattern_id), ("cut", phone_id), ("lost", None),
        ("back", phone_id),
    ]  # fmt: skip
    for player, hz in zip(players, (VIDEO_HZ, AUDIO_HZ), strict=True):
        assert player.refused == []
        assert player.segments == sorted(player.segments)
        assert player.segments[-1] > player.segments[0]
        # Through cuts and the loss each chunk begins where the one before it ended. A machine that had no time for pictures for
        # a second may leave a hole, which players are told of.
        chunks = player.chunks()
        for index, (before, after) in enumerate(pairwise(chunks), start=1):
            hole = after.time - before.time - sum(before.durations)
            assert hole == 0 or (index in player.breaks and hole > hz * 9 // 10)
        assert sum(result.frames for result in player.decoded()) == sum(len(chunk.samples) for chunk in chunks)
    sizes = [next(iter(section.sizes)) for section in video.decoded()]
    assert sizes[:4] == [
        (PATTERN_WIDTH, PATTERN_HEIGHT),
        (WIDTH, HEIGHT),
        (PATTERN_WIDTH, PATTERN_HEIGHT),
        (WIDTH, HEIGHT),
    ]
    assert set(sizes[4:]) == {(WIDTH, HEIGHT)}  # the slate is of the lost picture's size


async def test_a_camera_whose_file_has_gone_says_so_and_is_logged_once(
    server: InProcessServer, caplog: pytest.LogCaptureFixture
) -> None:
    media = server.application.get(Media).node
    gone = StoredCamera(id="cam-gone", room=await server.room(), name="Field", kind="file", url="field.mp4")
    for _ in range(3):
        media.studio.pull(gone)
    camera = media.cameras.get(gone.id)
    assert camera is not None
    assert camera.problem == "file_gone"
    assert [r.getMessage() for r in caplog.records].count("media.camera_refused") == 1
    await media.studio.remove(gone.id)
