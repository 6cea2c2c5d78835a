"""Staff line cameras up before the show, cut and change their mind; cameras are pulled while wanted; no dead ones pile up."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from media.errors import CameraNotFound, CameraOff, NoPicture
from media.ingest.cameras import StoredCamera
from media.module import Media
from tests.integration.server import InProcessServer, eventually
from tests.integration.viewers import Crowd
from tests.media.clips import FRAMES_PER_S, write_mp4
from tests.media.integration.publishers import Kit, publishing
from tests.patience import PATIENCE_S

OpenServer = Callable[..., AbstractAsyncContextManager[InProcessServer]]


async def add(server: InProcessServer, room: str, name: str, kind: str = "test", **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = await server.do("POST", f"/api/rooms/{room}/cameras", {"name": name, "kind": kind, **more})
    return made


async def listed(server: InProcessServer, room: str) -> dict[str, Any]:
    found: dict[str, Any] = await server.do("GET", f"/api/rooms/{room}/cameras")
    return found


async def all_live(server: InProcessServer, room: str) -> None:
    async def are_live() -> bool:
        return {camera["state"] for camera in (await listed(server, room))["cameras"]} == {"live"}

    await eventually(are_live, within_s=PATIENCE_S)


async def pulled(server: InProcessServer, count: int) -> None:
    async def is_so() -> bool:
        return await server.metric("livehub_media_pulled") == count

    await eventually(is_so, within_s=PATIENCE_S)


async def test_the_camera_that_was_lined_up_before_the_show_opens_it(server: InProcessServer, crowd: Crowd) -> None:
    room = await server.room(live=False)
    viewer = await crowd.raw(server, server.person("lin"))
    await viewer.join(room)
    await add(server, room, "Field")
    barn = (await add(server, room, "Barn"))["camera"]["id"]
    await all_live(server, room)
    cut = await server.do("POST", f"/api/rooms/{room}/cut", {"camera": barn})
    assert (cut["camera"], cut["waits"], cut["in_ms"]) == (barn, True, None)
    before = await listed(server, room)
    assert (before["program"], before["on_air"], before["next"], before["failed"]) == ("none", None, barn, None)
    assert not any(body["type"] == "camera" for body in viewer.inbox.of("control"))
    await server.do("POST", f"/api/rooms/{room}/state", {"status": "live"})
    told = await viewer.inbox.until("control", lambda body: body["type"] == "camera", within_s=PATIENCE_S)
    program = told["data"]["program"]
    assert (told["data"]["reason"], program["camera"], program["state"]) == ("start", barn, "on")
    after = await listed(server, room)
    assert (after["program"], after["on_air"], after["next"]) == ("on", barn, None)
    await server.do("POST", f"/api/rooms/{room}/cut", {"camera": "slate"})
    told = await viewer.inbox.until("control", lambda body: body["data"].get("reason") == "cut", within_s=PATIENCE_S)
    assert told["data"]["program"]["state"] == "slate"
    assert (await listed(server, room))["program"] == "slate"


async def test_a_camera_that_was_lined_up_can_be_let_go_of_again(server: InProcessServer) -> None:
    room = await server.room(live=False)
    field = (await add(server, room, "Field"))["camera"]["id"]
    await server.do("POST", f"/api/rooms/{room}/cut", {"camera": field})
    assert (await server.call("DELETE", f"/api/rooms/{room}/cut")).status == 204
    assert (await listed(server, room))["next"] is None
    await server.do("POST", f"/api/rooms/{room}/cut", {"camera": field})
    await server.do("DELETE", f"/api/rooms/{room}/cameras/{field}")
    assert (await listed(server, room))["next"] is None


async def test_what_is_not_there_cannot_be_lined_up(server: InProcessServer) -> None:
    room, other = await server.room(live=False), await server.room(live=False)
    field = (await add(server, other, "Field", "whip"))["camera"]["id"]
    for camera, code in ((field, CameraNotFound.code), ("cam-none", CameraNotFound.code), ("slate", NoPicture.code)):
        answer = await server.call("POST", f"/api/rooms/{room}/cut", {"camera": camera})
        assert (answer.status, answer.body["code"]) == (404, code), camera
    await server.do("POST", f"/api/rooms/{other}/state", {"status": "live"})
    await server.do("POST", f"/api/rooms/{other}/state", {"status": "ended"})
    answer = await server.call("POST", f"/api/rooms/{other}/cut", {"camera": field})
    assert (answer.status, answer.body["code"]) == (404, NoPicture.code)
    assert (await listed(server, other))["next"] is None


async def test_a_show_without_the_camera_that_was_lined_up_opens_with_another_and_cannot_cut_to_it(
    server: InProcessServer,
) -> None:
    room = await server.room(live=False)
    phone = (await add(server, room, "Phone", "whip"))["camera"]["id"]
    field = (await add(server, room, "Field"))["camera"]["id"]
    await server.do("POST", f"/api/rooms/{room}/cut", {"camera": phone})
    await server.do("POST", f"/api/rooms/{room}/state", {"status": "live"})

    async def is_on() -> bool:
        return bool((await listed(server, room))["on_air"] == field)

    await eventually(is_on, within_s=PATIENCE_S)
    assert (await listed(server, room))["next"] == phone  # it comes on if it sends soon
    answer = await server.call("POST", f"/api/rooms/{room}/cut", {"camera": phone})
    assert (answer.status, answer.body["code"]) == (409, CameraOff.code)


async def test_a_camera_that_does_not_come_in_time_is_no_longer_lined_up(
    open_server: OpenServer, tmp_path: Path
) -> None:
    async with open_server(program_cut_s=0.5, program_cut_s_max=1.0, media_files=str(tmp_path)) as server:
        room = await server.room(live=False)
        write_mp4(tmp_path / "field.mp4", seconds=2)
        await add(server, room, "Field", "file", url="field.mp4")
        await all_live(server, room)
        (tmp_path / "barn.mp4").write_bytes(b"nothing to be seen yet")
        barn = (await add(server, room, "Barn", "file", url="barn.mp4"))["camera"]["id"]
        await server.do("POST", f"/api/rooms/{room}/cut", {"camera": barn})
        await server.do("POST", f"/api/rooms/{room}/state", {"status": "live"})

        async def is_let_go() -> bool:
            return (await listed(server, room))["next"] is None

        await eventually(is_let_go, within_s=PATIENCE_S)
        on_air = (await listed(server, room))["on_air"]
        write_mp4(tmp_path / "whole.mp4", seconds=2).rename(tmp_path / "barn.mp4")
        await all_live(server, room)
        shown = await listed(server, room)
        assert (shown["on_air"], shown["next"], on_air != barn) == (on_air, None, True)


async def test_a_cut_to_a_camera_with_a_keyframe_in_eight_seconds_says_how_long_it_takes_and_comes(
    open_server: OpenServer, tmp_path: Path
) -> None:
    write_mp4(tmp_path / "barn.mp4", seconds=8, key_every=8 * FRAMES_PER_S)
    async with open_server(media_files=str(tmp_path)) as server:
        room = await server.room()
        field = (await add(server, room, "Field"))["camera"]["id"]
        await all_live(server, room)
        # Chosen by somebody, or the test picture would make way for the first real one.
        await server.do("POST", f"/api/rooms/{room}/cut", {"camera": field})
        barn = (await add(server, room, "Barn", "file", url="barn.mp4"))["camera"]["id"]

        async def knows_interval() -> bool:
            health = (await listed(server, room))["cameras"][1]["health"]
            return health is not None and health["keyframe_interval_ms"] is not None

        await eventually(knows_interval, within_s=PATIENCE_S)
        interval_ms = (await listed(server, room))["cameras"][1]["health"]["keyframe_interval_ms"]
        assert 7_500 < interval_ms < 11_000  # a busy machine reads the file late
        cut = await server.do("POST", f"/api/rooms/{room}/cut", {"camera": barn})
        assert (cut["camera"], cut["waits"]) == (barn, True)
        waiting = await listed(server, room)
        assert (waiting["on_air"], waiting["next"]) == (field, barn)
        assert abs(waiting["next_in_ms"] - cut["in_ms"]) < 500

        async def is_made() -> bool:
            return bool((await listed(server, room))["on_air"] == barn)

        await eventually(is_made, within_s=PATIENCE_S)
        assert (await listed(server, room))["next"] is None


async def test_cameras_are_pulled_only_while_the_show_is_on_or_staff_look(open_server: OpenServer) -> None:
    async with open_server(camera_pull_linger_s=0.5) as server:
        room, before = await server.room(), await server.metric("livehub_media_pulls")
        await add(server, room, "Field")
        await pulled(server, 1)
        await all_live(server, room)
        await server.do("POST", f"/api/rooms/{room}/state", {"status": "ended"})
        await pulled(server, 0)
        await all_live(server, room)  # which looks, again and again
        await pulled(server, 0)
        assert await server.metric("livehub_media_pulls") == before + 2


async def test_a_camera_that_was_let_publish_and_never_sent_is_forgotten(open_server: OpenServer) -> None:
    async with open_server(program_slate_s_max=5) as server:
        cameras = server.application.get(Media).node.cameras
        cameras.live(StoredCamera(id="cam-silent", room=await server.room(), name="Phone", kind="whip"))

        async def is_forgotten() -> bool:
            return "cam-silent" not in cameras

        await eventually(is_forgotten, within_s=PATIENCE_S)


async def test_a_device_that_lost_its_token_gets_its_camera_again_unless_somebody_publishes_on_it(
    server: InProcessServer, kit: Kit
) -> None:
    room = await server.room()
    first = await add(server, room, "Phone", "whip", reuse=True)
    again = await add(server, room, "Phone", "whip", reuse=True)
    assert again["camera"]["id"] == first["camera"]["id"]
    assert again["token"] != first["token"]
    plain = await add(server, room, "Phone", "whip")
    named = await add(server, room, "Barn", "whip", reuse=True)
    ops = await server.do(
        "POST", f"/api/rooms/{room}/cameras", {"name": "Phone", "reuse": True}, by=server.person("ops", role="ops")
    )
    ids = {made["camera"]["id"] for made in (first, plain, named, ops)}
    assert len(ids) == 4
    newest = await add(server, room, "Phone", "whip", reuse=True)
    assert newest["camera"]["id"] == plain["camera"]["id"]
    async with publishing(server, newest, kit):

        async def sends() -> bool:
            return any(camera["state"] == "live" for camera in (await listed(server, room))["cameras"])

        await eventually(sends, within_s=PATIENCE_S)
        other = await add(server, room, "Phone", "whip", reuse=True)
        assert other["camera"]["id"] == first["camera"]["id"]
        async with publishing(server, other, kit):
            await all_but(server, room, {named["camera"]["id"], ops["camera"]["id"]})
            third = await add(server, room, "Phone", "whip", reuse=True)
            assert third["camera"]["id"] not in ids
    assert len((await listed(server, room))["cameras"]) == 5


async def all_but(server: InProcessServer, room: str, others: set[str]) -> None:
    async def are_live() -> bool:
        found = (await listed(server, room))["cameras"]
        return all(camera["state"] == "live" for camera in found if camera["id"] not in others)

    await eventually(are_live, within_s=PATIENCE_S)
