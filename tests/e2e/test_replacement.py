"""A replacement comes in the window that whoever decides has agreed with the buyer, or by itself in the next one with room."""

import re
import time
from typing import Any

from playwright.async_api import expect

from tests.e2e.conftest import Company
from tests.e2e.people import PHONE
from tests.e2e.site import Site
from tests.e2e.test_checkout import HOME
from tests.e2e.test_checkout import town as town  # the fixtures
from tests.e2e.test_ops_orders import at, case_of, delivered, jar, keyed, staff
from tests.e2e.test_ops_orders import shop as shop
from tests.integration.server import eventually

HOUR_MS = 3_600_000


async def test_the_window_of_a_replacement_is_chosen_among_those_with_room(
    shop: Site, company: Company, town: dict[str, Any]
) -> None:
    now_ms = int(time.time() * 1_000)
    late = {"from": now_ms + 6 * HOUR_MS, "until": now_ms + 8 * HOUR_MS, "capacity": 3, "area": town["id"]}
    await shop.do("POST", "/api/delivery/windows", late, by=shop.ops)
    mei = shop.person("mei")
    slots = (await shop.do("GET", "/api/slots?lat=31.24&lon=121.47", by=mei))["items"]
    first, full, chosen = slots[:3]
    assert full["left"] == 0
    address = await shop.do("POST", "/api/me/addresses", HOME, by=mei)
    lines = [{"product": await jar(shop), "qty": 2}]
    body = {"lines": lines, "address": address["id"], "slot": first["id"]}
    order = await keyed(shop, "/api/orders", body, by=mei)
    await keyed(shop, f"/api/orders/{order['id']}/payments", {"provider": "sandbox"}, by=mei)

    async def is_paid() -> bool:
        return bool((await shop.do("GET", f"/api/orders/{order['id']}", by=mei))["state"] == "paid")

    await eventually(is_paid)
    order = await delivered(shop, await shop.do("GET", f"/api/orders/{order['id']}", by=mei))
    case = await case_of(shop, order, units=[0])

    care = await at(company, shop, f"/ops/cases/{case['id']}", by=staff(shop, "care-r"), screen=PHONE, language="zh-CN")
    await care.page.get_by_text(care.t("ops.case.decide.replace"), exact=True).first.click()
    field = care.page.get_by_role("combobox", name=care.t("ops.case.window"))
    await field.click(force=True)
    options = care.page.get_by_role("option")
    await expect(options).to_have_count(3)  # the next one, and the two with room
    await expect(options.first).to_have_text(care.t("ops.case.nextWindow"))
    await options.filter(has_text=re.compile(r"余 3$")).click()
    await care.button("ops.case.send.replace").click()
    await expect(care.page.get_by_role("status").filter(has_text=care.t("ops.case.isDecided"))).to_be_visible()
    sent = [
        each for each in (await shop.do("GET", "/api/me/orders", by=mei))["items"] if each["replaces"] == order["id"]
    ]
    assert [each["delivery"]["start"] for each in sent] == [chosen["from"]]
