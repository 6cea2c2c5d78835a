"""The live player where it is not easy: a browser that starts nothing by itself, silence until a tap, slow links, phones held
sideways, a keyboard, full screen, and shows without a picture. Links are slowed down by Chromium's own emulation; that a
browser refuses even a silent picture, which Chromium never does, is put on for it.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.e2e import looks
from tests.e2e.conftest import Company
from tests.e2e.moving import moves
from tests.e2e.people import DESK, MEDIA_GONE, PHONE, Screen, Viewer
from tests.e2e.site import Site
from tests.patience import START_PATIENCE_S

PLAYS_WITHIN_MS = START_PATIENCE_S * 1_000
CAUGHT_UP_WITHIN_MS = 10_000
SIDEWAYS = Screen(812, 375, touch=True)
# Everything is slow there, and what was asked for is broken off now and then.
SLOW = r"net::ERR_|status of (404|503)|WebSocket"

# An iPhone that saves power: nothing plays without a tap, not even in silence.
_WANTS_A_TAP = """() => {
    const play = HTMLMediaElement.prototype.play;
    let tappedAt = -Infinity;
    for (const event of ["pointerup", "click"]) addEventListener(event, () => (tappedAt = performance.now()), true);
    HTMLMediaElement.prototype.play = function () {
        if (performance.now() - tappedAt < 1000 || !this.paused) return play.call(this);
        return Promise.reject(new DOMException("play() is only allowed by a tap", "NotAllowedError"));
    };
}"""
# Counts how often it runs dry from now on, and how long it has played.
_WATCH = """() => {
    const video = document.querySelector("video");
    window.seen = { dry: 0, fromS: video.currentTime, at: performance.now() };
    video.addEventListener("waiting", () => window.seen.dry++);
}"""
_PLAYED = """() => {
    const { dry, fromS, at } = window.seen;
    const seconds = (performance.now() - at) / 1000;
    return { dry, share: (document.querySelector("video").currentTime - fromS) / seconds };
}"""
# What Chromium says of its link on a machine that is too busy to answer itself.
_THINKS_IT_SLOW = """
    const link = { effectiveType: "3g", rtt: 450, downlink: 1.2, saveData: false };
    Object.defineProperty(Navigator.prototype, "connection", { get: () => link });
"""
# All that the badge and the words over the picture ever said.
_NOTES_WHAT_IS_TOLD = """
    window.told = [];
    setInterval(() => {
        for (const selector of [".bar .badge .figure", ".note .pill"]) {
            const text = document.querySelector(selector)?.textContent ?? "";
            if (!window.told.includes(text)) window.told.push(text);
        }
    }, 100);
"""
_FORM = """() => {
    const { width, height } = document.querySelector(".stage").getBoundingClientRect();
    return { width, height, fit: getComputedStyle(document.querySelector("video")).objectFit };
}"""


@pytest_asyncio.fixture(loop_scope="session")
async def room(site: Site) -> AsyncIterator[str]:
    """A live room of this test's own, whose cameras leave with it: each is work for the machine."""
    room = await site.show()
    yield room
    for camera in (await site.do("GET", f"/api/rooms/{room}/cameras"))["cameras"]:
        await site.do("DELETE", f"/api/rooms/{room}/cameras/{camera['id']}")
    await site.do("POST", f"/api/rooms/{room}/state", {"status": "ended"})


async def _camera(site: Site, room: str) -> str:
    made = await site.do("POST", f"/api/rooms/{room}/cameras", {"name": "Barn", "kind": "test"})
    return str(made["camera"]["id"])


async def _enters(viewer: Viewer, room: str) -> None:
    viewer.complaints.expect(MEDIA_GONE)
    await viewer.enter(room)


async def _moves(viewer: Viewer) -> None:
    await moves(viewer.page, PLAYS_WITHIN_MS)


async def _muted(viewer: Viewer) -> bool:
    return bool(await viewer.page.evaluate("document.querySelector('video').muted"))


async def test_a_browser_that_wants_a_tap_shows_a_play_button_and_says_why(site: Site, room: str, company: Company):
    await _camera(site, room)
    lin = await company.viewer("lin", PHONE, "zh-CN")
    await lin.page.add_init_script(f"({_WANTS_A_TAP})()")
    await _enters(lin, room)
    play = lin.page.get_by_role("button", name=lin.t("viewer.picture.play"), exact=True)
    await expect(play).to_be_visible()
    await expect(lin.words("viewer.picture.blockedText")).to_be_visible()
    box = await play.bounding_box()
    assert box is not None
    assert box["width"] >= 72
    assert abs(box["x"] + box["width"] / 2 - PHONE.width / 2) < 2

    await play.click()
    await _moves(lin)
    assert await _muted(lin) is False
    await expect(play).to_be_hidden()
    await expect(lin.words("viewer.picture.blockedText")).to_be_hidden()


