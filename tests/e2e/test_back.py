"""The way back at every depth of the three apps: it closes what is on top and nothing else, stays at the address, is not undone
by going forward, and at the bottom leaves the app. A page that is loaded anew at any depth is the page itself.
"""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from tests.e2e.conftest import FLAGS, SEEN_WITHIN_MS, Company
from tests.e2e.people import DESK, PHONE, Guest, Host, Screen, Viewer
from tests.e2e.site import Site
from tests.e2e.test_video import CAMERA_FLAGS

OUTSIDE = "about:blank"
SALE = {"price_minor": 4_990, "units": 5, "per_person_max": 2, "opens_at": 0}
QUIZ = {
    "kind": "choice",
    "question": "甜吗？",
    "options": ["甜 Sweet", "酸 Sour"],
    "correct_choice": 0,
    "duration_s": 300,
}
BY_BROWSER, BY_SCRIPT = "browser", "script"


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


# --- one step ---


async def back(page: Page, way: str = BY_BROWSER) -> None:
    """By the browser's button, or by a script, as the bar of some in-app browsers does it."""
    if way == BY_BROWSER:
        await page.go_back()
    else:
        await page.evaluate("history.back()")


async def forward(page: Page) -> None:
    await page.evaluate("history.forward()")


async def lie_over(page: Page, count: int) -> None:
    """Back when so many lie over the page, by the mark of its step in the history."""
    await page.wait_for_function("count => (history.state?.overlay ?? 0) === count", arg=count)


async def closes(guest: Guest, *open_: Locator, way: str = BY_BROWSER) -> None:
    """What lies over the page, the lowest first, is closed one by one; going forward brings nothing back."""
    page, address = guest.page, guest.page.url
    for depth in range(len(open_), 0, -1):
        *below, top = open_[:depth]
        await expect(top).to_be_visible()
        await lie_over(page, depth)
        await back(page, way)
        await expect(top).to_be_hidden()
        await lie_over(page, depth - 1)
        await forward(page)
        await lie_over(page, depth - 1)
        await expect(top).to_be_hidden()
        for sheet in below:
            await expect(sheet).to_be_visible()
        await expect(page).to_have_url(address)
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def asks_first(guest: Guest, sheet: Locator, field: Locator, text: str) -> None:
    """What was typed is asked about before it is lost: Back closes the question, and the next one asks again."""
    await field.fill(text)
    question = guest.dialog("shared.form.loseTitle")
    for _ in range(2):
        await back(guest.page)
        await expect(question).to_be_visible()
        await lie_over(guest.page, 2)
        await back(guest.page)
        await expect(question).to_be_hidden()
        await expect(field).to_have_value(text)
        await lie_over(guest.page, 1)
    await back(guest.page)
    await question.get_by_role("button", name=guest.t("shared.form.lose"), exact=True).click()
    await expect(sheet).to_be_hidden()
    await lie_over(guest.page, 0)


async def reload(guest: Guest, sign: Locator) -> None:
    """The page itself, with nothing over it, as before it was loaded anew."""
    address = guest.page.url
    await guest.page.reload()
    await expect(sign).to_be_visible()
    await lie_over(guest.page, 0)
    await expect(guest.page.get_by_role("dialog")).to_have_count(0)
    await expect(guest.page).to_have_url(address)


async def leaves(guest: Guest) -> None:
    """At the bottom."""
    await back(guest.page)
    await expect(guest.page).to_have_url(OUTSIDE)


# --- the viewer ---


async def from_the_list(viewer: Viewer, room: str) -> None:
    await viewer.page.goto(OUTSIDE)
    await viewer.page.goto(f"{viewer.site.url}/")
    await viewer.page.locator(f'a[href="/r/{room}"]').click()
    await expect(viewer.heart).to_be_visible()


async def menu_of(viewer: Viewer) -> Locator:
    await viewer.button("viewer.menu.title").click()
    return viewer.dialog("viewer.menu.title")


