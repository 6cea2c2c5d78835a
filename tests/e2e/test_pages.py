"""Pages as phones and people use them: Back, Escape, links that sign in, a browser that keeps nothing, addresses that lead
nowhere, and a picture that goes along. The camera is Chromium's own.
"""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from typing import Any, cast

import asyncpg
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route, async_playwright, expect

from tests.e2e.conftest import FLAGS, SEEN_WITHIN_MS, Company
from tests.e2e.moving import moves
from tests.e2e.people import DESK, MEDIA_GONE, PHONE, Guest, Host, Screen, Viewer
from tests.e2e.site import Site
from tests.integration.server import LOOK_S, Person
from tests.patience import PATIENCE_S

CAMERA_FLAGS = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
COUPON = {"title": "满 30 减 5", "amount_minor": 500, "currency": "CNY", "min_spend_minor": 3_000, "total": 100}
# Storage as Chrome has it with cookies blocked: even to look at it throws.
BLOCKED = """
    for (const name of ["localStorage", "sessionStorage"]) {
        Object.defineProperty(window, name, { get() { throw new DOMException("Access is denied.", "SecurityError"); } });
    }
"""
# Some in-app browsers.
NULL = (
    'for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(window, name, { get: () => null });'
)


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


async def _moves(page: Page) -> None:
    await moves(page, PATIENCE_S * 1_000)


async def _from_the_list(viewer: Viewer, room: str) -> None:
    """Into the room as most people come: from the list of rooms."""
    await viewer.page.goto(f"{viewer.site.url}/")
    await viewer.page.locator(f'a[href="/r/{room}"]').click()
    await expect(viewer.heart).to_be_visible()


def _path(guest: Guest, path: str) -> str:
    return f"{guest.site.url}{path}"


# --- the way back ---


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_back_closes_the_sheet_and_then_leaves_the_room(company: Company, room: str, language: str) -> None:
    lin = await company.viewer("lin", screen=PHONE, language=language)
    await _from_the_list(lin, room)
    bag = await lin.open_bag()
    await expect(bag).to_be_visible()
    await lin.page.go_back()
    await expect(bag).to_be_hidden()
    await expect(lin.page).to_have_url(_path(lin, f"/r/{room}"))
    await expect(lin.heart).to_be_visible()
    await lin.page.go_back()
    await expect(lin.page).to_have_url(_path(lin, "/"))


async def test_a_sheet_from_a_sheet_gives_the_focus_back_to_what_opened_the_first(company: Company, room: str) -> None:
    lin = await company.viewer("lin", screen=PHONE)
    await lin.enter(room)
    inbox = await lin.open_inbox()
    await expect(inbox).to_be_visible()
    await lin.page.keyboard.press("Escape")
    await expect(inbox).to_be_hidden()
    await expect(lin.page.get_by_role("dialog")).to_have_count(0)
    await expect(lin.button("viewer.menu.title")).to_be_focused()


async def test_the_focus_stays_in_a_sheet(company: Company, room: str) -> None:
    lin = await company.viewer("lin")
    await lin.enter(room)
    sheet = await lin.open_coupons()
    for key in ["Tab"] * 6 + ["Shift+Tab"] * 6:
        await lin.page.keyboard.press(key)
        assert await lin.page.evaluate(
            'document.activeElement === document.body || !!document.activeElement.closest("[role=dialog]")'
        )
    await lin.close(sheet)


async def test_leaving_a_room_by_its_cross_leads_back_to_the_list_once(company: Company, room: str) -> None:
    lin = await company.guest("lin", screen=PHONE)
    await lin.page.goto("about:blank")
    await _from_the_list(lin, room)
    await lin.page.get_by_role("link", name=lin.t("viewer.room.leave")).click()
    await expect(lin.page).to_have_url(_path(lin, "/"))
    await lin.page.go_back()
    await expect(lin.page).to_have_url("about:blank")


async def test_a_page_from_before_a_deployment_goes_on_with_the_parts_of_today(company: Company, room: str) -> None:
    lin = await company.guest("lin", screen=PHONE)
    lin.complaints.expect("status of 404|Failed to fetch dynamically imported module")
    await lin.page.goto(f"{lin.site.url}/")
    await expect(lin.page.locator(f'a[href="/r/{room}"]')).to_be_visible()

    async def gone(route: Route) -> None:
        await route.fulfill(status=404)

    parts = "**/assets/RoomPage-*.js"
    await lin.page.route(parts, gone)
    async with lin.page.expect_event("domcontentloaded"):  # a whole page, not a walk within one
        await lin.page.locator(f'a[href="/r/{room}"]').click()
        await lin.page.wait_for_url(f"**/r/{room}", wait_until="commit")
        await lin.page.unroute(parts)
    await expect(lin.heart).to_be_visible()


