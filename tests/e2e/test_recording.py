"""Watching again: a show that is over is offered where it was live, plays with its products as chapters and the chat of
each moment, and goes on where somebody stopped; a clip has an address of its own. The show is a test camera's, everything
else is real.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Self

import pytest_asyncio
from playwright.async_api import expect

from tests.conftest import new_folder
from tests.e2e import looks
from tests.e2e.conftest import Company
from tests.e2e.moving import moves
from tests.e2e.people import DESK, MEDIA_GONE, PHONE, Viewer
from tests.e2e.site import Site
from tests.patience import START_PATIENCE_S

RECORDED_WITHIN_S = 2 * START_PATIENCE_S  # of some seconds of a show, on a machine that encodes it, too
PLAYED_WITHIN_MS = START_PATIENCE_S * 1_000
LOOK_S = 0.25
# The second product comes after the first; the show goes on for longer than a busy machine takes to play to it and stop.
FIRST_S, WHOLE_S = 4.0, 30.0
EARLY, LATE = "Good morning!", "See you tomorrow!"
LATE_S = 20.0  # well after what is watched, and before the end

_IS_PAST = "(seconds) => document.querySelector('video').currentTime >= seconds"


class Show:
    """One that explains honey and then jam, and of which a clip called Picking is kept. It is live until `over`."""

    def __init__(self, site: Site, room: str) -> None:
        self._site = site
        self.room = room
        self.is_over = False
        self.clip = ""
        self.jam_s = 0.0  # from the beginning of its recording

    async def over(self, speaker: Viewer | None = None) -> Self:
        """Run it to its end, if that was not done before; back when the recording is finished. `speaker`: one who says EARLY
        at its beginning, and LATE towards its end.
        """
        if self.is_over:
            return self
        site, room = self._site, self.room
        if speaker is not None:
            await _recorded(site, room, 1.0)
            await speaker.say(EARLY)
        await _recorded(site, room, FIRST_S)
        await site.do("POST", f"/api/rooms/{room}/pins", {"product": "jam"})
        if speaker is not None:
            await _recorded(site, room, LATE_S)
            await speaker.say(LATE)
        recording = await _recorded(site, room, WHOLE_S)
        from_ts = recording["started_ts"] + 2_000
        wanted = {"title": "Picking", "from_ts": from_ts, "to_ts": from_ts + 5_000}
        self.clip = (await site.do("POST", f"/api/recordings/{recording['id']}/clips", wanted))["id"]
        await site.do("POST", f"/api/rooms/{room}/state", {"status": "ended"})
        for camera in (await site.do("GET", f"/api/rooms/{room}/cameras"))["cameras"]:
            await site.do("DELETE", f"/api/rooms/{room}/cameras/{camera['id']}")
        recording = await _recorded(site, room, WHOLE_S, ended=True)
        jam = next(chapter for chapter in recording["chapters"] if chapter["card"]["id"] == "jam")
        self.jam_s = (jam["at_ts"] - recording["started_ts"]) / 1_000
        self.is_over = True
        return self


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def show(site: Site) -> AsyncIterator[Show]:
    """The show of this module, recorded by its server."""
    with new_folder() as folder:
        await site.stop()
        await site.start(LIVEHUB_MEDIA_DIR=str(Path(folder) / "media"))
        room = await site.show()
        await site.do("POST", f"/api/rooms/{room}/pins", {"product": "honey"})
        await site.do("POST", f"/api/rooms/{room}/cameras", {"name": "Barn", "kind": "test"})
        yield Show(site, room)
        await site.stop()


async def _recorded(site: Site, room: str, seconds: float, *, ended: bool = False) -> dict[str, Any]:
    """The room's recording, once it is so long, and finished if that is wanted."""
    async with asyncio.timeout(RECORDED_WITHIN_S):
        while True:
            recordings = (await site.do("GET", f"/api/rooms/{room}/recordings"))["recordings"]
            for recording in recordings:
                is_there = recording["duration_ms"] >= seconds * 1_000
                if is_there and (recording["ended_ts"] is not None or not ended):
                    assert isinstance(recording, dict)
                    return recording
            await asyncio.sleep(LOOK_S)


async def _moves(viewer: Viewer) -> None:
    await moves(viewer.page, PLAYED_WITHIN_MS)


async def _is_past(viewer: Viewer, seconds: float) -> None:
    await viewer.page.wait_for_function(_IS_PAST, arg=seconds, timeout=PLAYED_WITHIN_MS)


