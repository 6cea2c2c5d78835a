"""The pages of a person under fingers and keys: on a phone that is turned, with an on-screen keyboard over the page, and at a
desk without a mouse.
"""

from typing import Any

import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from tests.e2e import looks
from tests.e2e.conftest import Company
from tests.e2e.people import DESK, PHONE, Viewer
from tests.e2e.site import Site
from tests.e2e.test_account import REFUSED, code_for, give_code, give_number, section, sign_in

UPRIGHT, LYING = (375, 812), (812, 375)
# What an iPhone's keyboard covers, held upright and held sideways.
KEYBOARD_PX = {UPRIGHT: 336, LYING: 198}

# A keyboard that lies over the page, as on an iPhone: what is seen is smaller, the page is not.
KEYBOARD = """(px) => {
    const seen = { height: () => innerHeight - px, offsetTop: () => 0 };
    for (const [name, get] of Object.entries(seen))
        Object.defineProperty(visualViewport, name, { get, configurable: true });
    visualViewport.dispatchEvent(new Event("resize"));
}"""

# Of a sheet: what lies beyond the window even when it is scrolled to, and whether more than one part of it scrolls.
CUT_OFF = """(sheet) => {
    const found = [];
    const seen = innerHeight - (visualViewport.height < innerHeight ? innerHeight - visualViewport.height : 0);
    for (const element of sheet.querySelectorAll("button, input, select, textarea, a[href]")) {
        if (!element.checkVisibility({ visibilityProperty: true })) continue;
        element.scrollIntoView({ block: "nearest" });
        const { left, right, top, bottom } = element.getBoundingClientRect();
        if (left < -1 || right > innerWidth + 1 || top < -1 || bottom > seen + 1)
            found.push(`${element.outerHTML.slice(0, 100)} at ${[left, top, right, bottom].map(Math.round)}`);
    }
    const scrolls = (element) =>
        element.scrollHeight > element.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(element).overflowY);
    const parts = [sheet, ...sheet.querySelectorAll("*")].filter((each) => each.tagName !== "TEXTAREA" && scrolls(each));
    if (parts.length > 1) found.push(`${parts.length} parts scroll`);
    return found;
}"""

SMALL_TYPE = """() => [...document.querySelectorAll("input, select, textarea")]
    .filter((field) => !["checkbox", "radio", "range", "file", "hidden"].includes(field.type) && field.checkVisibility())
    .filter((field) => parseFloat(getComputedStyle(field).fontSize) < 16)
    .map((field) => field.outerHTML.slice(0, 120))"""