@pytest.mark.parametrize("way", [BY_BROWSER, BY_SCRIPT])
async def test_back_closes_each_sheet_of_a_room_and_leaves_it_by_the_list(
    site: Site, room: str, company: Company, way: str
) -> None:
    lin = await company.viewer("lin", PHONE, "zh-CN")
    await from_the_list(lin, room)
    for sheet in (lin.open_bag, lin.open_questions, lin.open_inbox, lin.open_coupons):
        await closes(lin, await sheet(), way=way)
    await closes(lin, await menu_of(lin), way=way)

    await lin.say("真甜 Sweet")
    await lin.page.evaluate("document.activeElement.blur()")
    await lin.line("真甜 Sweet").get_by_role("button").click()
    await closes(lin, lin.dialog("viewer.chat.menu"), way=way)

    for product in ("honey", "jam"):
        await site.do("POST", f"/api/rooms/{room}/sales", {"product": product, **SALE})
    await lin.page.get_by_test_id("sale-button").first.click()
    held = lin.page.get_by_test_id("sale-button").filter(has_text=lin.t("viewer.sale.button.pay", time="").strip())
    await held.first.click()
    await closes(lin, lin.dialog("viewer.checkout.title"), way=way)
    await lin.page.get_by_role("button", name=lin.t("viewer.sale.more", count=2)).click()
    await closes(lin, lin.dialog("viewer.sale.list"), way=way)

    quiz = (await site.do("POST", f"/api/rooms/{room}/quizzes", QUIZ))["quiz"]["id"]
    await closes(lin, lin.quiz, way=way)  # it opened by itself
    await lin.page.get_by_role("button").filter(has_text=lin.t("viewer.quiz.chip")).click()
    await lin.quiz.get_by_role("button").filter(has_text="甜 Sweet").click()
    await expect(lin.quiz).to_contain_text(lin.t("viewer.quiz.sent"))
    await site.do("POST", f"/api/rooms/{room}/quizzes/{quiz}/close", {})
    await closes(lin, lin.quiz, lin.dialog("viewer.quiz.first.choice"), way=way)

    await reload(lin, lin.heart)
    await lin.open_bag()
    await reload(lin, lin.heart)
    await back(lin.page, way)
    await expect(lin.page).to_have_url(f"{site.url}/")
    await leaves(lin)


async def test_back_at_each_depth_of_signing_in(site: Site, room: str, company: Company) -> None:
    guest = await company.guest("guest", PHONE)
    await guest.page.goto(OUTSIDE)
    await guest.enter(room)  # by a shared address: nothing lies below
    sign_in = guest.dialog("viewer.signIn.title")
    menu = await menu_of(guest)
    await menu.get_by_role("button", name=guest.t("viewer.signIn.title")).click()
    await closes(guest, menu, sign_in)
    questions = await guest.open_questions()
    await guest.page.get_by_label(guest.t("viewer.question.ask"), exact=True).fill("Sweet?")
    await guest.button("viewer.question.ask").click()
    await closes(guest, questions, sign_in)
    await guest.chat_field.click()
    await expect(sign_in).to_be_visible()
    await reload(guest, guest.heart)
    await guest.chat_field.click()
    await closes(guest, sign_in)
    await leaves(guest)


