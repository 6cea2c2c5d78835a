"""The console is safe to work at: lists stand still under the pointer, deeds can be undone, keys can be switched off, and what
was done before the page was opened is there to be read."""

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
from playwright.async_api import Locator, expect

from tests.e2e import looks
from tests.e2e.conftest import Company
from tests.e2e.people import DESK, Ops
from tests.e2e.site import Site

SHOP = ZoneInfo("Asia/Shanghai")  # LIVEHUB_TIME_ZONE as it is unless set
FAR = "America/New_York"


async def test_the_list_of_events_has_history_and_what_happens_now_once_each(site: Site, room: str, company: Company):
    for n in range(60):
        await site.do("POST", f"/api/rooms/{room}/moderation/slow-mode", {"seconds": 5 if n % 2 == 0 else 0})
    await site.do("POST", f"/api/rooms/{room}/moderation/bans", {"user": "mei", "seconds": 60})
    await site.do("POST", f"/api/rooms/{room}/moderation/bans", {"user": "mei", "seconds": 0})
    ops = await company.ops()
    await ops.enter(room)
    panel = await ops.go("log")

    await expect(_events(panel).first).to_contain_text(ops.t("ops.log.type.unban"))
    await expect(_events(panel).first).to_contain_text("mei")
    await expect(_events(panel).first.locator(".by")).to_have_text(re.compile(".+"))
    await site.do("POST", f"/api/rooms/{room}/pins", {"product": "honey"})
    await expect(_events(panel).first).to_contain_text(ops.t("ops.log.type.pin"))
    more = ops.button("desk.table.more")
    while await more.count():
        before = await _events(panel).count()
        await more.click()
        await expect(_events(panel).nth(before)).to_be_visible()
    await expect(_events(panel).last).to_contain_text(ops.t("ops.log.type.room_create"))
    on = ops.t("ops.log.type.slow_mode")
    off = ops.t("ops.log.type.slow_mode_off")
    said = await panel.locator("tr[data-row] .what b").all_inner_texts()
    assert [said.count(word) for word in (on, off)] == [30, 30]
    assert said[:3] == [ops.t(f"ops.log.type.{key}") for key in ("pin", "unban", "ban")]


async def test_the_history_of_a_line_and_of_a_person_is_shown_at_the_shops_time(
    site: Site, room: str, company: Company
):
    ada = await company.viewer("ada")
    ops = await company.ops(timezone_id=FAR)
    await looks.prepare(ops)
    await ada.enter(room)
    await ops.enter(room)
    await ada.say("Cheap watches")
    await expect(ops.line("Cheap watches")).to_be_visible()
    await ops.line("Cheap watches").hover()
    mute = ops.line("Cheap watches").get_by_role("button", name=ops.t("staff.chat.mute"))
    await mute.click()
    await expect(ada.chat_field).to_be_disabled()
    await ops.button("staff.chat.delete", ends=": Cheap watches").click()
    await expect(ops.page.get_by_text(ops.t("ops.moderation.undoDelete", text="Cheap watches"))).to_be_visible()
    await ops.button("ops.moderation.undo").click()
    await expect(ada.line("Cheap watches")).to_be_visible()

    panel = await ops.go("log")
    muted = _events(panel).filter(has_text=ops.t("ops.log.type.mute"))
    await expect(muted).to_contain_text("Cheap watches")
    await expect(panel.get_by_role("columnheader").first).to_contain_text(SHOP.key)
    shown = datetime.strptime(await muted.locator(".time").inner_text(), "%H:%M:%S").replace(tzinfo=SHOP)
    now = datetime.now(SHOP)
    assert (now.hour * 60 + now.minute - shown.hour * 60 - shown.minute) % 1_440 < 10

    await muted.get_by_role("button", name="Cheap watches").click()
    await expect(_events(panel)).to_have_count(3)
    told = await panel.locator("tr[data-row] .what b").all_inner_texts()
    assert told == [ops.t(f"ops.log.type.{key}") for key in ("chat_restore", "chat_delete", "mute")]
    await ops.button("desk.table.showAll").click()
    await expect(_events(panel).last).to_contain_text(ops.t("ops.log.type.room_create"))
    await site.do("POST", f"/api/rooms/{room}/moderation/mutes", {"user": ada.id, "seconds": 0})
    await panel.locator(".kinds").click()
    await ops.page.get_by_role("option", name=ops.t("ops.log.kind.people")).click()
    await expect(_events(panel)).to_have_count(2)
    await expect(_events(panel).first).to_contain_text(ops.t("ops.log.type.unmute"))
    await expect(_events(panel).last).to_contain_text(re.compile("ended .+ by "))
    assert not (found := await looks.faults(ops, "log", "#pane-log", ("light", "dark"), (1024, 1440))), found


