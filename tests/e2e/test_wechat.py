"""Pages inside WeChat: its in-app browser and the web-view of a mini-program, as far as Chromium can be made to behave like
them (web/README.md says in what). A show is watched, a guest signs in by phone over it and keeps a coupon, and nothing asks for
what is not there: a second window, a share sheet, a file.
"""

import re
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.e2e.conftest import SEEN_WITHIN_MS, Company
from tests.e2e.moving import moves
from tests.e2e.people import MEDIA_GONE, PHONE, Viewer
from tests.e2e.site import Site
from tests.e2e.test_account import COUPON, REFUSED, give_code, give_number, section, sign_in

ANDROID = (
    "Mozilla/5.0 (Linux; Android 14; 23127PN0CC) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/116.0.0.0 "
    "Mobile Safari/537.36 XWEB/1160117 MMWEBSDK/20240501 MicroMessenger/8.0.50.2701(0x28003253) WeChat/arm64 "
    "Language/zh_CN"
)
IN_APP, MINI_PROGRAM = ANDROID, f"{ANDROID} miniProgram/wx0123456789abcdef"

# What is not there, what is refused, and what the page should not have asked for.
WECHAT = """
    window.asked = [];
    window.open = (url) => { asked.push(`a window for ${url}`); return null; };
    for (const name of ["share", "canShare"]) Object.defineProperty(navigator, name, { value: undefined });
    Object.defineProperty(window, "Notification", { value: undefined });
    if (/miniProgram/.test(navigator.userAgent)) window.__wxjs_environment = "miniprogram";
    const click = HTMLAnchorElement.prototype.click;
    HTMLAnchorElement.prototype.click = function () {
        if (this.hasAttribute("download")) asked.push(`the file ${this.download}`);
        else click.call(this);
    };
    let atBridge = false, touched = false;
    for (const gesture of ["touchend", "pointerup", "keydown"])
        addEventListener(gesture, ({ isTrusted }) => { touched ||= isTrusted; }, true);
    const play = HTMLMediaElement.prototype.play;
    HTMLMediaElement.prototype.play = function () {
        if (atBridge || touched) return play.call(this);
        return Promise.reject(new DOMException("play() can only be initiated by a user gesture.", "NotAllowedError"));
    };
    window.bridgeComes = () => {
        window.WeixinJSBridge = {
            invoke(name, options, done) { atBridge = true; try { done(); } finally { atBridge = false; } },
        };
        document.dispatchEvent(new Event("WeixinJSBridgeReady"));
    };
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def phones(site: Site) -> Site:
    """The server with a mailbox, whose codes may be asked for again at once."""
    await site.stop()
    await site.start(E2E_MAILBOX="yes", LIVEHUB_CODE_RESEND_S="0")
    return site


@pytest_asyncio.fixture(loop_scope="session")
async def database(database_url: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def inside(company: Company, agent: str, name: str = "lin", language: str = "zh-CN") -> Viewer:
    viewer = await company.guest(name, PHONE, language, user_agent=agent)
    viewer.complaints.expect(MEDIA_GONE)
    viewer.complaints.expect(REFUSED)
    await viewer.page.add_init_script(WECHAT)
    return viewer


async def asked_for(page: Page) -> list[str]:
    found = await page.evaluate("asked")
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize("agent", [IN_APP, MINI_PROGRAM], ids=["in-app", "mini-program"])
async def test_a_show_is_watched_and_a_guest_signs_in_over_it_and_keeps_a_coupon(
    phones: Site, company: Company, database: Any, agent: str
) -> None:
    room = await phones.show()
    camera = (await phones.do("POST", f"/api/rooms/{room}/cameras", {"name": "Barn", "kind": "test"}))["camera"]["id"]
    coupon = (await phones.do("POST", f"/api/rooms/{room}/coupons", COUPON))["coupon"]["id"]
    lin = await inside(company, agent)
    page = lin.page
    await page.goto("about:blank")
    async with page.expect_response(re.compile("/api/session$")) as opened:
        await lin.enter(room)
    who = (await (await opened.value).json())["person"]["id"]
    await database.execute(
        "INSERT INTO coupon_claims (coupon, user_id, claimed_ts, key) VALUES ($1, $2, 1, 'k')", coupon, who
    )

    # Nothing begins by itself, which is said, until the bridge is there.
    await expect(lin.words("viewer.picture.blocked")).to_be_visible()
    await page.evaluate("bridgeComes()")
    await moves(page, SEEN_WITHIN_MS)
    await expect(lin.words("viewer.picture.blocked")).to_be_hidden()

    await lin.chat_field.click()
    sheet = lin.dialog("viewer.signIn.title")
    phone = "13800138021" if agent is IN_APP else "13800138022"
    await sheet.get_by_label(lin.t("shared.code.name")).fill("小雨")
    await give_number(lin, sheet, phone)
    # Back by mistake, as one comes from the message with the code: it can still be typed.
    await page.evaluate("history.back()")
    await expect(sheet).to_be_hidden()
    await lin.chat_field.click()
    await expect(sheet.get_by_label(lin.t("shared.code.label"))).to_be_focused()
    await give_code(lin, sheet, phone)
    await moves(page, SEEN_WITHIN_MS)
    coupons = await lin.open_coupons()
    await expect(coupons).to_contain_text("见面礼 Welcome")
    await page.evaluate("history.back()")
    await expect(coupons).to_be_hidden()

    await lin.button("viewer.share.title").click()
    await expect(lin.words("viewer.share.inWeChat").or_(page.get_by_text(f"{phones.url}/r/{room}"))).to_be_visible()
    assert await asked_for(page) == []
    await page.evaluate("() => { setTimeout(() => history.back()); }")  # closes the web-view
    await expect(page).to_have_url("about:blank")
    await phones.do("DELETE", f"/api/rooms/{room}/cameras/{camera}")


@pytest.mark.parametrize("agent", [IN_APP, MINI_PROGRAM], ids=["in-app", "mini-program"])
async def test_where_the_bridge_never_comes_a_tap_begins_the_picture(
    phones: Site, company: Company, agent: str
) -> None:
    room = await phones.show()
    camera = (await phones.do("POST", f"/api/rooms/{room}/cameras", {"name": "Barn", "kind": "test"}))["camera"]["id"]
    lin = await inside(company, agent)
    await lin.enter(room)
    await expect(lin.words("viewer.picture.blocked")).to_be_visible()
    await lin.page.get_by_role("button", name=lin.t("viewer.picture.play")).first.click()
    await moves(lin.page, SEEN_WITHIN_MS)
    await phones.do("DELETE", f"/api/rooms/{room}/cameras/{camera}")


@pytest.mark.parametrize(
    ("agent", "words", "phone", "language"),
    [
        (IN_APP, "viewer.data.inWeChat", "13800138023", "zh-CN"),
        (MINI_PROGRAM, "viewer.data.inMiniProgram", "13800138024", "en"),
    ],
    ids=["in-app", "mini-program"],
)
async def test_a_file_that_cannot_be_saved_is_told_where_it_can(
    phones: Site, company: Company, agent: str, words: str, phone: str, language: str
) -> None:
    lin = await inside(company, agent, language=language)
    await sign_in(lin, phone)
    data = section(lin, "viewer.data.title")
    await data.get_by_role("button", name=lin.t("viewer.data.ask")).click()
    await expect(data).to_contain_text(lin.t(words))
    await expect(data.get_by_role("button", name=lin.t("viewer.data.download"))).to_have_count(0)
    await lin.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await data.get_by_role("button", name=lin.t("viewer.data.copyAddress")).click()
    await expect(lin.words("viewer.share.copied")).to_be_visible()
    assert await lin.page.evaluate("navigator.clipboard.readText()") == f"{phones.url}/me"
    assert await asked_for(lin.page) == []


async def test_who_comes_again_after_everything_but_the_cookies_was_cleared_is_known(
    phones: Site, company: Company
) -> None:
    lin = await inside(company, IN_APP)
    await sign_in(lin, "13800138025")
    await lin.page.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
    visit = Viewer("lin", await lin.page.context.new_page(), lin.site, lin.t, lin.screen, lin.complaints)
    await visit.page.add_init_script(WECHAT)
    await lin.page.close()
    await visit.page.goto(f"{phones.url}/me")
    await expect(section(visit, "viewer.account.profile")).to_contain_text("*8025")


async def test_a_page_that_comes_back_as_it_was_asks_again_who_is_here(phones: Site, company: Company) -> None:
    lin = await inside(company, IN_APP)
    await sign_in(lin, "13800138026")
    await lin.page.context.clear_cookies()
    await lin.page.evaluate("() => { dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })); }")
    await expect(lin.page.get_by_role("heading", name=lin.t("viewer.account.guest"))).to_be_visible()
