"""`python -m tests.bench.joins [--joins 30]`: Chromium joins by WebRTC in the middle of a group of pictures, with losses.

    python -m tests.bench.joins --loss 0 --link 8000000 --bitrate 3000000 --seconds 12     # a link that carries little more

The camera answers no request for keyframes, so a viewer who does not get a picture out of the group that runs waits for the
next keyframe. Told is how long after the answer each viewer saw the first picture, ICE and DTLS included, and how long
pictures wait in its jitter buffer.
"""

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from playwright.async_api import Page

from media.codecs.x264 import Access, encoded
from media.drawing import Canvas
from tests.bench import browser as chromium
from tests.bench.loss import _free_udp_port
from tests.bench.relay import MediaProxy, Trouble
from tests.bench.server import running
from tests.integration.server import LocalServer, connections
from tests.media.integration.peers import RawPeer, Sender

WIDTH, HEIGHT, FRAMES_PER_S = 640, 360, 30
WAIT_MS = 12_000
_JOIN = """async ([url, port, wait_ms, watch_ms]) => {
    const peer = new RTCPeerConnection(), stream = new MediaStream()
    for (const kind of ["video", "audio"]) peer.addTransceiver(kind, {direction: "recvonly"})
    peer.ontrack = (event) => stream.addTrack(event.track)
    const video = document.createElement("video")
    video.muted = true; video.autoplay = true; video.srcObject = stream
    document.body.replaceChildren(video)
    let shown = 0, last = null, gap_ms = 0
    const first = new Promise((done) => {
        const show = (now) => {
            if (last === null) done(now)
            else gap_ms = Math.max(gap_ms, now - last)
            last = now; shown++
            video.requestVideoFrameCallback(show)
        }
        video.requestVideoFrameCallback(show)
    })
    await peer.setLocalDescription()
    const headers = {"Content-Type": "application/sdp"}
    const answer = await fetch(url, {method: "POST", headers, body: peer.localDescription.sdp})
    const sdp = (await answer.text()).replace(/ [0-9.]+ \\d+ typ host/g, ` 127.0.0.1 ${port} typ host`)
    if (answer.status !== 201) throw new Error(sdp)
    const answered = performance.now()
    await peer.setRemoteDescription({type: "answer", sdp})
    const at = await Promise.race([first, new Promise((done) => setTimeout(() => done(null), wait_ms))])
    await new Promise((done) => setTimeout(done, watch_ms))
    if (last !== null) gap_ms = Math.max(gap_ms, performance.now() - last)
    let told = {}
    for (const row of (await peer.getStats()).values())
        if (row.type === "inbound-rtp" && row.kind === "video") told = {plis: row.pliCount, nacks: row.nackCount,
            freezes: row.freezeCount, delay_ms: 1000 * row.jitterBufferDelay / Math.max(1, row.jitterBufferEmittedCount)}
    peer.close()
    return {first_ms: at === null ? null : at - answered, gap_ms, shown, ...told}
}"""


def stream(gop_s: float, bitrate_bps: int) -> tuple[Access, ...]:
    """Two groups of pictures that are hard to encode: noise that moves."""
    canvas, noise = Canvas(WIDTH, HEIGHT), np.random.default_rng(1)
    count = round(gop_s * FRAMES_PER_S)
    grain = noise.integers(0, 120, (HEIGHT * 2, WIDTH * 2), dtype=np.uint8)

    def drawn() -> Any:
        for number in range(2 * count):
            canvas.gradient((40, 120, 120), (180, 140, 110))
            at = number * 3 % WIDTH
            canvas.data[:HEIGHT] = canvas.data[:HEIGHT] // 2 + grain[number % HEIGHT :][:HEIGHT, at : at + WIDTH]
            yield canvas.data

    return encoded(
        drawn(), width=WIDTH, height=HEIGHT, frames_per_s=FRAMES_PER_S, key_every=count, bitrate_bps=bitrate_bps
    )


