"""Chromium as a publisher and as a player whose picture tells the time: a canvas with the clock drawn into it as bits.

The clock is the machine's in steps of 10 ms, 20 bits of it in 20 squares, so whoever sees the picture, on this machine, knows
how old it is.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

from tests.bench.server import CHECKOUT

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
)

_PUBLISH = """async ([url, token, width, height, port]) => {
    const canvas = document.createElement("canvas")
    canvas.width = width; canvas.height = height
    const paint = canvas.getContext("2d")
    const side = width / 20
    const draw = () => {
        const now = Date.now()
        paint.fillStyle = "#456"; paint.fillRect(0, 0, width, height)
        for (let bit = 0; bit < 20; bit++) {
            paint.fillStyle = (Math.floor(now / 10) >> bit) & 1 ? "#fff" : "#000"
            paint.fillRect(bit * side, 0, side, side)
        }
        for (let n = 0; n < 40; n++) {
            paint.fillStyle = `hsl(${(n * 37 + now / 50) % 360}, 60%, 50%)`
            paint.fillRect((n * 97 + now / (3 + n % 5)) % width, side + (n * 53) % (height - side - 40), 60, 40)
        }
    }
    setInterval(draw, 1000 / 30)
    const audio = new AudioContext(), tone = audio.createOscillator(), out = audio.createMediaStreamDestination()
    tone.connect(out); tone.start()
    const peer = window.publisher = new RTCPeerConnection()
    peer.addTransceiver(canvas.captureStream(30).getVideoTracks()[0], {direction: "sendonly"})
    peer.addTransceiver(out.stream.getAudioTracks()[0], {direction: "sendonly"})
    await peer.setLocalDescription()
    const headers = {"Content-Type": "application/sdp", "Authorization": `Bearer ${token}`}
    const answer = await fetch(url, {method: "POST", headers, body: peer.localDescription.sdp})
    let sdp = await answer.text()
    if (answer.status !== 201) throw new Error(sdp)
    const theirs = Number(/candidate:.* (\\d+) typ host/.exec(sdp)[1])
    window.port = port
    if (port) sdp = sdp.replace(/ [0-9.]+ \\d+ typ host/g, ` 127.0.0.1 ${port} typ host`)
    await peer.setRemoteDescription({type: "answer", sdp})
    return theirs
}"""
_SENT = """async () => {
    for (const entry of (await publisher.getStats()).values())
        if (entry.type === "outbound-rtp" && entry.kind === "video") return {
            frames: entry.framesSent, keys: entry.keyFramesEncoded, fps: entry.framesPerSecond || 0,
            bytes: entry.bytesSent, width: entry.frameWidth, height: entry.frameHeight, nacks: entry.nackCount,
            plis: entry.pliCount, again: entry.retransmittedPacketsSent, state: publisher.connectionState,
            limited: entry.qualityLimitationReason, encode_ms: 1000 * entry.totalEncodeTime / entry.framesEncoded,
        }
}"""
_WATCH = """async (url) => {
    const peer = window.player = new RTCPeerConnection(), stream = new MediaStream()
    for (const kind of ["video", "audio"]) peer.addTransceiver(kind, {direction: "recvonly"})
    peer.ontrack = (event) => stream.addTrack(event.track)
    const video = document.createElement("video")
    video.muted = true; video.autoplay = true; video.srcObject = stream
    document.body.replaceChildren(video)
    await peer.setLocalDescription()
    const headers = {"Content-Type": "application/sdp"}
    const answer = await fetch(url, {method: "POST", headers, body: peer.localDescription.sdp})
    const sdp = await answer.text()
    if (answer.status !== 201) throw new Error(sdp)
    await peer.setRemoteDescription({type: "answer", sdp})
}"""
_AGES = """([every_ms, count]) => new Promise((done) => {
    const canvas = document.createElement("canvas"), ages = []
    canvas.width = 640; canvas.height = 360
    const paint = canvas.getContext("2d", {willReadFrequently: true})
    const look = () => {
        const video = document.querySelector("video")
        paint.drawImage(video, 0, 0, 640, 360)
        const line = paint.getImageData(0, 16, 640, 1).data
        let told = 0
        for (let bit = 0; bit < 20; bit++) if (line[(bit * 32 + 16) * 4] > 128) told |= 1 << bit
        ages.push((((Math.floor(Date.now() / 10) & 0xfffff) - told) & 0xfffff) * 10)
        if (ages.length === count) done(ages)
        else setTimeout(look, every_ms)
    }
    look()
})"""


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """A Chromium: the machine's, or Playwright's own."""
    stamp = CHECKOUT / ".venv" / "stamps" / "browser"
    path = stamp.read_text().strip() if stamp.exists() else ""
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(
            executable_path=path if path.startswith("/") else None, args=list(FLAGS)
        )
        try:
            yield launched
        finally:
            await launched.close()


async def publish(
    page: Page, url: str, token: str, *, width: int = 1280, height: int = 720, port: int | None = None
) -> int:
    """Publish by WHIP, to `port` of this machine instead of the server's, which is given back."""
    theirs: int = await page.evaluate(_PUBLISH, [url, token, width, height, port])
    return theirs


async def sent(page: Page) -> dict[str, Any]:
    """What the publisher has sent of the picture so far."""
    found: dict[str, Any] = await page.evaluate(_SENT)
    return found


async def watch(page: Page, url: str) -> None:
    """Play by WHEP."""
    await page.evaluate(_WATCH, url)


async def ages_ms(page: Page, *, every_ms: int, count: int) -> list[int]:
    """How old the picture in the page's video was, so many times."""
    found: list[int] = await page.evaluate(_AGES, [every_ms, count])
    return found