async def test_a_half_filled_coupon_asks_before_it_is_lost(company: Company, room: str) -> None:
    host = await company.host()
    await host.enter(room)
    await host.go("play")
    await host.button("staff.coupon.drop").click()
    sheet = host.dialog("staff.coupon.drop")
    amount = sheet.get_by_label(host.t("staff.coupon.amount"))
    await amount.fill("12")
    await host.page.go_back()
    question = host.dialog("shared.form.loseTitle")
    await expect(question).to_be_visible()
    await question.get_by_role("button", name=host.t("shared.action.cancel")).click()
    await expect(question).to_be_hidden()
    await expect(amount).to_have_value("12")
    await host.page.keyboard.press("Escape")
    await host.confirm("shared.form.lose")
    await expect(sheet).to_be_hidden()
    await expect(host.page).to_have_url(_path(host, f"/studio/{room}"))
    await host.button("staff.coupon.drop").click()
    await expect(sheet).to_be_visible()
    await host.page.go_back()  # nothing was filled in: nothing to ask
    await expect(sheet).to_be_hidden()


async def test_the_room_of_the_console_is_no_trap_for_the_way_back(company: Company, room: str, site: Site) -> None:
    ops = await company.ops()
    await ops.page.goto("about:blank")
    await ops.page.goto(site.link("/ops", site.ops))
    await expect(ops.page.get_by_role("tab", name=ops.t("ops.tab.products"))).to_be_visible()
    await expect(ops.page).to_have_url(re.compile("/ops/rooms/"))
    await ops.page.go_back()
    await expect(ops.page).to_have_url("about:blank")
    await ops.page.goto(f"{site.url}/ops?room={room}")
    await expect(ops.page).to_have_url(_path(ops, f"/ops/rooms/{room}"))


# --- what is sent goes on ---


async def _go_live(host: Host) -> None:
    await host.go("picture")
    await host.button("studio.live.openCamera").click()
    await host.button("studio.live.go").click()
    await expect(host.button("studio.live.stop")).to_be_visible()


