"""The console: what operations do in a room is felt by its viewers at once, and only by those whom it concerns."""

import asyncio
import re

from playwright.async_api import Locator, expect

from tests.e2e.conftest import Company
from tests.e2e.people import DESK, PHONE, Ops, Viewer

OPTIONS = ("三十天 30 days", "六十天 60 days")


async def test_operations_play_with_the_room(room: str, company: Company):
    lin, ada, ops = await _gathered(room, company)

    await _a_quiz_is_closed_early(lin, ada, ops)
    await _the_last_coupon_goes_to_the_first(lin, ada, ops)


async def test_operations_keep_order_in_the_room(room: str, company: Company):
    lin, ada, ops = await _gathered(room, company)

    await _a_deleted_line_is_gone(lin, ada, ops)
    await _slow_mode_makes_people_wait(lin, ada, ops)
    await _words_are_blocked_and_held(lin, ada, ops)
    await _a_muted_person_is_told(ada, ops)
    await _a_banned_person_stays_out(lin, ada, ops)


async def _gathered(room: str, company: Company) -> tuple[Viewer, Viewer, Ops]:
    lin = await company.viewer("lin", PHONE, "zh-CN")
    ada = await company.viewer("ada", DESK, "en")
    ops = await company.ops()
    await asyncio.gather(*(one.enter(room) for one in (lin, ada, ops)))
    return lin, ada, ops


async def _a_quiz_is_closed_early(lin: Viewer, ada: Viewer, ops: Ops) -> None:
    panel = await ops.go("quizzes")
    await panel.get_by_role("button", name=ops.t("staff.quiz.choice")).click()
    form = ops.dialog("staff.quiz.choice")
    await form.get_by_label(ops.t("staff.quiz.question")).fill("从开花到采摘？")
    for n, option in enumerate(OPTIONS, start=1):
        await form.get_by_role("textbox", name=ops.t("staff.quiz.option", n=n)).fill(option)
    await form.get_by_role("radio", name=ops.t("staff.quiz.markRight", n=2)).click()
    await form.get_by_role(
        "button", name=ops.t.like("staff.quiz.start", ends=f" · {ops.t('staff.span.seconds', n=30)}")
    ).click()

    for guest, option in ((lin, OPTIONS[1]), (ada, OPTIONS[0])):
        quiz = guest.quiz
        await quiz.get_by_role("button").filter(has_text=option).click()
        await expect(quiz.get_by_role("button", pressed=True)).to_contain_text(option)
        await expect(quiz).to_contain_text(guest.t("viewer.quiz.sent"))

    await panel.get_by_role("button", name=ops.t("staff.quiz.closeNow")).click()
    await ops.confirm("staff.quiz.closeNow")
    await expect(panel).to_contain_text(ops.t("staff.quiz.decided"))
    won = lin.dialog("viewer.quiz.first.choice")
    await won.get_by_role("button", name=lin.t("viewer.quiz.great")).click()
    await expect(lin.page.get_by_role("dialog")).to_have_count(0)  # one press for one win
    await lin.open_result()
    for guest, verdict in ((lin, "viewer.quiz.first.choice"), (ada, "viewer.quiz.wrong")):
        result = guest.quiz
        await expect(result).to_contain_text(guest.t(verdict))
        right = result.get_by_role("listitem").filter(has_text=OPTIONS[1])
        await expect(right).to_contain_text("50%")
        await expect(right.get_by_role("img", name=guest.t("shared.quiz.correct"))).to_be_visible()
        await guest.close(result)


async def _the_last_coupon_goes_to_the_first(lin: Viewer, ada: Viewer, ops: Ops) -> None:
    panel = await ops.go("coupons")
    await panel.get_by_label(ops.t("staff.coupon.amount")).fill("8")
    await panel.get_by_label(ops.t("staff.coupon.title")).fill("只此一张 The only one")
    await panel.get_by_role("spinbutton", name=ops.t("staff.coupon.total")).fill("1")
    await panel.get_by_role("button", name=ops.t("staff.coupon.drop")).click()

    # At the same moment, since a coupon of which none is left is soon taken from the room.
    for guest in (lin, ada):
        await expect(_drop(guest)).to_contain_text("只此一张 The only one")
    await asyncio.gather(
        *(guest.button("viewer.coupon.claim").evaluate("button => button.click()") for guest in (lin, ada))
    )
    told = [guest.words("viewer.coupon.got").or_(guest.words("shared.refusal.4011")) for guest in (lin, ada)]
    await asyncio.gather(*(expect(words).to_be_visible() for words in told))
    for guest, coupons in ((lin, await _coupons(lin)), (ada, await _coupons(ada))):
        mine = await guest.open_coupons()
        said = guest.t("viewer.coupon.usableN", n=1) if coupons else guest.t("viewer.coupon.none")
        await expect(mine).to_contain_text(said)
        await guest.close(mine)
    assert await _coupons(lin) + await _coupons(ada) == 1


async def _coupons(guest: Viewer) -> int:
    """How many they have, as the server knows it."""
    mine = await guest.site.do("GET", "/api/me/coupons", by=guest.site.person(guest.name))
    return len(mine["coupons"])


