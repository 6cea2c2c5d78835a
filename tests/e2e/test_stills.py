"""The still of what is on air stands in for the moving picture: in the list of rooms, and in a room until that moves. Where
there is none, the poster stands, and nobody asks for one.
"""

import asyncio
import re
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Request, Route, expect

from tests.e2e.conftest import Company
from tests.e2e.people import DESK, MEDIA_GONE, PHONE, Screen, Viewer
from tests.e2e.site import Site
from tests.patience import PATIENCE_S, START_PATIENCE_S

STILL = re.compile(r"/live/([^/]+)/still\.jpg")
PIECES = re.compile(r"/live/.*\.m4s")
PLAYS_WITHIN_MS = START_PATIENCE_S * 1_000

# What is seen of an image: whether it is whole, and fills the box of `place`.
_SEEN = """([image, place]) => {
    const boxes = [image, place].map((element) => element.getBoundingClientRect());
    const [is, of] = boxes.map(({ x, y, width, height }) => [x, y, width, height].map(Math.round).join(" "));
    return { whole: image.complete && image.naturalWidth > 0, fills: is === of };
}"""
_OPAQUE = """(selector) => {
    let element = document.querySelector(selector);
    if (!element) return 0;
    let opacity = 1;
    for (; element; element = element.parentElement) opacity *= Number(getComputedStyle(element).opacity);
    return opacity;
}"""


@pytest_asyncio.fixture(loop_scope="session")
async def room(site: Site) -> AsyncIterator[str]:
    """A live room with a camera on air, which leaves with it."""
    room = await site.show()
    made = await site.do("POST", f"/api/rooms/{room}/cameras", {"name": "Barn", "kind": "test"})
    await _on_air(site, room)
    yield room
    await site.do("DELETE", f"/api/rooms/{room}/cameras/{made['camera']['id']}")
    await site.do("POST", f"/api/rooms/{room}/state", {"status": "ended"})


async def _on_air(site: Site, room: str) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            async with site.session.get(f"{site.url}/live/{room}/still.jpg") as answer:
                if answer.status == 200:
                    return
            await asyncio.sleep(0.1)


async def _opaque(viewer: Viewer, selector: str, opacity: float) -> None:
    await viewer.page.wait_for_function(
        f"([selector, opacity]) => ({_OPAQUE})(selector) === opacity", arg=[selector, opacity], timeout=PLAYS_WITHIN_MS
    )


def _hears_stills(viewer: Viewer) -> dict[str, list[str]]:
    """By room, the stills that a page asks for."""
    asked: dict[str, list[str]] = defaultdict(list)

    def heard(request: Request) -> None:
        if found := STILL.search(request.url):
            asked[found[1]].append(request.url)

    viewer.page.on("request", heard)
    return asked


@pytest.mark.parametrize("screen", [PHONE, DESK], ids=["phone", "desk"])
async def test_the_list_shows_what_is_on_air_and_nothing_jumps(site: Site, room: str, company: Company, screen: Screen):
    without = await site.show(title="No camera yet")
    over = await site.show(title="Over")
    await site.do("POST", f"/api/rooms/{over}/state", {"status": "ended"})
    lin = await company.guest("lin", screen)
    asked = _hears_stills(lin)
    release = asyncio.Event()

    async def later(route: Route) -> None:
        await release.wait()
        await route.continue_()

    await lin.page.route(STILL, later)
    await lin.page.goto(site.url)
    card = lin.page.locator(f"a[href='/r/{room}']")
    await expect(card).to_be_visible()
    await expect(card.locator(".still")).to_have_count(1)
    before = await card.bounding_box()
    assert await lin.page.evaluate(_OPAQUE, f"a[href='/r/{room}'] .stills") == 0
    release.set()
    await _opaque(lin, f"a[href='/r/{room}'] .stills", 1)
    still = await card.locator(".still").element_handle()
    place = await card.locator(".picture").element_handle()
    assert await lin.page.evaluate(_SEEN, [still, place]) == {"whole": True, "fills": True}
    assert await card.bounding_box() == before
    for other in (without, over):
        await expect(lin.page.locator(f"a[href='/r/{other}']")).to_be_visible()
        await expect(lin.page.locator(f"a[href='/r/{other}'] .still")).to_have_count(0)
    (url,) = asked[room]
    assert re.fullmatch(rf"{re.escape(site.url)}/live/{room}/still\.jpg\?t=\d+", url)
    assert not {without, over} & asked.keys()