async def test_back_at_each_depth_of_the_account(site: Site, room: str, company: Company) -> None:
    lin = await company.viewer("lin", PHONE, "zh-CN")
    await from_the_list(lin, room)
    menu = await menu_of(lin)
    await menu.get_by_role("button", name=lin.t("viewer.account.title")).click()
    account = lin.page.get_by_role("heading", name=lin.t("viewer.account.title"), exact=True)
    await expect(account).to_be_visible()

    await lin.button("viewer.address.add").click()
    address = lin.dialog("viewer.address.add")
    await closes(lin, address)
    await lin.button("viewer.address.add").click()
    await asks_first(lin, address, address.get_by_label(lin.t("viewer.address.name")), "王小明")
    await lin.button("viewer.erase.open").click()
    erase = lin.dialog("viewer.erase.title")
    await closes(lin, erase)
    await lin.button("viewer.erase.open").click()
    await erase.get_by_role("button", name=lin.t("viewer.erase.goOn")).click()
    await closes(lin, erase)

    # A choice of a language is no step, and neither is what is agreed to.
    offers = lin.page.get_by_role("switch", name=lin.t("viewer.consent.marketing_sms.name"))
    await offers.click()
    await expect(offers).to_be_checked()
    language = lin.page.get_by_label(lin.t("viewer.account.language"), exact=True)
    await language.select_option("en")
    await expect(lin.page.get_by_role("heading", name="My account", exact=True)).to_be_visible()
    await lin.page.get_by_label("Language", exact=True).select_option("zh-CN")
    await expect(account).to_be_visible()

    await lin.button("viewer.address.add").click()
    await expect(address).to_be_visible()
    await reload(lin, account)
    await back(lin.page)
    await expect(lin.heart).to_be_visible()
    await expect(lin.page).to_have_url(f"{site.url}/r/{room}")
    await forward(lin.page)
    await expect(account).to_be_visible()
    await back(lin.page)
    await back(lin.page)
    await expect(lin.page).to_have_url(f"{site.url}/")
    await leaves(lin)


async def test_back_from_an_account_that_was_opened_by_its_address_leaves(site: Site, company: Company) -> None:
    lin = await company.viewer("lin", PHONE)
    await lin.page.goto(OUTSIDE)
    await lin.page.goto(f"{site.url}/me")
    await expect(lin.page.get_by_role("heading", name=lin.t("viewer.account.title"), exact=True)).to_be_visible()
    await lin.button("viewer.erase.open").click()
    await closes(lin, lin.dialog("viewer.erase.title"))
    await leaves(lin)


# --- the studio ---


async def open_and_go(host: Host, tab: str, press: str, title: str, ends: str = "") -> Locator:
    await host.go(tab)
    await host.button(press, ends).first.click()
    return host.dialog(title)


async def test_back_at_each_depth_of_the_studio(site: Site, room: str, company: Company) -> None:
    host = await company.host()
    await host.page.goto(OUTSIDE)
    await host.page.goto(site.link("/studio", site.host))
    await expect(host.page.get_by_role("heading", name=host.t("studio.choose"))).to_be_visible()
    create = host.dialog("staff.room.create")
    await host.button("staff.room.create").click()
    await closes(host, create)
    await host.button("staff.room.create").click()
    await asks_first(host, create, create.get_by_label(host.t("staff.room.title"), exact=True), "Plums")

    await host.page.goto(f"{site.url}/studio/{room}")
    tabs = host.page.get_by_role("navigation", name=host.t("studio.tabs"))
    await expect(tabs).to_be_visible()
    for tab, press, title in (
        ("show", "staff.showAction.pause", "staff.showConfirm.pause.title"),
        ("products", "staff.product.fromCatalogue", "staff.product.fromCatalogue"),
        ("products", "staff.product.quickCard", "staff.product.quickCard"),
        ("sale", "staff.sale.new", "staff.sale.new"),
        ("play", "staff.preset.sugar.name", "staff.quiz.number"),
        ("play", "staff.coupon.drop", "staff.coupon.drop"),
        ("chat", "staff.moderation.held", "staff.moderation.held"),
        ("picture", "staff.camera.add", "staff.camera.add"),
    ):
        await closes(host, await open_and_go(host, tab, press, title))
    await host.go("chat")
    await host.page.get_by_role("button").filter(has_text=host.t("staff.chat.slowMode")).click()
    await closes(host, host.dialog("staff.chat.slowMode"))
    for tab, press in (
        ("products", "staff.product.quickCard"),
        ("play", "staff.coupon.drop"),
        ("picture", "staff.camera.add"),
    ):
        sheet = await open_and_go(host, tab, press, press)
        await asks_first(host, sheet, sheet.get_by_role("textbox").first, "12")

    await host.go("picture")
    await host.button("studio.live.openCamera").click()
    await host.button("studio.live.settings").click()
    await closes(host, host.dialog("studio.live.settings"))
    await host.button("staff.room.settings").click()
    settings = host.dialog("staff.room.settings")
    await closes(host, settings)
    await host.button("staff.room.settings").click()
    await asks_first(host, settings, settings.get_by_label(host.t("staff.room.title"), exact=True), "Plums")

    await host.button("staff.room.settings").click()
    await expect(settings).to_be_visible()
    await reload(host, tabs)
    await expect(host.page).to_have_url(f"{site.url}/studio/{room}")