async def test_a_tap_anywhere_starts_the_picture_where_a_browser_wants_one(site: Site, room: str, company: Company):
    await _camera(site, room)
    lin = await company.viewer("lin", PHONE, "en")
    await lin.page.add_init_script(f"({_WANTS_A_TAP})()")
    await _enters(lin, room)
    await expect(lin.words("viewer.picture.blocked")).to_be_visible()
    await lin.page.touchscreen.tap(100, 300)
    await _moves(lin)
    await expect(lin.words("viewer.picture.blocked")).to_be_hidden()


async def test_the_first_tap_turns_the_sound_on_and_does_what_it_does(site: Site, room: str, company: Company):
    await _camera(site, room)
    lin = await company.viewer("lin", PHONE, "zh-CN")
    await _enters(lin, room)
    await _moves(lin)
    hear = lin.page.get_by_role("button", name=lin.t("viewer.picture.hear"), exact=True)
    await expect(hear).to_be_visible()
    assert await _muted(lin) is True

    await lin.button("viewer.bag.title").tap()
    await expect(lin.dialog("viewer.bag.title")).to_be_visible()
    assert await _muted(lin) is False
    await expect(hear).to_be_hidden()
    await lin.close(lin.dialog("viewer.bag.title"))

    # Who turns it off is not asked again in this visit.
    await lin.button("viewer.picture.controls").tap()
    await lin.page.get_by_role("button", name=lin.t("viewer.picture.mute"), exact=True).tap()
    await lin.page.reload()
    await _moves(lin)
    await lin.page.touchscreen.tap(100, 300)
    await lin.heart.tap()
    assert await _muted(lin) is True


async def test_the_words_about_sound_shrink_to_an_icon_beside_everything(site: Site, room: str, company: Company):
    await _camera(site, room)
    await site.do("POST", f"/api/rooms/{room}/pins", {"product": "honey"})
    lin = await company.viewer("lin", Screen(320, 568, touch=True), "en")
    await _enters(lin, room)
    await _moves(lin)
    hear = lin.page.get_by_role("button", name=lin.t("viewer.picture.hear"), exact=True)
    await expect(hear).to_be_visible()
    await lin.page.wait_for_function("() => document.querySelector('.sound').getBoundingClientRect().width < 40")
    box = await hear.bounding_box()
    pinned = await lin.page.get_by_role("button").filter(has_text=lin.t("viewer.bag.explaining")).bounding_box()
    assert box is not None
    assert pinned is not None
    assert box["x"] > 320 / 2
    assert box["y"] + box["height"] < pinned["y"]
    await hear.tap()
    assert await _muted(lin) is False


async def _slow_down(viewer: Viewer, bps: int, latency_ms: int) -> None:
    session = await viewer.page.context.new_cdp_session(viewer.page)
    await session.send("Network.enable")
    slow: dict[str, Any] = {
        "offline": False,
        "latency": latency_ms,
        "downloadThroughput": bps / 8,
        "uploadThroughput": bps / 8,
    }
    await session.send("Network.emulateNetworkConditions", slow)
    viewer.complaints.expect(SLOW)


async def test_on_fast_3g_the_picture_plays_on_and_its_delay_is_told(site: Site, room: str, company: Company):
    await _camera(site, room)
    lin = await company.viewer("lin", PHONE, "zh-CN")
    await _slow_down(lin, 1_600_000, 150)
    await _enters(lin, room)
    await _moves(lin)
    await lin.page.evaluate(_WATCH)
    await asyncio.sleep(15)  # as long as there were eight stalls in
    played = await lin.page.evaluate(_PLAYED)
    assert played["dry"] <= 2
    assert played["share"] > 0.6
    badge = lin.page.locator(".bar .badge")
    await expect(badge).to_contain_text(lin.t.like("viewer.picture.late"))
    await expect(badge).not_to_have_class("live")


@pytest.mark.parametrize("knows", ["what the page took to load", "nothing"])
async def test_a_link_that_the_browser_wrongly_thinks_slow_is_played_at_the_live_edge_and_nothing_is_told(
    site: Site, room: str, company: Company, knows: str
):
    await _camera(site, room)
    lin = await company.viewer("lin", PHONE, "zh-CN")
    await lin.page.add_init_script(_THINKS_IT_SLOW)
    await lin.page.add_init_script(_NOTES_WHAT_IS_TOLD)
    if knows == "nothing":
        await lin.page.add_init_script("performance.getEntriesByType = () => [];")
    await _enters(lin, room)
    await _moves(lin)
    # Green, which it is only less than five seconds behind.
    await expect(lin.page.locator(".bar .badge.live")).to_be_visible(timeout=CAUGHT_UP_WITHIN_MS)
    await _moves(lin)
    assert set(await lin.page.evaluate("window.told")) <= {"", lin.t("viewer.picture.live")}


