"""Everybody their own way: by keyboard alone, in the other language, by night, without motion."""

import pytest
from playwright.async_api import Locator, Page, expect

from tests.e2e.conftest import Company
from tests.e2e.people import DESK, PHONE, Guest, Screen, Viewer
from tests.e2e.site import Site
from tests.e2e.texts import texts

SMALL_WINDOW = Screen(375, 812)  # laid out as on a phone, but with a keyboard
TABS_MAX = 40
OPTIONS = ("三十天 30 days", "六十天 60 days")
QUIZ = {"kind": "choice", "question": "从开花到采摘？", "options": OPTIONS, "correct_choice": 1, "duration_s": 300}

# Whether the focused element, or the box it fills, is marked by a ring; a field has its caret.
_FOCUS_SHOWS = """() => {
    const marked = (element) => {
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
        return (outlineStyle !== "none" && parseFloat(outlineWidth) >= 1) || boxShadow !== "none";
    };
    const focused = document.activeElement;
    return focused.matches("body, input, textarea") || marked(focused) || marked(focused.parentElement);
}"""
# Past the last thing to press lies the browser's own bar, as with <dialog>: never what the sheet lies over.
_FOCUS_IS_INSIDE = "(sheet) => sheet.contains(document.activeElement) || document.activeElement === document.body"
_MOVING = """() => document.getAnimations()
    .filter(({ playState, effect }) => playState === "running" && effect.getComputedTiming().endTime > 100)
    .map(({ animationName, effect }) => `${animationName} of ${effect.target.className}`)"""


async def test_a_viewer_needs_no_mouse(site: Site, room: str, company: Company):
    lin = await company.viewer("lin", SMALL_WINDOW)
    await lin.enter(room)
    keyboard = lin.page.keyboard

    await _tab_to(lin.page, lin.chat_field)
    await keyboard.type("Typed, not tapped")
    await keyboard.press("Enter")
    await expect(lin.line("Typed, not tapped")).to_be_visible()

    await _tab_to(lin.page, lin.chat_field)
    await _tab_to(lin.page, lin.heart)  # stands behind the field, which takes all the room while it is written in
    await keyboard.press("Enter")
    await expect(lin.heart).to_have_accessible_name(lin.t("viewer.like.label", count=1))

    bag_button = lin.button("viewer.bag.title")
    await _tab_to(lin.page, bag_button)
    await keyboard.press("Enter")
    bag = lin.dialog("viewer.bag.title")
    await expect(bag).to_be_visible()
    for key in ["Tab"] * 4 + ["Shift+Tab"] * 4:
        await keyboard.press(key)
        assert await bag.evaluate(_FOCUS_IS_INSIDE), "the focus left the sheet"
    await keyboard.press("Escape")
    await expect(bag).to_be_hidden()
    await expect(bag_button).to_be_focused()

    await site.do("POST", f"/api/rooms/{room}/quizzes", QUIZ)
    quiz = lin.quiz
    await expect(quiz).to_be_visible()
    await _tab_to(lin.page, quiz.get_by_role("button").filter(has_text=OPTIONS[1]))
    await keyboard.press("Enter")
    await expect(quiz).to_contain_text(lin.t("viewer.quiz.sent"))
    await keyboard.press("Escape")
    await expect(quiz).to_be_hidden()


async def _tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until the focus is there, and can be seen on the way."""
    for _ in range(TABS_MAX):
        await page.keyboard.press("Tab")
        shows = await page.evaluate(_FOCUS_SHOWS)
        assert shows, await page.evaluate(
            "() => `nobody sees the focus on ${document.activeElement.outerHTML.slice(0, 200)}`"
        )
        if await wanted.evaluate("(element) => element === document.activeElement"):
            return
    raise AssertionError(f"{TABS_MAX} Tabs do not reach {wanted}")


@pytest.mark.parametrize(
    ("path", "heading"),
    [
        ("/", "viewer.rooms.hello"),
        ("/studio", "studio.title"),
        ("/ops", "ops.title"),
    ],
)
async def test_the_language_is_switched_and_stays(company: Company, path: str, heading: str):
    guest = await company.guest("guest", DESK, "zh-CN")
    chinese, english = texts("zh-CN"), texts("en")
    title = guest.page.get_by_role("heading", level=1)
    await guest.page.goto(guest.site.url + path)
    await expect(title).to_have_text(chinese(heading))
    await expect(guest.page.locator("html")).to_have_attribute("lang", "zh-CN")

    await guest.button("shared.language.switch").click()
    await expect(title).to_have_text(english(heading))
    await guest.page.reload()
    await expect(title).to_have_text(english(heading))
    await expect(guest.page.locator("html")).to_have_attribute("lang", "en")
    await guest.page.get_by_role("button", name=english("shared.language.switch")).click()
    await expect(title).to_have_text(chinese(heading))


@pytest.mark.parametrize("path", ["/", "/studio", "/ops"])
async def test_the_appearance_follows_the_system_until_it_is_chosen(company: Company, path: str):
    guest = await company.guest("guest", DESK, "en", color_scheme="light")
    page = guest.page
    await page.goto(guest.site.url + path)
    await expect(_theme(guest, "system")).to_be_visible()
    day = await _paper(page)
    await page.emulate_media(color_scheme="dark")
    night = await _paper(page)
    assert _lightness(day) > 200 > 60 > _lightness(night)

    await _theme(guest, "system").click()
    await expect(_theme(guest, "light")).to_be_visible()
    assert await _paper(page) == day
    await _theme(guest, "light").click()
    await page.emulate_media(color_scheme="light")
    await page.reload()
    await expect(_theme(guest, "dark")).to_be_visible()
    assert await _paper(page) == night


def _theme(guest: Guest, now: str) -> Locator:
    return guest.button("shared.theme.switch", now=guest.t(f"shared.theme.{now}"))


async def _paper(page: Page) -> str:
    """The colour of the page, when it is reached."""
    colour: str = await page.evaluate("() => getComputedStyle(document.documentElement).backgroundColor")
    return colour


def _lightness(colour: str) -> float:
    red, green, blue = (float(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(",")[:3])
    return 0.3 * red + 0.6 * green + 0.1 * blue


async def test_who_wants_no_motion_gets_none(site: Site, room: str, company: Company):
    calm = await company.viewer("calm", PHONE, reduced_motion="reduce")
    lively = await company.viewer("lively", PHONE, reduced_motion="no-preference")
    for viewer in (calm, lively):
        await viewer.enter(room)
    await site.do("POST", f"/api/rooms/{room}/pins", {"product": "honey"})
    await expect(_on_show(calm)).to_be_visible()
    await expect(_on_show(lively)).to_be_visible()
    for viewer in (calm, lively):
        await viewer.heart.click()
    await expect(lively.page.locator(".field svg").first).to_be_attached()
    await expect(calm.heart).to_have_accessible_name(calm.t("viewer.like.label", count=2))
    await expect(calm.page.locator(".field svg")).to_have_count(0)
    assert await lively.page.evaluate(_MOVING)
    assert await calm.page.evaluate(_MOVING) == []


def _on_show(viewer: Viewer) -> Locator:
    return viewer.page.get_by_role("button").filter(has_text=viewer.t("viewer.bag.explaining"))
