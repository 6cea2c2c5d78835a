"""Coupons that the console gives: to whoever asked a question, to winners, to people who are named."""

import asyncio
import re

from playwright.async_api import expect

from tests.e2e.conftest import Company
from tests.e2e.people import DESK, PHONE
from tests.e2e.site import Site
from tests.integration.server import Person, eventually


async def coupons_of(site: Site, person: Person) -> list[dict[str, object]]:
    return [each["coupon"] for each in (await site.do("GET", "/api/me/coupons", by=person))["coupons"]]


async def test_whoever_asked_gets_a_coupon_with_the_answer(site: Site, room: str, company: Company) -> None:
    lin, ops = await company.viewer("lin", PHONE, "zh-CN"), await company.ops()
    await asyncio.gather(lin.enter(room), ops.enter(room))
    await lin.open_questions()
    await lin.ask("是有机的吗？")
    panel = await ops.go("questions")
    asked = panel.get_by_role("listitem").filter(has_text="是有机的吗？")
    await asked.get_by_role("textbox").fill("是的，有证书。")
    await asked.get_by_text(ops.t("staff.question.thank")).click()
    publish = asked.get_by_role("button", name=ops.t("staff.question.sendThanks"))
    await publish.click()
    await expect(asked.get_by_text(ops.t("kit.fault.required"))).to_be_visible()  # it takes something off
    await asked.get_by_text(ops.t("shared.coupon.kind.percent"), exact=True).click()
    await asked.get_by_role("textbox", name=re.compile("^" + re.escape(ops.t("staff.coupon.percent")))).fill("10")
    await asked.get_by_role("textbox", name=re.compile("^" + re.escape(ops.t("staff.coupon.cap")))).fill("20")
    await publish.click()
    await expect(panel).to_contain_text("是的，有证书。")

    async def has_it() -> bool:
        found = await coupons_of(site, site.person("lin"))
        return [(each["kind"], each["basis_points"], each["cap_minor"]) for each in found] == [
            ("percent", 1_000, 2_000)
        ]

    await eventually(has_it)


async def test_a_quiz_may_give_a_percentage(site: Site, room: str, company: Company) -> None:
    ops = await company.ops()
    await ops.enter(room)
    panel = await ops.go("quizzes")
    await panel.get_by_role("button", name=ops.t("staff.quiz.choice")).click()
    form = ops.dialog("staff.quiz.choice")
    await form.get_by_label(ops.t("staff.quiz.question")).fill("甜吗？")
    for n, option in enumerate(("甜", "不甜"), start=1):
        await form.get_by_role("textbox", name=ops.t("staff.quiz.option", n=n)).fill(option)
    await form.get_by_role("radio", name=ops.t("staff.quiz.markRight", n=1)).click()
    await form.get_by_text(ops.t("staff.quiz.prize")).click()
    await form.get_by_text(ops.t("shared.coupon.kind.percent"), exact=True).click()
    await form.get_by_role("textbox", name=re.compile("^" + re.escape(ops.t("staff.coupon.percent")))).fill("15")
    await form.get_by_role("button", name=re.compile("^" + ops.t("staff.quiz.start"))).click()
    await expect(form).to_be_hidden()
    listed = await site.do("GET", f"/api/rooms/{room}/quizzes", by=site.ops)
    assert listed["quizzes"][0]["quiz"]["prize"]["basis_points"] == 1_500


async def test_people_of_a_coupon_are_picked_among_those_who_wrote(site: Site, room: str, company: Company) -> None:
    lin, ops = await company.viewer("lin", DESK, "en"), await company.ops()
    await asyncio.gather(lin.enter(room), ops.enter(room))
    await lin.say("fresh?")
    panel = await ops.go("coupons")
    await panel.get_by_label(ops.t("staff.coupon.amount")).fill("3")
    await ops.choose(panel.get_by_label(ops.t("staff.coupon.audience.label")), ops.t("staff.coupon.audience.people"))
    people = panel.get_by_role("combobox", name=ops.t("staff.coupon.people"))
    await people.click(force=True)
    await people.fill("Lin")
    await ops.page.get_by_role("option", name=re.compile(f"^Lin.*{ops.t('staff.coupon.wroteHere')}")).click()
    await ops.page.keyboard.press("Escape")
    await panel.get_by_role("button", name=ops.t("staff.coupon.drop")).click()
    await expect(panel).to_contain_text("3")
    (shown,) = (await site.do("GET", f"/api/rooms/{room}/coupons?state=shown", by=site.ops))["items"]
    assert shown["coupon"]["audience"] == "people"