async def test_a_machine_that_was_busy_at_the_start_is_at_the_live_edge_once_it_has_recovered(
    site: Site, room: str, company: Company
):
    await _camera(site, room)
    lin = await company.viewer("lin", PHONE, "zh-CN")
    await lin.page.add_init_script(_NOTES_WHAT_IS_TOLD)
    session = await lin.page.context.new_cdp_session(lin.page)
    await session.send("Emulation.setCPUThrottlingRate", {"rate": 8})
    await _enters(lin, room)
    await _moves(lin)
    await asyncio.sleep(5)  # so long the machine is busy
    await session.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    await expect(lin.page.locator(".bar .badge.live")).to_be_visible(timeout=CAUGHT_UP_WITHIN_MS)
    await _moves(lin)
    await expect(lin.page.locator(".bar .badge.live")).to_be_visible()


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_a_link_that_cannot_carry_the_picture_is_told_and_carries_the_sound(
    site: Site, room: str, company: Company, language: str
):
    await _camera(site, room)
    lin = await company.viewer("lin", PHONE, language)
    await _slow_down(lin, 400_000, 100)
    await _enters(lin, room)
    await expect(lin.words("viewer.picture.slowWaits")).to_be_visible(timeout=PLAYS_WITHIN_MS)
    await expect(lin.page.locator(".badge.live")).to_have_count(0)

    await expect(lin.words("viewer.picture.soundOnly.needed")).to_be_visible(timeout=PLAYS_WITHIN_MS)
    await lin.page.wait_for_function(
        "() => { const video = document.querySelector('video'); return video.currentTime > 0 && video.readyState > 2; }",
        timeout=PLAYS_WITHIN_MS,
    )
    await lin.page.evaluate(_WATCH)
    await asyncio.sleep(10)
    played = await lin.page.evaluate(_PLAYED)
    assert played["dry"] <= 1
    assert played["share"] > 0.9
    await expect(lin.page.locator(".badge.live")).to_have_count(0)

    await _slow_down(lin, 100_000_000, 0)
    await lin.button("viewer.picture.soundOnly.off").tap()
    await _moves(lin)


async def test_the_sound_alone_can_be_chosen(site: Site, room: str, company: Company):
    await _camera(site, room)
    ada = await company.viewer("ada", DESK, "en")
    await _enters(ada, room)
    await _moves(ada)
    await ada.button("viewer.picture.controls").click()
    await ada.page.get_by_role("button", name=ada.t("viewer.picture.title"), exact=True).click()
    sheet = ada.dialog("viewer.picture.title")
    await sheet.get_by_role("switch", name=ada.t("viewer.picture.soundOnly.on")).click()
    await ada.close(sheet)
    await ada.page.wait_for_function(
        """() => {
            const { videoWidth, currentTime, readyState } = document.querySelector("video");
            return videoWidth === 0 && currentTime > 0 && readyState > 2;
        }""",
        timeout=PLAYS_WITHIN_MS,
    )
    await ada.button("viewer.picture.soundOnly.off").click()
    await _moves(ada)


async def test_an_upright_picture_is_whole_on_a_phone_held_sideways(site: Site, room: str, company: Company):
    await _camera(site, room)
    lin = await company.viewer("lin", PHONE, "en")
    await looks.prepare(lin)
    await _enters(lin, room)
    await _moves(lin)
    assert await lin.page.evaluate(_FORM) == {"width": 375, "height": 812, "fit": "cover"}
    await lin.page.set_viewport_size({"width": SIDEWAYS.width, "height": SIDEWAYS.height})
    await lin.page.wait_for_function("() => getComputedStyle(document.querySelector('video')).objectFit === 'contain'")
    assert await lin.page.evaluate(_FORM) == {"width": 812, "height": 375, "fit": "contain"}
    await lin.button("viewer.picture.controls").tap()
    found = await looks.faults(lin, "sideways", "main", ("light",), (568, 812))
    assert not found, "\n".join(found)


