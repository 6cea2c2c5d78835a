"""`python -m tests.bench.loss [--rounds 3]`: Chromium publishes 720p30 over a bad network; how the program's picture fares.

A freeze is the longest time between two pictures of the program as a viewer by WHEP, on a good network, gets them. In the
last case the publisher's network is away for 5 s: how long after its return the camera's pictures come, and are on air.
"""

import argparse
import asyncio
import socket
import statistics
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

from playwright.async_api import Browser

from tests.bench import browser as chromium
from tests.bench.relay import MediaProxy, Trouble
from tests.bench.server import Server, running
from tests.integration.server import LocalServer, connections
from tests.media.integration.peers import VIDEO, RawPeer

CASES = {
    "no loss": Trouble(),
    "1%": Trouble(loss=0.01),
    "1%, 20 ms": Trouble(loss=0.01, delay_s=0.02),
    "5%": Trouble(loss=0.05),
    "5%, 20 ms": Trouble(loss=0.05, delay_s=0.02),
    "2% in fives": Trouble(loss=0.02, burst=5),
    "2% in fives, 20 ms": Trouble(loss=0.02, burst=5, delay_s=0.02),
}
SETTLE_S = 6.0
OUT_S = 5.0
BACK_WITHIN_S = 30.0
ENDED = 0x80
COUNTED = ("packets_asked", "packets_lost", "keyframes_asked", "broken_frames", "packets")


class CallbackCollector:
    """The pictures that a viewer by WHEP gets: when the last packet of each came."""

    def __init__(self, peer: RawPeer) -> None:
        self._peer = peer

    def ends_s(self, since_s: float) -> list[float]:
        """By the event loop's clock."""
        came = zip(self._peer.rtp_came, self._peer.rtp_came_s, strict=True)
        return [at for data, at in came if at >= since_s and data[1] == VIDEO | ENDED]


async def _measured(
    browser: Browser, server: Server, site: LocalServer, trouble: Trouble, port: int, *, seed: int, seconds: float
) -> dict[str, Any]:
    """How the picture fares."""
    room = server.room(f"l{time.time_ns() // 1_000_000}")
    camera = server.camera(room)
    page = await browser.new_page()
    try:
        with MediaProxy(("127.0.0.1", port), trouble, seed=seed) as relay:
            await page.goto(server.url + "/healthz")
            await chromium.publish(page, server.url + camera["whip"], camera["token"], port=relay.port)
            await asyncio.sleep(SETTLE_S)
            async with RawPeer.of(sends=False) as peer:
                await peer.begun(site, f"/media/whep/{room}")
                await peer.connected()
                await asyncio.sleep(0.5)
                loop = asyncio.get_running_loop()
                begun_s, before, sent = loop.time(), server.metrics(), await chromium.sent(page)
                await asyncio.sleep(seconds)
                after, sent_after = server.metrics(), await chromium.sent(page)
                ends_s = CallbackCollector(peer).ends_s(begun_s)
            gaps = sorted(1000 * (b - a) for a, b in pairwise(ends_s))
            counted = {name: int(after[f"livehub_media_{name}"] - before[f"livehub_media_{name}"]) for name in COUNTED}
            return {
                "worst_ms": round(gaps[-1]),
                "over_200": sum(gap > 200 for gap in gaps),
                "lost_frames": max(0, sent_after["frames"] - sent["frames"] - len(ends_s)),
                **counted,
                "frames": len(ends_s),
                "mbit_s": round((sent_after["bytes"] - sent["bytes"]) * 8 / seconds / 1e6, 2),
                "encode_ms": round(sent_after["encode_ms"], 1),
                "keys": sent_after["keys"] - sent["keys"],
            }
    finally:
        await page.close()
        server.call("DELETE", f"/api/rooms/{room}/cameras/{camera['camera']['id']}")
        server.call("POST", f"/api/rooms/{room}/state", {"status": "ended"})


