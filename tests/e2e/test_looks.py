"""Every page and every sheet: usable with a screen reader, readable in light and dark, complete in both languages, and
nowhere wider than the screen.
"""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import expect

from tests.e2e import looks
from tests.e2e.conftest import Company
from tests.e2e.people import DESK, PHONE, Guest, Host, Ops, Screen, Viewer
from tests.e2e.site import Site
from tests.e2e.texts import LANGUAGES

ALL = (320, 375, 768, 1440)
SHEET_IN = {"en": ("light",), "zh-CN": ("dark",)}  # pages are looked at in both schemes in both languages

PAGE = "body"
MAIN = "main"
SHEET = "[role=dialog]"

QUIZ = {"kind": "number", "question": "糖度多少？ How sweet?", "correct_value": 14.2, "min_value": 8, "max_value": 20}
PRIZE = {"title": "竞猜奖 Quiz prize", "amount_minor": 1_000}
# What can be pressed and is hit by less than 44 px, in words; the names in the chat lie in lines that are closer.
_SMALL = """() => {
    const hits = (element, x, y) => element.contains(document.elementFromPoint(x, y));
    const found = [];
    for (const element of document.querySelectorAll("main button, main a[href]")) {
        if (element.closest("[role=log]") || !element.checkVisibility({ visibilityProperty: true })) continue;
        const { left, right, top, bottom } = element.getBoundingClientRect();
        const [x, y] = [(left + right) / 2, (top + bottom) / 2];
        // Half a pixel within 44 px around its middle.
        const reached = [[-21, 0], [21, 0], [0, -21], [0, 21]].every(([dx, dy]) => hits(element, x + dx, y + dy));
        if (!reached) found.push(`${element.outerHTML.slice(0, 120)}: ${right - left} x ${bottom - top} px`);
    }
    return found;
}"""
COUPON = {"title": "见面礼 Welcome", "amount_minor": 500, "min_spend_minor": 3_900, "ends_in_s": 3_600}


@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_viewers_see(site: Site, room: str, company: Company, language: str):
    viewer = await company.viewer("lin", PHONE, language)
    await looks.prepare(viewer)
    faults = [fault async for fault in _faults(viewer, _viewers_way(viewer, site, room))]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_viewers_see_at_a_desk(site: Site, room: str, company: Company, language: str):
    viewer = await company.viewer("lin", DESK, language)
    await looks.prepare(viewer)
    faults = [fault async for fault in _faults(viewer, _viewers_way_at_a_desk(viewer, site, room))]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_hosts_see(site: Site, room: str, company: Company, language: str):
    host = await company.host(PHONE, language)
    await looks.prepare(host)
    faults = [fault async for fault in _faults(host, _hosts_way(host, site, room))]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_hosts_see_at_a_desk(site: Site, room: str, company: Company, language: str):
    host = await company.host(DESK, language)
    await looks.prepare(host)
    await _make_lively(site, room)
    await host.enter(room)
    await host.page.get_by_role("textbox", name=host.t("staff.chat.say")).fill("大家好 Hello")
    await host.button("staff.chat.send").click()
    await expect(host.line("大家好 Hello")).to_be_visible()
    faults = await looks.faults(host, "studio at a desk", PAGE, looks.SCHEMES, ALL)
    faults += await looks.small(host, "studio at a desk", PAGE)
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_operations_see(site: Site, room: str, company: Company, language: str):
    ops = await company.ops(DESK, language)
    await looks.prepare(ops)
    faults = [fault async for fault in _faults(ops, _operations_way(ops, site, room, company))]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_else_viewers_see(site: Site, room: str, company: Company, language: str):
    guest = await company.guest("guest", PHONE, language)
    await looks.prepare(guest)
    faults = [fault async for fault in _faults(guest, _guests_way(guest, site, room))]
    assert not faults, "\n".join(faults)


async def test_what_is_pressed_in_a_room_is_large_enough_for_a_thumb(site: Site, room: str, company: Company):
    for width in (320, 375):
        viewer = await company.viewer(f"lin{width}", Screen(width, 640, touch=True), "en")
        await _enter_lively(viewer, site, room)
        await expect(viewer.button("viewer.share.title")).to_be_visible()  # nobody writes
        await viewer.page.evaluate(looks.SETTLED)
        small = await viewer.page.evaluate(_SMALL)
        assert not small, "\n".join(small)


Place = tuple[str, str]  # what it is, and the selector of what is new there


async def _faults(guest: Guest, way: AsyncIterator[Place]) -> AsyncIterator[str]:
    """What is wrong at each place of a way."""
    async for place, part in way:
        schemes = looks.SCHEMES if part == PAGE else SHEET_IN[guest.t.language]
        widths = ALL if part == PAGE else (320,)
        if isinstance(guest, Host | Ops):
            for fault in await looks.small(guest, place, part):
                yield fault
        for fault in await looks.faults(guest, place, part, schemes, widths):
            yield fault