async def test_figures_are_charts_and_the_tables_that_they_are(room: str, company: Company):
    ada = await company.viewer("ada")
    ops = await company.ops()
    await ops.enter(room)
    await ada.enter(room)
    chart = ops.page.locator(".tile .charts")
    await expect(ops.page.locator(".tile.leaf dd").first).to_have_text("1")
    # Over the figures of a show without a picture lies that it has none.
    await chart.evaluate("(button) => button.click()")
    sheet = ops.dialog("ops.figures.title")
    await expect(sheet.locator("canvas")).to_have_count(2)
    await sheet.get_by_role("button", name=ops.t("kit.chart.asTable")).first.click()
    table = sheet.get_by_role("table", name=ops.t("staff.figure.viewers"))
    await expect(table.get_by_role("cell", name="1", exact=True).first).to_be_visible()


def _events(panel: Locator) -> Locator:
    return panel.locator("tr[data-row]")


async def test_the_chat_stands_still_under_the_pointer_and_deeds_can_be_undone(room: str, company: Company):
    ada = await company.viewer("ada")
    ops = await company.ops()
    await ada.enter(room)
    await ops.enter(room)
    await ada.say("One")
    await ada.say("Two")
    await expect(ops.line("Two")).to_be_visible()

    await ops.line("One").hover()
    place = await ops.line("One").bounding_box()
    await ada.say("Three")
    fresh = ops.button("ops.moderation.fresh", n=1)
    await expect(fresh).to_be_visible()
    await expect(ops.line("Three")).to_have_count(0)
    await ops.press("One", "staff.chat.delete")
    await expect(ops.line("One")).to_contain_text(ops.t("ops.moderation.deleted"))
    assert await ops.line("One").bounding_box() == place
    await expect(ada.line("One")).to_have_count(0)

    await ops.button("ops.moderation.undo").click()  # beside the list: it goes on
    await expect(ada.line("One")).to_be_visible()
    await expect(ops.line("One").get_by_role("button", name=ops.t("staff.chat.mute"))).to_be_visible()
    await expect(ops.line("Three")).to_be_visible()

    await ops.press("Three", "staff.chat.mute")
    await expect(ada.chat_field).to_be_disabled()
    await ops.button("ops.moderation.undo").click()
    await expect(ada.chat_field).to_be_enabled()


async def test_held_lines_that_say_the_same_are_decided_together(site: Site, room: str, company: Company):
    await site.do("PUT", "/api/moderation/words", {"block": [], "hold": ["hami"]}, by=site.ops)
    ada = await company.viewer("ada")
    lin = await company.viewer("lin")
    ops = await company.ops()
    for one in (ada, lin, ops):
        await one.enter(room)
    for text in ("Any HAMI melon?", "any hami melon?", "hami, please"):
        await ada.say(text)
        await expect(_waiting(ops, text)).to_be_visible()
    await expect(_waiting(ops, "Any HAMI melon?").locator("mark")).to_have_text("HAMI")

    row = _waiting(ops, "hami, please")
    await row.hover()
    place = await _height_in_queue(ops, row)
    await site.do(
        "POST",
        f"/api/rooms/{room}/moderation/held",
        {"verdict": "reject", "lines": [await _id_of(site, room, "hami, please")]},
    )
    await expect(row).to_contain_text(ops.t("staff.moderation.decided"))
    assert await _height_in_queue(ops, row) == place
    await ops.point_away()
    await expect(row).to_have_count(0)

    await _waiting(ops, "Any HAMI melon?").get_by_role("button", name=ops.t("staff.moderation.alike", n=2)).click()
    together = ops.page.get_by_role("group", name=ops.t("ops.moderation.together"))
    await expect(together).to_contain_text(ops.t("ops.moderation.picked", n=2))
    await together.get_by_role("button", name=ops.t("staff.moderation.approve")).click()
    for text in ("Any HAMI melon?", "any hami melon?"):
        await expect(lin.line(text)).to_be_visible()
    await expect(lin.line("hami, please")).to_have_count(0)


