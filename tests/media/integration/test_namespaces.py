"""The production set-up of docs/operations.md, seen from another network: nginx, HTTP on loopback behind it on the same
machine, and media on a UDP port that is open to all. A camera and viewers are in a network namespace.
"""

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.integration.processes import Processes, ready
from tests.integration.server import LocalServer, eventually
from tests.media.hls import proxy
from tests.media.integration.namespaces import Network, network, why_not
from tests.media.integration.publishers import ROOT, Kit
from tests.patience import PATIENCE_S
from tests.ports import free_port

pytestmark = pytest.mark.skipif(proxy.binary() is None, reason="nginx is not installed")


@pytest.fixture
def elsewhere() -> Iterator[Network]:
    """Another network."""
    reason = why_not()
    if reason is not None:
        pytest.skip(reason)
    with network() as made:
        yield made


async def _run(command: list[str]) -> dict[str, Any]:
    """What a command prints, as JSON."""
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    try:
        async with asyncio.timeout(2 * PATIENCE_S):
            printed, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0
    told: dict[str, Any] = json.loads(printed)
    return told


async def test_a_camera_and_viewers_of_another_network_get_through(
    processes: Processes, elsewhere: Network, kit: Kit, folder: Path
) -> None:
    port, udp_port = free_port(), free_port()
    started = processes.start(
        "serve", "--port", str(port), url=f"http://127.0.0.1:{port}", media_host="::", media_udp_port=udp_port,
        media_addresses=f"{elsewhere.here},{elsewhere.here_6}", trust_proxy="true",
    )  # fmt: skip
    async with aiohttp.ClientSession() as session:
        [server] = await ready([started], session)
        with proxy.nginx(folder, port, host=elsewhere.here) as url:
            front = LocalServer(url, session)
            room = await front.room()
            made = await front.do("POST", f"/api/rooms/{room}/cameras", {"name": "Phone"})
            camera = await asyncio.create_subprocess_exec(
                *elsewhere.inside(sys.executable, "-m", "tests.media.integration.publishers"),
                url + made["whip"], made["token"], str(kit.clip), str(kit.certificate), str(kit.key),
                cwd=ROOT, stdin=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
            try:

                async def is_shown() -> bool:
                    assert camera.returncode is None, "the camera ended"
                    return (await front.call("GET", f"/live/{room}/video/index.m3u8")).status == 200

                await eventually(is_shown)
                for address, told in ((elsewhere.there, elsewhere.here), (elsewhere.there_6, elsewhere.here_6)):
                    viewer = elsewhere.inside(sys.executable, "-m", "tests.media.integration.namespaces")
                    seen = await _run([*viewer, url, room, address])
                    assert (seen["from"], seen["status"]) == ([told, udp_port], 200)
                    assert seen["part_bytes"] > 100
                assert await server.metric("livehub_media_publishers") == 1
                assert "media.unreachable" not in started.printed
            finally:
                camera.kill()
                await camera.wait()


async def test_a_port_on_loopback_reaches_nobody_there_and_the_log_says_so(
    processes: Processes, elsewhere: Network
) -> None:
    port = free_port()
    started = processes.start(
        "serve", "--port", str(port), url=f"http://127.0.0.1:{port}", media_host="127.0.0.1",
        media_udp_port=free_port(), media_addresses=elsewhere.here,
    )  # fmt: skip
    async with aiohttp.ClientSession() as session:
        await ready([started], session)
        said = [json.loads(line) for line in started.printed.splitlines() if "media.unreachable" in line]
        assert [entry["reason"] for entry in said] == [
            (
                f"peers are told {elsewhere.here}, but the port is open at 127.0.0.1, which only this machine can reach: "
                "set LIVEHUB_MEDIA_HOST to ::"
            )
        ]
