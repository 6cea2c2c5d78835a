"""With several processes on a node one holds the media; whichever worker is asked, the answer is the same; it may die."""

import signal
from pathlib import Path

import aiohttp

from livehub.relay import SOCKET
from livehub.servers.valkey import free_port
from tests.integration.house import House, eventually
from tests.integration.processes import Processes, ready
from tests.integration.viewers import Crowd

PICTURE_WITHIN_S = 60.0  # the test picture is drawn first


async def picture(house: House, room: str) -> str:
    """The room's playlist, once there is one; any worker may be asked."""

    async def is_there() -> bool:
        return (await house.call("GET", f"/live/{room}/video/index.m3u8")).status == 200

    await eventually(is_there, within_s=PICTURE_WITHIN_S)
    return str((await house.call("GET", f"/live/{room}/video/index.m3u8")).body)


async def test_workers_hand_over_to_the_media_process_and_live_through_its_death(
    processes: Processes, session: aiohttp.ClientSession, crowd: Crowd, folder: Path
) -> None:
    port = free_port()
    place = ["--sockets", str(folder)]
    media = processes.start("media", *place)
    workers = await ready(processes.workers(2, port=port), session)
    house = workers[0]
    room = await house.room()
    away = await house.call("GET", f"/live/{room}/index.m3u8")
    assert away.status in (404, 503), away

    viewer = await crowd.raw(house)
    await viewer.join(room)
    host = await crowd.raw(workers[1], workers[1].host)
    await host.join(room)

    async def is_up() -> bool:
        return (await house.call("GET", f"/api/rooms/{room}/cameras")).status == 200

    await eventually(is_up, within_s=PICTURE_WITHIN_S)
    made = await house.do("POST", f"/api/rooms/{room}/cameras", {"name": "Field", "kind": "test"})
    assert await picture(house, room)
    switched = await viewer.control("camera")
    assert switched["data"]["reason"] == "start"
    assert switched["data"]["program"]["camera"] == made["camera"]["id"]
    told = await host.inbox.until(
        "staff", lambda body: body["type"] == "cameras" and body["data"]["on_air"] is not None
    )
    assert told["data"]["cameras"][0]["state"] == "live"
    cut = await house.do("POST", f"/api/rooms/{room}/cut", {"camera": "slate"})
    assert cut["camera"] is None
    slate = await viewer.control("camera", reason="cut")
    assert slate["data"]["program"]["camera"] is None

    media.tell(signal.SIGKILL)
    await media.ended()
    answer = await house.call("GET", f"/api/rooms/{room}/cameras")
    assert (answer.status, answer.body["name"]) == (503, "unavailable")
    assert (await house.call("GET", f"/api/rooms/{room}")).status == 200  # the rest goes on
    (folder / SOCKET).unlink(missing_ok=True)
    processes.start("media", *place)
    assert await picture(house, room)
    back = await viewer.inbox.until(
        "control", lambda body: body["type"] == "camera" and body["offset"] > slate["offset"]
    )
    assert back["data"]["program"]["camera"] == made["camera"]["id"]
