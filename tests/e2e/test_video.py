"""Video: a host goes live from a phone's browser and cuts between cameras, viewers see it move, go back, come back, and need
no reload whatever happens to the server. The camera is Chromium's own, the rest is real: WHIP, LL-HLS, WHEP.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio
from playwright.async_api import Browser, Locator, Route, async_playwright, expect

from tests.e2e import looks
from tests.e2e.conftest import FLAGS, SEEN_WITHIN_MS, Company
from tests.e2e.moving import moves
from tests.e2e.people import DESK, MEDIA_GONE, PHONE, Guest, Host, Ops, Viewer
from tests.e2e.site import Site
from tests.patience import START_PATIENCE_S

CAMERA_FLAGS = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
SEEN_AGAIN_WITHIN_MS = START_PATIENCE_S * 1_000  # a server has to start, and a camera to come back
# What a browser says to itself while a server is away.
AWAY = r"net::ERR_|WebSocket|status of (404|503)"

_WATCH = """() => {
    const video = document.querySelector("video");
    window.fellBack = [];
    let last = video.currentTime;
    video.addEventListener("timeupdate", () => {
        if (video.currentTime < last) window.fellBack.push(`${last} to ${video.currentTime}`);
        last = video.currentTime;
    });
    video.addEventListener("emptied", () => window.fellBack.push("emptied"));
}"""


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


@pytest_asyncio.fixture(loop_scope="session")
async def room(site: Site) -> AsyncIterator[str]:
    """A live room of this test's own, whose cameras leave with it: each is work for the machine."""
    room = await site.show()
    yield room
    for camera in (await site.do("GET", f"/api/rooms/{room}/cameras"))["cameras"]:
        await site.do("DELETE", f"/api/rooms/{room}/cameras/{camera['id']}")
    await site.do("POST", f"/api/rooms/{room}/state", {"status": "ended"})


async def _enters(guest: Viewer | Ops, room: str) -> None:
    guest.complaints.expect(MEDIA_GONE)
    await guest.enter(room)


async def _goes_live(host: Host, room: str) -> None:
    await host.enter(room)
    await host.go("picture")
    await host.button("studio.live.openCamera").click()
    await host.button("studio.live.go").click()
    await expect(host.page.get_by_role("status").filter(has_text=host.t("studio.live.reach.onAir"))).to_be_visible()


def _tile(host: Guest, name: str) -> Locator:
    return host.page.get_by_role("listitem").filter(has_text=name)


async def _on_air(host: Guest, name: str) -> None:
    await expect(_tile(host, name)).to_contain_text(host.t("staff.camera.onAir"))


async def _moves(guest: Guest, within_ms: float = SEEN_WITHIN_MS) -> None:
    await moves(guest.page, within_ms)


async def _test_camera(site: Site, room: str, name: str) -> str:
    made = await site.do("POST", f"/api/rooms/{room}/cameras", {"name": name, "kind": "test"})
    camera = made["camera"]["id"]
    assert isinstance(camera, str)
    return camera


async def test_a_host_goes_live_from_a_browser_and_viewers_see_it(room: str, company: Company):
    host = await company.host(PHONE, "zh-CN")
    await _goes_live(host, room)
    await _on_air(host, host.t("studio.live.phoneName"))
    await expect(host.page.locator(".quality")).to_contain_text(host.t("studio.live.figure.rtt"))

    lin = await company.viewer("lin", PHONE, "en")
    ada = await company.viewer("ada", DESK, "zh-CN")
    for viewer in (lin, ada):
        await _enters(viewer, room)
        await _moves(viewer)
        await expect(viewer.button("viewer.picture.controls")).to_be_visible()
    assert await lin.page.evaluate("document.querySelector('video').muted") is True
    await lin.page.get_by_role("button", name=lin.t("viewer.picture.hear")).click()
    assert await lin.page.evaluate("document.querySelector('video').muted") is False

    await host.button("studio.live.stop").click()
    await expect(host.button("studio.live.go")).to_be_visible()


