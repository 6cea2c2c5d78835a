"""A show: what the host makes of it is seen by every viewer at once, on a phone and at a desk, in either language."""

import asyncio
import re

from playwright.async_api import expect

from livehub.commands import demo_farm
from tests.e2e.conftest import Company
from tests.e2e.people import DESK, PHONE, Host, Viewer
from tests.patience import PATIENCE_S

TRICKY = "<img src=x onerror=alert(1)> & 蓝莓好甜 🫐👩‍🌾"
PICKED = "今早刚摘 Picked this morning"
HONEY = next(product for product in demo_farm.PRODUCTS if product.id == "honey")
QUIZ_S = 15  # the shortest that the studio offers
QUIZ_OVER_WITHIN_MS = (QUIZ_S + PATIENCE_S) * 1_000


async def test_who_opens_the_demo_sees_a_live_show(company: Company):
    lin = await company.viewer("lin", PHONE, "zh-CN")
    await lin.enter(demo_farm.ROOM)

    await expect(lin.page.get_by_text(demo_farm.FARM["zh"])).to_be_visible()
    await expect(lin.host_state).to_contain_text(lin.t("shared.show.live"))
    poster = lin.page.locator(".stage img.poster")
    await expect(poster).to_have_attribute("src", "/demo/field.svg")
    assert await poster.evaluate("picture => picture.decode().then(() => picture.naturalWidth)") > 0
    await expect(lin.page).to_have_title(f"{demo_farm.SHOW['zh']} · livehub")
    await expect(lin.viewers).to_contain_text("1")

    ada = await company.viewer("ada", DESK, "en")
    await ada.enter(demo_farm.ROOM)
    await expect(ada.page.get_by_role("heading", level=1)).to_have_text(demo_farm.SHOW["en"])
    await expect(lin.viewers).to_contain_text("2")
    await expect(ada.viewers).to_contain_text("2")


async def test_everybody_sees_the_show_as_the_host_makes_it(room: str, company: Company):
    lin = await company.viewer("lin", PHONE, "zh-CN")
    ada = await company.viewer("ada", DESK, "en")
    host = await company.host()
    await asyncio.gather(*(one.enter(room) for one in (lin, ada, host)))

    await _a_line_is_heard_as_text(lin, ada, host)
    await _likes_rise(lin, ada)
    await _a_product_is_pinned(lin, ada, host)
    await _a_question_is_answered(lin, ada, host)
    await _the_best_guess_wins_a_coupon(lin, ada, host)
    await _the_show_pauses_and_ends(lin, ada, host)


async def _a_line_is_heard_as_text(lin: Viewer, ada: Viewer, host: Host) -> None:
    await host.go("chat")
    await lin.say(TRICKY)
    for one in (lin, ada, host):
        await expect(one.line(TRICKY)).to_contain_text("Lin")
        await expect(one.lines.locator("img")).to_have_count(0)

    await host.page.get_by_role("textbox", name=host.t("staff.chat.say")).fill(PICKED)
    await host.button("staff.chat.send").click()
    for one in (lin, ada):
        await expect(one.line(PICKED)).to_contain_text(one.t("shared.badge.host"))


async def _likes_rise(lin: Viewer, ada: Viewer) -> None:
    for _ in range(3):
        await lin.heart.click()
    await expect(ada.heart).to_have_accessible_name(ada.t("viewer.like.label", count=3))
    await ada.heart.click()
    await expect(lin.heart).to_have_accessible_name(lin.t("viewer.like.label", count=4))


async def _a_product_is_pinned(lin: Viewer, ada: Viewer, host: Host) -> None:
    await host.go("products")
    await host.page.get_by_role("button", name=f"{host.t('staff.product.pin')}: {host.title_of(HONEY)}").click()
    on_show = lin.page.get_by_role("button").filter(has_text=lin.t("viewer.bag.explaining"))
    await expect(on_show).to_contain_text(lin.title_of(HONEY))
    await expect(on_show).to_contain_text("¥68")
    bag = await ada.open_bag()
    await expect(bag.get_by_role("article")).to_have_count(len(demo_farm.IN_THE_BAG))
    explained = bag.get_by_role("article").filter(has_text=ada.t("viewer.bag.explaining"))
    await expect(explained).to_contain_text(ada.title_of(HONEY))

    await on_show.click()  # opens the bag, where it comes first
    bag = lin.dialog("viewer.bag.title", count=len(demo_farm.IN_THE_BAG))
    await expect(bag.get_by_role("article")).to_have_count(len(demo_farm.IN_THE_BAG))
    await expect(bag.get_by_role("article").first).to_contain_text(lin.title_of(HONEY))
    await lin.close(bag)


