"""Another network on this machine: a namespace behind a pair of virtual interfaces, in which clients are really elsewhere.

Needs root and iproute2. `python -m tests.media.integration.namespaces URL ROOM ADDRESS` is a viewer there: it joins by WebRTC
from ADDRESS, fetches a part of the live stream, and prints what came as JSON.
"""

import asyncio
import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

import aiohttp
from msgspec import Struct

from tests.integration.server import LocalServer, eventually
from tests.media.integration.peers import RawPeer
from tests.patience import PATIENCE_S

PACKETS = 50


class Network(Struct, frozen=True):
    """`here`, `here_6`: this machine's addresses towards it; `there`, `there_6`: those of who is inside."""

    name: str
    here: str
    there: str
    here_6: str
    there_6: str

    def inside(self, *command: str) -> list[str]:
        """`command`, run there."""
        return ["ip", "netns", "exec", self.name, *command]


def why_not() -> str | None:
    """Why there can be no other network here; None: there can."""
    if shutil.which("ip") is None:
        return "iproute2 is not installed"
    if os.geteuid() != 0:
        return "network namespaces need root"
    name = f"livehub-try-{os.getpid()}"
    tried = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True, check=False)
    subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)
    return f"no network namespaces here: {tried.stderr.strip()}" if tried.returncode else None


@contextlib.contextmanager
def network() -> Iterator[Network]:
    """A network of its own, which is gone afterwards. Its addresses are for such tests: RFC 2544, RFC 4193."""
    number = os.getpid() % 16_000
    name, link = f"livehub-{os.getpid()}", f"lh{os.getpid()}"
    block, first, prefix = f"198.18.{number // 64}", number % 64 * 4, f"fd6c:6976:6568:{number:x}"
    made = Network(name, f"{block}.{first + 1}", f"{block}.{first + 2}", f"{prefix}::1", f"{prefix}::2")
    try:
        _ip("netns", "add", name)
        _ip("link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", name)
        for place, device, addresses in (
            ((), link, (made.here, made.here_6)),
            (("-n", name), "eth0", (made.there, made.there_6)),
        ):
            _ip(*place, "addr", "add", f"{addresses[0]}/30", "dev", device)
            _ip(*place, "addr", "add", f"{addresses[1]}/64", "dev", device, "nodad")
            _ip(*place, "link", "set", device, "up")
        _ip("-n", name, "link", "set", "lo", "up")
        yield made
    finally:
        subprocess.run(["ip", "link", "del", link], capture_output=True, check=False)  # the other end goes with it
        subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], capture_output=True, text=True, check=True)


async def watch(url: str, room: str, address: str) -> dict[str, object]:
    """Join `room` from `address`: where its media came from, and the size of a part of the live stream."""
    async with aiohttp.ClientSession() as session, RawPeer.of(sends=False, host=address) as peer:
        server = LocalServer(url, session)
        await peer.begun(server, f"/media/whep/{room}")
        await peer.connected()

        async def has_media() -> bool:
            return len(peer.rtp_came) >= PACKETS

        await eventually(has_media)
        playlist = (await server.call("GET", f"/live/{room}/video/index.m3u8")).body
        last = next(line for line in reversed(playlist.splitlines()) if line.startswith("#EXT-X-PART:"))
        part = last.partition('URI="')[2].partition('"')[0]
        path, timeout = f"{url}/live/{room}/video/{part}", aiohttp.ClientTimeout(total=PATIENCE_S)
        async with session.get(path, timeout=timeout) as answer:
            size = len(await answer.read())
            return {"from": peer.server, "status": answer.status, "part_bytes": size}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(watch(*sys.argv[1:]))))  # noqa: T201  (what the test reads)