async def _until_seen(site: Site, room: str) -> None:
    """Back when the room's one camera sends a picture."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        cameras = (await site.do("GET", f"/api/rooms/{room}/cameras"))["cameras"]
        if [camera["state"] for camera in cameras] == ["live"]:
            return
        assert time.monotonic() < deadline, cameras
        await asyncio.sleep(LOOK_S)


async def test_back_while_sending_asks_and_the_picture_goes_on(company: Company, site: Site) -> None:
    room = await site.show(title="我的果园 My orchard")
    host = await company.host()
    lin = await company.guest("lin")
    lin.complaints.expect(MEDIA_GONE)
    await host.page.goto(site.link("/studio", site.host))
    await host.page.get_by_role("button").filter(has_text="My orchard").click()
    desk = _path(host, f"/studio/{room}")
    await expect(host.page).to_have_url(desk)
    await _go_live(host)
    await lin.enter(room)
    await _moves(lin.page)

    await host.page.go_back()
    question = host.dialog("studio.live.leaveTitle")
    await expect(question).to_be_visible()
    await question.get_by_role("button", name=host.t("shared.action.cancel")).click()
    await expect(question).to_be_hidden()
    await expect(host.page).to_have_url(desk)
    await expect(host.button("studio.live.stop")).to_be_visible()
    await _moves(lin.page)

    # Leaving all the same, it goes on, and can be stopped from elsewhere.
    await host.page.go_back()
    await host.confirm("studio.live.leave")
    await expect(host.page).to_have_url(_path(host, "/studio"))
    bar = host.page.get_by_role("complementary", name=host.t("studio.live.title"))
    await expect(bar).to_be_visible()
    await _moves(lin.page)
    await bar.get_by_role("button", name=host.t("studio.live.backTo")).click()
    await expect(host.page).to_have_url(desk)
    await host.go("picture")
    await host.button("studio.live.stop").click()
    await expect(host.button("studio.live.go")).to_be_visible()


async def test_a_sign_in_that_runs_out_stops_no_picture(company: Company, room: str, site: Site) -> None:
    host = await company.host()
    host.complaints.expect("status of 401")
    await host.enter(room)
    await _go_live(host)
    await _until_seen(site, room)
    # Signed out elsewhere, which the server says on the socket.
    await host.page.context.request.post(
        f"{site.url}/api/sign-out", data={"app": "studio"}, headers={"Origin": site.url}
    )
    again = host.dialog("staff.again.title")
    await expect(again).to_be_visible()
    await _until_seen(site, room)
    await again.get_by_role("textbox").fill(site.host.token)
    await again.get_by_role("button", name=host.t("staff.gate.enter")).click()
    await expect(again).to_be_hidden()
    await expect(host.button("studio.live.stop")).to_be_visible()
    await host.button("studio.live.stop").click()


@pytest.mark.parametrize("screen", [PHONE, DESK], ids=["phone", "desk"])
async def test_the_picture_goes_along_to_the_list_and_back(
    company: Company, room: str, site: Site, screen: Screen
) -> None:
    host = await company.host()
    await host.enter(room)
    await _go_live(host)
    lin = await company.guest("lin", screen=screen)
    lin.complaints.expect(MEDIA_GONE)
    await _from_the_list(lin, room)
    await _moves(lin.page)
    await lin.page.evaluate("document.querySelector('video').dataset.same = 'yes'")
    await lin.page.go_back()
    await expect(lin.page).to_have_url(_path(lin, "/"))
    small = lin.page.get_by_role("region", name=lin.t.like("viewer.small.label"))
    await expect(small).to_be_visible()
    await _moves(lin.page)
    await small.get_by_role("button", name=lin.t.like("viewer.small.back")).click()
    await expect(lin.heart).to_be_visible()
    await expect(small).to_have_count(0)
    await _moves(lin.page)
    assert await lin.page.evaluate("document.querySelector('video').dataset.same") == "yes"  # it was never begun anew
    await lin.page.go_back()
    await small.get_by_role("button", name=lin.t("viewer.small.close")).click()
    await expect(lin.page.locator("video")).to_have_count(0)
    await host.button("studio.live.stop").click()


# Of all that can be pressed beside the small window, what lies under it, however the page is scrolled.
_COVERED = """() => {
    const window_ = document.querySelector(".window.small");
    const found = [];
    for (const element of document.querySelectorAll("a[href], button")) {
        if (window_.contains(element) || !element.checkVisibility({ visibilityProperty: true })) continue;
        for (const [x, y] of [[0.5, 0.5], [0.04, 0.04], [0.96, 0.04], [0.04, 0.96], [0.96, 0.96]]) {
            const at = () => {
                const { left, top, width, height } = element.getBoundingClientRect();
                return [left + x * width, top + y * height];
            };
            scrollTo({ top: scrollY + at()[1] - innerHeight / 2, behavior: "instant" });
            const point = at();
            if (window_.contains(document.elementFromPoint(...point)))
                found.push(`${element.outerHTML.slice(0, 80)} at ${point}`);
        }
    }
    scrollTo({ top: 0, behavior: "instant" });
    return found;
}"""


async def test_the_small_window_keeps_nothing_from_being_pressed(company: Company, room: str, site: Site) -> None:
    made = await site.do("POST", f"/api/rooms/{room}/cameras", {"name": "Barn", "kind": "test"})
    await site.do("POST", f"/api/rooms/{room}/pins", {"product": "honey"})
    lin = await company.guest("lin", screen=PHONE)
    lin.complaints.expect(MEDIA_GONE)
    await _from_the_list(lin, room)
    await _moves(lin.page)
    await lin.page.go_back()
    small = lin.page.get_by_role("region", name=lin.t.like("viewer.small.label"))
    for width, height in ((375, 812), (320, 568), (812, 375), (1440, 900)):
        await lin.page.set_viewport_size({"width": width, "height": height})
        await expect(small).to_be_visible()
        box = await small.bounding_box()
        assert box is not None
        assert box["height"] < height / 2
        assert await lin.page.evaluate(_COVERED) == []
    await small.get_by_role("button", name=lin.t("viewer.small.close")).click()
    await expect(small).to_have_count(0)
    assert await lin.page.evaluate("document.body.style.paddingBottom") == ""
    await site.do("DELETE", f"/api/rooms/{room}/cameras/{made['camera']['id']}")


async def test_what_has_the_focus_is_not_under_the_small_window(company: Company, room: str, site: Site) -> None:
    made = await site.do("POST", f"/api/rooms/{room}/cameras", {"name": "Barn", "kind": "test"})
    lin = await company.guest("lin", screen=Screen(375, 812))
    lin.complaints.expect(MEDIA_GONE)
    await _from_the_list(lin, room)
    await _moves(lin.page)
    await lin.page.go_back()
    await expect(lin.page.get_by_role("region", name=lin.t.like("viewer.small.label"))).to_be_visible()
    last = lin.page.locator("main a[href]").last
    await last.focus()
    card = await last.bounding_box()
    window = await lin.page.locator(".window.small").bounding_box()
    assert card is not None
    assert window is not None
    assert card["y"] + card["height"] <= window["y"] or card["x"] + card["width"] <= window["x"]
    await site.do("DELETE", f"/api/rooms/{room}/cameras/{made['camera']['id']}")


# --- whose things these are ---


async def test_signing_out_leaves_nothing_for_the_next_person(company: Company, room: str, site: Site) -> None:
    lin = await company.viewer("lin")
    await lin.enter(room)
    await site.do("POST", f"/api/rooms/{room}/coupons", COUPON)
    coupons = await lin.open_coupons()
    await coupons.get_by_role("button", name=lin.t("viewer.coupon.claim")).click()
    await expect(coupons.get_by_text(lin.t("viewer.coupon.claimed"))).to_be_visible()
    await lin.close(coupons)

    await lin.page.get_by_role("navigation").get_by_role("button", name=lin.t("viewer.menu.title")).click()
    menu = lin.dialog("viewer.menu.title")
    await menu.get_by_role("button", name=lin.t("viewer.signIn.out")).click()
    await expect(menu).to_contain_text(lin.t("shared.guest"))
    await lin.close(menu)
    coupons = await lin.open_coupons()
    await expect(coupons).to_contain_text(lin.t("viewer.coupon.none"))
    # To the next one it is offered as to anybody.
    await coupons.get_by_role("button", name=lin.t("viewer.coupon.claim")).click()
    await lin.page.get_by_label(lin.t("viewer.signIn.name")).fill("Ada")
    await lin.button("viewer.signIn.go").click()
    await expect(coupons.get_by_text(lin.t("viewer.coupon.claimed"))).to_be_visible()


@pytest.mark.parametrize("screen", [PHONE, DESK], ids=["phone", "desk"])
async def test_what_somebody_began_to_write_is_not_there_for_the_next_person(
    company: Company, room: str, screen: Screen
) -> None:
    lin = await company.viewer("Lin", screen=screen)
    await lin.enter(room)
    questions = await lin.open_questions()
    asks = lin.page.get_by_label(lin.t("viewer.question.ask"), exact=True)
    await asks.fill("Is my order late?")
    if lin.at_desk:
        await lin.page.get_by_role("tab", name=lin.t("viewer.chat.title")).click()
    else:
        await lin.close(questions)
    await lin.chat_field.fill("My address is")

    await _changes_to(lin, "Ben")
    await expect(lin.chat_field).to_have_value("")
    await lin.page.evaluate("document.activeElement.blur()")  # what stands beside a field that is written in is away
    questions = await lin.open_questions()
    await expect(asks).to_have_value("")
    if lin.at_desk:
        await lin.page.get_by_role("tab", name=lin.t("viewer.chat.title")).click()
    else:
        await lin.close(questions)

    # To its owner it is there again, also after the layout has changed.
    await _changes_to(lin, "Lin")
    await expect(lin.chat_field).to_have_value("My address is")
    other = DESK if screen is PHONE else PHONE
    await lin.page.set_viewport_size({"width": other.width, "height": other.height})
    await expect(lin.chat_field).to_have_value("My address is")


async def test_coupons_that_could_not_be_loaded_are_not_said_to_be_none(company: Company, room: str) -> None:
    ivy = await company.viewer("ivy")  # who has claimed none in any of these tests
    ivy.complaints.expect("status of 503")
    await ivy.page.route("**/api/me/coupons", lambda route: route.fulfill(status=503, json={}))
    await ivy.enter(room)
    coupons = await ivy.open_coupons()
    await expect(coupons).to_contain_text(ivy.t("viewer.coupon.failed"))
    await coupons.get_by_role("button", name=ivy.t("shared.action.retry")).click()
    await expect(coupons).to_contain_text(ivy.t("viewer.coupon.failed"))
    await ivy.page.unroute("**/api/me/coupons")  # and they come by themselves
    await expect(coupons).to_contain_text(ivy.t("viewer.coupon.none"))


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_a_link_of_somebody_else_is_asked_about(company: Company, room: str, site: Site, language: str) -> None:
    host = await company.host(language=language)
    await host.enter(room)
    ben = site.person("ben", role="ops")  # who runs any room
    await _follows(host, ben)
    offer = host.dialog("shared.offer.title", name="Ben")
    await expect(offer).to_be_visible()
    await expect(host.page).to_have_url(_path(host, f"/studio/{room}"))  # the token stays nowhere
    await host.page.keyboard.press("Escape")
    await expect(offer).to_be_hidden()
    await host.button("staff.room.settings").click()
    await expect(host.dialog("staff.room.settings")).to_contain_text("Host")
    await host.page.go_back()
    await _follows(host, ben)
    await offer.get_by_role("button", name=host.t("shared.offer.take", name="Ben")).click()
    await expect(offer).to_be_hidden()
    await host.button("staff.room.settings").click()
    await expect(host.dialog("staff.room.settings")).to_contain_text("Ben")


async def test_a_viewer_follows_no_sign_in_link(company: Company, room: str, site: Site) -> None:
    lin = await company.guest(screen=PHONE)
    await lin.page.goto(site.link(f"/r/{room}", site.ops))
    await expect(lin.heart).to_be_visible()
    await expect(lin.page).to_have_url(_path(lin, f"/r/{room}"))
    await lin.button("viewer.menu.title").click()
    await expect(lin.dialog("viewer.menu.title")).to_contain_text(lin.t("shared.guest"))


async def test_signing_in_and_out_holds_in_all_tabs_and_over_a_reload(company: Company, room: str) -> None:
    lin = await company.guest("Lin", screen=PHONE)
    await lin.enter(room)
    other = Viewer("Lin", await lin.page.context.new_page(), lin.site, lin.t, lin.screen, lin.complaints)
    await other.enter(room)
    await lin.button("viewer.menu.title").click()
    await lin.dialog("viewer.menu.title").get_by_role("button", name=lin.t("viewer.signIn.title")).click()
    sign_in = lin.dialog("viewer.signIn.title")
    await sign_in.get_by_label(lin.t("viewer.signIn.name")).fill("Lin")
    await sign_in.get_by_role("button", name=lin.t("viewer.signIn.go")).click()
    await expect(sign_in).to_be_hidden()
    await other.button("viewer.menu.title").click()
    menu = other.dialog("viewer.menu.title")
    await expect(menu).to_contain_text("Lin")
    assert (
        await lin.page.evaluate("Object.values({...localStorage, ...sessionStorage}).join().includes('eyJ')") is False
    )
    assert await lin.page.evaluate("document.cookie") == ""
    await lin.page.reload()
    await expect(lin.heart).to_be_visible()
    await menu.get_by_role("button", name=other.t("viewer.signIn.out")).click()
    await expect(menu).to_contain_text(other.t("shared.guest"))
    await lin.button("viewer.menu.title").click()
    await expect(lin.dialog("viewer.menu.title")).to_contain_text(lin.t("shared.guest"))


async def test_an_answer_to_a_question_is_heard_on_another_page(company: Company, room: str, site: Site) -> None:
    lin = await company.viewer("Lin", screen=PHONE)
    await _from_the_list(lin, room)
    await lin.open_questions()
    await lin.ask("Is it sweet?")
    (question,) = (await site.do("GET", f"/api/rooms/{room}/questions?status=open"))["questions"]
    await lin.page.go_back()
    await lin.page.go_back()
    await expect(lin.page).to_have_url(_path(lin, "/"))
    await site.do("POST", f"/api/rooms/{room}/questions/{question['id']}/answer", {"answer": "Very"})
    await expect(lin.words("viewer.inbox.answered", text="Is it sweet?")).to_be_visible()


NOTICE = """
    INSERT INTO directs (id, user_id, type, ts, data)
    VALUES ('notice-paid-' || $1, $1, 'notice', extract(epoch FROM now())::bigint * 1000, $2::jsonb)
