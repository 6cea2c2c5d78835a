"""The host's picture: a live show without one is told on every tab, a frozen one as well, and the end of the show is the end
of the camera. The camera is Chromium's own.
"""

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser, Locator, async_playwright, expect

from tests.e2e.conftest import FLAGS, SEEN_WITHIN_MS, Company
from tests.e2e.people import DESK, PHONE, Host
from tests.e2e.site import Site
from tests.e2e.test_video import CAMERA_FLAGS

# What a phone does to a page's camera when a call comes in, and when it is over.
_CALL = """(event) => {
    const stream = document.querySelector(".preview video").srcObject;
    stream.getVideoTracks()[0].dispatchEvent(new Event(event));
}"""
_KEEP_TRACKS = "() => { window.tracks = document.querySelector('.preview video').srcObject.getTracks(); }"
_STATES = "() => window.tracks.map(({ readyState }) => readyState)"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def chromium(browser_path: str | None) -> AsyncIterator[Browser]:
    """One with a camera and a microphone, which it gives to who asks."""
    expect.set_options(timeout=SEEN_WITHIN_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=browser_path, headless=True, args=(*FLAGS, *CAMERA_FLAGS)
        )
        yield browser
        await browser.close()


def _banner(host: Host, trouble: str) -> Locator:
    return host.page.get_by_role("alert").filter(has_text=host.t(f"studio.trouble.{trouble}.title"))


async def _sends(host: Host) -> None:
    await host.button("studio.live.openCamera").click()
    await host.button("studio.live.go").click()


async def test_a_live_show_without_a_picture_is_told_on_every_tab(site: Site, company: Company):
    room = await site.show()
    host = await company.host(PHONE, "zh-CN")
    await host.enter(room)
    for tab in ("show", "picture", "products", "questions", "play", "chat"):
        await host.go(tab)
        await expect(_banner(host, "none")).to_be_visible()
    await host.go("show")
    mirror = host.page.get_by_role("region", name=host.t("studio.mirror"))
    await expect(mirror).to_contain_text(host.t("studio.cover.none"))

    await _banner(host, "none").get_by_role("button", name=host.t("studio.trouble.help.openCamera")).click()
    await host.button("studio.live.go").click()
    await expect(host.page.get_by_role("status").filter(has_text=host.t("studio.live.reach.onAir"))).to_be_visible()
    await expect(_banner(host, "none")).to_be_hidden()

    await host.page.evaluate(_CALL, "mute")
    await host.go("products")
    await expect(_banner(host, "frozen")).to_be_visible()
    await host.go("picture")
    await host.page.evaluate(_CALL, "unmute")
    await expect(_banner(host, "frozen")).to_be_hidden()

    await host.button("studio.live.stop").click()
    await host.go("show")
    again = host.page.get_by_role("alert").get_by_role("button", name=host.t("studio.trouble.help.sendCamera"))
    await expect(again).to_be_visible()


async def test_going_live_without_a_camera_asks_in_words(site: Site, company: Company):
    room = await site.room(live=False)
    host = await company.host(DESK, "en")
    await host.enter(room)
    await host.button("staff.showAction.live").click()
    asked = host.dialog("studio.blind.title")
    await expect(asked).to_contain_text(host.t("studio.blind.text"))
    await host.page.keyboard.press("Escape")
    await expect(asked).to_be_hidden()

    await host.go("picture")
    await _sends(host)
    await expect(host.page.get_by_role("status").filter(has_text=host.t("studio.live.reach.private"))).to_be_visible()
    await expect(host.words("studio.live.unseen.private.text")).to_be_visible()
    await host.button("staff.showAction.live").click()
    await expect(host.dialog("staff.showConfirm.live.title")).to_be_visible()
    await host.confirm("staff.showAction.live")
    await expect(host.page.get_by_role("status").filter(has_text=host.t("studio.live.reach.onAir"))).to_be_visible()

    await site.do("POST", f"/api/rooms/{room}/state", {"status": "paused"})
    await expect(host.page.get_by_role("status").filter(has_text=host.t("studio.live.reach.paused"))).to_be_visible()
    await expect(host.words("studio.live.unseen.paused.text")).to_be_visible()
    cameras = host.page.get_by_role("region", name=host.t("staff.camera.all"))
    await expect(cameras.locator(".air-mark")).to_have_text(host.t("shared.show.paused"))
    await expect(cameras.get_by_role("button", name=host.t.like("staff.camera.isPaused"))).to_be_visible()
    await expect(cameras).not_to_contain_text(host.t("staff.camera.onAir"))

    await host.page.evaluate(_KEEP_TRACKS)
    await host.button("staff.showAction.end").click()
    await expect(host.dialog("staff.showConfirm.end.title")).to_contain_text(host.t("studio.live.endsCamera"))
    await host.confirm("staff.showAction.end")
    await expect(host.words("studio.live.offAtEnd")).to_be_visible()
    assert await host.page.evaluate(_STATES) == ["ended", "ended"]
    await expect(host.page.get_by_role("heading", name=host.t("studio.live.over.title"))).to_be_visible()
    for key in ("studio.live.openCamera", "studio.live.go", "studio.live.stop"):
        await expect(host.button(key)).to_have_count(0)


async def test_a_show_that_operations_end_turns_the_hosts_camera_off_as_well(site: Site, company: Company):
    room = await site.show()
    host = await company.host(PHONE, "en")
    await host.enter(room)
    await host.go("picture")
    await _sends(host)
    await expect(host.page.get_by_role("status").filter(has_text=host.t("studio.live.reach.onAir"))).to_be_visible()
    await host.page.evaluate(_KEEP_TRACKS)
    await host.go("chat")
    await site.do("POST", f"/api/rooms/{room}/state", {"status": "ended"})
    await expect(host.words("studio.live.offAtEnd")).to_be_visible()
    assert await host.page.evaluate(_STATES) == ["ended", "ended"]
