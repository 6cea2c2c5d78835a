"""What is sold by weight, on the phone of somebody who picks: found by its number, weighed unit by unit, and the difference
told before it goes back.
"""

import re
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Locator, expect

from tests.e2e import looks
from tests.e2e.conftest import Company
from tests.e2e.people import PHONE, Ops
from tests.e2e.site import Site
from tests.e2e.test_ops_orders import ADDRESS, at, keyed
from tests.e2e.test_ops_orders import shop as shop  # the fixture
from tests.integration.server import Person, eventually

LANGUAGES = ("zh-CN", "en")
REFUSED = r"status of 4\d\d"


def picker(shop: Site) -> Person:
    return shop.person("wei", role="picker")


async def fish_order(shop: Site, *, qty: int = 2) -> Any:
    """An order that mei has paid, of fish at 12.80 for a kilogram each."""
    body = {
        "title": f"鲈鱼 {uuid4().hex[:6]}", "price_minor": 1_280, "currency": "CNY", "unit": "约 1 kg",
        "weighed": {"grams": 1_000, "per_kg_minor": 1_280},
    }  # fmt: skip
    product = await shop.do("POST", "/api/products", body, by=shop.ops)
    await shop.do("POST", f"/api/products/{product['id']}/stock", {"delta": 50, "reason": "test"}, by=shop.ops)
    buyer = shop.person("mei")
    lines = [{"product": product["id"], "qty": qty}]
    order = await keyed(shop, "/api/orders", {"lines": lines, "address": ADDRESS}, by=buyer)
    await keyed(shop, f"/api/orders/{order['id']}/payments", {"provider": "sandbox"}, by=buyer)

    async def is_paid() -> bool:
        return bool((await shop.do("GET", f"/api/orders/{order['id']}", by=buyer))["state"] == "paid")

    await eventually(is_paid)
    return order


def spaced(number: str) -> str:
    return re.sub(r"(\d{4})(?=\d)", r"\1 ", number)


def card(ops: Ops, order: Any) -> Locator:
    return ops.page.get_by_role("article", name=spaced(order["number"]), exact=True)


async def scan(ops: Ops, number: str) -> None:
    await ops.page.get_by_label(ops.t("ops.weighing.find")).fill(number)
    await ops.page.keyboard.press("Enter")


async def test_a_picker_weighs_an_order_and_sees_what_goes_back_before_it_does(shop: Site, company: Company) -> None:
    order, other = await fish_order(shop), await fish_order(shop, qty=1)
    wei = await at(company, shop, "/ops", by=picker(shop), screen=PHONE, language="zh-CN")
    await expect(wei.page).to_have_url(re.compile("/ops/weighing$"))  # all they have to do here
    await expect(card(wei, other)).to_be_visible()
    await scan(wei, order["number"])
    fields = card(wei, order).get_by_role("textbox")
    await expect(fields.first).to_be_focused()
    # As a pair of scales types it.
    await wei.page.keyboard.type("0.965kg")
    await expect(card(wei, order)).to_contain_text(wei.t("ops.weighing.back", sum="¥0.45"))
    await wei.page.keyboard.press("Enter")
    await expect(fields.nth(1)).to_be_focused()
    await wei.page.keyboard.type("1050")
    await expect(card(wei, order)).to_contain_text(wei.t("ops.weighing.nothing"))
    await wei.page.keyboard.press("Enter")
    send = card(wei, order).get_by_role("button")
    await expect(send).to_be_focused()
    await expect(send).to_have_text(wei.t.like("ops.weighing.send", n=2, sum="¥0.45"))
    buyer = shop.person("mei")
    assert (await shop.do("GET", f"/api/orders/{order['id']}/refunds", by=buyer))["refunded_minor"] == 0
    await wei.page.keyboard.press("Enter")
    await expect(card(wei, order)).to_be_hidden()  # among those that are done
    [refund] = (await shop.do("GET", f"/api/orders/{order['id']}/refunds", by=buyer))["items"]
    assert (refund["kind"], refund["amount_minor"]) == ("weight", 45)
    await wei.page.get_by_text(re.compile("^已称重")).click()
    await expect(card(wei, order)).to_contain_text("965 g")
    await expect(card(wei, order).get_by_role("textbox")).to_have_count(0)
    await scan(wei, "20200101000000")
    await expect(wei.page.get_by_role("status").filter(has_text="20200101000000")).to_be_visible()


async def test_a_slip_of_the_finger_is_asked_about_and_what_is_typed_stays(shop: Site, company: Company) -> None:
    order = await fish_order(shop, qty=1)
    wei = await at(company, shop, "/ops/weighing", by=picker(shop), screen=PHONE)
    field = card(wei, order).get_by_role("textbox")
    await field.fill("much")
    await expect(card(wei, order).get_by_role("button")).to_be_disabled()
    await field.fill("96")
    await expect(card(wei, order)).to_contain_text(wei.t("ops.weighing.unusual"))
    await card(wei, order).get_by_role("button").click()
    question = wei.dialog("ops.weighing.sure")
    await expect(question).to_contain_text("96 g")
    await question.get_by_role("button", name=wei.t("shared.action.cancel")).click()
    await expect(field).to_have_value("96")
    path = f"/api/orders/{order['id']}/refunds"
    assert (await shop.do("GET", path, by=shop.person("mei")))["items"] == []

    # Somebody else has weighed it meanwhile.
    wei.complaints.expect(REFUSED)
    weighed = {"units": [{"line": order["lines"][0]["id"], "unit": 0, "grams": 990}]}
    await shop.do("POST", f"/api/orders/{order['id']}/weights", weighed, by=shop.ops)
    await field.fill("965")
    await card(wei, order).get_by_role("button").click()
    await expect(card(wei, order)).to_be_hidden()
    [refund] = (await shop.do("GET", path, by=shop.person("mei")))["items"]
    assert refund["amount_minor"] == 13


@pytest.mark.parametrize("language", LANGUAGES)
async def test_all_of_it_can_be_used_and_read(shop: Site, company: Company, language: str) -> None:
    order = await fish_order(shop, qty=3)
    wei = await at(company, shop, "/ops/weighing", by=picker(shop), screen=PHONE, language=language)
    await card(wei, order).get_by_role("textbox").first.fill("965")
    faults = await looks.small(wei, "weighing", ".admin")
    faults += await looks.faults(wei, "weighing", ".admin", looks.SCHEMES, (320, 375, 768, 1440))
    assert faults == []


async def test_who_does_not_pick_is_told_so(shop: Site, company: Company) -> None:
    care = await at(company, shop, "/ops/weighing", by=shop.person("care-w", role="care"))
    await expect(care.page.get_by_role("heading", name=care.t("ops.admin.refused.title"))).to_be_visible()