"""


@pytest.mark.parametrize(
    ("language", "title", "text"), [("zh-CN", "支付成功", "已支付 ¥59.30。"), ("en", "Paid", "¥59.30 paid.")]
)
async def test_a_notice_is_said_in_the_language_of_the_page_and_leads_to_what_it_is_about(
    company: Company, room: str, database_url: str, language: str, title: str, text: str
) -> None:
    lin = await company.viewer("lin" if language == "en" else "mei", screen=PHONE, language=language)
    await _from_the_list(lin, room)
    words = {"zh": ("支付成功", "已支付 ¥59.30。"), "en": ("Paid", "¥59.30 paid.")}
    data = {
        "template": "paid",
        "titles": {key: each[0] for key, each in words.items()},
        "texts": {key: each[1] for key, each in words.items()},
        "link": "/orders/1",
    }
    connection = await asyncpg.connect(database_url)
    await connection.execute(NOTICE, lin.id, json.dumps(data))
    await connection.close()
    await expect(lin.page.get_by_text(title, exact=True)).to_be_visible()
    inbox = await lin.open_inbox()
    told = inbox.get_by_role("listitem").filter(has_text=text)
    await expect(told.locator("time")).to_be_visible()
    link = told.get_by_role("link", name=lin.t("viewer.inbox.look"))
    box = await link.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    lin.complaints.expect(r"/api/orders/1\b")  # there is no such order
    await link.click()
    await expect(lin.page).to_have_url(_path(lin, "/orders/1"))
    await expect(inbox).to_be_hidden()


async def test_a_session_that_is_ended_elsewhere_leaves_a_guest_who_goes_on_watching(
    company: Company, room: str, site: Site
) -> None:
    lin = await company.viewer("Lin", screen=PHONE)
    lin.complaints.expect("status of 401")
    await lin.enter(room)
    await lin.button("viewer.menu.title").click()
    menu = lin.dialog("viewer.menu.title")
    await expect(menu).to_contain_text("Lin")
    before = await lin.page.context.cookies()
    await lin.page.context.request.post(
        f"{site.url}/api/sign-out", data={"app": "viewer"}, headers={"Origin": site.url}
    )
    # A browser that was not told has its cookie still, and is refused with it.
    await lin.page.context.add_cookies(cast(Any, before))
    await expect(menu).to_contain_text(lin.t("shared.guest"))
    await lin.close(menu)
    await expect(lin.heart).to_be_visible()


async def _follows(guest: Guest, person: Person) -> None:
    """Opens a sign-in link in a tab that shows the page already."""
    await guest.page.evaluate("(token) => { location.hash = `token=${token}` }", person.token)


async def _changes_to(guest: Guest, name: str) -> None:
    """Somebody else is signed in in this browser, and the page comes back from where it lay aside."""
    await guest.site.sign_in(guest.page.context, guest.site.person(name))
    await guest.page.evaluate("() => { dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })) }")


# --- odd browsers, odd addresses ---


@pytest.mark.parametrize("storage", [BLOCKED, NULL], ids=["blocked", "null"])
async def test_a_browser_that_keeps_nothing_shows_every_page(
    company: Company, room: str, site: Site, storage: str
) -> None:
    lin = await company.guest("lin")
    await lin.page.add_init_script(storage)
    await lin.enter(room)
    await lin.page.goto(site.link(f"/studio/{room}", site.host))
    await expect(lin.page.get_by_role("navigation", name=lin.t("studio.tabs"))).to_be_visible()
    await lin.page.goto(site.link(f"/ops?room={room}", site.ops))
    await expect(lin.page.get_by_role("tab", name=lin.t("ops.tab.products"))).to_be_visible()


@pytest.mark.parametrize("path", ["/nothing/here", "/r/NO ROOM", "/studio/a/b/c", "/ops/nothing"])
@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_an_address_that_leads_nowhere_says_so(company: Company, site: Site, path: str, language: str) -> None:
    lin = await company.guest("lin", language=language)
    lin.complaints.expect("status of 404")
    await lin.page.goto(f"{site.url}{path}")
    await expect(lin.page.get_by_role("heading", name=lin.t("shared.notFound.title"))).to_be_visible()
    assert (await lin.page.title()).startswith(lin.t("shared.notFound.title"))


async def test_another_page_is_told_and_takes_the_focus(company: Company, room: str) -> None:
    lin = await company.guest("lin", screen=PHONE)
    await _from_the_list(lin, room)
    await expect(lin.page).to_have_title("蓝莓开采 Blueberry day · livehub")
    await expect(lin.page.get_by_role("status").filter(has_text="· livehub")).to_have_text(
        "蓝莓开采 Blueberry day · livehub"
    )
    await lin.page.go_back()
    await expect(lin.page.get_by_role("heading", name=lin.t("viewer.rooms.hello"))).to_be_focused()
    await expect(lin.page).to_have_title(lin.t("viewer.title"))
