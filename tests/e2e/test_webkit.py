"""The main paths in WebKit, the engine of Safari: watch, chat, like, answer, buy; run a show from studio and console."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.e2e.people import DESK, PHONE
from tests.e2e.site import Site
from tests.e2e.texts import texts
from tests.e2e.webkit import MISSING, Driver, WebKit

pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING)

ENTER = "\ue007"
QUESTION = "甜吗？"
QUIZ = {
    "kind": "choice",
    "question": QUESTION,
    "options": ["甜 Sweet", "酸 Sour"],
    "correct_choice": 1,
    "duration_s": 300,
}
_MOVES = """
const video = document.querySelector("video");
if (!video || video.videoWidth === 0) return false;
const from = (window.playedFrom ??= video.currentTime);
return video.currentTime > from + 1;
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def phone() -> AsyncIterator[Driver]:
    async with Driver(PHONE.width, PHONE.height) as driver:
        yield driver


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def desk() -> AsyncIterator[Driver]:
    async with Driver(DESK.width, DESK.height) as driver:
        yield driver


async def _signed_in(window: WebKit, site: Site, room: str, name: str) -> None:
    """Come in as a guest, and give a name when chat asks for it."""
    t = texts("zh-CN")
    await window.goto(f"{site.url}/r/{room}")
    await window.press(t.like("viewer.like.label"))
    await window.click(f"[placeholder='{t('viewer.chat.signIn')}']")
    await window.type("[role=dialog] input", f"{name}{ENTER}")
    await window.gone("[role=dialog]")
    await window.run("document.activeElement.blur()")  # as the keyboard of a phone does when it is put away


@pytest_asyncio.fixture(loop_scope="session")
async def filmed(site: Site, room: str) -> AsyncIterator[str]:
    """A room with a picture."""
    camera = (await site.do("POST", f"/api/rooms/{room}/cameras", {"name": "Barn", "kind": "test"}))["camera"]["id"]
    yield room
    await site.do("DELETE", f"/api/rooms/{room}/cameras/{camera}")


async def test_the_picture_plays_and_has_the_size_of_the_window(site: Site, filmed: str, phone: Driver):
    async with phone.window() as window:
        await window.goto(f"{site.url}/r/{filmed}")
        await window.until(_MOVES)
        assert await window.run("return [innerWidth, document.documentElement.scrollWidth]") == [PHONE.width] * 2


async def test_a_guest_gives_a_name_chats_and_looks_into_the_bag(site: Site, room: str, phone: Driver):
    t = texts("zh-CN")
    async with phone.window() as window:
        await _signed_in(window, site, room, "小雨")
        await window.type(f"[placeholder='{t('viewer.chat.say')}']", f"新鲜吗？{ENTER}")
        await window.see("新鲜吗？", within="[role=log]")
        await window.reload()  # and is still known
        await window.see("新鲜吗？", within="[role=log]")
        await window.press(t.like("viewer.bag.title"))
        await window.see("山花蜜", within="[role=dialog]")
        await window.key("\ue00c")  # Escape
        await window.gone("[role=dialog]")


async def test_a_quiz_is_answered_and_its_result_is_shown(site: Site, room: str, phone: Driver):
    t = texts("zh-CN")
    async with phone.window() as window:
        await _signed_in(window, site, room, "小河")
        quiz = (await site.do("POST", f"/api/rooms/{room}/quizzes", QUIZ))["quiz"]["id"]
        await window.see(QUESTION, within="[role=dialog]")
        await window.press(re.compile("酸 Sour"), within="[role=dialog]")
        await window.see(t("viewer.quiz.sent"), within="[role=dialog]")
        await site.do("POST", f"/api/rooms/{room}/quizzes/{quiz}/close", {})
        await window.see(t("viewer.quiz.first.choice"), within="[role=dialog]")


async def test_a_unit_on_sale_is_bought(site: Site, room: str, phone: Driver):
    sale = {"product": "honey", "price_minor": 4_990, "units": 1, "per_person_max": 1, "opens_at": 0}
    async with phone.window() as window:
        await _signed_in(window, site, room, "小林")
        await site.do("POST", f"/api/rooms/{room}/sales", sale)
        await window.click("[data-testid=sale-button]")
        await window.see(texts("zh-CN")("viewer.sale.button.pay", time=""), within="[data-testid=sale-button]")