async def _viewers_way(viewer: Viewer, site: Site, room: str) -> AsyncIterator[Place]:
    await viewer.page.goto(site.url)
    await expect(viewer.page.get_by_role("link").first).to_be_visible()
    yield "rooms", PAGE
    await viewer.page.goto(f"{site.url}/r/nowhere")
    await expect(viewer.page.get_by_role("heading", name=viewer.t("viewer.closed.missing"))).to_be_visible()
    yield "no such room", MAIN

    await _enter_lively(viewer, site, room)
    yield "room", PAGE
    bag = await viewer.open_bag()
    yield "bag", SHEET
    await viewer.close(bag)
    await viewer.button("viewer.menu.title").click()
    yield "menu", SHEET
    await viewer.close(viewer.dialog("viewer.menu.title"))
    questions = await viewer.open_questions()
    await viewer.ask("怎么送？ How does it come?")
    yield "questions", SHEET
    await viewer.close(questions)
    coupons = await viewer.open_coupons()
    await coupons.get_by_role("button", name=viewer.t("viewer.coupon.claim")).click()
    await expect(coupons).to_contain_text(viewer.t("viewer.coupon.claimed"))
    yield "coupons", SHEET
    await viewer.close(coupons)

    quiz = await site.do("POST", f"/api/rooms/{room}/quizzes", {**QUIZ, "prize": PRIZE, "duration_s": 300})
    sheet = viewer.quiz
    await expect(sheet).to_be_visible()
    yield "quiz", SHEET
    await sheet.get_by_role("button", name=viewer.t("viewer.quiz.submit")).click()
    await expect(sheet).to_contain_text(viewer.t("viewer.quiz.sent"))
    await site.do("POST", f"/api/rooms/{room}/quizzes/{quiz['quiz']['id']}/close", {})
    won = viewer.dialog("viewer.quiz.youWon")
    await expect(won).to_contain_text(viewer.t("viewer.quiz.prizeKept"))
    yield "celebration", SHEET
    await won.get_by_role("button", name=viewer.t("viewer.quiz.great")).click()
    await expect(sheet).to_be_hidden()
    sheet = await viewer.open_result()
    await expect(sheet).to_contain_text(viewer.t("shared.quiz.correct"))
    yield "result", SHEET
    await viewer.close(sheet)
    inbox = await viewer.open_inbox()
    yield "messages", SHEET
    await viewer.close(inbox)

    await site.do("POST", f"/api/rooms/{room}/state", {"status": "ended"})
    await expect(viewer.page.get_by_role("heading", name=viewer.t("viewer.stage.ended"))).to_be_visible()
    yield "show over", MAIN


async def _guests_way(guest: Viewer, site: Site, room: str) -> AsyncIterator[Place]:
    """What the others pass by: shows to come, sales, a quiz without a prize, somebody's line, and giving a name."""
    starts_at = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    coming = await site.do("POST", "/api/rooms", {"title": "明天摘桃 Peaches", "starts_at": starts_at})
    await guest.page.goto(f"{site.url}/r/{coming['room']['view']['id']}")
    await expect(guest.page.get_by_role("heading", name=guest.t("viewer.stage.upcoming"))).to_be_visible()
    yield "show to come", PAGE

    await _make_lively(site, room)
    sale = {"price_minor": 4_990, "units": 5, "per_person_max": 2, "opens_at": 0}
    for product in ("honey", "jam"):
        await site.do("POST", f"/api/rooms/{room}/sales", {"product": product, **sale})
    await guest.enter(room)
    await guest.page.get_by_test_id("sale-button").first.click()
    sign_in = guest.dialog("viewer.signIn.title")
    await expect(sign_in).to_be_visible()
    yield "giving a name", SHEET
    await sign_in.get_by_label(guest.t("viewer.signIn.name")).fill("小林")
    await sign_in.get_by_role("button", name=guest.t("viewer.signIn.go")).click()
    held = guest.page.get_by_test_id("sale-button").filter(has_text=guest.t("viewer.sale.button.pay", time="").strip())
    await expect(held.first).to_be_visible()
    yield "room with sales", PAGE
    await held.first.click()
    checkout = guest.dialog("viewer.checkout.title")
    await expect(checkout).to_be_visible()
    await checkout.get_by_role("button", name=guest.t("viewer.checkout.giveBack")).click()
    await expect(guest.dialog("viewer.sale.hold.title")).to_be_visible()
    yield "what is held", SHEET
    await guest.close(guest.dialog("viewer.sale.hold.title"))
    await guest.page.get_by_role("button", name=guest.t("viewer.sale.more", count=2)).click()
    await expect(guest.dialog("viewer.sale.list")).to_be_visible()
    yield "all sales", SHEET
    await guest.close(guest.dialog("viewer.sale.list"))

    await guest.say("真甜 Sweet")
    await guest.line("真甜 Sweet").get_by_role("button").click()
    await expect(guest.dialog("viewer.chat.menu")).to_be_visible()
    yield "a line", SHEET
    await guest.close(guest.dialog("viewer.chat.menu"))

    async for place in _questions_way(guest, site, room):
        yield place
    await guest.page.goto(site.url)
    await expect(guest.page.get_by_role("link").first).to_be_visible()
    yield "rooms of all kinds", PAGE