async def test_a_paused_show_shows_no_picture_and_a_resumed_one_does(site: Site, room: str, company: Company):
    await _test_camera(site, room, "Barn")
    lin = await company.viewer("lin", PHONE, "en")
    await _enters(lin, room)
    await _moves(lin)

    await site.do("POST", f"/api/rooms/{room}/state", {"status": "paused"})
    await expect(lin.page.get_by_role("heading", name=lin.t("viewer.stage.paused"))).to_be_visible()
    await lin.page.wait_for_function("() => document.querySelector('video').videoWidth === 0")
    await expect(lin.button("viewer.picture.controls")).to_be_hidden()

    await site.do("POST", f"/api/rooms/{room}/state", {"status": "live"})
    await _moves(lin)


async def test_a_cut_is_made_by_a_tap_and_the_viewers_picture_goes_on(site: Site, room: str, company: Company):
    await _test_camera(site, room, "Barn")
    await _test_camera(site, room, "Field")
    host = await company.host(DESK, "en")
    await host.enter(room)
    await host.go("picture")
    lin = await company.viewer("lin", PHONE, "en")
    await _enters(lin, room)
    await _moves(lin)

    for name in ("Barn", "Field"):
        await expect(_tile(host, name)).to_contain_text("Mbit/s", timeout=SEEN_AGAIN_WITHIN_MS)
    await lin.page.wait_for_function(
        "() => document.querySelector('video').currentTime > 5", timeout=SEEN_AGAIN_WITHIN_MS
    )
    await _moves(lin)
    await lin.page.evaluate(_WATCH)
    for name in ("Field", "Barn", "Field"):
        tile = _tile(host, name)
        if host.t("staff.camera.onAir") not in await tile.inner_text():
            await tile.get_by_role("button", name=host.t("staff.camera.cutTo", name=name)).click()
        await _on_air(host, name)
        await _moves(lin)
    assert await lin.page.evaluate("window.fellBack") == []

    ops = await company.ops(DESK, "zh-CN")
    await _enters(ops, room)
    cameras = await ops.go("cameras")
    await _moves(ops)
    await cameras.get_by_role("button", name=ops.t("staff.camera.cutTo", name="Barn")).click()
    await _on_air(ops, "Barn")
    await ops.button("staff.camera.slate", f" · {ops.t('staff.camera.slateText')}").click()
    await expect(cameras).to_contain_text(ops.t("staff.camera.slateOnAir"))
    await _moves(lin)


async def test_the_console_rehearses_and_lines_up_the_camera_that_opens_the_show(site: Site, company: Company):
    room = await site.show(live=False)
    await _test_camera(site, room, "Field")
    barn = await _test_camera(site, room, "Barn")
    ops = await company.ops(DESK, "zh-CN")
    await _enters(ops, room)
    cameras = await ops.go("cameras")
    await cameras.get_by_role("button", name=ops.t("staff.camera.openWith", name="Barn")).click()
    await expect(cameras.get_by_role("button", name=ops.t("staff.camera.notOpenWith", name="Barn"))).to_be_visible()
    await expect(cameras).to_contain_text(ops.t("staff.camera.openerPreview", name="Barn"))
    await ops.page.wait_for_function("() => document.querySelector('.rehearsal video')?.videoWidth > 0")
    host = await company.host(PHONE, "en")
    await host.enter(room)
    await host.go("picture")
    await expect(_tile(host, "Barn")).to_contain_text(host.t("staff.camera.going.opens"))

    await site.do("POST", f"/api/rooms/{room}/state", {"status": "live"})
    await _on_air(ops, "Barn")
    await _on_air(host, "Barn")
    assert (await site.do("GET", f"/api/rooms/{room}/cameras"))["on_air"] == barn
    for camera in (await site.do("GET", f"/api/rooms/{room}/cameras"))["cameras"]:
        await site.do("DELETE", f"/api/rooms/{room}/cameras/{camera['id']}")
    await site.do("POST", f"/api/rooms/{room}/state", {"status": "ended"})


