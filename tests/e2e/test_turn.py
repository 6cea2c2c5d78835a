"""A phone in a network that lets no UDP out goes live through a TURN server: real coturn, over TCP, with all else forbidden."""

import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from tests.conftest import new_folder
from tests.e2e.conftest import FLAGS, SEEN_WITHIN_MS, Company
from tests.e2e.people import MEDIA_GONE, PHONE, Host
from tests.e2e.site import Site
from tests.e2e.test_video import CAMERA_FLAGS
from tests.integration.server import eventually

pytestmark = pytest.mark.skipif(shutil.which("turnserver") is None, reason="coturn is not installed")

SECRET = "between the farm and its relay"

# What a firewall does to everything but the way through TURN.
_ONLY_RELAYED = """(() => {
    const Whole = window.RTCPeerConnection;
    window.peers = [];
    window.RTCPeerConnection = function (options) {
        const peer = new Whole({ ...options, iceTransportPolicy: "relay" });
        window.peers.push(peer);
        return peer;
    };
    window.RTCPeerConnection.prototype = Whole.prototype;
})()"""
_WAY = """async () => {
    for (const peer of window.peers) {
        const stats = await peer.getStats();
        for (const pair of stats.values())
            if (pair.type === "candidate-pair" && pair.nominated && pair.bytesSent > 100_000) {
                const local = stats.get(pair.localCandidateId);
                return `${local.candidateType} ${local.relayProtocol}`;
            }
    }
    return "";
}"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def chromium(browser_path: str | None) -> AsyncIterator[Browser]:
    """One with a camera and a microphone."""
    expect.set_options(timeout=SEEN_WITHIN_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=browser_path, headless=True, args=(*FLAGS, *CAMERA_FLAGS)
        )
        yield browser
        await browser.close()


@pytest.fixture
def turn() -> Iterator[str]:
    """A TURN server that takes TCP alone; as LIVEHUB_MEDIA_ICE_SERVERS has it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with new_folder() as folder:
        command = [
            "turnserver", "-n", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", f"--listening-port={port}", "--no-udp",
            "--no-tls", "--no-dtls", "--no-cli", "--allow-loopback-peers", "--use-auth-secret",
            f"--static-auth-secret={SECRET}", "--realm=farm",
            f"--userdb={folder}/turndb", f"--pidfile={folder}/pid", f"--log-file={folder}/log",
        ]  # fmt: skip
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                yield f"turn:127.0.0.1:{port}?transport=tcp"
            finally:
                process.kill()


async def _relayed(host: Host) -> None:
    async def is_relayed() -> bool:
        return bool(await host.page.evaluate(_WAY) == "relay tcp")

    await eventually(is_relayed, within_s=SEEN_WITHIN_MS / 1000)


async def test_a_phone_whose_network_lets_no_udp_out_goes_live(site: Site, turn: str, company: Company) -> None:
    await site.stop()
    await site.start(
        LIVEHUB_MEDIA_ICE_SERVERS=turn, LIVEHUB_MEDIA_TURN_SECRET=SECRET, LIVEHUB_MEDIA_ADDRESSES="127.0.0.1"
    )
    room = await site.show()
    host = await company.host(PHONE)
    host.complaints.expect(MEDIA_GONE)
    await host.page.add_init_script(_ONLY_RELAYED)
    await host.enter(room)
    await host.go("picture")
    await host.button("studio.live.openCamera").click()
    await host.button("studio.live.go").click()
    await expect(host.page.get_by_role("status").filter(has_text=host.t("studio.live.reach.onAir"))).to_be_visible()
    await _relayed(host)
    tile = host.page.get_by_role("listitem").filter(has_text=host.t("studio.live.phoneName"))
    await expect(tile).to_contain_text(host.t("staff.camera.onAir"))