async def _questions_way(guest: Viewer, site: Site, room: str) -> AsyncIterator[Place]:
    """Questions of one's own, and a quiz without a prize that begins over them."""
    questions = await guest.open_questions()
    for text in ("几号发货？ When?", "打药吗？ Sprayed?", "多重？ How heavy?"):
        await guest.ask(text)
    asked = await site.do("GET", f"/api/rooms/{room}/questions")
    for question, (act, body) in zip(
        asked["questions"], (("dismiss", {}), ("answer", {"answer": "不 No"})), strict=False
    ):
        await site.do("POST", f"/api/rooms/{room}/questions/{question['id']}/{act}", body)
    await expect(questions).to_contain_text(guest.t("viewer.question.closed"))
    yield "questions of one's own", SHEET
    quiz = await site.do("POST", f"/api/rooms/{room}/quizzes", {**QUIZ, "duration_s": 300})
    go = questions.get_by_role("button", name=guest.t("viewer.quiz.go"))
    await expect(go).to_be_visible()
    yield "questions while a quiz runs", SHEET
    await go.click()
    await guest.quiz.get_by_role("button", name=guest.t("viewer.quiz.submit")).click()
    await expect(guest.quiz).to_contain_text(guest.t("viewer.quiz.sent"))
    await site.do("POST", f"/api/rooms/{room}/quizzes/{quiz['quiz']['id']}/close", {})
    won = guest.dialog("viewer.quiz.first.number")
    await expect(won).to_be_visible()
    yield "celebration without a prize", SHEET


async def _viewers_way_at_a_desk(viewer: Viewer, site: Site, room: str) -> AsyncIterator[Place]:
    await _enter_lively(viewer, site, room)
    yield "room at a desk", PAGE
    await viewer.open_questions()
    yield "questions at a desk", "[role=tabpanel]"
    await viewer.open_coupons()
    yield "coupons at a desk", SHEET


async def _hosts_way(host: Host, site: Site, room: str) -> AsyncIterator[Place]:
    await host.page.goto(f"{site.url}/studio")
    await expect(host.page.get_by_role("heading", name=host.t("studio.title"))).to_be_visible()
    yield "studio: door", PAGE
    await host.page.goto(site.link("/studio", site.host))
    await expect(host.page.get_by_role("heading", name=host.t("studio.choose"))).to_be_visible()
    yield "studio: rooms", PAGE
    await host.button("staff.room.create").click()
    yield "studio: new room", SHEET

    await _make_lively(site, room)
    await host.enter(room)
    yield "studio: show", PAGE
    await host.button("staff.showAction.pause").click()
    yield "studio: confirm", SHEET
    await host.page.keyboard.press("Escape")
    await host.go("products")
    yield "studio: products", MAIN
    await host.button("staff.product.fromCatalogue").click()
    await expect(host.dialog("staff.product.fromCatalogue").get_by_role("listitem").first).to_be_visible()
    yield "studio: catalogue", SHEET
    await host.close(host.dialog("staff.product.fromCatalogue"))
    await host.button("staff.product.quickCard").click()
    yield "studio: quick card", SHEET
    await host.close(host.dialog("staff.product.quickCard"))
    await host.go("questions")
    yield "studio: questions", MAIN
    async for place in _host_plays_and_moderates(host):
        yield place


