"""Orders, refunds, cases and money in the console: found, moved on and paid back by who may, and shown as they are by now."""

import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from playwright.async_api import Locator, expect

from tests.e2e import looks
from tests.e2e.conftest import Company
from tests.e2e.people import DESK, PHONE, Ops, Screen
from tests.e2e.site import Site
from tests.integration.server import Person, eventually

LANGUAGES = ("en", "zh-CN")
ADDRESS = {"name": "王梅", "phone": "13800138000", "region": "310115", "line": "Century Avenue 1, 2-301"}
REFUSED = r"status of (403|409|422)"  # a browser tells of each refusal


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shop(site: Site) -> AsyncIterator[Site]:
    """The server with a sandbox where every payment is paid as it is opened."""
    await site.stop()
    await site.start(
        LIVEHUB_PAYMENT_PROVIDERS="sandbox",
        LIVEHUB_SANDBOX_PAYS_AT_ONCE="true",
        LIVEHUB_REFUND_ALONE_MAX_MINOR="5000",
    )
    yield site
    await site.stop()
    await site.start()


def staff(shop: Site, name: str, role: str = "care") -> Person:
    """Somebody who has signed in a moment ago."""
    return shop.person(name, role=role, is_fresh=True)


async def jar(shop: Site, price_minor: int = 2_000) -> str:
    """A product that can be bought."""
    body = {"title": f"山花蜜 {uuid4().hex[:6]}", "price_minor": price_minor, "currency": "CNY", "unit": "480 g"}
    product = await shop.do("POST", "/api/products", body, by=shop.ops)
    stock = {"delta": 50, "reason": "test"}
    await shop.do("POST", f"/api/products/{product['id']}/stock", stock, by=shop.ops)
    return str(product["id"])


async def keyed(shop: Site, path: str, body: Any, *, by: Person) -> Any:
    """The body of the answer to a call that must succeed, and happens once."""
    answer = await shop.call("POST", path, body, by=by, headers={"Idempotency-Key": uuid4().hex})
    assert answer.status == 201, answer
    return answer.body


async def paid_order(shop: Site, *, qty: int = 2, price_minor: int = 2_000, by: str = "mei") -> Any:
    """An order of so many jars that mei has paid."""
    buyer = shop.person(by)
    lines = [{"product": await jar(shop, price_minor), "qty": qty}]
    order = await keyed(shop, "/api/orders", {"lines": lines, "address": ADDRESS}, by=buyer)
    await keyed(shop, f"/api/orders/{order['id']}/payments", {"provider": "sandbox"}, by=buyer)

    async def is_paid() -> bool:
        now = await shop.do("GET", f"/api/orders/{order['id']}", by=buyer)
        return bool(now["state"] == "paid")

    await eventually(is_paid)
    return await shop.do("GET", f"/api/orders/{order['id']}", by=buyer)


async def delivered(shop: Site, order: Any) -> Any:
    for state in ("preparing", "dispatched", "delivered"):
        body = {"state": state, "version": order["version"]}
        order = await shop.do("POST", f"/api/orders/{order['id']}/moves", body, by=shop.ops)
    return order


async def case_of(shop: Site, order: Any, *, units: list[int]) -> Any:
    body = {
        "lines": [{"line": order["lines"][0]["id"], "units": units}], "kind": "refund", "reason": "少件", "text": "只收到一罐",
    }  # fmt: skip
    return await shop.do("POST", f"/api/orders/{order['id']}/cases", body, by=shop.person("mei"))


async def at(
    company: Company, shop: Site, path: str, *, by: Person, screen: Screen = DESK, language: str = "en"
) -> Ops:
    """Somebody of the staff, on that page."""
    ops = await company.ops(screen, language)
    await looks.prepare(ops)
    await ops.page.goto(shop.link(path, by))
    await expect(ops.page.locator(".admin").get_by_role("heading", level=1)).to_be_visible()  # not that of the door
    return ops


def row(ops: Ops, text: str) -> Locator:
    return ops.page.locator("tr[data-row]").filter(has_text=text)


async def test_an_order_is_found_by_its_number_and_the_sums_are_of_what_is_found(shop: Site, company: Company) -> None:
    order, other = await paid_order(shop, qty=3), await paid_order(shop)
    ops = await at(company, shop, "/ops/orders", by=shop.ops)
    await expect(row(ops, other["number"])).to_be_visible()
    await ops.page.get_by_placeholder(ops.t("ops.order.search")).fill(order["number"])
    await expect(row(ops, other["number"])).to_have_count(0)
    await expect(row(ops, order["number"])).to_contain_text("60.00")
    sums = ops.page.get_by_test_id("sums")
    await expect(sums.locator("dd")).to_have_text(["1", re.compile("60"), re.compile("60"), re.compile("0")])
    await expect(ops.page).to_have_url(re.compile(f"q={order['number']}"))
    await row(ops, order["number"]).get_by_role("link").click()
    await expect(ops.page.get_by_role("heading", level=1)).to_have_text(
        ops.t("ops.order.title", number=order["number"])
    )


