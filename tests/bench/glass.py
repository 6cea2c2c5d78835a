"""`python -m tests.bench.glass [--seconds 60]`: from the canvas of a publishing Chromium to the picture of a watching one.

All on one machine: Chromium publishes 720p30 by WHIP with the clock drawn into the picture; another page watches by HLS (the
viewer's own page) or by WHEP, and its picture is read back several times a second.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.async_api import Browser, Page

from tests.bench import browser as chromium
from tests.bench.server import Server, running

EVERY_MS = 200
SETTLE_S = 12.0  # a player that catches up does so at a twentieth to a half of real time
PICTURE_WITHIN_MS = 60_000.0
WAYS = ("hls", "whep")


async def _watched(browser: Browser, server: Server, room: str, way: str) -> Page:
    page = await browser.new_page(viewport={"width": 1280, "height": 800})
    if way == "hls":
        await page.goto(f"{server.url}/r/{room}")
    else:
        await page.goto(f"{server.url}/healthz")
        await chromium.watch(page, f"{server.url}/media/whep/{room}")
    await page.wait_for_function(
        "() => document.querySelector('video')?.currentTime > 0 && document.querySelector('video').videoWidth > 0",
        timeout=PICTURE_WITHIN_MS,
    )
    return page


def _told(way: str, ages_ms: list[int], cost: str) -> str:
    ranked = sorted(ages_ms)
    share = ranked[min(len(ranked) - 1, int(len(ranked) * 0.99))]
    return (
        f"{way:<6} median {statistics.median(ranked):.0f} ms  p99 {share} ms  least {ranked[0]}  most {ranked[-1]}"
        f"  ({len(ranked)} looks)  {cost}\n"
    )


async def _measured(browser: Browser, server: Server, way: str, seconds: float, *, each: bool) -> str:
    room = server.room(f"g{time.time_ns() // 1_000_000}")
    camera = server.camera(room)
    publisher = await browser.new_page()
    await publisher.goto(f"{server.url}/healthz")
    await chromium.publish(publisher, server.url + camera["whip"], camera["token"])
    viewer = await _watched(browser, server, room, way)
    await asyncio.sleep(SETTLE_S)
    begun = await chromium.sent(publisher)
    ages_ms = await chromium.ages_ms(viewer, every_ms=EVERY_MS, count=int(seconds * 1000 / EVERY_MS))
    sent = await chromium.sent(publisher)
    fps = (sent["frames"] - begun["frames"]) / seconds
    cost = f"{sent['width']}x{sent['height']} {fps:.1f} fps {(sent['bytes'] - begun['bytes']) * 8 / seconds / 1e6:.2f} Mbit/s"
    for page in (viewer, publisher):
        await page.close()
    server.call("DELETE", f"/api/rooms/{room}/cameras/{camera['camera']['id']}")
    server.call("POST", f"/api/rooms/{room}/state", {"status": "ended"})
    return _told(way, ages_ms, cost) + (f"{ages_ms}\n" if each else "")


async def _all(options: argparse.Namespace) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="livehub-bench-") as folder,
        running(Path(folder), LIVEHUB_WEB_DIST=options.pages) as server,
    ):
        for _ in range(options.rounds):
            for way in options.ways:
                # A browser for each, so that publisher and viewer share no encoder or clock but the machine's.
                async with chromium.browser() as browser:
                    sys.stdout.write(await _measured(browser, server, way, options.seconds, each=options.each))
                    sys.stdout.flush()


def main() -> int:
    """Print a line for each way."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.glass", description=__doc__)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--each", action="store_true", help="every age, too")
    parser.add_argument("--pages", default="web/dist", help="folder of the built pages")
    asyncio.run(_all(parser.parse_args()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
