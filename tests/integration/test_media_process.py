"""With several processes on a node one holds the media; whichever worker is asked, the answer is the same; it may die."""

import gzip
import signal
from pathlib import Path
from typing import Any

import aiohttp

from livehub.node.media_proxy import SOCKET
from tests.integration.processes import Processes, ready
from tests.integration.server import LocalServer, eventually
from tests.integration.viewers import Crowd
from tests.patience import START_PATIENCE_S
from tests.ports import free_port


async def picture(server: LocalServer, room: str) -> str:
    """The room's playlist, once there is one; any worker may be asked."""

    async def is_there() -> bool:
        return (await server.call("GET", f"/live/{room}/video/index.m3u8")).status == 200

    await eventually(is_there, within_s=START_PATIENCE_S)
    return str((await server.call("GET", f"/live/{room}/video/index.m3u8")).body)


async def test_workers_hand_over_to_the_media_process_and_live_through_its_death(
    processes: Processes, session: aiohttp.ClientSession, crowd: Crowd, folder: Path
) -> None:
    port = free_port()
    place = ["--sockets", str(folder)]
    media = processes.start("media", *place)
    workers = await ready(processes.workers(2, port=port), session)
    server = workers[0]
    room = await server.room()
    away = await server.call("GET", f"/live/{room}/index.m3u8")
    assert away.status in (404, 503), away

    viewer = await crowd.raw(server)
    await viewer.join(room)
    host = await crowd.raw(workers[1], workers[1].host)
    await host.join(room)

    async def is_up() -> bool:
        return (await server.call("GET", f"/api/rooms/{room}/cameras")).status == 200

    await eventually(is_up, within_s=START_PATIENCE_S)
    made = await server.do("POST", f"/api/rooms/{room}/cameras", {"name": "Field", "kind": "test"})
    assert await picture(server, room)
    switched = await viewer.control("camera")
    assert switched["data"]["reason"] == "start"
    assert switched["data"]["program"]["camera"] == made["camera"]["id"]
    told = await host.inbox.until(
        "staff", lambda body: body["type"] == "cameras" and body["data"]["on_air"] is not None
    )
    assert told["data"]["cameras"][0]["state"] == "live"
    # A body that is encoded is handed over as it is.
    headers = {
        "Content-Encoding": "gzip",
        "Content-Type": "application/json",
        "Authorization": f"Bearer {server.host.token}",
    }
    called = f"{server.url}/api/rooms/{room}/cut"
    async with session.post(called, data=gzip.compress(b'{"camera": "nobody"}'), headers=headers) as refused:
        assert (refused.status, (await refused.json())["name"]) == (404, "camera_not_found")
    cut = await server.do("POST", f"/api/rooms/{room}/cut", {"camera": "slate"})
    assert cut["camera"] is None
    slate = await viewer.control("camera", reason="cut")
    assert slate["data"]["program"]["camera"] is None

    media.tell(signal.SIGKILL)
    await media.ended()
    answer = await server.call("GET", f"/api/rooms/{room}/cameras")
    assert (answer.status, answer.body["name"]) == (503, "unavailable")
    assert (await server.call("GET", f"/api/rooms/{room}")).status == 200  # the rest goes on
    (folder / SOCKET).unlink(missing_ok=True)
    processes.start("media", *place)
    assert await picture(server, room)

    def is_on_air_again(body: dict[str, Any]) -> bool:
        # Where the start takes longer than LIVEHUB_PROGRAM_RESUME_S, the room is first told that the picture has ended.
        return body["type"] == "camera" and body["offset"] > slate["offset"] and body["data"]["program"] is not None

    back = await viewer.inbox.until("control", is_on_air_again)
    assert back["data"]["program"]["camera"] == made["camera"]["id"]