async def test_an_order_moves_on_step_by_step_and_its_time_line_tells(shop: Site, company: Company) -> None:
    order = await paid_order(shop)
    ops = await at(company, shop, f"/ops/orders/{order['id']}", by=shop.ops)
    for state in ("preparing", "dispatched", "delivered", "done"):
        await ops.button(f"ops.order.move.{state}").click()
        await expect(ops.page.locator(".head")).to_contain_text(ops.t(f"ops.order.state.{state}"))
    steps = ops.page.locator("ol li b")
    names = ("unpaid", "paid", "preparing", "dispatched", "delivered", "done")
    await expect(steps).to_have_text([ops.t(f"ops.order.state.{name}") for name in names])
    await expect(ops.button("ops.order.move.done")).to_have_count(0)


async def test_a_refund_tells_its_sum_before_it_is_sent_and_pays_back_just_those_units(
    shop: Site, company: Company
) -> None:
    order = await paid_order(shop, qty=3)
    care = await at(company, shop, f"/ops/orders/{order['id']}", by=staff(shop, "care-1"))
    await expect(care.button("ops.order.move.preparing")).to_have_count(0)  # who packs says that
    await care.button("ops.refund.new").first.click()
    form = care.dialog("ops.refund.new")
    sums = form.get_by_test_id("refund-sums")
    await form.get_by_role("checkbox", name=re.compile(re.escape(care.t("ops.refund.no", n=2)))).check()
    await expect(sums).to_contain_text("20")
    await expect(form.get_by_text(care.t("ops.refund.restock.autoYes"))).to_be_visible()
    send = form.get_by_role("button", name=re.compile(r"20"))
    await send.click()
    await expect(form).to_contain_text(care.t("kit.fault.required"))  # a reason
    await form.get_by_role("textbox").fill("bruised")
    await send.click()
    await expect(form).to_be_hidden()
    await expect(care.page.get_by_test_id("shares").locator("s")).to_have_text(re.compile("1 × .*20"))
    found = await shop.do("GET", f"/api/orders/{order['id']}/refunds", by=staff(shop, "care-1"))
    assert [each["lines"] for each in found["items"]] == [
        [{"line": order["lines"][0]["id"], "units": [1], "amount_minor": 2_000, "unit_amounts_minor": [2_000]}]
    ]


async def test_above_the_limit_a_second_person_approves_and_never_who_asked(shop: Site, company: Company) -> None:
    order = await paid_order(shop, qty=3)  # 60.00, and 50.00 may be paid back alone
    care = await at(company, shop, f"/ops/orders/{order['id']}", by=staff(shop, "care-1"))
    await care.button("ops.refund.new").first.click()
    form = care.dialog("ops.refund.new")
    await form.get_by_role("button", name=re.compile("^" + care.t("ops.refund.all"))).click()
    limit = re.compile(re.escape(care.t("ops.refund.wantsSecond", sum="¥50.00")))
    await expect(form.get_by_text(limit)).to_be_visible()
    await form.get_by_role("textbox").fill("never came")
    await form.get_by_role("button", name=re.compile("60")).click()
    await expect(form).to_be_hidden()
    await expect(care.page.get_by_text(care.t("ops.refund.own"))).to_be_visible()
    await expect(care.button("ops.refund.approve")).to_have_count(0)

    second = await at(company, shop, "/ops/refunds?state=approval", by=staff(shop, "care-2"))
    waiting = row(second, order["number"])
    await waiting.get_by_role("button", name=second.t("ops.refund.approve")).click()
    await second.page.get_by_role("dialog").get_by_role("button", name=second.t("ops.refund.approve")).click()
    await expect(waiting).to_have_count(0)

    async def is_back() -> bool:
        now = await shop.do("GET", f"/api/orders/{order['id']}/refunds", by=staff(shop, "care-1"))
        return bool(now["items"][0]["state"] == "paid" and now["left_minor"] == 0)

    await eventually(is_back)