# Whether what has the focus, or the field that it stands in, looks different for having it.
RING = """() => {
    const focused = document.activeElement;
    const drawn = () => [focused, focused.parentElement, focused.parentElement?.parentElement].map((each) => {
        const { outlineStyle, outlineWidth, borderColor, boxShadow } = getComputedStyle(each);
        return [outlineStyle, outlineWidth, borderColor, boxShadow].join();
    }).join("|");
    const before = drawn();
    focused.blur();
    const after = drawn();
    focused.focus();
    return before !== after;
}"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def phones(site: Site) -> Site:
    """The server with a mailbox, whose codes may be asked for again at once."""
    await site.stop()
    await site.start(E2E_MAILBOX="yes", LIVEHUB_CODE_RESEND_S="0")
    return site


async def turned(page: Page, sheet: Locator, typed: Locator | None) -> list[str]:
    """What is wrong with a sheet while the phone is turned and turned back; with the keyboard where something is typed."""
    found: list[str] = []
    for width, height in (UPRIGHT, LYING, UPRIGHT):
        await page.set_viewport_size({"width": width, "height": height})
        await page.evaluate(looks.SETTLED)
        where = f"{width} x {height}"
        found += [f"{where}: {fault}" for fault in await sheet.evaluate(CUT_OFF)]
        found += [f"{where}: {fault}" for fault in await looks.beyond(page, (width,))]
        if typed is not None:
            await typed.focus()
            await page.evaluate(KEYBOARD, KEYBOARD_PX[width, height])
            await page.evaluate(looks.SETTLED)
            box = await typed.bounding_box()
            assert box is not None
            if box["y"] < 0 or box["y"] + box["height"] > height - KEYBOARD_PX[width, height]:
                found.append(f"{where}: under the keyboard at {box}")
            await page.evaluate(KEYBOARD, 0)
            await page.evaluate(looks.SETTLED)
    found += [f"small type: {field}" for field in await page.evaluate(SMALL_TYPE)]
    return found


async def test_nothing_is_cut_off_when_the_phone_is_turned_over_signing_in_and_the_account(
    phones: Site, room: str, company: Company
) -> None:
    lin = await company.guest("lin", PHONE, "zh-CN")
    lin.complaints.expect(REFUSED)
    await lin.enter(room)
    await lin.chat_field.click()
    sheet = lin.dialog("viewer.signIn.title")
    number = sheet.get_by_label(lin.t("shared.code.phone"))
    await expect(number).to_have_attribute("inputmode", "tel")
    await expect(number).to_have_attribute("autocomplete", "tel")
    faults = [f"number: {fault}" for fault in await turned(lin.page, sheet, number)]
    await give_number(lin, sheet, "13800138031")
    code = sheet.get_by_label(lin.t("shared.code.label"))
    await expect(code).to_have_attribute("inputmode", "numeric")
    await expect(code).to_have_attribute("autocomplete", "one-time-code")
    faults += [f"code: {fault}" for fault in await turned(lin.page, sheet, code)]
    await give_code(lin, sheet, "13800138031")

    await lin.page.goto(f"{phones.url}/me")
    await expect(section(lin, "viewer.data.title").get_by_role("listitem")).to_have_count(2)
    faults += [f"account: {fault}" for fault in await looks.beyond(lin.page, (812, 375))]
    faults += [f"account: small type: {field}" for field in await lin.page.evaluate(SMALL_TYPE)]
    await lin.button("viewer.address.add").click()
    address = lin.dialog("viewer.address.add")
    line = address.get_by_label(lin.t("viewer.address.line"))
    faults += [f"address: {fault}" for fault in await turned(lin.page, address, line)]
    await lin.close(address)
    await lin.button("viewer.account.anotherPhone").click()
    another = lin.dialog("viewer.account.addPhone")
    number = another.get_by_label(lin.t("shared.code.phone"))
    faults += [f"another number: {fault}" for fault in await turned(lin.page, another, number)]
    await lin.close(another)
    await lin.button("viewer.erase.open").click()
    erase = lin.dialog("viewer.erase.title")
    faults += [f"erase: {fault}" for fault in await turned(lin.page, erase, None)]
    await erase.get_by_role("button", name=lin.t("viewer.erase.goOn")).click()
    faults += [f"erase: {fault}" for fault in await turned(lin.page, erase, erase.get_by_role("textbox"))]
    assert not faults, "\n".join(faults)


async def test_staff_type_in_letters_that_a_phone_does_not_zoom_in_on(site: Site, room: str, company: Company) -> None:
    host = await company.host()
    await host.enter(room)
    found: list[str] = await host.page.evaluate(SMALL_TYPE)
    for tab, press in (
        ("products", "staff.product.quickCard"),
        ("play", "staff.coupon.drop"),
        ("sale", "staff.sale.new"),
    ):
        await host.go(tab)
        await host.button(press).first.click()
        await expect(host.dialog(press)).to_be_visible()
        found += await host.page.evaluate(SMALL_TYPE)
        await host.close(host.dialog(press))
    ops = await company.ops(PHONE)
    await ops.enter(room)
    for tab in ("products", "coupons", "log"):
        await ops.go(tab)
        found += await ops.page.evaluate(SMALL_TYPE)
    await ops.button("staff.room.settings").first.click()
    await expect(ops.dialog("staff.room.settings")).to_be_visible()
    found += await ops.page.evaluate(SMALL_TYPE)
    assert not found, "\n".join(found)


# --- keys alone ---


async def tab_to(viewer: Viewer, target: Locator, presses_max: int = 80) -> None:
    """By the Tab key alone; each stop on the way is seen to have the focus."""
    for _ in range(presses_max):
        await viewer.page.keyboard.press("Tab")
        has_focus: Any = await viewer.page.evaluate("document.activeElement !== document.body")
        if has_focus:
            assert await viewer.page.evaluate(RING), await viewer.page.evaluate("document.activeElement.outerHTML")
        if await target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"{target} is not reached by Tab")


async def test_signing_in_and_an_address_need_no_mouse(phones: Site, company: Company) -> None:
    ada = await company.guest("ada", DESK)
    ada.complaints.expect(REFUSED)
    page, keys = ada.page, ada.page.keyboard
    await page.goto(f"{phones.url}/me")
    opener = ada.button("viewer.signIn.title")
    await expect(opener).to_be_visible()
    await tab_to(ada, opener)
    await keys.press("Enter")
    sheet = ada.dialog("viewer.signIn.title")
    number = sheet.get_by_label(ada.t("shared.code.phone"))
    await expect(number).to_be_focused()
    for key in ["Tab"] * 8 + ["Shift+Tab"] * 8:
        await keys.press(key)
        assert await page.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('[role=dialog]')"
        )
    await keys.press("Escape")
    await expect(sheet).to_be_hidden()
    await expect(opener).to_be_focused()

    await keys.press("Enter")
    await expect(number).to_be_focused()
    await keys.type("13800138032")
    await keys.press("Enter")
    await expect(sheet.get_by_label(ada.t("shared.code.label"))).to_be_focused()
    await keys.type(await code_for(phones, "13800138032"))
    await expect(sheet).to_be_hidden()
    # The button that was pressed is no more.
    await expect(page.get_by_role("heading", name=ada.t("viewer.account.title"), exact=True)).to_be_focused()

    add = ada.button("viewer.address.add")
    await tab_to(ada, add)
    await keys.press("Enter")
    address = ada.dialog("viewer.address.add")
    await expect(address).to_be_visible()
    await tab_to(ada, address.get_by_label(ada.t("viewer.address.name")))
    await keys.type("Ada")
    await keys.press("Escape")
    question = ada.dialog("shared.form.loseTitle")
    await expect(question).to_be_visible()
    await keys.press("Escape")
    await expect(question).to_be_hidden()
    await expect(address.get_by_label(ada.t("viewer.address.name"))).to_have_value("Ada")
    await keys.press("Escape")
    await tab_to(ada, question.get_by_role("button", name=ada.t("shared.form.lose"), exact=True))
    await keys.press("Enter")
    await expect(address).to_be_hidden()
    await expect(add).to_be_focused()
    erase = ada.button("viewer.erase.open")
    await tab_to(ada, erase)
    await keys.press("Enter")
    await expect(ada.dialog("viewer.erase.title")).to_be_visible()
    await keys.press("Escape")
    await expect(erase).to_be_focused()


async def test_signing_in_is_named_and_readable_at_a_desk(phones: Site, room: str, company: Company) -> None:
    ada = await company.guest("ada", DESK)
    await looks.prepare(ada)
    ada.complaints.expect(REFUSED)
    await ada.enter(room)
    await ada.chat_field.click()
    await expect(ada.dialog("viewer.signIn.title").get_by_label(ada.t("shared.code.phone"))).to_be_focused()
    faults = await looks.faults(ada, "sign-in over a room", "body", looks.SCHEMES, (1440,))
    await ada.page.keyboard.press("Escape")
    await ada.page.wait_for_function("() => !history.state?.overlay")
    await sign_in(ada, "13800138033")
    faults += await looks.faults(ada, "account", "body", looks.SCHEMES, (1440,))
    await ada.button("viewer.address.add").click()
    await ada.dialog("viewer.address.add").get_by_label(ada.t("viewer.address.name")).fill("Ada")
    await ada.page.keyboard.press("Escape")
    await expect(ada.dialog("shared.form.loseTitle")).to_be_visible()
    faults += await looks.faults(ada, "what is asked first", "[role=dialog]", looks.SCHEMES, (320, 1440))
    assert not faults, "\n".join(faults)
