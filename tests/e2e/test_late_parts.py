"""Parts of a page, and first answers, that do not come: they are asked for again by themselves, whoever waits is told, and
what was begun goes on once they are there.
"""

import re

from playwright.async_api import Route, expect

from tests.e2e.conftest import Company
from tests.e2e.people import PHONE
from tests.e2e.site import Site
from tests.e2e.test_my_orders import go, paid
from tests.e2e.test_my_orders import shop as shop  # the fixture

LOST = r"net::ERR_|status of (404|503)|Failed to fetch dynamically imported module|Importing a module|thrown: "
LATE_MS = 40_000  # it is asked for again within half a minute


async def lost(route: Route) -> None:
    await route.abort()


async def test_a_sheet_whose_file_does_not_come_is_told_and_opens_once_it_does(shop: Site, company: Company) -> None:
    mei = await company.viewer("mei-late", PHONE, "zh-CN")
    mei.complaints.expect(LOST)
    order = await paid(shop, mei, ("jam", 1))
    file = re.compile(r"/assets/FapiaoSheet-.*\.js")
    await mei.page.route(file, lost)
    await go(mei, f"/orders/{order['id']}")
    await mei.button("viewer.orders.fapiao.ask").click()
    told = mei.page.get_by_role("status").filter(has_text=mei.t("shared.part.failed"))
    await expect(told).to_be_visible()
    await mei.page.unroute(file)
    await told.get_by_role("button", name=mei.t("shared.action.retry")).click()
    await expect(mei.dialog("viewer.orders.fapiao.ask")).to_be_visible()


async def test_a_first_page_that_does_not_come_has_words_and_comes_by_itself(shop: Site, company: Company) -> None:
    mei = await company.viewer("mei-first", PHONE, "en")
    mei.complaints.expect(LOST)
    file = re.compile(r"/assets/OrdersPage-.*\.js")
    await mei.page.route(file, lost)
    await go(mei, "/orders")
    await expect(mei.page.get_by_role("heading", name=mei.t("shared.broken.title"))).to_be_visible()
    await mei.page.unroute(file)
    await expect(mei.page.get_by_role("heading", name=mei.t("viewer.menu.orders"))).to_be_visible(timeout=LATE_MS)


async def test_a_cart_whose_first_answer_does_not_come_is_asked_for_again(shop: Site, company: Company) -> None:
    mei = await company.viewer("mei-cart", PHONE, "zh-CN")
    mei.complaints.expect(LOST)
    await shop.do("PUT", "/api/me/cart", {"lines": [{"product": "jam", "qty": 2}]}, by=shop.person(mei.id))
    room = await shop.show()
    await mei.page.route("**/api/me/cart", lambda route: route.fulfill(status=503, json={}))
    await go(mei, f"/r/{room}?open=cart")
    cart = mei.page.get_by_role("dialog", name=re.compile("^购物车"))
    await expect(cart.get_by_role("alert")).to_be_visible()
    await expect(cart.get_by_role("button", name=mei.t("shared.action.retry"))).to_be_visible()
    await mei.page.unroute("**/api/me/cart")
    await expect(cart.get_by_role("article")).to_have_count(1, timeout=LATE_MS)
    await expect(cart.get_by_role("alert")).to_have_count(0)
