"""After buying, on a phone: the list of one's orders, an order with its money, and what is done when something is wrong.
The sandbox pays as soon as a payment is opened.
"""

import re
import time
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from playwright.async_api import FilePayload, Locator, expect

from livehub.commands import demo_farm
from tests.base.uploads.pictures import quarters, saved
from tests.commerce.sales.shop import new_key
from tests.e2e import looks
from tests.e2e.conftest import Company
from tests.e2e.people import PHONE, Viewer
from tests.e2e.site import Site
from tests.e2e.texts import LANGUAGES
from tests.integration.server import Person, eventually

ADDRESS = {"name": "王梅", "phone": "13800138000", "region": "310115", "line": "Century Avenue 1, 2-301"}
GONE = r"status of 404"
NO_NETWORK = r"net::ERR_INTERNET_DISCONNECTED"
AN_HOUR_AHEAD = "{ const now = Date.now; Date.now = () => now() + 3_600_000; }"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shop(site: Site, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """The server with a way to pay, a place for pictures, and plenty of stock."""
    await site.stop()
    await site.start(
        LIVEHUB_PAYMENT_PROVIDERS="sandbox",
        LIVEHUB_SANDBOX_PAYS_AT_ONCE="true",
        LIVEHUB_UPLOADS_DIR=str(tmp_path_factory.mktemp("uploads")),
    )
    for product in ("eggs", "honey", "jam"):
        body = {"delta": 500, "reason": "for tests"}
        await site.do("POST", f"/api/products/{product}/stock", body, by=site.ops)
    yield site


@pytest_asyncio.fixture(loop_scope="session")
async def database(database_url: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


def care(site: Site) -> Person:
    return site.person("care", role="care", is_fresh=True)


async def ordered(site: Site, who: Viewer, *lines: tuple[str, int], **fields: Any) -> Any:
    """An order of theirs that is not paid."""
    body = {"lines": [{"product": product, "qty": qty} for product, qty in lines], "address": ADDRESS, **fields}
    headers = {"Idempotency-Key": new_key()}
    answer = await site.call("POST", "/api/orders", body, by=site.person(who.id), headers=headers)
    assert answer.status == 201, answer
    return answer.body


async def look(site: Site, who: Viewer, order: Any) -> Any:
    return await site.do("GET", f"/api/orders/{order['id']}", by=site.person(who.id))


async def paid(site: Site, who: Viewer, *lines: tuple[str, int], **fields: Any) -> Any:
    """An order of theirs that is paid."""
    order = await ordered(site, who, *lines, **fields)
    body, headers = {"provider": "sandbox"}, {"Idempotency-Key": new_key()}
    path = f"/api/orders/{order['id']}/payments"
    assert (await site.call("POST", path, body, by=site.person(who.id), headers=headers)).status == 201

    async def is_paid() -> bool:
        return bool((await look(site, who, order))["state"] == "paid")

    await eventually(is_paid)
    return await look(site, who, order)


async def delivered(site: Site, who: Viewer, *lines: tuple[str, int]) -> Any:
    """An order of theirs that has arrived."""
    order = await paid(site, who, *lines)
    for state in ("preparing", "dispatched", "delivered"):
        body = {"state": state, "version": order["version"]}
        order = await site.do("POST", f"/api/orders/{order['id']}/moves", body, by=site.person("wei", role="picker"))
    return order


async def refunded(site: Site, order: Any, units: list[int]) -> Any:
    body = {"lines": [{"line": order["lines"][0]["id"], "units": units}], "reason": "bruised"}
    return await site.do("POST", f"/api/orders/{order['id']}/refunds", body, by=care(site))


async def opened_case(site: Site, who: Viewer, order: Any, units: list[int]) -> Any:
    body = {"lines": [{"line": order["lines"][0]["id"], "units": units}], "kind": "refund", "reason": "坏果"}
    return await site.do("POST", f"/api/orders/{order['id']}/cases", body, by=site.person(who.id))


async def decided(site: Site, case: Any, decision: str, **more: Any) -> Any:
    return await site.do("POST", f"/api/cases/{case['id']}/decision", {"decision": decision, **more}, by=care(site))


def cards(viewer: Viewer) -> Locator:
    return viewer.page.get_by_role("tabpanel").get_by_role("article")


def tab(viewer: Viewer, name: str) -> Locator:
    return viewer.page.get_by_role("tab", name=re.compile(f"^{viewer.t(f'viewer.orders.tab.{name}')}"))


def part(viewer: Viewer, key: str) -> Locator:
    """A part of an order's page."""
    return viewer.page.get_by_role("region", name=viewer.t(key), exact=True)


def spaced(number: str) -> str:
    return " ".join(number[at : at + 4] for at in range(0, len(number), 4))


def minor(text: str) -> int:
    found = re.search(r"¥([\d,]+\.\d\d)", text)
    assert found, text
    return round(float(found[1].replace(",", "")) * 100)


async def go(viewer: Viewer, path: str) -> None:
    await viewer.page.goto(f"{viewer.site.url}{path}")


# --- the list ---


async def test_the_list_has_tabs_with_counts_and_the_latest_first(shop: Site, company: Company):
    mei = await company.viewer("mei", PHONE, "zh-CN")
    first = await ordered(shop, mei, ("eggs", 2), ("honey", 1))
    second = await paid(shop, mei, ("jam", 3))
    third = await delivered(shop, mei, ("jam", 1))
    await go(mei, "/orders")
    await expect(cards(mei)).to_have_count(3)
    for at, (order, state) in enumerate(((third, "已送达"), (second, "待发货"), (first, "待付款"))):
        await expect(cards(mei).nth(at)).to_contain_text(state)
        await expect(cards(mei).nth(at)).to_contain_text(f"订单 {spaced(order['number'])}")
    await expect(cards(mei).nth(1)).to_contain_text(re.compile(r"共 3 件\s*实付\s*¥[\d.]+"))
    assert minor(await cards(mei).nth(1).inner_text()) == second["paid_minor"]
    await expect(cards(mei).nth(2)).to_contain_text(re.compile(r"共 3 件\s*应付"))
    await expect(cards(mei).nth(2).locator("img")).to_have_count(2)
    assert [await cards(mei).nth(at).get_by_role("button").all_inner_texts() for at in (0, 1)] == [
        ["申请售后", "再来一单"],
        ["再来一单", "申请退款"],
    ]
    words = await mei.page.get_by_role("tab").all_inner_texts()
    assert [word.split() for word in words] == [["全部"], ["待付款", "1"], ["待发货", "1"], ["待收货", "1"], ["售后"]]
    await tab(mei, "packing").click()
    await expect(cards(mei)).to_have_count(1)
    assert mei.page.url.endswith("/orders?tab=packing")
    await mei.page.reload()
    await expect(cards(mei)).to_have_count(1)
    await expect(tab(mei, "packing")).to_have_attribute("aria-selected", "true")


async def test_an_unpaid_order_says_how_long_it_waits_whatever_the_clock_of_the_phone(shop: Site, company: Company):
    mei = await company.viewer("mei-clock", PHONE, "zh-CN")
    order = await ordered(shop, mei, ("eggs", 1))
    await mei.page.add_init_script(AN_HOUR_AHEAD)
    await go(mei, "/orders")
    pay = cards(mei).get_by_role("button", name=re.compile(r"去支付"))
    await expect(pay).to_have_text(re.compile(r"去支付\s*0[89]:[0-5]\d"))
    said = re.search(r"(\d\d):(\d\d)", await pay.inner_text())
    assert said
    left_s = order["closes_ts"] / 1000 - time.time()
    assert abs(int(said[1]) * 60 + int(said[2]) - left_s) <= 3
    await pay.click()
    await mei.page.wait_for_url(f"**/orders/{order['id']}/payment")


async def test_an_order_is_cancelled_by_hand_once_one_is_sure(shop: Site, company: Company):
    mei = await company.viewer("mei-cancels", PHONE, "en")
    order = await ordered(shop, mei, ("eggs", 1))
    await go(mei, "/orders")
    await mei.button("viewer.orders.act.cancel").click()
    await (
        mei.dialog("viewer.orders.cancelSure")
        .get_by_role("button", name=mei.t("shared.action.cancel"), exact=True)
        .click()
    )
    assert (await look(shop, mei, order))["state"] == "unpaid"
    await mei.button("viewer.orders.act.cancel").click()
    await mei.dialog("viewer.orders.cancelSure").get_by_role("button", name=mei.t("viewer.orders.act.cancel")).click()
    await expect(cards(mei)).to_contain_text(mei.t("viewer.orders.ending.buyer"))
    assert (await look(shop, mei, order))["cancel_reason"] == "buyer"


async def test_an_order_whose_time_is_over_says_so_by_itself_and_that_the_coupon_is_back(
    shop: Site, company: Company, database: Any
):
    room = await shop.show()
    body = {"title": "Two off", "amount_minor": 200}
    coupon = (await shop.do("POST", f"/api/rooms/{room}/coupons", body))["coupon"]["id"]
    mei = await company.viewer("mei-late", PHONE, "zh-CN")
    await mei.enter(room)
    sheet = await mei.open_coupons()
    await sheet.get_by_role("button", name=mei.t("viewer.coupon.claim")).first.click()
    await expect(sheet).to_contain_text(mei.t("viewer.coupon.claimed"))
    order = await ordered(shop, mei, ("honey", 1), coupon=coupon)
    await go(mei, f"/orders/{order['id']}")
    await expect(mei.page.get_by_text(re.compile(r"请在 \d\d:\d\d 内完成支付"))).to_be_visible()
    await expect(part(mei, "viewer.orders.goods")).to_contain_text("-¥2.00")
    await database.execute("UPDATE orders SET closes_ms = $2 WHERE id = $1", order["id"], int(time.time() * 1000))
    await expect(mei.page.get_by_text("超时未支付，已自动取消。优惠券已退回卡包。")).to_be_visible()
    await go(mei, "/orders")
    await expect(cards(mei)).to_contain_text("超时未支付，已自动取消。优惠券已退回卡包。")


async def test_who_has_no_orders_is_shown_the_way_to_a_show(shop: Site, company: Company):
    await shop.show()
    lin = await company.viewer("lin-empty", PHONE, "zh-CN")
    await go(lin, "/orders")
    await expect(lin.page.get_by_text("还没有订单")).to_be_visible()
    await lin.page.get_by_role("link", name=re.compile("正在直播")).click()
    await expect(lin.heart).to_be_visible()


async def test_a_guest_signs_in_first(shop: Site, company: Company):
    guest = await company.guest("nobody", PHONE, "zh-CN")
    await go(guest, "/orders")
    await expect(guest.page.get_by_text("登录后可以查看订单和售后。")).to_be_visible()


async def test_a_long_list_goes_on_as_one_reads(shop: Site, company: Company):
    mei = await company.viewer("mei-much", PHONE, "en")
    for _ in range(23):
        order = await ordered(shop, mei, ("jam", 1))
        await shop.do("POST", f"/api/orders/{order['id']}/cancel", {}, by=shop.person(mei.id))  # few may wait for money
    await go(mei, "/orders")
    await expect(cards(mei).nth(19)).to_be_attached()
    await cards(mei).nth(19).scroll_into_view_if_needed()
    await expect(cards(mei)).to_have_count(23)
    await expect(mei.page.get_by_text(mei.t("viewer.orders.end"))).to_be_visible()
    texts = await cards(mei).locator("h2").all_inner_texts()
    assert len(set(texts)) == 23


async def test_what_was_bought_goes_into_the_cart_again(shop: Site, company: Company):
    mei = await company.viewer("mei-again", PHONE, "en")
    await delivered(shop, mei, ("jam", 2))
    await shop.show()
    await go(mei, "/orders")
    sheet = mei.page.get_by_role("dialog", name=re.compile("^Cart"))
    for _ in range(2):
        await mei.button("viewer.orders.act.again").click()
        await mei.page.wait_for_url(re.compile(r"/r/[^?]+$"))  # over a show, from which it can be ordered
        await expect(sheet.get_by_role("article")).to_have_count(1)
        await mei.page.go_back()
        await expect(sheet).to_be_hidden()
        await mei.page.go_back()
        await expect(mei.page).to_have_url(re.compile("/orders$"))
    cart = await shop.do("GET", "/api/me/cart", by=shop.person(mei.id))
    assert [(line["product"], line["qty"]) for line in cart["lines"]] == [("jam", 4)]


COVERED = """() => [...document.querySelectorAll("main button")].filter((button) => {
    button.scrollIntoView({ block: "nearest" });
    const { left, right, top, bottom } = button.getBoundingClientRect();
    return !button.contains(document.elementFromPoint((left + right) / 2, (top + bottom) / 2));
}).map(({ textContent }) => textContent.trim())"""


async def test_the_small_picture_of_a_room_stays_clear_of_what_is_pressed(shop: Site, company: Company):
    cameras = f"/api/rooms/{demo_farm.ROOM}/cameras"  # of the show that buying again leads to
    camera = (await shop.do("POST", cameras, {"name": "Barn", "kind": "test"}, by=shop.ops))["camera"]["id"]
    mei = await company.viewer("mei-small", PHONE, "zh-CN")
    order = await paid(shop, mei, ("jam", 1))
    await go(mei, f"/orders/{order['id']}/payment")
    await mei.button("viewer.pay.order").click()
    await mei.button("viewer.orders.act.again").click()
    await mei.page.wait_for_url(re.compile(r"/r/[^?]+$"))
    await expect(mei.page.get_by_role("dialog", name=re.compile("^购物车"))).to_be_visible()
    await mei.page.go_back()
    await expect(mei.page.get_by_role("dialog")).to_have_count(0)

    async def is_seen() -> bool:
        return bool(await mei.page.evaluate("(document.querySelector('video')?.videoWidth ?? 0) > 0"))

    await eventually(is_seen)
    small = mei.page.get_by_role("region", name=re.compile(mei.t("viewer.small.label", title=".*")))
    for path in (f"/orders/{order['id']}", f"/orders/{order['id']}/payment"):
        await mei.page.go_back()
        await mei.page.wait_for_url(re.compile(f"{path}$"))
        await expect(small).to_be_visible()
        await expect(mei.button("viewer.pay.order" if "payment" in path else "viewer.orders.act.again")).to_be_visible()
        assert await mei.page.evaluate(COVERED) == [], path
    await shop.do("DELETE", f"{cameras}/{camera}", by=shop.ops)


# --- an order ---


async def test_an_order_shows_where_it_goes_what_it_cost_and_how_it_was_paid(shop: Site, company: Company):
    mei = await company.viewer("mei-order", PHONE, "zh-CN")
    await mei.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    order = await paid(shop, mei, ("honey", 2), note="放门口")
    await go(mei, "/orders")
    await cards(mei).get_by_role("link").click()
    await expect(mei.page.get_by_role("heading", name="待发货")).to_be_visible()
    await expect(mei.page.get_by_role("list", name="订单进度").get_by_role("listitem")).to_have_text(
        [re.compile("提交订单"), re.compile("付款成功")]
    )
    where = part(mei, "viewer.orders.delivery")
    await expect(where).to_contain_text("138****8000")
    await expect(where).not_to_contain_text("13800138000")
    await expect(where).to_contain_text("Century Avenue 1, 2-301")
    goods = part(mei, "viewer.orders.goods")
    share = order["lines"][0]["unit_shares_minor"][0]
    await expect(goods).to_contain_text(f"实付 ¥{share / 100:.2f}/件")
    await expect(goods.locator("dd").last).to_have_text(f"¥{order['paid_minor'] / 100:.2f}")
    facts = part(mei, "viewer.orders.facts")
    for text in (spaced(order["number"]), "模拟支付", "放门口"):
        await expect(facts).to_contain_text(text)
    await facts.get_by_role("button", name="复制").click()
    await expect(facts.get_by_role("button", name="已复制")).to_be_visible()
    assert await mei.page.evaluate("navigator.clipboard.readText()") == order["number"]


async def test_refunds_come_one_by_one_and_by_themselves(shop: Site, company: Company):
    mei = await company.viewer("mei-refunds", PHONE, "zh-CN")
    order = await delivered(shop, mei, ("eggs", 3))
    share = order["lines"][0]["unit_shares_minor"][0]
    await go(mei, f"/orders/{order['id']}")
    await expect(mei.page.get_by_role("heading", name="已送达")).to_be_visible()
    await refunded(shop, order, [0])
    await expect(part(mei, "viewer.orders.refunds").get_by_role("listitem")).to_have_text(
        re.compile(rf"退款 ¥{share / 100:.2f} 已原路退回")
    )
    await refunded(shop, order, [1])
    await expect(part(mei, "viewer.orders.refunds").get_by_text("已原路退回")).to_have_count(2)
    await expect(part(mei, "viewer.orders.goods")).to_contain_text("已退款 2 件")
    await expect(part(mei, "viewer.orders.goods").locator("dd").last).to_have_text(f"¥{2 * share / 100:.2f}")


async def test_an_invoice_is_asked_for_once_with_a_number_that_checks(shop: Site, company: Company):
    mei = await company.viewer("mei-fapiao", PHONE, "zh-CN")
    order = await paid(shop, mei, ("jam", 1))
    await go(mei, f"/orders/{order['id']}")
    await mei.button("viewer.orders.fapiao.ask").click()
    sheet = mei.dialog("viewer.orders.fapiao.ask")
    await sheet.get_by_text("企业", exact=True).click()
    await sheet.get_by_label("企业名称").fill("深圳市腾讯计算机系统有限公司")
    await sheet.get_by_label("税号").fill("9144 0300 7152 6726 xh")
    await sheet.get_by_role("button", name="提交").click()
    await expect(sheet.get_by_text("税号有误")).to_be_visible()
    await expect(sheet.get_by_label("税号")).to_be_focused()
    await sheet.get_by_label("税号").fill("9144 0300 7152 6726 xg")
    await sheet.get_by_label("电子邮箱").fill("mei@shop.example")
    await sheet.get_by_role("button", name="提交").click()
    await expect(sheet).to_be_hidden()
    facts = part(mei, "viewer.orders.facts")
    await expect(facts).to_contain_text("已申请，开具后发送到邮箱")
    await expect(facts).to_contain_text("9144030071526726XG")
    await expect(mei.button("viewer.orders.fapiao.ask")).to_have_count(0)
    [asked] = (await shop.do("GET", f"/api/me/fapiao?order={order['id']}", by=shop.person(mei.id)))["items"]
    await shop.do("POST", f"/api/fapiao/{asked['id']}/issued", {"number": "24312000000012345678"}, by=care(shop))
    await expect(facts).to_contain_text("已开具 24312000000012345678")


async def test_somebody_elses_order_is_not_there(shop: Site, company: Company):
    mei = await company.viewer("mei-own", PHONE, "en")
    order = await ordered(shop, mei, ("jam", 1))
    lin = await company.viewer("lin-other", PHONE, "en")
    lin.complaints.expect(GONE)
    for path in (f"/orders/{order['id']}", "/orders/nothing"):
        await go(lin, path)
        await expect(lin.page.get_by_role("heading", name=lin.t("shared.notFound.title"))).to_be_visible()
        await expect(lin.page.get_by_text(ADDRESS["line"])).to_have_count(0)


# --- when something is wrong ---


def a_picture() -> FilePayload:
    return {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": saved(quarters(800, 600))}


async def test_a_case_takes_units_a_reason_and_a_picture_and_is_followed_to_the_money(shop: Site, company: Company):
    mei = await company.viewer("mei-case", PHONE, "zh-CN")
    order = await delivered(shop, mei, ("eggs", 3))
    share = order["lines"][0]["unit_shares_minor"][0]
    await go(mei, "/orders")
    await mei.button("viewer.orders.act.after").click()
    sheet = mei.dialog("viewer.orders.case.title")
    await sheet.get_by_role("button", name="提交申请").click()
    await expect(sheet.get_by_text("请选择商品和件数")).to_be_visible()
    await expect(sheet.get_by_text("请选择原因")).to_be_visible()
    more = sheet.get_by_role("button", name=mei.t("shared.action.more"))
    for _ in range(2):
        await more.click()
    await expect(sheet.get_by_role("status").filter(has_text="最多可退")).to_have_text(
        re.compile(rf"退款金额\s*¥{2 * share / 100:.2f}\s*最多可退 ¥{3 * share / 100:.2f}")
    )
    await sheet.get_by_text("坏果", exact=True).click()
    await sheet.locator("input[type=file]").first.set_input_files(a_picture())
    await expect(sheet.get_by_role("group", name="照片 2")).to_be_visible()
    await sheet.get_by_role("button", name="提交申请").click()
    await expect(sheet).to_be_hidden()
    [summary] = (await shop.do("GET", f"/api/me/cases?order={order['id']}", by=shop.person(mei.id)))["items"]
    case = await shop.do("GET", f"/api/cases/{summary['id']}", by=care(shop))
    assert [len(line["units"]) for line in case["lines"]] == [2]
    assert len(case["photos"]) == 1
    region = mei.page.get_by_role("region", name="仅退款 · 坏果")
    await expect(region).to_contain_text("10 分钟内答复")
    steps = region.get_by_role("list", name="售后进度").get_by_role("listitem")
    await expect(steps).to_have_text([re.compile(word) for word in ("提交申请", "客服查看", "客服答复", "退款")])
    await expect(region.locator("[aria-current=step]")).to_contain_text("客服查看")
    await decided(shop, case, "refund", note="很抱歉")
    await expect(steps).to_have_text(
        [
            re.compile(word)
            for word in ("提交申请", "客服同意退款.*很抱歉", rf"已原路退款.*¥{2 * share / 100:.2f}", "到账")
        ]
    )
    await expect(part(mei, "viewer.orders.refunds")).to_contain_text(f"退款 ¥{2 * share / 100:.2f} 已原路退回")


async def test_a_second_tab_finds_its_units_gone(shop: Site, company: Company):
    mei = await company.viewer("mei-tabs", PHONE, "zh-CN")
    mei.complaints.expect(r"status of 409")
    order = await delivered(shop, mei, ("eggs", 2))
    await go(mei, f"/orders/{order['id']}")
    await mei.button("viewer.orders.act.after").click()
    sheet = mei.dialog("viewer.orders.case.title")
    for _ in range(2):
        await sheet.get_by_role("button", name=mei.t("shared.action.more")).click()
    await sheet.get_by_text("少件", exact=True).click()
    await opened_case(shop, mei, order, [0])
    await sheet.get_by_role("button", name="提交申请").click()
    await expect(sheet.get_by_role("alert")).to_contain_text("部分商品已在售后处理中或已退款")
    await expect(sheet).to_contain_text("可申请 1 件")
    listed = await shop.do("GET", f"/api/me/cases?order={order['id']}", by=shop.person(mei.id))
    assert len(listed["items"]) == 1


async def test_a_case_is_taken_back_while_nobody_has_decided(shop: Site, company: Company):
    mei = await company.viewer("mei-withdraws", PHONE, "zh-CN")
    order = await delivered(shop, mei, ("eggs", 1))
    case = await opened_case(shop, mei, order, [0])
    await go(mei, "/orders?tab=after")
    await expect(cards(mei)).to_contain_text("10 分钟内答复")
    await cards(mei).get_by_role("link").click()
    await mei.button("viewer.orders.case.withdraw").click()
    await mei.dialog("viewer.orders.case.withdrawSure").get_by_role("button", name="撤回申请").click()
    await expect(mei.page.get_by_role("region", name="仅退款 · 坏果")).to_contain_text("已撤回")
    await expect(mei.button("viewer.orders.case.withdraw")).to_have_count(0)
    assert (await shop.do("GET", f"/api/cases/{case['id']}", by=care(shop)))["state"] == "withdrawn"


async def test_a_rejection_is_appealed_against_once(shop: Site, company: Company):
    mei = await company.viewer("mei-appeals", PHONE, "zh-CN")
    order = await delivered(shop, mei, ("eggs", 1))
    case = await opened_case(shop, mei, order, [0])
    await go(mei, f"/orders/{order['id']}")
    region = mei.page.get_by_role("region", name="仅退款 · 坏果")
    await expect(region).to_contain_text("处理中")
    await decided(shop, case, "reject", note="照片看不清")
    await expect(region).to_contain_text("照片看不清")
    await region.get_by_role("button", name="申诉").click()
    sheet = mei.dialog("viewer.orders.case.appeal")
    await sheet.get_by_role("button", name="提交申诉").click()
    await expect(sheet.get_by_text("请填写")).to_be_visible()
    await sheet.get_by_label("为什么不同意这个结果").fill("真的烂了")
    await sheet.get_by_role("button", name="提交申诉").click()
    await expect(sheet).to_be_hidden()
    await expect(region).to_contain_text("处理中")
    await expect(region).to_contain_text("真的烂了")
    await decided(shop, case, "reject", note="仍然看不清")
    await expect(region).to_contain_text("未通过")
    await expect(region.get_by_role("button", name="申诉")).to_have_count(0)


# --- ways through them ---


async def test_back_leads_up_one_step_at_a_time(shop: Site, company: Company):
    mei = await company.viewer("mei-back", PHONE, "en")
    await delivered(shop, mei, ("eggs", 1))
    await go(mei, "/me")
    await mei.page.get_by_role("link", name=mei.t("viewer.menu.orders")).click()
    await cards(mei).get_by_role("link").click()
    await mei.button("viewer.orders.act.after").click()
    sheet = mei.dialog("viewer.orders.case.title")
    await expect(sheet).to_be_visible()
    await mei.page.go_back()
    await expect(sheet).to_be_hidden()
    await mei.button("shared.action.back").click()
    await expect(cards(mei)).to_have_count(1)
    await mei.button("shared.action.back").click()
    await mei.page.wait_for_url("**/me")


async def test_an_order_opened_by_its_address_leads_up_to_the_list(shop: Site, company: Company):
    mei = await company.viewer("mei-deep", PHONE, "en")
    order = await ordered(shop, mei, ("eggs", 1))
    await go(mei, f"/orders/{order['id']}")
    await mei.button("shared.action.back").click()
    await expect(cards(mei)).to_have_count(1)


async def test_the_menu_of_a_room_leads_to_the_orders(shop: Site, company: Company):
    room = await shop.show()
    mei = await company.viewer("mei-menu", PHONE, "en")
    await mei.enter(room)
    await mei.button("viewer.menu.title").click()
    await mei.dialog("viewer.menu.title").get_by_role("button", name=mei.t("viewer.menu.orders")).click()
    await mei.page.wait_for_url("**/orders")


async def test_keys_alone_are_enough(shop: Site, company: Company):
    mei = await company.viewer("mei-keys", PHONE, "zh-CN")
    await delivered(shop, mei, ("eggs", 1))
    await go(mei, "/orders")
    await expect(cards(mei)).to_have_count(1)
    await tab(mei, "all").focus()
    keys = mei.page.keyboard
    await keys.press("ArrowRight")
    await expect(tab(mei, "unpaid")).to_be_focused()
    await expect(mei.page.get_by_text("没有待付款的订单")).to_be_visible()
    await keys.press("ArrowLeft")
    await expect(cards(mei)).to_have_count(1)
    await keys.press("Tab")
    await expect(cards(mei).get_by_role("link")).to_be_focused()
    await keys.press("Enter")
    await expect(mei.page.get_by_role("heading", level=1)).to_have_text("订单详情")
    await mei.button("viewer.orders.act.after").focus()
    await keys.press("Enter")
    sheet = mei.dialog("viewer.orders.case.title")
    await expect(sheet).to_be_visible()
    await sheet.get_by_role("radio", name="少件").focus()
    await keys.press("Space")
    await sheet.get_by_role("button", name="提交申请").focus()
    await keys.press("Enter")
    await expect(sheet).to_be_hidden()
    await expect(mei.page.get_by_role("region", name="仅退款 · 少件")).to_be_visible()


async def test_a_lost_network_keeps_what_is_shown_and_is_caught_up_with(shop: Site, company: Company):
    mei = await company.viewer("mei-offline", PHONE, "zh-CN")
    mei.complaints.expect(NO_NETWORK)
    mei.complaints.expect("ERR_|WebSocket")
    order = await paid(shop, mei, ("eggs", 2))
    await go(mei, f"/orders/{order['id']}")
    await expect(mei.page.get_by_role("heading", name="待发货")).to_be_visible()
    await mei.page.context.set_offline(True)
    body = {"state": "preparing", "version": order["version"]}
    await shop.do("POST", f"/api/orders/{order['id']}/moves", body, by=shop.person("wei", role="picker"))
    await expect(mei.page.get_by_role("heading", name="待发货")).to_be_visible()
    await mei.page.context.set_offline(False)
    await expect(mei.page.get_by_role("heading", name="备货中")).to_be_visible()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_all_of_it_can_be_used_and_read(shop: Site, company: Company, language: str):
    faults: list[str] = []
    who = await company.viewer(f"looks-{language[:2]}", PHONE, language)
    await looks.prepare(who)
    unpaid = await ordered(shop, who, ("eggs", 2), ("honey", 1), ("jam", 1))
    order = await delivered(shop, who, ("eggs", 3))
    await opened_case(shop, who, order, [0])
    await refunded(shop, order, [1])
    await go(who, "/orders")
    await expect(cards(who)).to_have_count(2)
    faults += await looks.faults(who, "orders", "#app", looks.SCHEMES, (1440, 1000, 375, 320))
    faults += await looks.small(who, "orders", "#app")
    for path, name in ((unpaid["id"], "unpaid"), (order["id"], "delivered")):
        await go(who, f"/orders/{path}")
        await expect(part(who, "viewer.orders.facts")).to_be_visible()
        faults += await looks.faults(who, name, "#app", looks.SCHEMES, (1440, 1000, 375, 320))
        faults += await looks.small(who, name, "#app")
    for opens, sheet in (("act.after", "case.title"), ("fapiao.ask", "fapiao.ask")):
        await who.button(f"viewer.orders.{opens}").first.click()
        await expect(who.dialog(f"viewer.orders.{sheet}")).to_be_visible()
        faults += await looks.faults(who, sheet, "[role=dialog]", looks.SCHEMES, (1440, 375, 320))
        faults += await looks.small(who, sheet, "[role=dialog]")
        await who.close(who.dialog(f"viewer.orders.{sheet}"))
    assert faults == [], "\n".join(faults)