async def _height_in_queue(ops: Ops, row: Locator) -> float:
    """How far below the queue's top a row stands, px: the word that a show has no picture may come above all of it."""
    queue, box = await _queue(ops).bounding_box(), await row.bounding_box()
    assert queue is not None
    assert box is not None
    return box["y"] - queue["y"]


def _queue(ops: Ops) -> Locator:
    return ops.page.get_by_role("tabpanel", name=re.compile(f"^{ops.t('staff.moderation.held')}"))


def _waiting(ops: Ops, text: str) -> Locator:
    return (
        _queue(ops)
        .get_by_role("listitem")
        .filter(has=ops.page.get_by_role("checkbox", name=ops.t("staff.moderation.pick", text=text), exact=True))
    )


async def _id_of(site: Site, room: str, text: str) -> str:
    page = await site.do("GET", f"/api/rooms/{room}/moderation")
    return str(next(row["id"] for row in page["held"] if row["line"]["text"] == text))


async def test_the_announced_start_is_moved_in_the_shop_s_time_and_not_into_the_past(site: Site, company: Company):
    room = await site.room(live=False, title="Farm day")
    ops = await company.ops(timezone_id=FAR)
    await ops.page.goto(site.link(f"/ops/rooms/{room}", site.ops))
    await ops.button("staff.room.settings").click()
    form = ops.dialog("staff.room.settings")
    start = form.get_by_label(ops.t("staff.room.startsAtIn", zone=SHOP.key))
    await expect(start).to_have_value("")

    await start.fill(_wall(timedelta(minutes=-2)))
    await form.get_by_role("button", name=ops.t("staff.room.save")).click()
    await expect(form).to_contain_text(ops.t("kit.fault.past"))
    assert (await _show(site, room))["starts_ts"] is None

    tomorrow = _wall(timedelta(days=1))
    await start.fill(tomorrow)
    await form.get_by_role("button", name=ops.t("staff.room.save")).click()
    await expect(form).to_be_hidden()
    assert (
        datetime.fromtimestamp((await _show(site, room))["starts_ts"] / 1_000, SHOP).strftime("%Y-%m-%dT%H:%M")
        == tomorrow
    )

    await ops.button("staff.room.settings").click()
    await expect(start).to_have_value(tomorrow)
    await start.fill("")
    await form.get_by_role("button", name=ops.t("staff.room.save")).click()
    await expect(form).to_be_hidden()
    assert (await _show(site, room))["starts_ts"] is None


def _wall(ahead: timedelta) -> str:
    return (datetime.now(SHOP) + ahead).strftime("%Y-%m-%dT%H:%M")


async def _show(site: Site, room: str) -> Any:
    return (await site.do("GET", f"/api/rooms/{room}"))["room"]["view"]["show"]


async def test_a_room_that_operations_make_is_not_theirs_by_name(site: Site, company: Company):
    ops = await company.ops()
    await ops.page.goto(site.link("/ops", site.ops))
    await ops.button("staff.room.create").click()
    form = ops.dialog("staff.room.create")
    await form.get_by_label(ops.t("staff.room.title")).fill("Harvest")
    await (
        form.get_by_label(ops.t.like("staff.room.id"))
        .or_(form.get_by_placeholder(ops.t("staff.room.idHint")))
        .first.fill("harvest")
    )
    await form.get_by_role("button", name=ops.t("staff.room.create")).click()
    await expect(ops.page.get_by_role("heading", name="Harvest", exact=True)).to_be_visible()
    assert (await site.do("GET", "/api/rooms/harvest"))["room"]["view"]["host"]["name"] == "livehub"


