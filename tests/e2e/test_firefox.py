"""Firefox: as Debian ships it, its WebRTC has no H.264, so a host is told what to do; as a viewer it plays HLS.

Its offers with H.264, as it makes them with its OpenH264 plugin, are in tests/media/rtc/offers.
"""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.conftest import new_folder
from tests.e2e import firefox
from tests.e2e.firefox import Page
from tests.e2e.site import Site
from tests.e2e.texts import texts
from tests.patience import START_PATIENCE_S

pytestmark = pytest.mark.skipif(firefox.binary() is None, reason="Firefox is not installed")

_OFFERED = """(async () => {
    const peer = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
    for (const kind of ["audio", "video"]) peer.addTransceiver(kind, { direction: "sendonly" });
    await peer.setLocalDescription(await peer.createOffer());
    const headers = { "Content-Type": "application/sdp", Authorization: "Bearer %s" };
    const answer = await fetch("%s", { method: "POST", headers, body: peer.localDescription.sdp });
    const [sdp, problem] = [peer.localDescription.sdp, await answer.json()];
    peer.close();
    return { sdp, problem };
})()"""
_SHOWN = """(() => {
    const video = document.querySelector("video");
    const { totalVideoFrames } = video?.getVideoPlaybackQuality() ?? {};
    return video && video.videoWidth > 0 && { seconds: video.currentTime, frames: totalVideoFrames };
})()"""


@pytest_asyncio.fixture(loop_scope="session")
async def page() -> AsyncIterator[Page]:
    with new_folder() as folder:
        async with firefox.firefox(folder) as opened:
            yield opened


async def test_its_own_offer_is_refused_in_words(site: Site, room: str, page: Page) -> None:
    made = await site.do("POST", f"/api/rooms/{room}/cameras", {"name": "Phone"})
    await page.go(f"{site.url}/r/{room}")
    told: dict[str, Any] = await page.run(_OFFERED % (made["token"], made["whip"]))
    if "H264/90000" in told["sdp"]:
        pytest.skip("this Firefox has H.264")
    assert "a=bundle-only" in told["sdp"]
    problem = told["problem"]
    assert (problem["status"], problem["code"], problem["kind"]) == (406, 5003, "video")
    assert problem["offered"] == ["VP8", "VP9", "AV1"]
    assert problem["detail"] == "Video is taken as H.264; the offer has VP8, VP9, AV1."


async def test_a_host_is_told_what_to_do(site: Site, room: str, page: Page) -> None:
    t = texts("en")
    await page.go(site.link(f"/studio/{room}", site.host))
    for key in ("studio.tab.picture", "studio.live.openCamera", "studio.live.go"):
        await page.press(t(key))
    if await page.run("RTCRtpSender.getCapabilities('video').codecs.some((c) => c.mimeType === 'video/H264')"):
        pytest.skip("this Firefox has H.264")
    words = t("shared.refusal.5003")
    assert "Chrome, Edge or Safari" in words
    await page.until(f"document.body.innerText.includes({words!r})")


async def test_a_viewer_sees_the_show(site: Site, room: str, page: Page) -> None:
    camera = (await site.do("POST", f"/api/rooms/{room}/cameras", {"name": "Barn", "kind": "test"}))["camera"]["id"]
    await page.go(f"{site.url}/r/{room}")
    first = await page.until(_SHOWN, within_s=START_PATIENCE_S)
    await page.until(f"{_SHOWN}.seconds > {first['seconds'] + 3} && {_SHOWN}.frames > {first['frames'] + 30}")
    assert await page.run("performance.getEntriesByType('resource').some((e) => /\\/live\\/.*\\.m4s/.test(e.name))")
    await site.do("DELETE", f"/api/rooms/{room}/cameras/{camera}")
