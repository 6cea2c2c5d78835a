"""An account in a real browser: signed in by phone over a show that goes on playing, with what the guest had; looked after on
its own page; ended elsewhere; erased. The codes come to the mailbox of `demo`.
"""

import asyncio
import re
import time
import zipfile
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, async_playwright, expect

from tests.e2e import looks
from tests.e2e.conftest import FLAGS, SEEN_WITHIN_MS, Company
from tests.e2e.moving import moves
from tests.e2e.people import DESK, MEDIA_GONE, PHONE, Viewer
from tests.e2e.site import Site
from tests.e2e.test_video import CAMERA_FLAGS
from tests.e2e.texts import LANGUAGES

COUPON = {"title": "见面礼 Welcome", "amount_minor": 500, "min_spend_minor": 3_900, "ends_in_s": 3_600}
# How soon a device that was signed out elsewhere says so, from when that was done.
TOLD_WITHIN_S = 5.0  # within one on a quiet machine: `python -m loadtest sessions revocations` measures it
# When a page first shows a text, Unix ms.
TOLD_AT = """(text) => new Promise((done) => {
    const look = () => document.body.innerText.includes(text) && done(Date.now());
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true });
    look();
})"""
# A browser tells of each refusal, and of each socket that is closed.
REFUSED = r"status of (400|401|404|409|410|422|428|429)"


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


async def code_for(site: Site, phone: str) -> str:
    """The newest that came to a phone."""
    codes = (await site.do("GET", f"/api/dev/codes?phone=%2B86{phone}"))["items"]
    return str(codes[0]["code"])


async def give_number(viewer: Viewer, sheet: Locator, phone: str) -> None:
    await sheet.get_by_label(viewer.t("shared.code.phone")).fill(phone)
    await sheet.get_by_role("button", name=viewer.t("shared.code.get")).click()
    await expect(sheet.get_by_label(viewer.t("shared.code.label"))).to_be_focused()


async def give_code(viewer: Viewer, sheet: Locator, phone: str) -> None:
    await sheet.get_by_label(viewer.t("shared.code.label")).fill(await code_for(viewer.site, phone))
    await expect(sheet).to_be_hidden()


async def sign_in(viewer: Viewer, phone: str) -> None:
    """On the account page."""
    viewer.complaints.expect(REFUSED)
    await viewer.page.goto(f"{viewer.site.url}/me")
    await viewer.button("viewer.signIn.title").click()
    sheet = viewer.dialog("viewer.signIn.title")
    await give_number(viewer, sheet, phone)
    await give_code(viewer, sheet, phone)
    await expect(viewer.page.get_by_role("heading", name=viewer.t("viewer.account.profile"))).to_be_visible()


async def go_live(company: Company, room: str) -> None:
    """Have the host show a picture."""
    host = await company.host(PHONE, "en")
    await host.enter(room)
    await host.go("picture")
    await host.button("studio.live.openCamera").click()
    await host.button("studio.live.go").click()
    await expect(host.page.get_by_role("status").filter(has_text=host.t("studio.live.reach.onAir"))).to_be_visible()


def section(viewer: Viewer, key: str) -> Locator:
    return viewer.page.get_by_role("region", name=viewer.t(key), exact=True)


async def look_at_the_account_and_come_back(guest: Viewer, room: str) -> None:
    """With the picture in the small window meanwhile."""
    await guest.button("viewer.menu.title").click()
    await guest.dialog("viewer.menu.title").get_by_role("button", name=guest.t("viewer.account.title")).click()
    await expect(guest.page).to_have_url(f"{guest.site.url}/me")
    await expect(section(guest, "viewer.account.profile")).to_contain_text("*8000")
    await expect(guest.button("viewer.small.close")).to_be_visible()
    await moves(guest.page, SEEN_WITHIN_MS)
    await guest.button("shared.action.back").click()
    await expect(guest.heart).to_be_visible()
    await expect(guest.page).to_have_url(f"{guest.site.url}/r/{room}")
    await moves(guest.page, SEEN_WITHIN_MS)


