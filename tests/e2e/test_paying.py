"""Paying where there is WeChat Pay, as it answers by itself: inside WeChat by its bridge, at a desk by a code to scan, on a
phone by its page; beside another way; and a provider that refuses or does not answer. The server asks it what became of a
payment.
"""

import re
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from playwright.async_api import Route, expect

from tests.commerce.payments.wechatpay_double import APP_ID, WechatpayDouble, settings, wechatpay_double
from tests.commerce.sales.shop import new_key
from tests.e2e.conftest import Company
from tests.e2e.people import DESK, PHONE, Screen, Viewer
from tests.e2e.site import Site
from tests.e2e.test_wechat import IN_APP

ADDRESS = {"name": "王梅", "phone": "13800138000", "region": "310115", "line": "Century Avenue 1, 2-301"}
ANDROID = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36"
REFUSED = r"status of (40\d|50\d)|net::ERR_"
PAYS_IN_MS = 30_000  # the server asks for the first time after 5 s

# WeChat's bridge: what it was asked, and the buyer who puts its sheet away.
BRIDGE = """
    window.bridged = [];
    window.WeixinJSBridge = {
        invoke(name, options, done) {
            bridged.push([name, options]);
            setTimeout(() => done({ err_msg: "get_brand_wcpay_request:cancel" }), 100);
        },
    };
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def double() -> AsyncIterator[WechatpayDouble]:
    async with wechatpay_double() as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shop(site: Site, double: WechatpayDouble) -> Site:
    """The server with both ways to pay, WeChat Pay the first, and plenty of stock."""
    await site.stop()
    given = {f"LIVEHUB_{name.upper()}": str(value) for name, value in settings(double).items()}
    await site.start(
        **given,
        LIVEHUB_PAYMENT_PROVIDERS="wechatpay,sandbox",
        LIVEHUB_PAYMENT_PROVIDER_S="2",
        LIVEHUB_PUBLIC_URL=site.url,
    )
    await site.do("POST", "/api/products/eggs/stock", {"delta": 500, "reason": "for tests"}, by=site.ops)
    return site


@pytest_asyncio.fixture(loop_scope="session")
async def database(database_url: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def at_payment(
    shop: Site, company: Company, name: str, screen: Screen = PHONE, language: str = "zh-CN", **profile: Any
) -> tuple[Viewer, str]:
    """Somebody at the page of an order of theirs that is not paid, and its id."""
    viewer = await company.viewer(name, screen, language, **profile)
    viewer.complaints.expect(REFUSED)
    body = {"lines": [{"product": "eggs", "qty": 2}], "address": ADDRESS}
    headers = {"Idempotency-Key": new_key()}
    made = await shop.call("POST", "/api/orders", body, by=shop.person(viewer.id), headers=headers)
    assert made.status == 201, made
    await viewer.page.goto(f"{shop.url}/orders/{made.body['id']}/payment")
    await expect(viewer.page.get_by_test_id("pay")).to_be_enabled()
    return viewer, str(made.body["id"])


async def is_paid(viewer: Viewer) -> None:
    await expect(viewer.page.locator("[data-ending=paid]")).to_be_visible(timeout=PAYS_IN_MS)


async def payments_of(shop: Site, viewer: Viewer, order: str) -> list[Any]:
    return list((await shop.do("GET", f"/api/orders/{order}", by=shop.person(viewer.id)))["payments"])


async def test_inside_wechat_its_bridge_is_called_and_who_puts_it_away_goes_on_with_the_same(
    shop: Site, company: Company, double: WechatpayDouble, database: Any
):
    mei, order = await at_payment(shop, company, "mei-bridge", user_agent=IN_APP)
    await mei.page.add_init_script(BRIDGE)
    await mei.page.reload()
    pay = mei.page.get_by_test_id("pay")
    # Whoever has not signed in by WeChat connects it first: the bridge needs to know who pays.
    await pay.click()
    await expect(mei.button("viewer.pay.linkWeChat")).to_be_visible()
    assert [each["state"] for each in await payments_of(shop, mei, order)] == ["failed"]
    await database.execute(
        "INSERT INTO identities (kind, subject, person, verified_ts, used_ts, data) VALUES ('wechat', $1, $2, 1, 1, '{}')",
        f"o-buyer@{APP_ID}", mei.id,
    )  # fmt: skip
    await pay.click()
    await expect(mei.page.locator("[data-ending=confirming]")).to_be_visible()
    await expect(mei.button("viewer.pay.linkWeChat")).to_be_hidden()
    await pay.click()
    await mei.page.wait_for_function("bridged.length === 2")
    (name, first), (_, second) = await mei.page.evaluate("bridged")
    [payment] = [each for each in await payments_of(shop, mei, order) if each["state"] == "open"]
    assert (name, first["package"]) == ("getBrandWCPayRequest", f"prepay_id=wx30100000{payment['id']}")
    assert set(first) == {"appId", "timeStamp", "nonceStr", "package", "signType", "paySign"}
    assert second["package"] == first["package"]
    double.pay(payment["id"])
    await is_paid(mei)


async def test_where_wechats_bridge_never_comes_the_buyer_is_told_where_to_pay(
    shop: Site, company: Company, database: Any
):
    mei, _ = await at_payment(shop, company, "mei-bare", user_agent=IN_APP)
    await database.execute(
        "INSERT INTO identities (kind, subject, person, verified_ts, used_ts, data) VALUES ('wechat', $1, $2, 1, 1, '{}')",
        f"o-bare@{APP_ID}", mei.id,
    )  # fmt: skip
    await mei.page.get_by_test_id("pay").click()
    await expect(mei.page.get_by_role("alert")).to_have_text(mei.t("viewer.pay.noBridge"), timeout=10_000)
    await expect(mei.page.get_by_test_id("pay")).to_be_enabled()


async def test_at_a_desk_there_is_a_code_to_scan_which_is_there_again_after_a_reload_and_goes_with_the_payment(
    shop: Site, company: Company, double: WechatpayDouble
):
    mei, order = await at_payment(shop, company, "mei-desk", DESK, "en")
    await mei.page.get_by_test_id("pay").click()
    code = mei.page.get_by_role("img", name=mei.t("viewer.pay.qr"))
    await expect(code).to_be_visible()
    await expect(mei.page.get_by_role("heading", name=mei.t("viewer.pay.scan"))).to_be_visible()
    await expect(mei.page.get_by_role("timer")).to_have_text(re.compile(r"within 0\d:[0-5]\d"))
    drawn = await code.locator("path").last.get_attribute("d")
    await mei.page.reload()
    await expect(code).to_be_visible()
    assert await code.locator("path").last.get_attribute("d") == drawn
    await expect(mei.page.get_by_test_id("pay")).to_be_hidden()
    [payment] = await payments_of(shop, mei, order)
    double.pay(payment["id"])
    await is_paid(mei)
    await expect(code).to_be_hidden()


async def test_on_a_phone_the_providers_page_is_gone_to_and_back_is_no_failure(
    shop: Site, company: Company, double: WechatpayDouble
):
    mei, order = await at_payment(shop, company, "mei-phone", user_agent=ANDROID)
    seen: list[str] = []

    async def at_wechat(route: Route) -> None:
        seen.append(route.request.url)
        await route.fulfill(content_type="text/html", body="<p>WeChat")

    await mei.page.context.route("https://wx.tenpay.com/**", at_wechat)
    pay = mei.page.get_by_test_id("pay")
    await pay.dblclick()
    await mei.page.wait_for_url("https://wx.tenpay.com/**")
    await mei.page.go_back()
    await expect(mei.page.locator("[data-ending=confirming]")).to_be_visible()
    await expect(pay).to_have_text(re.compile("还没付款"))
    await pay.click()
    await mei.page.wait_for_url("https://wx.tenpay.com/**")
    assert seen[0] == seen[-1]
    await mei.page.go_back()
    [payment] = await payments_of(shop, mei, order)
    double.pay(payment["id"])
    await is_paid(mei)


async def test_of_several_ways_one_is_chosen_and_what_was_declined_is_paid_another_way(
    shop: Site, company: Company, double: WechatpayDouble
):
    mei, order = await at_payment(shop, company, "mei-ways", DESK, "en")
    ways = mei.page.get_by_role("group", name=mei.t("viewer.pay.how"))
    await expect(ways.get_by_role("radio", name=mei.t("viewer.pay.provider.wechatpay"))).to_be_checked()
    await ways.get_by_text(mei.t("viewer.pay.provider.sandbox")).click()
    await mei.page.get_by_test_id("pay").click()
    await mei.page.wait_for_url(re.compile("/pay/sandbox/"))
    await mei.page.go_back()
    # The way that was begun is the one to go on with.
    await expect(ways.get_by_role("radio", name=mei.t("viewer.pay.provider.sandbox"))).to_be_checked()
    await mei.page.get_by_test_id("pay").click()
    await mei.page.wait_for_url(re.compile("/pay/sandbox/"))
    await mei.page.locator("button[value=decline]").first.click()
    await expect(mei.page.locator("[data-ending=unfinished]")).to_be_visible()
    await ways.get_by_text(mei.t("viewer.pay.provider.wechatpay")).click()
    await mei.page.get_by_test_id("pay").click()
    await expect(mei.page.get_by_role("img", name=mei.t("viewer.pay.qr"))).to_be_visible()
    payments = await payments_of(shop, mei, order)
    assert [(each["provider"], each["state"]) for each in payments] == [("wechatpay", "open"), ("sandbox", "failed")]
    double.pay(payments[0]["id"])
    await is_paid(mei)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_a_provider_that_refuses_or_is_silent_is_told_of_and_can_be_asked_again(
    shop: Site, company: Company, double: WechatpayDouble, language: str
):
    mei, order = await at_payment(shop, company, f"mei-slow-{language}".lower(), DESK, language)
    pay, alert = mei.page.get_by_test_id("pay"), mei.page.get_by_role("alert")
    double.errors = [(400, "PARAM_ERROR")] * 20  # some are for what the server asks of other payments meanwhile
    await pay.dblclick()
    await expect(alert).to_have_text(mei.t("shared.refusal.4065"))
    double.errors = []
    double.is_slow = True
    await pay.click()
    await expect(alert).to_have_text(mei.t("shared.refusal.4063"))
    double.is_slow = False
    await pay.click()
    await expect(mei.page.get_by_role("img", name=mei.t("viewer.pay.qr"))).to_be_visible()
    await expect(alert).to_be_hidden()
    # What was asked for in vain goes on under its key: there is no second one that could be paid.
    payments = await payments_of(shop, mei, order)
    assert [each["state"] for each in payments] == ["open", "failed"]
    double.pay(payments[0]["id"])
    await is_paid(mei)