async def test_a_show_is_offered_again_with_its_chat_and_goes_on_where_somebody_stopped(show: Show, company: Company):
    assert not show.is_over
    lin = await company.viewer("lin", PHONE, "en")
    lin.complaints.expect(MEDIA_GONE)
    await lin.enter(show.room)
    await show.over(lin)

    await lin.button("viewer.replay.watch").click(timeout=PLAYED_WITHIN_MS)
    await _moves(lin)
    await expect(lin.heart).to_have_count(0)
    assert await lin.page.evaluate("performance.getEntriesByType('navigation').length") == 1

    jam = lin.replay.get_by_role("tabpanel").get_by_role("button").filter(has_text="Blueberry jam")
    await expect(jam).not_to_have_attribute("aria-current", "true")
    await jam.click()
    await _is_past(lin, show.jam_s - 0.2)
    await expect(jam).to_have_attribute("aria-current", "true")
    await _moves(lin)
    # What had been said by now, and it stays when the controls go.
    await expect(lin.line(EARLY)).to_be_visible()
    await lin.page.wait_for_function("() => document.querySelector('.replay').classList.contains('quiet')")
    await expect(lin.line(EARLY)).to_be_visible()
    await expect(lin.line(LATE)).to_have_count(0)
    await lin.page.keyboard.press("k")
    await expect(lin.button("viewer.replay.play").first).to_be_visible()
    for _ in range(8):
        await lin.page.keyboard.press("ArrowRight")
    await expect(lin.line(LATE)).to_be_visible()
    for _ in range(8):
        await lin.page.keyboard.press("ArrowLeft")
    await expect(lin.line(LATE)).to_have_count(0)

    await jam.click()
    await _is_past(lin, show.jam_s - 0.2)
    await lin.page.keyboard.press("k")
    await lin.page.reload()
    await lin.button("viewer.replay.goOn").click(timeout=PLAYED_WITHIN_MS)
    await _is_past(lin, show.jam_s - 0.2)
    await _moves(lin)


async def test_the_list_says_that_a_show_can_be_watched_again_and_how_long_it_is(
    show: Show, site: Site, company: Company
):
    await show.over()
    lin = await company.viewer("lin", PHONE, "en")
    await lin.page.goto(site.url)
    card = lin.page.locator(f'a[href="/r/{show.room}"]')
    await expect(card).to_contain_text(re.compile(r"Watch replay · \d+:\d\d"))


async def test_a_clip_is_seen_by_the_address_that_was_shared(show: Show, company: Company):
    ada = await company.guest("ada", DESK, "zh-CN")
    await show.over()
    await ada.come_back(show.room, f"?clip={show.clip}")
    await expect(ada.replay.get_by_role("heading", name="Picking")).to_be_visible()
    await ada.button("viewer.replay.watchClip").click()
    await _moves(ada)
    await ada.page.wait_for_function(
        "(seconds) => document.querySelector('video').duration < seconds", arg=WHOLE_S - 4, timeout=PLAYED_WITHIN_MS
    )

    await ada.page.evaluate("document.querySelector('video').playbackRate = 4")
    await expect(ada.words("viewer.replay.clipOver")).to_be_visible(timeout=PLAYED_WITHIN_MS)
    await ada.button("viewer.replay.whole").last.click()
    await ada.page.wait_for_function(
        "(seconds) => document.querySelector('video').duration > seconds", arg=WHOLE_S - 1, timeout=PLAYED_WITHIN_MS
    )
    await _moves(ada)


async def test_a_moment_has_an_address_and_what_is_gone_is_told(show: Show, company: Company):
    lin = await company.guest("lin", PHONE, "en")
    await show.over()
    await lin.come_back(show.room, "?t=9")
    await lin.button("viewer.replay.goOn", time="0:09").click()
    await _is_past(lin, 8.9)

    await lin.come_back(show.room, "?clip=clip-of-another-time")
    await expect(lin.words("viewer.replay.missing")).to_be_visible()
    await expect(lin.button("viewer.replay.watch")).to_be_visible()


async def test_recordings_that_cannot_be_had_are_tried_again(show: Show, company: Company):
    lin = await company.guest("lin", PHONE, "zh-CN")
    await show.over()
    lin.complaints.expect("status of 503")
    await lin.page.route("**/recordings", lambda route: route.fulfill(status=503, body="{}"))
    await lin.page.goto(f"{lin.site.url}/r/{show.room}")
    await expect(lin.words("viewer.replay.failed")).to_be_visible(timeout=PLAYED_WITHIN_MS)
    await lin.page.unroute("**/recordings")
    await lin.button("shared.action.retry").click()
    await expect(lin.button("viewer.replay.watch")).to_be_visible()


async def test_the_pages_of_a_recording_are_readable_and_complete(show: Show, company: Company):
    await show.over()
    found: list[str] = []
    for name, screen, language, widths in (("lin", PHONE, "en", (320, 375, 768)), ("ada", DESK, "zh-CN", (1000, 1440))):
        viewer = await company.guest(name, screen, language)
        await looks.prepare(viewer)
        await viewer.come_back(show.room)
        found += await looks.faults(viewer, "offered", "#app", looks.SCHEMES, widths)
        await viewer.button("viewer.replay.watch").click()
        await _moves(viewer)
        await viewer.page.keyboard.press("k")
        await viewer.button("viewer.replay.speed").click()
        found += await looks.faults(viewer, "played", "#app", looks.SCHEMES, widths)
    assert not found, "\n".join(found)