async def test_a_guest_signs_in_by_phone_over_the_picture_and_keeps_a_prize(
    phones: Site, company: Company, database: Any
):
    room = await phones.show()
    coupon = (await phones.do("POST", f"/api/rooms/{room}/coupons", COUPON))["coupon"]["id"]
    await go_live(company, room)
    guest = await company.guest("guest", PHONE, "zh-CN")
    guest.complaints.expect(MEDIA_GONE)
    guest.complaints.expect(REFUSED)
    async with guest.page.expect_response(re.compile("/api/session$")) as opened:
        await guest.enter(room)
    who = (await (await opened.value).json())["person"]["id"]
    await database.execute(
        "INSERT INTO coupon_claims (coupon, user_id, claimed_ts, key) VALUES ($1, $2, 1, 'k')", coupon, who
    )
    await moves(guest.page, SEEN_WITHIN_MS)

    await guest.chat_field.click()
    sheet = guest.dialog("viewer.signIn.title")
    await expect(sheet.get_by_label(guest.t("shared.code.phone"))).to_be_focused()
    await guest.page.go_back()  # closes the sheet, and not the room
    await expect(sheet).to_be_hidden()
    await expect(guest.page).to_have_url(f"{phones.url}/r/{room}")

    await guest.chat_field.click()
    await sheet.get_by_label(guest.t("shared.code.phone")).fill("138 0013 8000")
    await expect(sheet.get_by_text(guest.t("shared.code.to", phone="+86 138 0013 8000"))).to_be_visible()
    await sheet.get_by_label(guest.t("shared.code.name")).fill("小雨")
    await sheet.get_by_role("button", name=guest.t("shared.code.get")).click()
    field = sheet.get_by_label(guest.t("shared.code.label"))
    await expect(field).to_have_attribute("autocomplete", "one-time-code")
    await expect(sheet.get_by_role("link", name=guest.t("shared.code.mailbox"))).to_have_attribute(
        "href", "/dev/mailbox"
    )
    right = await code_for(phones, "13800138000")
    await field.fill("000001" if right == "000000" else "000000")
    await expect(sheet.get_by_role("alert")).to_have_text(guest.t("shared.code.wrong", n=4))
    await expect(field).to_have_value("")
    await moves(guest.page, SEEN_WITHIN_MS)
    await field.fill(right)  # goes by itself
    await expect(sheet).to_be_hidden()
    await expect(guest.chat_field).to_be_focused()  # and on with what one came for
    await guest.say("我来了")
    await expect(guest.line("我来了")).to_contain_text("小雨")
    coupons = await guest.open_coupons()
    await expect(coupons).to_contain_text("见面礼 Welcome")
    assert await database.fetchval("SELECT user_id FROM coupon_claims WHERE coupon = $1", coupon) != who
    await guest.close(coupons)

    await look_at_the_account_and_come_back(guest, room)
    await phones.do("POST", f"/api/rooms/{room}/state", {"status": "ended"})


async def test_a_session_that_is_ended_on_another_device_leaves_a_guest_and_says_so(phones: Site, company: Company):
    phone, desk = await company.guest("phone", PHONE, "zh-CN"), await company.guest("desk", DESK, "en")
    room = await phones.show()
    await sign_in(phone, "13800138001")
    await sign_in(desk, "13800138001")
    await desk.enter(room)
    await expect(desk.chat_field).to_have_attribute("placeholder", desk.t("viewer.chat.say"))
    await phone.page.reload()
    devices = section(phone, "viewer.sessions.title")
    await expect(devices.get_by_role("listitem").first).to_contain_text(phone.t("viewer.sessions.this"))
    told = asyncio.ensure_future(desk.page.evaluate(TOLD_AT, desk.t("viewer.signIn.ended")))
    async with phone.page.expect_response(re.compile("/api/me/sessions/")) as ended:
        await devices.get_by_role("button", name=phone.t("viewer.sessions.end"), exact=True).click()
    assert (await ended.value).status == 204
    ended_at = time.time()
    await expect(desk.words("viewer.signIn.ended")).to_be_visible()
    assert await told / 1_000 - ended_at < TOLD_WITHIN_S
    await expect(desk.chat_field).to_have_attribute("placeholder", desk.t("viewer.chat.signIn"))
    await expect(devices.get_by_role("listitem")).to_have_count(1)


async def test_an_address_is_added_changed_and_deleted(phones: Site, company: Company):
    lin = await company.guest("lin", PHONE, "zh-CN")
    await sign_in(lin, "13800138002")
    addresses = section(lin, "viewer.address.title")
    await addresses.get_by_role("button", name=lin.t("viewer.address.add")).click()
    sheet = lin.dialog("viewer.address.add")
    await sheet.get_by_label(lin.t("viewer.address.name")).fill("王小明")
    await sheet.get_by_label(lin.t("viewer.address.phone")).fill("12")
    await sheet.get_by_label(lin.t("viewer.address.province")).select_option(label="上海市")
    await sheet.get_by_label(lin.t("viewer.address.county")).select_option(label="浦东新区")
    await sheet.get_by_label(lin.t("viewer.address.line")).fill("张江路 1 号")
    await sheet.get_by_role("button", name=lin.t("viewer.account.save")).click()
    await expect(sheet.get_by_role("alert")).to_have_text(lin.t("shared.refusal.1142"))
    await sheet.get_by_label(lin.t("viewer.address.phone")).fill("138 0013 8002")
    await sheet.get_by_role("button", name=lin.t("viewer.account.save")).click()
    await expect(sheet).to_be_hidden()
    await expect(addresses.get_by_role("listitem")).to_contain_text("上海市浦东新区 张江路 1 号")
    await expect(addresses.get_by_role("listitem")).to_contain_text(lin.t("viewer.address.default"))
    await addresses.get_by_role("button", name=lin.t("viewer.address.editOf", name="王小明")).click()
    sheet = lin.dialog("viewer.address.change")
    await sheet.get_by_role("button", name=lin.t("viewer.address.delete")).click()
    await sheet.get_by_role("button", name=lin.t("viewer.address.deleteSure")).click()
    await expect(addresses).to_contain_text(lin.t("viewer.address.none"))