async def test_a_viewer_goes_back_in_the_show_and_returns(site: Site, room: str, company: Company):
    await _test_camera(site, room, "Barn")
    lin = await company.viewer("lin", PHONE, "en")
    await _enters(lin, room)
    await _moves(lin)
    await lin.button("viewer.picture.controls").click()
    line = lin.page.get_by_role("slider", name=lin.t("viewer.picture.goBack"))
    await expect(line).to_be_visible(timeout=SEEN_AGAIN_WITHIN_MS)  # there is a while to go back in
    await line.fill("100")
    to_live = lin.button("viewer.picture.toLive")
    await expect(to_live).to_be_visible()
    await _moves(lin)
    await expect(line).to_have_attribute("aria-valuetext", lin.t.like("viewer.picture.behind"))

    await to_live.click()
    await expect(to_live).to_be_hidden()
    await expect(line).to_have_attribute("aria-valuetext", lin.t("viewer.picture.live"))
    await _moves(lin)


async def test_less_delay_comes_by_webrtc_and_a_full_room_by_hls(site: Site, room: str, company: Company):
    await _test_camera(site, room, "Barn")
    lin = await company.viewer("lin", PHONE, "en")
    await _enters(lin, room)
    await _moves(lin)
    await _choose(lin, "low")
    await lin.page.wait_for_function("() => document.querySelector('video').srcObject !== null")
    await _moves(lin)
    few_tenths = re.compile(rf"{re.escape(lin.t('viewer.picture.underTenth'))}|\b0\.[1-9] s")
    await expect(lin.button("viewer.picture.controls")).to_contain_text(few_tenths)

    ada = await company.viewer("ada", DESK, "zh-CN")
    ada.complaints.expect("status of 503")
    full = '{"type":"/problems/players_full","title":"","status":503,"detail":"","code":5005,"name":"players_full"}'
    await ada.page.route(
        re.compile("/media/whep/"),
        lambda route: route.fulfill(status=503, content_type="application/problem+json", body=full),
    )
    await _enters(ada, room)
    await _moves(ada)
    await _choose(ada, "low")
    await expect(ada.words("viewer.picture.fellBack.full").first).to_be_visible()
    await ada.page.wait_for_function("() => document.querySelector('video').srcObject === null")
    await _moves(ada)


async def _choose(viewer: Viewer, delay: str) -> None:
    await viewer.button("viewer.picture.controls").click()
    await viewer.page.get_by_role("button", name=viewer.t("viewer.picture.title"), exact=True).click()
    sheet = viewer.dialog("viewer.picture.title")
    await sheet.get_by_text(viewer.t(f"viewer.picture.delays.{delay}.name"), exact=True).click()
    await viewer.close(sheet)


async def test_nobody_reloads_when_the_server_starts_again(site: Site, room: str, company: Company):
    host = await company.host(PHONE, "en")
    lin = await company.viewer("lin", PHONE, "zh-CN")
    for one in (host, lin):
        one.complaints.expect(AWAY)
    await _goes_live(host, room)
    await _enters(lin, room)
    await _moves(lin)

    await site.kill()
    mending = host.page.get_by_role("status").filter(has_text=host.t("studio.live.state.mending"))
    await expect(mending.first).to_be_visible()
    await site.start()
    sending = host.page.get_by_role("status").filter(has_text=host.t("studio.live.reach.onAir"))
    await expect(sending).to_be_visible(timeout=SEEN_AGAIN_WITHIN_MS)
    await _on_air(host, host.t("studio.live.phoneName"))
    await _moves(lin, SEEN_AGAIN_WITHIN_MS)
    assert await lin.page.evaluate("performance.getEntriesByType('navigation').length") == 1


