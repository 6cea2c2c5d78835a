"""The host's desk: chat stands still under a hand, what was done can be taken back, and forms show what is wrong with them."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from playwright.async_api import Locator, expect

from livehub.commands import demo_farm
from tests.e2e.conftest import Company
from tests.e2e.people import DESK, PHONE, Host
from tests.e2e.site import Site

SHOP = ZoneInfo("Asia/Shanghai")  # LIVEHUB_TIME_ZONE as it is unless set
HONEY = next(product for product in demo_farm.PRODUCTS if product.id == "honey")

_IN_SIGHT = """(element) => {
    const { top, bottom } = element.getBoundingClientRect();
    const { x, y, width, height } = element.getBoundingClientRect();
    const there = document.elementFromPoint(x + width / 2, y + height / 2);
    return top >= 0 && bottom <= innerHeight && (element === there || element.contains(there) || there.contains(element));
}"""


async def _in_sight(field: Locator) -> None:
    await field.page.wait_for_function(_IN_SIGHT, arg=await field.element_handle())


async def _choose(host: Host, line: str) -> Locator:
    await host.line(line).get_by_role("button").click()
    return host.page.get_by_role("dialog", name="Lin")


async def test_the_chat_stands_still_under_the_pointer_and_goes_on(site: Site, room: str, company: Company):
    host = await company.host(DESK, "en")
    lin = await company.viewer("lin", PHONE, "en")
    await host.enter(room)
    await lin.enter(room)
    await lin.say("one")
    await host.line("one").hover()
    await lin.say("two")
    waits = host.page.get_by_role("button", name="1 new message", exact=True)
    await expect(waits).to_be_visible()
    await expect(host.line("two")).to_be_hidden()
    await host.page.get_by_role("heading", level=1).hover()
    await expect(host.line("two")).to_be_visible()
    await expect(waits).to_be_hidden()

    # The same by the keyboard, and asked for.
    await host.page.get_by_role("log").focus()
    await host.page.keyboard.press("Tab")
    await lin.say("three")
    await expect(waits).to_be_visible()
    await waits.click()
    await expect(host.line("three")).to_be_visible()


async def test_deleting_and_muting_can_be_taken_back(site: Site, room: str, company: Company):
    host = await company.host(PHONE, "zh-CN")
    lin = await company.viewer("lin", PHONE, "en")
    await host.enter(room)
    await host.go("chat")
    await lin.enter(room)
    await lin.say("fresh?")
    sheet = await _choose(host, "fresh?")
    await sheet.get_by_role("button", name=host.t("staff.chat.delete")).click()
    await expect(lin.line("fresh?")).to_be_hidden()
    await host.button("staff.undo.action").click()
    await expect(lin.line("fresh?")).to_be_visible()
    await expect(host.words("staff.undo.restored")).to_be_visible()

    sheet = await _choose(host, "fresh?")
    await sheet.get_by_role("button", name=host.t("staff.chat.mute")).click()
    await expect(lin.chat_field).to_be_disabled()
    await host.button("staff.undo.action").click()
    await expect(host.words("staff.undo.unmuted", name="Lin")).to_be_visible()
    await expect(lin.chat_field).to_be_enabled()


async def test_a_quiz_form_goes_to_its_first_fault(room: str, company: Company):
    host = await company.host(PHONE, "zh-CN")
    await host.enter(room)
    await host.go("play")
    await host.button("staff.preset.sugar.name").click()
    sheet = host.dialog("staff.quiz.number")
    start = sheet.get_by_role("button", name=re.compile(f"^{host.t('staff.quiz.start')}"))
    await expect(start).to_contain_text(host.t("staff.span.minutes", n=1))
    await sheet.get_by_role("switch", name=host.t("staff.quiz.prize")).click()
    amount = sheet.get_by_label(host.t("staff.coupon.amount"))
    await _in_sight(amount)

    await start.click()
    right = sheet.get_by_label(host.t("staff.quiz.correctValue"))
    await expect(right).to_be_focused()
    await expect(right).to_have_accessible_description(host.t("kit.fault.required"))
    await _in_sight(right)
    await right.fill("14.2")
    await start.click()
    await expect(amount).to_be_focused()
    await _in_sight(amount)
    await amount.fill("5")
    await start.click()
    await expect(sheet).to_be_hidden()


async def test_money_fields_stand_in_line_whether_or_not_one_has_a_fault(room: str, company: Company):
    host = await company.host(PHONE, "en")
    await host.enter(room)
    await host.go("play")
    await host.button("staff.coupon.drop").click()
    sheet = host.dialog("staff.coupon.drop")
    fields = [sheet.get_by_label(host.t(key)) for key in ("staff.coupon.amount", "studio.minSpend")]
    assert await _tops(fields) == 1
    await sheet.get_by_role("button", name=host.t("staff.coupon.drop"), exact=True).click()
    await expect(fields[0]).to_be_focused()
    await expect(fields[0]).to_have_accessible_description(host.t("kit.fault.required"))
    assert await _tops(fields) == 1


async def _tops(fields: list[Locator]) -> int:
    """At how many heights they begin, all looked at in one moment: the sheet may still be on its way."""
    elements = [await field.element_handle() for field in fields]
    script = "(all) => all.map((element) => Math.round(element.getBoundingClientRect().top))"
    return len(set(await fields[0].page.evaluate(script, elements)))


async def test_what_the_server_refuses_is_marked_at_its_field(site: Site, room: str, company: Company):
    host = await company.host(PHONE, "en")
    host.complaints.expect("status of 409")
    await site.do("POST", "/api/products/honey/stock", {"delta": 5, "reason": "picked"}, by=site.ops)
    await host.enter(room)
    await host.go("sale")
    await host.button("staff.sale.new").click()
    sheet = host.dialog("staff.sale.new")
    await sheet.get_by_role("button", name=f"{host.t('staff.sale.choose')}: {host.title_of(HONEY)}").click()
    units = sheet.get_by_label(host.t("staff.sale.units"))
    await expect(units).not_to_have_value("")
    await site.do(
        "POST", "/api/products/honey/stock", {"delta": -5, "reason": "eaten"}, by=site.ops
    )  # while the form is open
    await sheet.get_by_role("button", name=host.t("staff.sale.submit.now")).click()
    await expect(units).to_be_focused()
    await expect(units).to_have_accessible_description(host.t("kit.fault.above_stock"))
    await units.fill("1")
    await expect(units).to_have_accessible_description("")


async def test_lines_that_wait_are_decided_by_the_host_alone(site: Site, room: str, company: Company):
    await site.do("PUT", "/api/moderation/words", {"block": [], "hold": ["hami"]}, by=site.ops)
    host = await company.host(PHONE, "en")
    ada = await company.viewer("ada")
    lin = await company.viewer("lin")
    for one in (host, ada, lin):
        await one.enter(room)
    for text in ("hami melon?", "hami, now"):
        await ada.say(text)
        await expect(ada.words("viewer.chat.held", text=text)).to_be_visible()
    await expect(
        host.page.get_by_role("navigation").get_by_role("button", name=host.t("studio.tab.chat"))
    ).to_contain_text("2")

    await host.go("chat")
    await host.page.get_by_role("button", name=re.compile(f"^{host.t('staff.moderation.held')}")).tap()
    sheet = host.dialog("staff.moderation.held")
    melon, now = (sheet.get_by_role("listitem").filter(has_text=text) for text in ("hami melon?", "hami, now"))
    await expect(melon.locator("mark")).to_have_text("hami")
    await expect(sheet.get_by_role("checkbox")).to_have_count(0)
    await melon.get_by_role("button", name=host.t("staff.moderation.approve")).tap()
    await expect(lin.line("hami melon?")).to_be_visible()
    await expect(melon).to_have_count(0)
    await now.get_by_role("button", name=host.t("staff.moderation.reject")).tap()
    await expect(sheet).to_contain_text(host.t("staff.moderation.nothing"))
    await expect(lin.line("hami, now")).to_have_count(0)

    await site.do("POST", f"/api/rooms/{room}/moderation/mutes", {"user": ada.id, "seconds": 600})
    await expect(ada.chat_field).to_be_disabled()
    await sheet.get_by_role("listitem").get_by_role("button", name=host.t("staff.moderation.lift")).tap()
    await expect(ada.chat_field).to_be_enabled()


async def test_starts_are_the_shop_s_whatever_the_clock_of_the_phone_is(site: Site, company: Company):
    starts = (datetime.now(SHOP) + timedelta(days=3)).replace(hour=20, minute=0, second=0, microsecond=0)
    room = await site.room(live=False, title="Farm day", starts_at=starts.isoformat())
    host = await company.host(PHONE, "en", timezone_id="America/New_York")
    await host.enter(room)
    shown = f"{starts:%b} {starts.day}, 20:00 GMT+8"
    await expect(host.page.get_by_role("main")).to_contain_text(shown)
    await host.button("staff.room.settings").click()
    sheet = host.dialog("staff.room.settings")
    start = sheet.get_by_label(host.t("staff.room.startsAtIn", zone=SHOP.key))
    await expect(start).to_have_value(starts.strftime("%Y-%m-%dT20:00"))
    here = starts.astimezone(ZoneInfo("America/New_York"))
    await expect(sheet).to_contain_text(host.t("staff.room.here", time=f"{here:%b} {here.day}, {here:%H:%M}"))
    await start.fill(starts.strftime("%Y-%m-%dT21:30"))
    await sheet.get_by_role("button", name=host.t("staff.room.save")).click()
    await expect(sheet).to_be_hidden()
    show = (await site.do("GET", f"/api/rooms/{room}"))["room"]["view"]["show"]
    assert show["starts_ts"] == (starts + timedelta(minutes=90)).timestamp() * 1_000

    at_home = await company.host(PHONE, "en", timezone_id=SHOP.key)
    await at_home.enter(room)
    await expect(at_home.page.get_by_role("main")).to_contain_text(f"{starts:%b} {starts.day}, 21:30")
    await expect(at_home.page.get_by_role("main")).not_to_contain_text("GMT")
    await at_home.button("staff.room.settings").click()
    await expect(
        at_home.page.get_by_label(at_home.t("staff.room.startsAt") + at_home.t("kit.optional"))
    ).to_be_visible()


async def test_whatever_was_changed_in_a_form_is_asked_about_before_it_is_lost(room: str, company: Company):
    host = await company.host(PHONE, "en")
    await host.enter(room)
    await host.go("play")
    await host.button("staff.preset.sugar.name").click()
    sheet = host.dialog("staff.quiz.number")
    prize = sheet.get_by_role("switch", name=host.t("staff.quiz.prize"))
    lose = host.dialog("shared.form.loseTitle")
    for change in (
        prize.click,  # no text field among these
        sheet.get_by_text(host.t("staff.span.minutes", n=2)).click,
        sheet.get_by_role("button", name=host.t("shared.action.more")).click,
    ):
        await change()
        await sheet.get_by_role("button", name=host.t("shared.action.close")).click()
        await expect(lose).to_be_visible()
        await lose.get_by_role("button", name=host.t("shared.action.cancel")).click()
        await expect(lose).to_be_hidden()
    await prize.click()
    await sheet.get_by_text(host.t("staff.span.minutes", n=1)).click()
    await sheet.get_by_role("button", name=host.t("shared.action.less")).click()
    await host.close(sheet)  # it is as it was


async def test_a_new_room_opens_with_nothing_over_it(site: Site, company: Company):
    host = await company.host(PHONE, "en")
    await host.page.goto(site.link("/studio", site.host))
    await host.button("staff.room.create").click()
    form = host.dialog("staff.room.create")
    await form.get_by_label(host.t("staff.room.title")).fill("Pears")
    await form.get_by_label(host.t("staff.room.id")).fill("pears")
    await form.get_by_role("button", name=host.t("staff.room.create")).click()
    await expect(host.page).to_have_url(f"{site.url}/studio/pears")
    await expect(host.page.get_by_role("navigation", name=host.t("studio.tabs"))).to_be_visible()
    await expect(host.page.get_by_role("dialog")).to_have_count(0)
    await host.go("chat")  # out of reach while anything lies over the page


async def test_a_camera_is_looked_at_by_any_hand(site: Site, room: str, company: Company):
    await site.do("POST", f"/api/rooms/{room}/cameras", {"name": "Field", "kind": "whip"})
    host = await company.host(DESK, "en")
    await host.enter(room)
    await host.go("picture")
    closer = host.page.get_by_role("dialog", name="Field")
    cameras = host.page.get_by_role("region", name=host.t("staff.camera.all"))
    await expect(cameras).to_contain_text(host.t("studio.closer.mouse"))
    tile = cameras.get_by_role("listitem").filter(has_text="Field")
    for _ in range(2):
        await tile.locator(".cut").click(button="right")
        await host.close(closer)
    for _ in range(2):
        await tile.locator(".cut").focus()
        await host.page.keyboard.press("Shift+F10")
        await host.close(closer)
    await tile.get_by_role("button", name=host.t("staff.camera.closer", name="Field")).click()
    await host.close(closer)

    by_thumb = await company.host(PHONE, "en")
    await by_thumb.enter(room)
    await by_thumb.go("picture")
    await expect(by_thumb.page.get_by_role("region", name=host.t("staff.camera.all"))).to_contain_text(
        host.t("studio.closer.touch")
    )