async def test_ones_data_is_downloaded_after_a_code_and_then_erased(phones: Site, company: Company, database: Any):
    ada = await company.guest("ada", PHONE, "en")
    await sign_in(ada, "13800138003")
    consents = section(ada, "viewer.consent.title")
    offers = consents.get_by_role("switch", name=ada.t("viewer.consent.marketing_sms.name"))
    await expect(offers).not_to_be_checked()
    await offers.click()
    await expect(offers).to_be_checked()

    # As if the sign-in had been an hour ago.
    await database.execute("UPDATE sessions SET signed_in_ts = signed_in_ts - 3600000")
    await ada.page.reload()
    data = section(ada, "viewer.data.title")
    await data.get_by_role("button", name=ada.t("viewer.data.ask")).click()
    again = ada.dialog("shared.stepUp.title")
    await again.get_by_label(ada.t("shared.code.phone")).fill("13800138009")
    await again.get_by_role("button", name=ada.t("shared.code.get")).click()
    await expect(again.get_by_role("alert")).to_have_text(ada.t("shared.stepUp.notYours", phones="*8003"))
    await give_number(ada, again, "13800138003")
    await give_code(ada, again, "13800138003")
    async with ada.page.expect_download() as download:
        await data.get_by_role("button", name=ada.t("viewer.data.download")).click()
    file = await download.value
    assert re.fullmatch(r"my-data-\d{4}-\d\d-\d\d\.zip", file.suggested_filename)
    with zipfile.ZipFile(await file.path()) as copy:
        assert "+8613800138003" in "".join(copy.read(name).decode() for name in copy.namelist())

    await data.get_by_role("button", name=ada.t("viewer.erase.open")).click()
    sheet = ada.dialog("viewer.erase.title")
    await expect(sheet).to_contain_text(ada.t("viewer.erase.becomes.keep"))
    await expect(sheet).to_contain_text("Records of trade are kept for three years")
    await sheet.get_by_role("button", name=ada.t("viewer.erase.goOn")).click()
    last = sheet.get_by_role("button", name=ada.t("viewer.erase.erase"))
    await expect(last).to_be_disabled()
    await sheet.get_by_role("textbox").fill(ada.t("viewer.erase.word"))
    await last.click()
    await expect(ada.page.get_by_role("heading", name=ada.t("viewer.erase.gone"))).to_be_visible()
    assert await database.fetchval("SELECT count(*) FROM identities WHERE subject = '+8613800138003'") == 0


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_account_looks_right(phones: Site, company: Company, language: str):
    mei = await company.guest("mei", PHONE, language)
    await looks.prepare(mei)
    mei.complaints.expect(REFUSED)
    await mei.page.goto(f"{phones.url}/me")
    await mei.button("viewer.signIn.title").click()
    sheet = mei.dialog("viewer.signIn.title")
    await expect(sheet.get_by_label(mei.t("shared.code.phone"))).to_be_focused()
    faults = await looks.faults(mei, "sign-in", "[role=dialog]", looks.SCHEMES, (320,))
    phone = "13800138004" if language == "en" else "13800138005"
    await give_number(mei, sheet, phone)
    faults += await looks.faults(mei, "code", "[role=dialog]", looks.SCHEMES, (320,))
    await give_code(mei, sheet, phone)
    await expect(section(mei, "viewer.data.title").get_by_role("listitem")).to_have_count(2)
    faults += await looks.faults(mei, "account", "body", looks.SCHEMES, (320, 375, 768, 1440))
    faults += await looks.small(mei, "account", "main")
    await section(mei, "viewer.data.title").get_by_role("button", name=mei.t("viewer.erase.open")).click()
    await expect(mei.dialog("viewer.erase.title")).to_be_visible()
    faults += await looks.faults(mei, "erase", "[role=dialog]", looks.SCHEMES, (320,))
    await mei.close(mei.dialog("viewer.erase.title"))
    await section(mei, "viewer.address.title").get_by_role("button", name=mei.t("viewer.address.add")).click()
    await expect(mei.dialog("viewer.address.add")).to_be_visible()
    faults += await looks.faults(mei, "address", "[role=dialog]", looks.SCHEMES, (320,))
    assert not faults, "\n".join(faults)