async def test_a_list_that_is_looked_at_gets_a_newer_still_in_the_next_half_minute(
    site: Site, room: str, company: Company
):
    lin = await company.guest("lin", PHONE)
    asked = _hears_stills(lin)
    await lin.page.clock.install()
    await lin.page.goto(site.url)
    await _opaque(lin, f"a[href='/r/{room}'] .stills", 1)
    first = str(await lin.page.locator(f"a[href='/r/{room}'] .still").get_attribute("src"))
    await lin.page.clock.run_for(31_000)
    await lin.page.wait_for_function(
        f"(first) => ![...document.querySelectorAll(\"a[href='/r/{room}'] .still\")].some(({{ src }}) => src.endsWith(first))",
        arg=first,
    )
    await _opaque(lin, f"a[href='/r/{room}'] .stills", 1)
    assert len(asked[room]) == 2


@pytest.mark.parametrize("screen", [PHONE, DESK], ids=["phone", "desk"])
async def test_a_still_stands_in_a_room_until_the_picture_moves(
    site: Site, room: str, company: Company, screen: Screen
):
    lin = await company.viewer("lin", screen)
    lin.complaints.expect(MEDIA_GONE)
    release = asyncio.Event()

    async def later(route: Route) -> None:
        await release.wait()
        await route.continue_()

    await lin.page.route(PIECES, later)
    await lin.enter(room)
    await _opaque(lin, ".stage .still", 1)
    still = await lin.page.locator(".stage .still").element_handle()
    place = await lin.page.locator(".stage video").element_handle()
    assert await lin.page.evaluate(_SEEN, [still, place]) == {"whole": True, "fills": True}
    assert await lin.page.evaluate(_OPAQUE, ".stage video") == 0
    release.set()
    await _opaque(lin, ".stage video", 1)
    await _opaque(lin, ".stage .still", 0)

    await site.do("POST", f"/api/rooms/{room}/state", {"status": "paused"})
    await expect(lin.page.locator(".stage .still")).to_have_count(0)


@pytest.mark.parametrize("answer", ["none", "broken"])
async def test_without_a_still_the_poster_stands_and_no_broken_image(
    site: Site, room: str, company: Company, answer: str
):
    lin = await company.viewer("lin", PHONE)
    lin.complaints.expect(MEDIA_GONE)
    fails: dict[str, Any] = {
        "none": {"status": 404, "body": "{}"},
        "broken": {"status": 200, "content_type": "image/jpeg", "body": "no picture"},
    }
    await lin.page.route(STILL, lambda route: route.fulfill(**fails[answer]))
    await lin.page.route(PIECES, lambda _: asyncio.sleep(0))  # never answered
    await lin.page.goto(site.url)
    await expect(lin.page.locator(f"a[href='/r/{room}']")).to_be_visible()
    await expect(lin.page.locator(f"a[href='/r/{room}'] .still")).to_have_count(0)
    await lin.enter(room)
    await expect(lin.page.locator(".stage .still")).to_have_count(0)
    assert await lin.page.evaluate(_OPAQUE, ".stage .poster") == 1
    assert await lin.page.evaluate("() => document.querySelector('.stage .poster').naturalWidth > 0")


async def test_nobody_asks_for_a_still_of_a_room_without_a_camera(site: Site, company: Company):
    room = await site.show()
    lin = await company.viewer("lin", PHONE)
    asked = _hears_stills(lin)
    await lin.enter(room)
    await expect(lin.words("viewer.picture.notYet")).to_be_visible()
    await site.do("POST", f"/api/rooms/{room}/state", {"status": "ended"})
    await expect(lin.page.get_by_role("heading", name=lin.t("viewer.stage.ended"))).to_be_visible()
    assert asked == {}