async def test_the_host_pins_a_product_and_a_viewer_sees_it(site: Site, room: str, desk: Driver):
    t = texts("zh-CN")
    async with desk.window() as window:
        await window.goto(site.link(f"/studio/{room}", site.host))
        await window.press(t("studio.tab.products"))
        await window.see("山花蜜")


async def test_the_console_shows_the_room(site: Site, room: str, desk: Driver):
    t = texts("zh-CN")
    async with desk.window() as window:
        await window.goto(site.link(f"/ops?room={room}", site.ops))
        await window.press(re.compile(f"^{t('ops.tab.products')}"))
        await window.see("山花蜜")


async def test_where_autoplay_is_refused_a_tap_plays_the_picture(site: Site, filmed: str, phone: Driver):
    t = texts("zh-CN")
    async with phone.window("--autoplay-policy=deny") as window:
        await window.goto(f"{site.url}/r/{filmed}")
        await window.see(t("viewer.picture.blocked"))
        await window.press(t("viewer.picture.play"))
        await window.until(_MOVES)
        await window.until("return !document.body.innerText.includes(arguments[0])", t("viewer.picture.blocked"))


async def test_back_closes_the_sheet_and_then_leaves_the_room(site: Site, room: str, phone: Driver):
    t = texts("zh-CN")
    async with phone.window() as window:
        await window.goto(site.url)
        await window.goto(f"{site.url}/r/{room}")
        await window.press(t.like("viewer.bag.title"))
        await window.see("山花蜜", within="[role=dialog]")
        await window.back()
        await window.gone("[role=dialog]")
        assert (await window.url()).endswith(f"/r/{room}")
        await window.back()
        await window.until("return location.pathname === '/'")


async def test_without_storage_the_page_works_all_the_same(site: Site, room: str, phone: Driver):
    async with phone.window("--enable-html5-local-storage=false") as window:
        await _signed_in(window, site, room, "小云")
        await window.type(f"[placeholder='{texts('zh-CN')('viewer.chat.say')}']", f"没有存储{ENTER}")
        await window.see("没有存储", within="[role=log]")


async def test_a_guest_signs_in_by_phone_over_the_room_and_back_closes_what_is_on_top(
    site: Site, room: str, phone: Driver
) -> None:
    t = texts("zh-CN")
    await site.stop()
    await site.start(E2E_MAILBOX="yes", LIVEHUB_CODE_RESEND_S="0")
    async with phone.window() as window:
        await window.goto(f"{site.url}/")
        await window.click(f"a[href='/r/{room}']")
        await window.click(f"[placeholder='{t('viewer.chat.signIn')}']")
        await window.type("[role=dialog] input[type=tel]", f"13800138051{ENTER}")
        field = "[role=dialog] input[autocomplete='one-time-code']"
        await window.until("return seen(arguments[0])[0] === document.activeElement", field)
        await window.back()  # by mistake: the code can still be typed
        await window.gone("[role=dialog]")
        assert await window.url() == f"{site.url}/r/{room}"
        await window.click(f"[placeholder='{t('viewer.chat.signIn')}']")
        codes = (await site.do("GET", "/api/dev/codes?phone=%2B8613800138051"))["items"]
        await window.type(field, codes[0]["code"])
        await window.gone("[role=dialog]")
        await window.run("document.activeElement.blur()")
        await window.press(t("viewer.menu.title"))
        await window.press(t("viewer.account.title"), within="[role=dialog]")
        await window.see("*8051")
        await window.press(t("viewer.address.add"))
        await window.type("[role=dialog] input[autocomplete=name]", "王小明")
        await window.back()
        await window.see(t("shared.form.loseTitle"), within="[role=dialog]")
        await window.press(t("shared.form.lose"), within="[role=dialog]")
        await window.gone("[role=dialog]")
        await window.back()
        await window.until("return location.pathname === arguments[0]", f"/r/{room}")
        await window.back()
        await window.until("return location.pathname === '/'")