async def play(peer: RawPeer, pictures: tuple[Access, ...]) -> None:
    """Over and over, in real time."""
    sender, loop = Sender(ssrc=7), asyncio.get_running_loop()
    since_s, number = loop.time(), 0
    while True:
        for data in sender.packets(pictures[number % len(pictures)][1]):
            peer.rtp(data)
        number += 1
        await asyncio.sleep(max(0.0, since_s + number / FRAMES_PER_S - loop.time()))


async def joined(
    page: Page, url: str, server: tuple[str, int], trouble: Trouble, seed: int, watch_s: float
) -> dict[str, Any]:
    """One join, watched for so long; `first_ms` None: no picture in WAIT_MS; `gap_ms`: the longest between two pictures."""
    with MediaProxy(server, trouble, seed=seed) as relay:
        found: dict[str, Any] = await page.evaluate(_JOIN, [url, relay.port, WAIT_MS, 1000 * watch_s])
        return found


async def _all(options: argparse.Namespace) -> None:
    pictures = stream(options.gop_s, options.bitrate)
    port, chance = _free_udp_port(), random.Random(1)
    limits = {"LIVEHUB_MEDIA_UDP_PORT": str(port), "LIVEHUB_MEDIA_SESSIONS_PER_S_MAX": "1000"}
    with tempfile.TemporaryDirectory(prefix="livehub-bench-") as folder, running(Path(folder), **limits) as server:
        room = server.room(f"j{time.time_ns() // 1_000_000}")
        camera = server.camera(room)
        async with chromium.browser() as browser, connections() as session, RawPeer.of(sends=True) as peer:
            site = LocalServer(server.url, session)
            await peer.begun(site, camera["whip"], camera["token"])
            await peer.connected()
            playing = asyncio.create_task(play(peer, pictures))
            await asyncio.sleep(2 * options.gop_s)
            page = await browser.new_page()
            await page.goto(server.url + "/healthz")
            came = []
            for seed in range(options.joins):
                await asyncio.sleep(chance.uniform(0, options.gop_s))
                trouble = Trouble(loss=options.loss, delay_s=options.delay, rate_bps=options.link)
                came.append(
                    await joined(
                        page,
                        f"{server.url}/media/whep/{room}",
                        ("127.0.0.1", port),
                        trouble,
                        10 * seed,
                        options.seconds,
                    )
                )
                sys.stderr.write(f"{came[-1]}\n")
            playing.cancel()
    first_ms = sorted(one["first_ms"] if one["first_ms"] is not None else WAIT_MS for one in came)
    soon = sum(ms <= 1_000 for ms in first_ms)
    sys.stdout.write(
        f"{soon} of {len(came)} saw a picture within 1 s of the answer; median {statistics.median(first_ms):.0f} ms, "
        f"worst {first_ms[-1]:.0f} ms; NACKs {sum(one['nacks'] for one in came)}, PLIs {sum(one['plis'] for one in came)}, "
        f"longest gap {statistics.median(one['gap_ms'] for one in came):.0f} ms, worst "
        f"{max(one['gap_ms'] for one in came):.0f} ms, buffer {statistics.median(one['delay_ms'] for one in came):.0f} ms\n"
    )


def main() -> int:
    """Print one line, and each join to stderr."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.joins", description=__doc__)
    parser.add_argument("--joins", type=int, default=30)
    parser.add_argument("--loss", type=float, default=0.05)
    parser.add_argument("--delay", type=float, default=0.02, help="seconds, each way")
    parser.add_argument("--link", type=float, help="bit/s that it carries, with a queue of 250 KB")
    parser.add_argument("--seconds", type=float, default=2.0, help="for how long each is watched")
    parser.add_argument("--gop-s", type=float, default=8.0)
    parser.add_argument("--bitrate", type=int, default=1_000_000)
    asyncio.run(_all(parser.parse_args()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