async def _returned(browser: Browser, server: Server, site: LocalServer, trouble: Trouble, port: int) -> dict[str, Any]:
    """The publisher's network away for OUT_S."""
    room = server.room(f"o{time.time_ns() // 1_000_000}")
    camera = server.camera(room)
    id_ = camera["camera"]["id"]
    loop = asyncio.get_running_loop()
    page = await browser.new_page()
    try:
        with MediaProxy(("127.0.0.1", port), trouble, seed=0) as relay:
            await page.goto(server.url + "/healthz")
            await chromium.publish(page, server.url + camera["whip"], camera["token"], port=relay.port)
            await asyncio.sleep(SETTLE_S)
            async with RawPeer.of(sends=False) as peer:
                await peer.begun(site, f"/media/whep/{room}/{id_}", server.token)
                await peer.connected()
                await asyncio.sleep(1.0)
                publishers = server.metrics()["livehub_media_publishers"]
                relay.is_out = True
                await asyncio.sleep(OUT_S)
                off_air = (await _cameras(site, server, room))["on_air"] is None
                relay.is_out = False
                back_s = loop.time()
                on_air_s: float | None = None
                first: list[float] = []
                while loop.time() - back_s < BACK_WITHIN_S and (on_air_s is None or not first):
                    await asyncio.sleep(0.02)
                    first = CallbackCollector(peer).ends_s(back_s)
                    if on_air_s is None and (await _cameras(site, server, room))["on_air"] == id_:
                        on_air_s = loop.time()
            return {
                "first_ms": round(1000 * (first[0] - back_s)) if first else None,
                "on_air_ms": round(1000 * (on_air_s - back_s)) if on_air_s else None,
                "slate_meanwhile": off_air,
                "same_session": server.metrics()["livehub_media_publishers"] == publishers,
                "state": (await chromium.sent(page))["state"],
            }
    finally:
        await page.close()
        server.call("DELETE", f"/api/rooms/{room}/cameras/{id_}")
        server.call("POST", f"/api/rooms/{room}/state", {"status": "ended"})


async def _cameras(site: LocalServer, server: Server, room: str) -> Any:
    headers = {"Authorization": f"Bearer {server.token}"}
    async with site.session.get(f"{site.url}/api/rooms/{room}/cameras", headers=headers) as answer:
        return await answer.json()


def _tell(name: str, runs: list[dict[str, Any]]) -> None:
    """Medians of figures; of the rest, what all runs have."""
    shown = []
    for key in runs[0]:
        values = [run[key] for run in runs]
        if all(isinstance(v, int | float) and not isinstance(v, bool) for v in values):
            shown.append(f"{key} {statistics.median(values):g}")
        else:
            shown.append(f"{key} {', '.join(sorted({str(v) for v in values}))}")
    if "worst_ms" in runs[0]:
        shown.append(f"(worst of each: {', '.join(str(run['worst_ms']) for run in runs)})")
    sys.stdout.write(f"{name:<20} " + "  ".join(shown) + "\n")
    sys.stdout.flush()


async def _all(options: argparse.Namespace) -> None:
    port = _free_udp_port()
    with (
        tempfile.TemporaryDirectory(prefix="livehub-bench-") as folder,
        running(Path(folder), LIVEHUB_MEDIA_UDP_PORT=str(port)) as server,
    ):
        async with chromium.browser() as browser, connections() as session:
            site = LocalServer(server.url, session)
            for name, trouble in CASES.items():
                if not options.cases or name in options.cases:
                    seeds = range(0, 10 * options.rounds, 10)
                    way = (browser, server, site, trouble, port)
                    _tell(name, [await _measured(*way, seed=seed, seconds=options.seconds) for seed in seeds])
            for delay_s in (0.0, 0.02):
                name = f"away for {OUT_S:.0f} s" + (f", {delay_s * 1000:.0f} ms" if delay_s else "")
                if not options.cases or name in options.cases:
                    way = (browser, server, site, Trouble(delay_s=delay_s), port)
                    _tell(name, [await _returned(*way) for _ in range(options.rounds)])


def _free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def main() -> int:
    """Print a line for each case."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.loss", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--cases", nargs="+", help="only these")
    asyncio.run(_all(parser.parse_args()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