async def _host_plays_and_moderates(host: Host) -> AsyncIterator[Place]:
    await host.go("play")
    await host.page.get_by_text(host.t("staff.coupon.past")).click()
    yield "studio: play", MAIN
    await host.button("staff.preset.sugar.name").click()
    yield "studio: quiz", SHEET
    await host.dialog("staff.quiz.number").get_by_role("switch", name=host.t("staff.quiz.prize")).click()
    await host.page.get_by_role("button", name=re.compile(f"^{host.t('staff.quiz.start')}")).click()
    yield "studio: quiz with faults", SHEET
    await host.dialog("staff.quiz.number").get_by_role("button", name=host.t("shared.action.close")).click()
    await host.confirm("shared.form.lose")
    await expect(host.dialog("staff.quiz.number")).to_be_hidden()
    await host.button("staff.coupon.drop").click()
    yield "studio: coupon", SHEET
    await host.close(host.dialog("staff.coupon.drop"))
    await host.go("chat")
    await host.page.get_by_role("textbox", name=host.t("staff.chat.say")).fill("大家好 Hello")
    await host.button("staff.chat.send").click()
    await expect(host.line("大家好 Hello")).to_be_visible()
    yield "studio: chat", MAIN
    await host.line("大家好 Hello").get_by_role("button").click()
    yield "studio: a line", SHEET
    await host.page.get_by_role("dialog").get_by_role("button", name=host.t("staff.chat.delete")).click()
    await expect(host.button("staff.undo.action")).to_be_visible()
    yield "studio: undo", PAGE
    await host.page.get_by_role("button", name=re.compile(f"^{host.t('staff.moderation.held')}")).click()
    await expect(host.dialog("staff.moderation.held")).to_be_visible()
    yield "studio: to review", SHEET
    await host.close(host.dialog("staff.moderation.held"))
    await host.go("picture")
    yield "studio: cameras", MAIN
    await host.go("sale")
    yield "studio: sales", MAIN
    await host.button("staff.sale.new").click()
    await expect(host.dialog("staff.sale.new").get_by_label(host.t("staff.sale.units"))).to_be_visible()
    yield "studio: new sale", SHEET
    await host.close(host.dialog("staff.sale.new"))
    await host.button("staff.room.settings").click()
    yield "studio: settings", SHEET


async def _operations_way(ops: Ops, site: Site, room: str, company: Company) -> AsyncIterator[Place]:
    await ops.page.goto(f"{site.url}/ops")
    await expect(ops.page.get_by_role("heading", name=ops.t("ops.title"))).to_be_visible()
    yield "console: door", PAGE
    await _make_lively(site, room)
    await site.do("PUT", "/api/moderation/words", {"block": [], "hold": ["哈密瓜"]}, by=site.ops)
    await site.do("POST", f"/api/rooms/{room}/moderation/bans", {"user": "mei", "seconds": 60})
    ada = await company.viewer("ada")
    await ada.enter(room)
    for line in ("真甜 Sweet", "哈密瓜 Hami", "哈密瓜 hami"):
        await ada.say(line)
    await ops.enter(room)
    await expect(
        ops.page.get_by_role("checkbox", name=ops.t("staff.moderation.pick", text="哈密瓜 Hami"), exact=True)
    ).to_be_visible()
    await ops.line("真甜 Sweet").hover()
    yield "console", PAGE
    await ops.page.get_by_role("tab", name=re.compile(f"^{ops.t('staff.moderation.restricted')}")).click()
    await expect(ops.button("staff.moderation.lift")).to_be_visible()
    yield "console: restricted", MAIN
    for tab in ("coupons", "quizzes", "questions", "log", "cameras", "recordings", "sales"):
        await ops.go(tab)
        yield f"console: {tab}", MAIN
    await ops.go("products")
    for name, button in (
        ("room settings", "staff.room.settings"),
        ("new room", "staff.room.create"),
        ("quick card", "staff.product.quickCard"),
        ("words", "ops.words.title"),
        ("keys", "ops.shortcut.title"),
    ):
        await ops.button(button).click()
        yield f"console: {name}", SHEET
        await ops.close(ops.page.get_by_role("dialog"))
    await ops.go("quizzes")
    await ops.button("staff.quiz.choice").click()
    await (
        ops.dialog("staff.quiz.choice")
        .get_by_role("button", name=ops.t.like("staff.quiz.start", ends=f" · {ops.t('staff.span.seconds', n=30)}"))
        .click()
    )
    await expect(ops.dialog("staff.quiz.choice").get_by_label(ops.t("staff.quiz.question"))).to_be_focused()
    yield "console: quiz with faults", SHEET
    await ops.close(ops.dialog("staff.quiz.choice"))
    await ops.go("log")
    await ops.page.set_viewport_size({"width": 1024, "height": 768})
    yield "console: a small desk", PAGE


async def _enter_lively(viewer: Viewer, site: Site, room: str) -> None:
    await _make_lively(site, room)
    await viewer.enter(room)
    await viewer.say("你好 Hello")
    await expect(viewer.line("你好 Hello").last).to_be_visible()


async def _make_lively(site: Site, room: str) -> None:
    """Something of everything."""
    await site.do("POST", f"/api/rooms/{room}/pins", {"product": "honey"})
    await site.do("PATCH", f"/api/rooms/{room}", {"notice": "四点前下单，今天送到 Order by four, delivered today"})
    await site.do("POST", f"/api/rooms/{room}/coupons", COUPON)