async def test_a_case_is_decided_with_the_units_that_the_buyer_names(shop: Site, company: Company) -> None:
    order = await delivered(shop, await paid_order(shop, qty=3))
    case = await case_of(shop, order, units=[0, 2])
    care = await at(company, shop, "/ops/cases", by=staff(shop, "care-1"))
    await row(care, order["number"]).get_by_role("link").first.click()
    await expect(care.page.get_by_text("只收到一罐")).to_be_visible()
    boxes = care.page.get_by_role("checkbox")
    await expect(boxes.and_(care.page.locator(":checked"))).to_have_count(2)
    await expect(care.page.get_by_test_id("refund-sums")).to_contain_text("40")
    await boxes.nth(1).uncheck()
    await expect(care.page.get_by_text(care.t("ops.refund.restock.autoNo"))).to_be_visible()  # it was packed
    await care.page.get_by_role("button", name=re.compile("20")).click()
    await expect(care.page.locator("ol li b").last).to_have_text(care.t("ops.case.step.decide"))
    now = await shop.do("GET", f"/api/cases/{case['id']}", by=staff(shop, "care-1"))
    assert (now["decision"], now["refund"]["amount_minor"]) == ("refund", 2_000)


async def test_a_rejection_wants_words_for_the_buyer(shop: Site, company: Company) -> None:
    order = await delivered(shop, await paid_order(shop))
    case = await case_of(shop, order, units=[0])
    care = await at(company, shop, f"/ops/cases/{case['id']}", by=staff(shop, "care-1"))
    await care.page.get_by_text(care.t("ops.case.decide.reject"), exact=True).click()
    send = care.page.get_by_role("button", name=care.t("ops.case.send.reject"))
    await send.click()
    await expect(care.page.get_by_text(care.t("ops.case.noteNeeded"))).to_be_visible()
    await care.page.get_by_role("textbox").fill("The picture shows two jars.")
    await send.click()
    await expect(care.page.get_by_text(care.t("ops.case.canAppeal"))).to_be_visible()


async def test_an_invoice_gets_its_number(shop: Site, company: Company) -> None:
    order = await paid_order(shop)
    asked = {"kind": "personal", "title": "王梅", "email": "mei@example.com"}
    await shop.do("POST", f"/api/orders/{order['id']}/fapiao", asked, by=shop.person("mei"))
    care = await at(company, shop, f"/ops/money?tab=invoices&q={order['number']}", by=staff(shop, "care-1"))
    await row(care, "mei@example.com").get_by_role("button", name=care.t("ops.fapiao.issue")).click()
    form = care.dialog("ops.fapiao.issueAsk")
    await form.get_by_role("textbox").fill("26312000000012345678")
    await form.get_by_role("button", name=care.t("ops.fapiao.issue")).click()
    await expect(row(care, "26312000000012345678")).to_contain_text(care.t("ops.fapiao.state.issued"))


async def test_the_books_are_for_who_may_see_figures(shop: Site, company: Company) -> None:
    await paid_order(shop)
    ops = await at(company, shop, "/ops/money?tab=books", by=shop.ops)
    await expect(row(ops, "revenue:goods")).to_contain_text(ops.t("ops.money.account.revenue_goods"))
    care = await at(company, shop, "/ops/money?tab=books", by=staff(shop, "care-1"))
    await expect(care.page.get_by_text(care.t("ops.money.tab.findings")).first).to_be_visible()
    await expect(care.page.get_by_text(care.t("ops.money.tab.books"), exact=True)).to_have_count(0)
    host = await at(company, shop, "/ops/orders", by=staff(shop, "host-1", "host"))
    await expect(host.page.get_by_role("alert")).to_contain_text(host.t("ops.admin.refused.title"))
    await expect(host.page.get_by_role("link", name=host.t("ops.admin.orders.title"))).to_have_count(0)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_all_can_use_and_read_the_pages_and_nothing_lies_beyond_their_edge(
    shop: Site, company: Company, language: str
) -> None:
    order = await delivered(shop, await paid_order(shop, qty=3))
    case = await case_of(shop, order, units=[0])
    ops = await at(company, shop, "/ops/orders", by=staff(shop, "boss", "admin"), screen=PHONE, language=language)
    paths = (
        "/ops/orders", f"/ops/orders/{order['id']}", "/ops/refunds", "/ops/cases", f"/ops/cases/{case['id']}", "/ops/money",
        "/ops/money?tab=books", "/ops/money?tab=bills", "/ops/money?tab=invoices",
        f"/ops/products/{order['lines'][0]['product']}/stock",
    )  # fmt: skip
    for path in paths:
        await ops.page.goto(f"{shop.url}{path}")
        await expect(ops.page.get_by_role("heading", level=1)).to_be_visible()
        await expect(ops.page.locator("main [aria-busy=true]")).to_have_count(0)
        assert await looks.faults(ops, path, "main", looks.SCHEMES, (1440, 600, 375)) == []
        assert await looks.small(ops, path, "main") == []