def _drop(guest: Viewer) -> Locator:
    return guest.page.get_by_role("status").filter(has_text=guest.t("viewer.coupon.dropped"))


async def _a_deleted_line_is_gone(lin: Viewer, ada: Viewer, ops: Ops) -> None:
    dear = "<img src=x onerror=alert(1)> 太贵了 Too dear"
    await lin.say(dear)
    for one in (lin, ada, ops):
        await expect(one.line(dear)).to_be_visible()
        await expect(one.page.get_by_role("log").locator("img")).to_have_count(0)
    await ops.press(dear, "staff.chat.delete")
    await expect(ops.line(dear)).to_contain_text(
        ops.t("ops.moderation.deleted")
    )  # stays in its place under the pointer
    await ops.point_away()
    for one in (lin, ada, ops):
        await expect(one.line(dear)).to_have_count(0)


async def _slow_mode_makes_people_wait(lin: Viewer, ada: Viewer, ops: Ops) -> None:
    await ada.say("First")
    await expect(lin.line("First")).to_be_visible()
    await ops.slow_mode(60)
    # The server counts from the line before; the page learns of it by the refusal.
    await ada.say("Second")
    await expect(ada.words("shared.refusal.2013")).to_be_visible()
    await expect(ada.button("viewer.chat.send")).to_be_disabled()
    await expect(ada.button("viewer.chat.send")).to_have_text(re.compile(r"^0:\d\d$"))
    await expect(lin.line("Second")).to_have_count(0)

    await ops.slow_mode(0)
    await ada.button("viewer.chat.send").click()
    await expect(lin.line("Second")).to_be_visible()


async def _words_are_blocked_and_held(lin: Viewer, ada: Viewer, ops: Ops) -> None:
    await ops.button("ops.words.title").click()
    lists = ops.dialog("ops.words.title")
    for key, word in (("ops.words.block", "西瓜"), ("ops.words.hold", "哈密瓜")):
        field = lists.get_by_label(ops.t.like(key))
        await expect(field).to_be_enabled()
        await field.fill(await field.input_value() + "\n" + word)
    await lists.get_by_role("button", name=ops.t("staff.room.save")).click()
    await expect(lists).to_be_hidden()

    await lin.say("有西 瓜吗？")
    await expect(lin.words("shared.refusal.2012")).to_be_visible()
    await lin.say("有哈密瓜吗？")
    await expect(lin.words("viewer.chat.held", text="有哈密瓜吗？")).to_be_visible()
    queue = ops.page.get_by_role("tabpanel", name=re.compile(f"^{ops.t('staff.moderation.held')}"))
    waiting = queue.get_by_role("listitem").filter(has_text="有哈密瓜吗？")
    await expect(waiting).to_contain_text("Lin")
    await expect(ada.line("有哈密瓜吗？")).to_have_count(0)

    await waiting.get_by_role("button", name=ops.t("staff.moderation.approve")).click()
    for one in (ada, ops, lin):
        await expect(one.line("有哈密瓜吗？")).to_be_visible()
    await expect(waiting).to_contain_text(ops.t("staff.moderation.decided"))
    await ops.point_away()
    await expect(ops.words("staff.moderation.nothing")).to_be_visible()
    await expect(ada.line("有西 瓜吗？")).to_have_count(0)


async def _a_muted_person_is_told(ada: Viewer, ops: Ops) -> None:
    await ops.press("Second", "staff.chat.mute")
    await expect(ada.chat_field).to_be_disabled()
    await expect(ada.chat_field).to_have_attribute("placeholder", ada.t.like("viewer.chat.mutedFor"))

    await ops.page.get_by_role("tab", name=re.compile(f"^{ops.t('staff.moderation.restricted')}")).click()
    await ops.button("staff.moderation.lift").click()
    await expect(ada.chat_field).to_be_enabled()
    await ops.press("Second", "staff.chat.mute")
    await expect(ada.chat_field).to_be_disabled()

    await ada.page.reload()  # a page that does not know yet is told when it tries
    await ada.say("Am I?")
    await expect(ada.words("shared.refusal.2010")).to_be_visible()
    await expect(ada.chat_field).to_be_disabled()
    await ops.button("staff.moderation.lift").click()
    await ada.say("I shall be good")
    await expect(ops.line("I shall be good")).to_be_visible()


async def _a_banned_person_stays_out(lin: Viewer, ada: Viewer, ops: Ops) -> None:
    await ops.press("有哈密瓜吗？", "staff.chat.ban")
    await ops.confirm("staff.chat.ban")
    out = lin.page.get_by_role("heading", name=lin.t("viewer.closed.banned"))
    await expect(out).to_be_visible()
    for one in (ada, ops):
        await expect(one.line("有哈密瓜吗？")).to_have_count(0)
    await lin.page.reload()
    await expect(out).to_be_visible()
    await lin.button("viewer.closed.rooms").click()
    await expect(lin.page.get_by_role("heading", name=lin.t("viewer.rooms.hello"))).to_be_visible()