async def _a_question_is_answered(lin: Viewer, ada: Viewer, host: Host) -> None:
    asked, answered = "打农药吗？", "不打，瓢虫来 No, ladybirds do it"
    questions = await lin.open_questions()
    await lin.ask(asked)
    await host.go("questions")
    await expect(host.page.get_by_role("listitem").filter(has_text=asked)).to_be_visible()
    await host.button("staff.question.write").click()
    await host.page.get_by_role("textbox", name=host.t("staff.question.write")).fill(answered)
    await host.button("staff.question.send").click()
    await expect(host.words("staff.question.none")).to_be_visible()

    await expect(lin.words("viewer.inbox.answered", text=asked)).to_be_visible()
    await expect(questions.get_by_role("listitem").filter(has_text=asked)).to_contain_text(answered)
    await lin.close(questions)
    messages = await lin.open_inbox()
    await expect(messages.get_by_role("listitem").filter(has_text=asked)).to_contain_text(answered)
    await lin.close(messages)
    questions = await ada.open_questions()
    await expect(questions.get_by_role("listitem").filter(has_text=asked)).to_contain_text(answered)


async def _the_best_guess_wins_a_coupon(lin: Viewer, ada: Viewer, host: Host) -> None:
    await host.go("play")
    await host.button("staff.preset.sugar.name").click()
    sheet = host.dialog("staff.quiz.number")
    await sheet.get_by_label(host.t("staff.quiz.correctValue")).fill("14.2")
    await sheet.get_by_text(host.t("staff.chat.seconds", n=QUIZ_S), exact=True).click()
    await sheet.get_by_role("switch", name=host.t("staff.quiz.prize")).click()
    await sheet.get_by_label(host.t("staff.coupon.amount")).fill("10")
    await sheet.get_by_role("group", name=host.t("staff.quiz.winnersMax")).get_by_role("spinbutton").fill("1")
    await sheet.get_by_role("button", name=re.compile(f"^{host.t('staff.quiz.start')}")).click()

    await asyncio.gather(_guess(lin, "14.1", host), _guess(ada, "9.5", host))
    await expect(host.page.get_by_text(host.t("studio.answersSoFar", n=2))).to_have_text(
        f"2{host.t('studio.answersSoFar', n=2)}"
    )

    won = lin.dialog("viewer.quiz.youWon")
    await expect(won).to_be_visible(timeout=QUIZ_OVER_WITHIN_MS)
    await expect(won).to_contain_text(lin.t("viewer.quiz.rank", rank=1))
    await expect(won).to_contain_text(lin.t("viewer.quiz.prizeKept"))
    await won.get_by_role("button", name=lin.t("viewer.quiz.great")).click()
    await expect(lin.page.get_by_role("dialog")).to_have_count(0)  # one press for one win
    await lin.open_result()

    for guest in (lin, ada):
        result = guest.quiz
        await expect(result).to_contain_text(f"{guest.t('shared.quiz.correct')} 14.2°Bx")
        await expect(result).to_contain_text(guest.t("viewer.quiz.answers", count=2))
        await expect(result.get_by_role("listitem").filter(has_text="Lin")).to_contain_text("14.1")
        await guest.close(result)
    await expect(ada.dialog("viewer.quiz.youWon")).to_be_hidden()
    coupons = await lin.open_coupons()
    await expect(coupons.get_by_role("article")).to_contain_text(host.t("staff.quiz.prizeDefault"))
    await expect(coupons).to_contain_text(lin.t("viewer.coupon.usableN", n=1))
    await lin.close(coupons)
    coupons = await ada.open_coupons()
    await expect(coupons).to_contain_text(ada.t("viewer.coupon.none"))
    await ada.close(coupons)


async def _guess(guest: Viewer, guess: str, host: Host) -> None:
    quiz = guest.quiz
    await expect(quiz).to_contain_text(host.t("staff.preset.sugar.question"))
    await expect(quiz.get_by_role("timer", name=guest.t.like("viewer.quiz.left"))).to_be_visible()
    await quiz.get_by_role("spinbutton").fill(guess)
    await quiz.get_by_role("button", name=guest.t("viewer.quiz.submit")).click()
    await expect(quiz).to_contain_text(guest.t("viewer.quiz.sent"))


async def _the_show_pauses_and_ends(lin: Viewer, ada: Viewer, host: Host) -> None:
    await host.go("show")
    await host.button("staff.showAction.pause").click()
    await host.confirm("staff.showAction.pause")
    for guest in (lin, ada):
        await expect(guest.page.get_by_role("heading", name=guest.t("viewer.stage.paused"))).to_be_visible()
        await expect(guest.host_state).to_contain_text(guest.t("shared.show.paused"))
    await host.button("staff.showAction.resume").click()
    await host.confirm("staff.showAction.resume")
    for guest in (lin, ada):
        await expect(guest.page.get_by_role("heading", name=guest.t("viewer.stage.paused"))).to_be_hidden()
        await expect(guest.host_state).to_contain_text(guest.t("shared.show.live"))
    await host.button("staff.showAction.end").click()
    await host.confirm("staff.showAction.end")
    for guest in (lin, ada):
        await expect(guest.page.get_by_role("heading", name=guest.t("viewer.stage.ended"))).to_be_visible()
        await expect(guest.host_state).to_contain_text(guest.t("shared.show.ended"))