async def test_the_player_at_a_desk_is_run_by_keys(site: Site, room: str, company: Company):
    await _camera(site, room)
    ada = await company.viewer("ada", DESK, "en")
    await _enters(ada, room)
    await _moves(ada)
    keyboard = ada.page.keyboard
    await keyboard.press("m")
    await ada.page.wait_for_function("() => !document.querySelector('video').muted")
    await keyboard.press("k")
    await expect(ada.page.locator(".controls").get_by_role("button", name=ada.t("viewer.picture.play"))).to_be_visible()
    assert await ada.page.evaluate("document.querySelector('video').paused") is True
    await keyboard.press(" ")
    await _moves(ada)

    await keyboard.press("f")
    await ada.page.wait_for_function("() => document.fullscreenElement !== null")
    stage = await ada.page.evaluate(_FORM)
    window = await ada.page.evaluate("() => [innerWidth, innerHeight]")
    assert [stage["width"], stage["height"]] == window
    await keyboard.press("f")
    await ada.page.wait_for_function("() => document.fullscreenElement === null")

    # While somebody writes, letters are letters.
    await ada.chat_field.fill("")
    await keyboard.type("mfkp")
    await expect(ada.chat_field).to_have_value("mfkp")
    assert await _muted(ada) is False
    await ada.chat_field.fill("")
    await ada.chat_field.blur()

    await ada.button("viewer.picture.controls").click()
    await ada.page.get_by_role("button", name=ada.t("viewer.picture.title"), exact=True).click()
    sheet = ada.dialog("viewer.picture.title")
    await sheet.get_by_role("switch", name=ada.t("viewer.picture.keys")).click()
    await ada.close(sheet)
    await ada.page.evaluate("document.activeElement.blur()")
    await keyboard.press("m")
    assert await _muted(ada) is False


async def test_the_arrows_go_back_and_the_way_back_to_live_is_there(site: Site, room: str, company: Company):
    await _camera(site, room)
    ada = await company.viewer("ada", DESK, "zh-CN")
    await _enters(ada, room)
    await _moves(ada)
    await ada.button("viewer.picture.controls").click()
    line = ada.page.get_by_role("slider", name=ada.t("viewer.picture.goBack"))
    await expect(line).to_be_visible(timeout=PLAYS_WITHIN_MS)
    await ada.page.evaluate("document.activeElement.blur()")
    before = await ada.page.evaluate("document.querySelector('video').currentTime")
    await ada.page.keyboard.press("ArrowLeft")
    await expect(line).to_have_attribute("aria-valuetext", ada.t.like("viewer.picture.behind"))
    assert await ada.page.evaluate("document.querySelector('video').currentTime") < before
    await ada.button("viewer.picture.toLive").click()
    await expect(line).to_have_attribute("aria-valuetext", ada.t("viewer.picture.live"))
    await _moves(ada)


async def test_a_live_show_without_a_picture_says_so(site: Site, room: str, company: Company):
    lin = await company.viewer("lin", PHONE, "zh-CN")
    await _enters(lin, room)
    await expect(lin.words("viewer.picture.notYet")).to_be_visible()
    camera = await _camera(site, room)
    await _moves(lin)
    await expect(lin.words("viewer.picture.notYet")).to_be_hidden()
    await site.do("DELETE", f"/api/rooms/{room}/cameras/{camera}")
    await expect(lin.words("viewer.picture.away")).to_be_visible(timeout=PLAYS_WITHIN_MS)

    await site.do("POST", f"/api/rooms/{room}/state", {"status": "paused"})
    await expect(lin.page.get_by_role("heading", name=lin.t("viewer.stage.paused"))).to_be_visible()
    await expect(lin.words("viewer.picture.away")).to_be_hidden()


async def test_the_sheet_of_the_picture_counts_in_the_viewers_words(site: Site, room: str, company: Company):
    await _camera(site, room)
    lin = await company.viewer("lin", PHONE, "zh-CN")
    await _enters(lin, room)
    await _moves(lin)
    await lin.button("viewer.picture.controls").tap()
    await lin.page.get_by_role("button", name=lin.t("viewer.picture.title"), exact=True).tap()
    sheet = lin.dialog("viewer.picture.title")
    buffered = sheet.locator("dl > div").filter(has_text=lin.t("viewer.picture.fact.buffer")).locator("dd")
    await expect(buffered).to_have_text(re.compile(r"^\d+\.\d 秒$"))
    switch = sheet.get_by_role("switch", name=lin.t("viewer.picture.soundOnly.on"))
    box = await switch.bounding_box()
    assert box is not None
    assert (box["width"], box["height"]) == (46, 26)
    await switch.tap()
    rate = sheet.locator("dl > div").filter(has_text=lin.t("viewer.picture.fact.bitrate")).locator("dd")
    await expect(rate).to_have_text(re.compile(r"^\d+ kbit/s$"), timeout=PLAYS_WITHIN_MS)