async def test_what_is_recorded_is_played_and_cut_at_the_console(
    site: Site, room: str, company: Company, tmp_path: Path
):
    await site.stop()
    await site.start(LIVEHUB_MEDIA_DIR=str(tmp_path))
    await _test_camera(site, room, "Barn")
    ops = await company.ops(DESK, "en")
    await _enters(ops, room)
    await ops.go("cameras")
    await _moves(ops)
    await ops.button("staff.camera.cutTo", name="Barn").wait_for(state="hidden")

    recordings = await ops.go("recordings")
    await expect(recordings).to_contain_text(ops.t("staff.recording.goesOn"))
    await ops.page.wait_for_function(
        "() => document.querySelector('#pane-recordings video')?.readyState > 2", timeout=SEEN_AGAIN_WITHIN_MS
    )
    await recordings.get_by_role("button", name=ops.t("staff.recording.from")).click()
    await ops.page.evaluate("document.querySelector('#pane-recordings video').play()")
    await ops.page.wait_for_function(
        "() => document.querySelector('#pane-recordings video').currentTime > 3", timeout=SEEN_AGAIN_WITHIN_MS
    )
    await recordings.get_by_role("button", name=ops.t("staff.recording.to")).click()
    await recordings.get_by_role("textbox", name=ops.t("staff.recording.clipTitle")).fill("Picking")
    await recordings.get_by_role("button", name=ops.t("staff.recording.keep")).click()
    await expect(ops.words("ops.clip.kept", title="Picking")).to_be_visible()

    clip = recordings.get_by_role("listitem").filter(has_text="Picking")
    await expect(clip).to_be_visible()
    await clip.get_by_role("button", name=f"{ops.t('staff.recording.watch')}: Picking").click()
    await ops.page.wait_for_function("() => document.querySelector('#pane-recordings video').duration < 10")
    file = await clip.get_by_role("link").get_attribute("href")
    assert file is not None
    answer = await ops.page.request.get(site.url + file)
    assert (answer.status, (await answer.body())[4:8]) == (200, b"ftyp")


async def test_a_clip_across_cameras_is_shown_as_being_made_and_then_to_watch(
    site: Site, room: str, company: Company, tmp_path: Path
):
    await site.stop()
    await site.start(LIVEHUB_MEDIA_DIR=str(tmp_path))
    barn = await _test_camera(site, room, "Barn")
    await _recorded_for(site, room, 2.0)
    await site.do("POST", f"/api/rooms/{room}/cut", {"camera": "slate"})  # pictures of another kind
    recording = await _recorded_for(site, room, 5.0)
    await site.do("POST", f"/api/rooms/{room}/cut", {"camera": barn})
    await _recorded_for(site, room, 9.0)
    ops = await company.ops(DESK, "en")
    await _enters(ops, room)

    is_held = True

    async def hold(route: Route) -> None:
        """It is told as being made, however fast it was."""
        answer = await route.fetch()
        told = await answer.text()
        await route.fulfill(response=answer, body=told.replace('"kept"', '"making"') if is_held else told)

    clips = f"/api/recordings/{recording['id']}/clips"
    await ops.page.route(f"**{clips}", hold)
    begin = recording["started_ts"]
    piece = {"title": "Two cameras", "from_ts": begin + 100, "to_ts": begin + 7_500}
    assert (await site.do("POST", clips, piece))["state"] == "making"
    recordings = await ops.go("recordings")
    clip = recordings.get_by_role("listitem").filter(has_text="Two cameras")
    making = clip.filter(has_text=ops.t("staff.recording.making"))  # the list of recordings may have it already
    await expect(making).to_be_visible()
    await expect(making.get_by_role("link")).to_have_count(0)

    is_held = False
    await expect(clip.get_by_role("link")).to_be_visible(timeout=SEEN_AGAIN_WITHIN_MS)
    await expect(recordings.get_by_text(ops.t("staff.recording.making"))).to_have_count(0)
    file = await clip.get_by_role("link").get_attribute("href")
    answer = await ops.page.request.get(f"{site.url}{file}")
    assert (answer.status, (await answer.body())[4:8]) == (200, b"ftyp")


