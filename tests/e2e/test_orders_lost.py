"""One's orders on a phone whose network comes and goes, and under impatient fingers: lists that are late or do not come,
pictures that are taken back, and what is sent twice and happens once.
"""

import asyncio
import re

from playwright.async_api import Route, expect

from tests.e2e.conftest import Company
from tests.e2e.people import PHONE
from tests.e2e.site import Site
from tests.e2e.test_my_orders import a_picture, cards, delivered, go, look, ordered, paid, part, shop, tab

__all__ = ["shop"]

LOST = r"net::ERR_|status of (404|503)"  # 404: the page of the sandbox has no icon


async def test_a_list_that_is_late_is_waited_for_and_one_that_does_not_come_is_told_and_asked_for_again(
    shop: Site, company: Company
):
    mei = await company.viewer("mei-list", PHONE, "zh-CN")
    mei.complaints.expect(LOST)
    await ordered(shop, mei, ("jam", 1))
    may_go = asyncio.Event()

    async def late(route: Route) -> None:
        await may_go.wait()
        await route.abort()

    await mei.page.route(re.compile(r"/api/me/orders\?"), late)
    await go(mei, "/orders")
    panel = mei.page.get_by_role("tabpanel")
    await expect(panel).to_have_attribute("aria-busy", "true")
    await expect(panel.get_by_role("status", name=mei.t("viewer.account.loading"))).to_be_visible()
    may_go.set()
    await expect(mei.page.get_by_role("heading", name=mei.t("viewer.orders.failed"))).to_be_visible()
    await mei.page.unroute(re.compile(r"/api/me/orders\?"))
    await mei.button("shared.action.retry").click()
    await expect(cards(mei)).to_have_count(1)
    # Each tab that has nothing says what there would be.
    for name, words in (("packing", "packing"), ("coming", "coming"), ("after", "after")):
        await tab(mei, name).click()
        await expect(panel).to_contain_text(mei.t(f"viewer.orders.empty.{words}"))


async def test_pictures_are_seen_and_taken_back_and_a_claim_whose_answer_is_lost_is_made_once(
    shop: Site, company: Company
):
    mei = await company.viewer("mei-photos", PHONE, "zh-CN")
    mei.complaints.expect(LOST)
    order = await delivered(shop, mei, ("eggs", 2))
    await go(mei, f"/orders/{order['id']}")
    await mei.button("viewer.orders.act.after").click()
    sheet = mei.dialog("viewer.orders.case.title")
    fields = sheet.get_by_role("group", name=re.compile(r"^照片 \d$"))
    for at in range(2):
        await fields.nth(at).locator("input[type=file]").first.set_input_files(a_picture())
        await expect(fields.nth(at)).to_contain_text(mei.t("shared.upload.sent"))
        await expect(fields.nth(at).get_by_role("img", name=mei.t("shared.upload.preview"))).to_be_visible()
    await fields.first.get_by_role("button", name=mei.t("shared.upload.remove")).click()
    await expect(fields).to_have_count(2)  # the other one, and room for one more

    # Without a network a picture says so and can be tried again.
    await mei.page.context.set_offline(True)
    await fields.nth(1).locator("input[type=file]").first.set_input_files(a_picture())
    retry = fields.nth(1).get_by_role("button", name=mei.t("shared.action.retry"))
    await expect(retry).to_be_visible()
    await mei.page.context.set_offline(False)
    await retry.click()
    await expect(fields.nth(1)).to_contain_text(mei.t("shared.upload.sent"))

    await sheet.get_by_role("button", name=mei.t("shared.action.more")).click()
    await sheet.get_by_text("坏果", exact=True).click()
    lost = asyncio.Event()

    async def lose(route: Route) -> None:
        await route.fetch()
        lost.set()
        await route.abort()

    await mei.page.route("**/cases", lose)
    send = sheet.get_by_role("button", name="提交申请")
    await send.dblclick()
    await lost.wait()
    await expect(sheet.get_by_role("alert")).to_be_visible()
    await mei.page.unroute("**/cases")
    await send.click()
    await expect(sheet).to_be_hidden()
    [case] = (await shop.do("GET", f"/api/me/cases?order={order['id']}", by=shop.person(mei.id)))["items"]
    whole = await shop.do("GET", f"/api/cases/{case['id']}", by=shop.person(mei.id))
    assert len(whole["photos"]) == 2
    await expect(mei.page.get_by_role("link").filter(has=mei.page.locator("img"))).to_have_count(2)


async def test_impatient_fingers_do_it_once(shop: Site, company: Company):
    mei = await company.viewer("mei-twice", PHONE, "zh-CN")
    mei.complaints.expect(LOST)
    order = await paid(shop, mei, ("jam", 1))
    await go(mei, f"/orders/{order['id']}")
    await mei.button("viewer.orders.fapiao.ask").click()
    sheet = mei.dialog("viewer.orders.fapiao.ask")
    await sheet.get_by_label("姓名").fill("王梅")
    await sheet.get_by_label("电子邮箱").fill("mei@shop.example")
    await sheet.get_by_role("button", name="提交").dblclick()
    await expect(sheet).to_be_hidden()
    await expect(part(mei, "viewer.orders.facts")).to_contain_text("已申请")
    assert len((await shop.do("GET", f"/api/me/fapiao?order={order['id']}", by=shop.person(mei.id)))["items"]) == 1

    unpaid = await ordered(shop, mei, ("jam", 2))
    await go(mei, "/orders")
    await mei.page.get_by_role("button", name=re.compile("去支付")).dblclick()
    await mei.page.wait_for_url(re.compile("/pay/sandbox/"))
    done = await look(shop, mei, unpaid)
    assert len(done["payments"]) == 1
