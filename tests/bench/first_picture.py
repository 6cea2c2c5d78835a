"""`python -m tests.bench.first_picture [--rounds 5]`: how soon somebody on a slow link sees a room.

Chromium opens a room that shows a picture of 1.0 Mbit/s, as on a phone that has never been here: nothing cached, a link of
1.6 Mbit/s with 300 ms more for each request (DevTools emulation, as for "slow 3G and a half"; it delays requests, and no
handshakes). Told is, after the address was opened, when the poster was painted and when the first frame was shown, and how
many requests and bytes had come by then.
"""

import argparse
import asyncio
import io
import json
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.async_api import Browser

from tests.bench import browser as chromium
from tests.bench import clip
from tests.bench.server import CHECKOUT, Server, running

BITRATE_BPS = 936_000  # with 64 kbit/s of sound: 1.0 Mbit/s
PUBLISHED_S = 600
PICTURE_WITHIN_S = 60.0
LIVE_WITHIN_S = 40.0
POSTER = 900, 1600  # pixels, as a phone's camera makes them upright

# `poster`: an <img> of it is loaded, and a frame later (LCP leaves out what is as large as the window). `frame`: one of the
# picture was presented. `shell`: the page's script has drawn something.
_WATCH = """(() => {
    const told = window.told = {poster: null, frame: null, shell: null}
    const look = () => {
        if (told.shell === null && document.querySelector("#app > *")) told.shell = performance.now()
        const poster = [...document.querySelectorAll("img")].find((image) => image.currentSrc.includes("POSTER"))
        if (told.poster === null && poster?.complete && poster.naturalWidth > 0) {
            told.poster = -1
            requestAnimationFrame(() => (told.poster = performance.now()))
        }
        const video = document.querySelector("video")
        if (video && !video.seen) {
            video.seen = true
            video.requestVideoFrameCallback(() => (told.frame = performance.now()))
        }
        if (told.frame === null || told.poster === null) requestAnimationFrame(look)
    }
    requestAnimationFrame(look)
})()"""


def _poster(server: Server) -> str:
    """An upright photograph's like (its large size has 112 kB), uploaded; its address."""
    width, height = POSTER
    down, along = np.mgrid[0:height, 0:width]
    waves = [127 + 90 * np.sin(along / (40 + 30 * n) + n) * np.cos(down / (70 - 15 * n)) for n in range(3)]
    noise = np.random.default_rng(1).normal(0, 6, (height, width, 3))
    pixels = np.clip(np.stack(waves, axis=-1) + noise, 0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=85)
    headers = {
        "Authorization": f"Bearer {server.token}",
        "Content-Type": "image/jpeg",
        "Idempotency-Key": "poster-of-bench",
    }
    request = urllib.request.Request(server.url + "/api/uploads", file.getvalue(), headers, method="POST")
    with urllib.request.urlopen(request, timeout=20) as answer:
        made: dict[str, Any] = json.loads(answer.read())
    return str(made["urls"]["large"])


@contextmanager
def _published(clip_at: Path, server: Server, camera: dict[str, Any]) -> Iterator[None]:
    url = server.url + camera["whip"]
    command = [sys.executable, "-m", "tests.bench.publish", str(clip_at), str(PUBLISHED_S), url, camera["token"]]
    process = subprocess.Popen(command, cwd=CHECKOUT)
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


async def _until_on_air(server: Server, room: str) -> None:
    async with asyncio.timeout(LIVE_WITHIN_S):
        on_air: set[str] = set()
        while room not in on_air:
            await asyncio.sleep(0.2)
            on_air = {one["id"] for one in server.call("GET", "/api/rooms")["rooms"] if one["on_air"]}
    await asyncio.sleep(6)  # segments enough for a playlist as it will be


async def _seen(browser: Browser, url: str, poster: str, link: argparse.Namespace) -> dict[str, float | None]:
    """One visit by somebody new."""
    context = await browser.new_context(viewport={"width": 375, "height": 720}, has_touch=True, is_mobile=True)
    page = await context.new_page()
    protocol = await context.new_cdp_session(page)
    told: dict[str, float | None] = {"requests": 0, "kB": 0}
    asked: list[str] = []
    came: list[int] = []
    protocol.on("Network.requestWillBeSent", lambda event: asked.append(event["request"]["url"]))
    protocol.on("Network.loadingFinished", lambda event: came.append(int(event["encodedDataLength"])))
    await protocol.send("Network.enable")
    await protocol.send("Network.setCacheDisabled", {"cacheDisabled": False})
    await protocol.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": link.latency_ms,
            "downloadThroughput": link.down_bps / 8,
            "uploadThroughput": link.down_bps / 16,
        },
    )
    await page.add_init_script(_WATCH.replace("POSTER", poster.split("/")[-2]))
    try:
        await page.goto(url, wait_until="commit")
        await page.wait_for_function("() => told.frame !== null", timeout=PICTURE_WITHIN_S * 1000)
        told["requests"], told["kB"] = len(asked), sum(came) / 1000
    finally:
        told |= await page.evaluate("() => told")
        if link.each:
            rows = await page.evaluate(
                "() => performance.getEntriesByType('resource').map((one) => [Math.round(one.startTime),"
                " Math.round(one.responseStart), Math.round(one.responseEnd), one.encodedBodySize, one.name])"
            )
            for start, first, end, size, name in rows:
                sys.stdout.write(f"  {start:>6} {first:>6} {end:>6} {size:>8}  {name.partition('//')[2]}\n")
        await context.close()
    return told


async def _all(options: argparse.Namespace) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="livehub-bench-") as folder,
        running(Path(folder), LIVEHUB_WEB_DIST=options.pages) as server,
    ):
        clip_at = clip.made(Path(folder) / "clip.mp4", bitrate_bps=options.source_bps)
        room = server.room("slow-link")
        poster = _poster(server)
        server.call("PATCH", f"/api/rooms/{room}", {"poster": poster})
        with _published(clip_at, server, server.camera(room)):
            await _until_on_air(server, room)
            found: list[dict[str, float | None]] = []
            for number in range(options.rounds):
                # A browser for each: nothing of the visit before is of use.
                async with chromium.browser() as browser:
                    one = await _seen(browser, f"{server.url}/r/{room}", poster, options)
                found.append(one)
                words = "  ".join(f"{name} {value:.0f}" for name, value in one.items() if value is not None)
                sys.stdout.write(f"{number + 1}: {words}\n")
                sys.stdout.flush()
    for name in ("shell", "poster", "frame", "requests", "kB"):
        values = [value for one in found if (value := one[name]) is not None]
        if values:
            sys.stdout.write(
                f"{name:<9} median {statistics.median(values):.0f}  ({min(values):.0f} - {max(values):.0f})\n"
            )


def main() -> int:
    """Print each visit, and the medians; times in ms."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.first_picture", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--down-bps", type=int, default=1_600_000)
    parser.add_argument("--latency-ms", type=int, default=300)
    parser.add_argument("--source-bps", type=int, default=BITRATE_BPS, help="of the picture")
    parser.add_argument("--each", action="store_true", help="every request, too: begin, first byte, end (ms), bytes")
    parser.add_argument("--pages", default="web/dist", help="folder of the built pages")
    asyncio.run(_all(parser.parse_args()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