async def _recorded_for(site: Site, room: str, seconds: float) -> dict[str, Any]:
    """The room's recording, once it is so long."""
    async with asyncio.timeout(SEEN_AGAIN_WITHIN_MS / 1_000):
        while True:
            for recording in (await site.do("GET", f"/api/rooms/{room}/recordings"))["recordings"]:
                if recording["duration_ms"] >= seconds * 1_000:
                    return dict(recording)
            await asyncio.sleep(0.2)


async def test_a_camera_elsewhere_is_added_shown_closer_and_removed(room: str, company: Company):
    host = await company.host(PHONE, "en")
    await host.enter(room)
    await host.go("picture")
    await host.button("staff.camera.add").click()
    sheet = host.dialog("staff.camera.add")
    await sheet.get_by_role("button", name=host.t("staff.camera.add")).click()
    key = host.dialog("staff.camera.keyTitle")
    await expect(key.get_by_label(host.t("staff.camera.key.server"), exact=True)).to_have_value(
        re.compile("/media/whip/")
    )
    first = await key.get_by_label(host.t("staff.camera.key.token"), exact=True).input_value()
    await host.close(key)

    obs = host.t("staff.camera.defaultName.whip")
    await host.button("staff.camera.closer", name=obs).click()
    closer = host.page.get_by_role("dialog", name=obs, exact=True)
    await closer.get_by_role("button", name=host.t("staff.camera.newToken")).click()
    await _confirm(host, "staff.camera.newTokenConfirm", "staff.camera.newToken")
    second = await key.get_by_label(host.t("staff.camera.key.token"), exact=True).input_value()
    assert second != first
    await host.close(key)
    await host.button("staff.camera.closer", name=obs).click()
    await closer.get_by_role("button", name=host.t("staff.camera.remove")).click()
    await _confirm(host, "staff.camera.removeConfirm", "staff.camera.remove")
    await expect(_tile(host, obs)).to_have_count(0)


async def _confirm(host: Host, question: str, action: str) -> None:
    """Press the deed in the question, which lies over the sheet that asked it."""
    await host.dialog(question).get_by_role("button", name=host.t(action)).click()


async def test_the_pages_of_the_picture_are_readable_and_complete(site: Site, room: str, company: Company):
    await _test_camera(site, room, "Barn")
    host = await company.host(PHONE, "zh-CN")
    ops = await company.ops(DESK, "en")
    lin = await company.viewer("lin", PHONE, "en")
    people: tuple[Host, Ops, Viewer] = (host, ops, lin)
    for one in people:
        await looks.prepare(one)
        one.complaints.expect(MEDIA_GONE)
        await one.enter(room)
    await host.go("picture")
    await _on_air(host, "Barn")
    found = await looks.faults(host, "studio: picture", "main", looks.SCHEMES, (320, 375, 768, 1440))
    await host.button("studio.live.openCamera").click()
    await host.page.get_by_role("button", name=host.t("studio.live.settings")).click()
    found += await looks.faults(host, "studio: camera and microphone", "[role=dialog]", looks.SCHEMES, (320,))
    await ops.go("cameras")
    await _on_air(ops, "Barn")
    found += await looks.faults(ops, "console: cameras", "main", looks.SCHEMES, (320, 768, 1440))
    await _moves(lin)
    await lin.button("viewer.picture.controls").click()
    found += await looks.faults(lin, "room with a picture", "main", ("light",), (320, 375, 768))
    await lin.page.get_by_role("button", name=lin.t("viewer.picture.title"), exact=True).click()
    found += await looks.faults(lin, "picture sheet", "[role=dialog]", looks.SCHEMES, (320,))
    assert not found, "\n".join(found)