async def test_keys_can_be_switched_off_and_are_off_in_fields_and_dialogs(room: str, company: Company):
    ops = await company.ops()
    await ops.enter(room)
    await ops.page.keyboard.press("5")
    await expect(_tab(ops, "log")).to_have_attribute("aria-selected", "true")
    await ops.page.keyboard.press("?")
    help_ = ops.dialog("ops.shortcut.title")
    await expect(help_).to_be_visible()
    await ops.page.evaluate("document.activeElement.blur()")  # with a dialog open they are off wherever the focus is
    await ops.page.keyboard.press("1")
    await expect(_tab(ops, "log")).to_have_attribute("aria-selected", "true")
    switch = help_.get_by_role("switch", name=ops.t("ops.shortcut.on"))
    await expect(switch).to_be_checked()
    await switch.press("Space")
    await expect(switch).not_to_be_checked()
    await ops.close(help_)
    await ops.page.keyboard.press("1")
    await ops.page.keyboard.press("?")
    await expect(help_).to_be_hidden()
    await expect(_tab(ops, "log")).to_have_attribute("aria-selected", "true")

    await ops.enter(room)  # kept for this person
    await ops.page.keyboard.press("5")
    await expect(_tab(ops, "products")).to_have_attribute("aria-selected", "true")
    await ops.button("ops.shortcut.title").click()
    await switch.press("Space")
    await ops.close(help_)
    await ops.page.get_by_label(ops.t("staff.product.search")).press("5")
    await expect(_tab(ops, "products")).to_have_attribute("aria-selected", "true")
    await ops.page.get_by_role("tab").first.focus()
    await ops.page.keyboard.press("5")
    await expect(_tab(ops, "log")).to_have_attribute("aria-selected", "true")


def _tab(ops: Ops, name: str) -> Locator:
    return ops.page.get_by_role("tab", name=re.compile(f"^{ops.t(f'ops.tab.{name}')}"))


async def test_a_live_show_without_a_picture_is_told_loudly_whatever_is_worked_on(
    site: Site, room: str, company: Company
):
    ops = await company.ops()
    await ops.enter(room)
    loud = ops.page.get_by_role("alert").filter(has_text=ops.t("ops.picture.none.title"))
    for tab in ("products", "coupons", "quizzes", "questions", "log", "cameras", "recordings", "sales"):
        await ops.go(tab)
        await expect(loud).to_be_visible()
    await loud.get_by_role("button", name=ops.t("ops.picture.cameras")).click()
    await expect(_tab(ops, "cameras")).to_have_attribute("aria-selected", "true")

    await ops.go("products")
    await site.do("POST", f"/api/rooms/{room}/state", {"status": "paused"})
    await expect(loud).to_have_count(0)
    paused = f"{ops.t('staff.camera.program')}: {ops.t('shared.show.paused')}"
    await expect(ops.page.get_by_role("button", name=paused)).to_be_visible()


async def test_coupons_are_told_with_how_many_are_claimed_also_when_they_have_ended(
    site: Site, room: str, company: Company
):
    dropped = await site.do(
        "POST", f"/api/rooms/{room}/coupons", {"title": "Early", "amount_minor": 800, "ends_in_s": 3_600, "total": 50}
    )
    ops = await company.ops()
    await ops.enter(room)
    panel = await ops.go("coupons")
    coupon = panel.get_by_role("listitem").filter(has_text="Early")
    await expect(coupon).to_contain_text(ops.t("ops.claimed", n=0, total=50))
    ada = await company.viewer("ada")
    await ada.enter(room)
    mine = await ada.open_coupons()
    await mine.get_by_role("button", name=ada.t("viewer.coupon.claim")).click()
    await expect(coupon).to_contain_text(ops.t("ops.claimed", n=1, total=50))
    await site.do("DELETE", f"/api/rooms/{room}/coupons/{dropped['coupon']['id']}")
    await expect(panel.get_by_role("heading", name=ops.t("ops.couponsEnded"))).to_be_visible()
    await expect(coupon).to_contain_text(ops.t("ops.claimed", n=1, total=50))