# --- the console ---


@pytest.mark.parametrize("screen", [PHONE, DESK], ids=["phone", "desk"])
async def test_back_at_each_depth_of_the_console(site: Site, room: str, company: Company, screen: Screen) -> None:
    ops = await company.ops(screen)
    await ops.page.goto(OUTSIDE)
    await ops.page.goto(site.link(f"/ops/rooms/{room}", site.ops))
    await expect(ops.page.get_by_role("tab", name=ops.t("ops.tab.products"))).to_be_visible()
    if screen is PHONE:
        await ops.button("ops.menu").click()
    for press in ("ops.words.title", "ops.shortcut.title", "staff.room.create", "staff.room.settings"):
        await ops.button(press).first.click()
        await closes(ops, ops.dialog(press))
    for tab, press, title in (
        ("products", "staff.product.quickCard", "staff.product.quickCard"),
        ("quizzes", "staff.quiz.number", "staff.quiz.number"),
        ("quizzes", "staff.quiz.choice", "staff.quiz.choice"),
        ("cameras", "staff.camera.add", "staff.camera.add"),
    ):
        panel = await ops.go(tab)
        await panel.get_by_role("button", name=ops.t.like(press, "")).first.click()
        await closes(ops, ops.dialog(title))
    panel = await ops.go("products")
    await panel.get_by_role("button", name=ops.t.like("staff.product.quickCard", "")).first.click()
    card = ops.dialog("staff.product.quickCard")
    await asks_first(ops, card, card.get_by_label(ops.t("staff.product.title"), exact=True), "Plums")
    await ops.button("staff.room.settings").first.click()
    settings = ops.dialog("staff.room.settings")
    await asks_first(ops, settings, settings.get_by_label(ops.t("staff.room.title"), exact=True), "Plums")
    await ops.button("ops.words.title").click()
    await expect(ops.dialog("ops.words.title")).to_be_visible()
    await reload(ops, ops.page.get_by_role("tab", name=ops.t("ops.tab.products")))


async def test_back_undoes_the_filters_of_the_log_one_by_one(site: Site, room: str, company: Company) -> None:
    ops = await company.ops()
    await ops.page.goto(OUTSIDE)
    await ops.page.goto(site.link(f"/ops/rooms/{room}", site.ops))
    panel = await ops.go("log")
    console = f"{site.url}/ops/rooms/{room}"
    await expect(ops.page).to_have_url(f"{console}?tab=log")
    kinds = panel.get_by_role("combobox", name=ops.t("ops.log.kinds"))
    for kind in ("chat", "show"):
        await ops.choose(kinds, ops.t(f"ops.log.kind.{kind}"))
        await expect(ops.page).to_have_url(f"{console}?tab=log&kind={kind}")
    await ops.page.reload()
    panel = await ops.go("log")
    filters = ops.page.locator(".kinds")
    await expect(filters).to_contain_text(ops.t("ops.log.kind.show"))
    await expect(panel).to_be_visible()
    await back(ops.page)
    await expect(ops.page).to_have_url(f"{console}?tab=log&kind=chat")
    await expect(filters).to_contain_text(ops.t("ops.log.kind.chat"))
    await back(ops.page)
    await expect(ops.page).to_have_url(f"{console}?tab=log")
    await expect(filters).to_contain_text(ops.t("ops.log.all"))
    await leaves(ops)