async def test_what_the_server_refuses_is_marked_at_its_field_in_the_console(site: Site, room: str, company: Company):
    ops = await company.ops()
    ops.complaints.expect("status of 4(00|09)")
    await ops.enter(room)
    await ops.go("cameras")
    await ops.button("staff.camera.add").click()
    form = ops.dialog("staff.camera.add")
    await form.get_by_text(ops.t("staff.camera.kind.rtsp")).click()
    url = form.get_by_label(ops.t("staff.camera.url"))
    await url.fill("rtsp://10.0.0.2/a b")  # the pages look at its beginning alone
    await form.get_by_role("button", name=ops.t("staff.camera.add")).click()
    await _refused(ops, url, "refused")

    await url.fill("rtsp://10.0.0.2/ab")
    await expect(url).to_have_accessible_description("")
    await (
        form.get_by_role("button", name=ops.t("shared.action.close"))
        .or_(form.locator(".el-dialog__headerbtn"))
        .first.click()
    )
    await ops.confirm("shared.form.lose")

    await ops.button("staff.room.create").click()
    form = ops.dialog("staff.room.create")
    await form.get_by_label(ops.t("staff.room.title")).fill("Again")
    name = form.get_by_placeholder(ops.t("staff.room.idHint"))
    await name.fill(room)
    await form.get_by_role("button", name=ops.t("staff.room.create")).click()
    await _refused(ops, name, "taken")


async def _refused(ops: Ops, field: Locator, fault: str) -> None:
    await expect(field).to_be_focused()
    await expect(field).to_have_accessible_description(ops.t(f"kit.fault.{fault}"))
    await expect(field).to_have_attribute("aria-invalid", "true")


async def test_a_switch_alone_is_asked_about_before_it_is_lost(room: str, company: Company):
    ops = await company.ops()
    await ops.enter(room)
    await ops.go("quizzes")
    await ops.button("staff.quiz.choice").click()
    form = ops.dialog("staff.quiz.choice")
    await form.get_by_role("switch", name=ops.t("staff.quiz.prize")).press("Space")
    await ops.page.keyboard.press("Escape")
    await ops.dialog("shared.form.loseTitle").get_by_role("button", name=ops.t("shared.action.cancel")).click()
    await form.get_by_role("switch", name=ops.t("staff.quiz.prize")).press("Space")
    await ops.page.keyboard.press("Escape")
    await expect(form).to_be_hidden()


SOLD = """
    INSERT INTO orders (id, number, person, key, fingerprint, state, room, currency, goods_minor, discount_minor,
        delivery_minor, delivery_discount_minor, total_minor, paid_minor, closes_ms, created_ms, paid_ms)
    VALUES ($1, $1, 'mei', $1, '', 'paid', $2, 'CNY', $3, 0, 0, 0, $3, $3, 0, 0, 0)
"""


async def test_what_a_room_sells_is_seen_in_the_console_and_in_the_studio_as_it_is_sold(
    site: Site, room: str, company: Company, database_url: str
):
    ops, host = await company.ops(), await company.host(screen=DESK)
    await ops.enter(room)
    await host.enter(room)
    in_console, in_studio = ops.page.locator(".tile.gmv"), host.page.locator(".tile").filter(has_text="¥")
    await expect(in_console).to_contain_text(ops.t("staff.figure.orders", orders=0, paid=0))
    connection = await asyncpg.connect(database_url)
    for number in range(3):
        await connection.execute(SOLD, f"sold-{room}-{number}", room, 598_000)
    await connection.close()
    for tile in (in_console, in_studio):
        await expect(tile).to_contain_text("17,940")
        await expect(tile).to_contain_text(ops.t("staff.figure.orders", orders=3, paid=3))
    await expect(in_console).to_contain_text(f"{ops.t('staff.figure.conversion')} 100%")


async def test_a_link_that_is_none_is_told_at_the_door_and_a_room_that_is_none_leads_on(site: Site, company: Company):
    ops = await company.ops()
    ops.complaints.expect("status of 401")
    await ops.page.goto(f"{site.url}/ops")
    field = ops.page.get_by_label(ops.t("staff.gate.label"))
    await field.fill("nonsense")
    await field.press("Enter")
    await expect(field).to_have_accessible_description(ops.t("staff.gate.invalid"))
    await expect(field).to_be_focused()
    await field.fill(site.link("/ops", site.ops))
    await field.press("Enter")
    await expect(ops.page.get_by_role("navigation", name=ops.t("ops.rooms"))).to_be_visible()

    await ops.page.goto(f"{site.url}/ops/rooms/nowhere")
    await expect(ops.page.get_by_role("alert")).to_contain_text(ops.t("shared.refusal.2000"))
    await ops.button("ops.otherRooms").click()
    await expect(ops.page.get_by_role("heading", level=1)).to_be_visible()
