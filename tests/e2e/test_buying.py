"""What goes wrong while one buys on a phone, and every way through it: by keys, turned, with a clock that is wrong, sold out
in the last moment, at a price that fell, with a full cart, and without the page of payment.
"""

import re
import time
from typing import Any

import pytest
from playwright.async_api import Locator, Route, expect

from tests.e2e.conftest import SEEN_WITHIN_MS, Company
from tests.e2e.moving import moves
from tests.e2e.people import DESK, MEDIA_GONE, PHONE, Viewer
from tests.e2e.site import Site
from tests.e2e.test_checkout import buyer, ending, held, orders_of, pay_button, sheet_of, the_sum_is_that_of_its_lines
from tests.e2e.test_my_orders import AN_HOUR_AHEAD
from tests.e2e.test_sale import button, card, sold
from tests.e2e.test_turned import CUT_OFF, LYING, RING, UPRIGHT
from tests.integration.server import eventually
from tests.patience import START_PATIENCE_S

LEFT_S = re.compile(r"(\d\d):(\d\d)")


async def stocked(site: Site, product: str, units: int) -> None:
    """There are so many of it, and no more are held."""
    stock = await site.do("GET", f"/api/products/{product}/stock", by=site.ops)
    delta = units - (stock["on_hand"] - stock["held"] - stock["sold"])
    if delta:
        await site.do("POST", f"/api/products/{product}/stock", {"delta": delta, "reason": "for tests"}, by=site.ops)


async def priced(site: Site, product: str, price_minor: int) -> None:
    listed = await site.do("GET", f"/api/products/{product}", by=site.ops)
    body = {"version": listed["version"], "price_minor": price_minor, "list_price_minor": None}
    await site.do("PATCH", f"/api/products/{product}", body, by=site.ops)


async def buys(viewer: Viewer, title: str) -> Locator:
    """The checkout of one of the bag."""
    bag = await viewer.open_bag()
    await bag.get_by_role("button", name=viewer.t("viewer.bag.buyOf", title=title)).click()
    await expect(pay_button(viewer)).to_have_text(viewer.t.like("viewer.checkout.pay"))
    return sheet_of(viewer)


def seconds_in(text: str) -> int:
    found = LEFT_S.search(text)
    assert found, text
    return int(found[1]) * 60 + int(found[2])


async def test_keys_alone_buy_with_a_ring_around_what_they_are_at_and_escape_leads_back_to_where_one_was(
    site: Site, room: str, company: Company
):
    mei = await buyer(company, site, "mei-keys")
    await mei.enter(room)
    page, keys = mei.page, mei.page.keyboard
    bag = page.get_by_role("button", name=re.compile(r"^Bag"))
    await bag.focus()
    await keys.press("Enter")
    buy = mei.dialog("viewer.bag.title").get_by_role("button", name=mei.t("viewer.bag.buyOf", title="Mountain honey"))
    for _ in range(60):
        await keys.press("Tab")
        if await buy.evaluate("it => it === document.activeElement"):
            break
    await keys.press("Enter")
    sheet = sheet_of(mei)
    await expect(pay_button(mei)).to_have_text(mei.t.like("viewer.checkout.pay"))
    visited: list[str] = []
    for _ in range(40):
        await keys.press("Tab")
        assert await sheet.evaluate("it => it.contains(document.activeElement)")
        visited.append(await page.evaluate("document.activeElement.innerText || document.activeElement.tagName"))
        if await pay_button(mei).evaluate("it => it === document.activeElement"):
            break
    order = [
        next(at for at, text in enumerate(visited) if word in text) for word in ("Deliver to", "Coupon", "INPUT", "Pay")
    ]
    assert order == sorted(order), visited
    assert await page.evaluate(RING)
    coupon = sheet.get_by_role("button").filter(has_text=mei.t("viewer.checkout.coupon"))
    await coupon.focus()
    await keys.press("Enter")
    above = mei.dialog("viewer.checkout.couponTitle")
    await expect(above).to_be_visible()
    await keys.press("Escape")
    await expect(above).to_be_hidden()
    await expect(coupon).to_be_focused()
    await expect(sheet).to_be_visible()
    await keys.press("Escape")
    await expect(sheet).to_be_hidden()
    await expect(bag).to_be_focused()
    await keys.press("Enter")
    await buy.focus()
    await keys.press("Enter")
    await expect(pay_button(mei)).to_be_enabled()
    await pay_button(mei).focus()
    await keys.press("Enter")
    await page.wait_for_url(re.compile("/pay/sandbox/"))


async def test_turned_nothing_is_cut_off_back_closes_the_one_on_top_and_the_video_goes_on(
    site: Site, room: str, company: Company
):
    camera = (await site.do("POST", f"/api/rooms/{room}/cameras", {"name": "Barn", "kind": "test"}))["camera"]["id"]
    mei = await buyer(company, site, "mei-turns", language="zh-CN")
    mei.complaints.expect(MEDIA_GONE)
    await mei.enter(room)
    await moves(mei.page, SEEN_WITHIN_MS)
    sheet = await buys(mei, "山花蜜")
    faults: list[str] = []
    for width, height in (LYING, UPRIGHT):
        await mei.page.set_viewport_size({"width": width, "height": height})
        await expect(pay_button(mei)).to_be_in_viewport()
        faults += await sheet.evaluate(CUT_OFF)
        await moves(mei.page, SEEN_WITHIN_MS)
    assert faults == []
    await sheet.get_by_role("button").filter(has_text=mei.t("viewer.checkout.to")).first.click()
    addresses = mei.dialog("viewer.checkout.to")
    await addresses.get_by_role("button", name=mei.t("viewer.checkout.addAddress")).click()
    form = mei.dialog("viewer.address.add")
    await expect(form).to_be_visible()
    for closed, below in ((form, addresses), (addresses, sheet), (sheet, None)):
        await mei.page.go_back()
        await expect(closed).to_be_hidden()
        if below is not None:
            await expect(below).to_be_visible()
        await moves(mei.page, SEEN_WITHIN_MS)
    await expect(mei.heart).to_be_visible()
    await site.do("DELETE", f"/api/rooms/{room}/cameras/{camera}")


@pytest.mark.parametrize("hours", [1, -1], ids=["ahead", "behind"])
async def test_every_countdown_is_right_whatever_the_clock_of_the_phone(
    site: Site, room: str, company: Company, hours: int
):
    mei = await buyer(company, site, f"mei-clock{hours}", language="zh-CN")
    await mei.page.add_init_script(AN_HOUR_AHEAD.replace("+ 3_600_000", f"+ {hours * 3_600_000}"))
    closes_at = int(time.time() * 1_000) + 900_000
    await held(site, room, mei, closes_at=closes_at)
    left_s = seconds_in(await card(mei).inner_text())
    [hold] = (await site.do("GET", "/api/me/holds", by=site.person(mei.id)))["items"]

    def is_right(text: str, ends_ts: int) -> None:
        assert abs(seconds_in(text) - (ends_ts / 1_000 - time.time())) <= 3, text

    assert 0 < left_s <= 900
    is_right(await button(mei).inner_text(), hold["expires_ts"])
    await button(mei).click()
    timer = sheet_of(mei).get_by_role("timer")
    await expect(timer).to_be_visible()
    is_right(await timer.inner_text(), hold["expires_ts"])
    await pay_button(mei).click()
    await mei.page.wait_for_url(re.compile("/pay/sandbox/"))
    await mei.page.go_back()
    await expect(ending(mei, "confirming")).to_be_visible()
    pay = mei.page.get_by_test_id("pay")
    await expect(pay).to_be_enabled()
    [order] = await orders_of(site, mei)
    is_right(await pay.inner_text(), order["closes_ts"])


async def test_what_is_sold_out_in_the_last_moment_is_said_and_fewer_can_be_had(
    site: Site, room: str, company: Company
):
    mei = await buyer(company, site, "mei-late", language="zh-CN")
    await stocked(site, "honey", 9)
    await mei.enter(room)
    sheet = await buys(mei, "山花蜜")
    for _ in range(3):
        await sheet.get_by_role("button", name=mei.t("shared.action.more")).click()
    await expect(sheet.locator("output")).to_have_text("4")
    await expect(pay_button(mei)).to_be_enabled()
    await stocked(site, "honey", 2)
    await pay_button(mei).click()
    await expect(sheet.get_by_role("alert")).to_contain_text(mei.t("viewer.checkout.notice.stock"))
    await expect(sheet.get_by_test_id("checkout-line")).to_contain_text(mei.t("viewer.checkout.left", left=2))
    await expect(pay_button(mei)).to_be_disabled()
    assert await orders_of(site, mei) == []
    for _ in range(2):
        await sheet.get_by_role("button", name=mei.t("shared.action.less")).click()
    await expect(pay_button(mei)).to_be_enabled()
    await stocked(site, "honey", 0)
    await pay_button(mei).click()
    await expect(sheet.get_by_test_id("checkout-line")).to_contain_text(mei.t("viewer.checkout.left", left=0))
    await expect(pay_button(mei)).to_be_disabled()
    # The bag says so, too, at the end of its list, and offers nothing that can't be had.
    await mei.page.go_back()
    bag = await mei.open_bag()
    last = bag.get_by_role("article").last
    await expect(last).to_contain_text("山花蜜")
    await expect(last).to_contain_text(mei.t("viewer.bag.gone"))
    await expect(last.get_by_role("button", name=mei.t("viewer.bag.buyOf", title="山花蜜"))).to_have_count(0)
    await stocked(site, "honey", 12)
    honey = bag.get_by_role("article").filter(has_text="山花蜜")
    await expect(honey).to_contain_text(mei.t("viewer.bag.few", n=12))
    await stocked(site, "honey", 500)
    await expect(honey).not_to_contain_text("仅剩")


async def test_a_price_that_fell_is_passed_on_and_one_that_changes_before_ones_eyes_is_shown(
    site: Site, room: str, company: Company
):
    mei = await buyer(company, site, "mei-price")
    await stocked(site, "jam", 50)
    await priced(site, "jam", 3_200)
    await mei.enter(room)
    bag = await mei.open_bag()
    jam = bag.get_by_role("article").filter(has_text="jam")
    await expect(jam).to_contain_text("32")
    await priced(site, "jam", 4_100)
    await expect(jam).to_contain_text("41")
    await jam.get_by_role("button", name=re.compile("^Buy ")).click()
    await expect(pay_button(mei)).to_have_text(mei.t("viewer.checkout.pay", amount="¥41"))
    assert await the_sum_is_that_of_its_lines(mei) == 4_100
    await priced(site, "jam", 3_900)
    await pay_button(mei).click()
    await mei.page.wait_for_url(re.compile("/pay/sandbox/"))
    [order] = await orders_of(site, mei)
    assert order["total_minor"] == 3_900


async def test_a_page_of_payment_that_cannot_be_loaded_costs_neither_the_order_nor_the_way_to_it(
    site: Site, room: str, company: Company
):
    mei = await buyer(company, site, "mei-lost")
    await mei.page.add_init_script("Object.defineProperty(navigator, 'onLine', { get: () => !window.isAway })")
    await stocked(site, "honey", 50)
    await mei.enter(room)
    await buys(mei, "Mountain honey")

    async def lose(route: Route) -> None:
        await route.abort()

    await mei.page.route("**/PaymentPage-*", lose)
    await mei.page.evaluate("window.isAway = true")
    await pay_button(mei).click()
    await expect(mei.words("viewer.payNotOpened")).to_be_visible()
    assert len(await orders_of(site, mei)) == 1
    await mei.page.unroute("**/PaymentPage-*")
    await mei.page.evaluate("window.isAway = false")
    await mei.button("shared.action.retry").click()
    await mei.page.wait_for_url(re.compile("/pay/sandbox/|/payment$"))
    assert len(await orders_of(site, mei)) == 1


async def test_at_a_desk_the_pinned_product_is_bought_where_it_stands(site: Site, room: str, company: Company):
    mei = await company.viewer("mei-desk", DESK)
    await stocked(site, "honey", 7)
    await site.do("POST", f"/api/rooms/{room}/pins", {"product": "honey"})
    await mei.enter(room)
    panel = await mei.open_bag()
    pinned = panel.locator(".pinned.on-panel")
    await expect(pinned).to_contain_text(mei.t("viewer.bag.few", n=7))
    await pinned.get_by_role("button", name=mei.t("viewer.bag.buyOf", title="Mountain honey")).click()
    await expect(sheet_of(mei)).to_be_visible()


# --- servers of other settings; last ---


async def test_what_a_guest_chose_waits_where_the_cart_is_full(site: Site, company: Company):
    await site.stop()
    await site.start(LIVEHUB_CART_LINES_MAX="2")
    room = await site.show()
    person = site.person("lin-full")
    lin = await company.guest("lin-full", PHONE, "zh-CN")
    lin.complaints.expect(r"net::ERR_|status of 422")
    await lin.enter(room)
    bag = await lin.open_bag()
    await bag.get_by_role("button", name=lin.t("viewer.bag.addOf", title="山花蜜")).click()
    await expect(bag.get_by_role("button", name=lin.t("viewer.bag.cartN", n=1))).to_be_visible()
    lines = [{"product": "eggs", "qty": 1}, {"product": "jam", "qty": 1}]
    await site.do("PUT", "/api/me/cart", {"lines": lines}, by=person)
    await site.sign_in(lin.page.context, person)
    await lin.page.reload()
    bag = await lin.open_bag()
    await bag.get_by_role("button", name=lin.t("viewer.bag.cartN", n=2)).click()
    cart = lin.dialog("viewer.cart.titleN", n=2)
    await expect(cart).to_contain_text(lin.t("viewer.cart.waiting", n=1))
    await cart.get_by_role("button", name=lin.t.like("viewer.cart.removeOf")).first.click()
    await expect(cart.get_by_role("article").filter(has_text="山花蜜")).to_be_visible()
    await expect(cart).not_to_contain_text(lin.t("viewer.cart.waiting", n=1))
    stored: Any = await site.do("GET", "/api/me/cart", by=person)
    assert {each["product"] for each in stored["lines"]} == {"honey", "jam"}


async def test_a_hold_that_ends_while_the_sheet_is_open_says_so_and_that_nothing_was_charged(
    site: Site, company: Company
):
    await site.stop()
    await site.start(LIVEHUB_HOLD_TTL_S="12")
    room = await site.show()
    mei = await buyer(company, site, "mei-over", language="zh-CN")
    await sold(site, room, units=5)
    await mei.enter(room)
    await button(mei).click()
    await expect(button(mei)).to_have_text(mei.t.like("viewer.sale.button.pay"))
    await button(mei).click()
    sheet = sheet_of(mei)
    await expect(sheet.get_by_role("timer")).to_be_visible()
    await expect(sheet.get_by_role("alert")).to_have_text(mei.t("viewer.checkout.over"))
    await expect(sheet.get_by_test_id("checkout-pay")).to_have_count(0)
    await sheet.get_by_role("button", name=mei.t("viewer.checkout.back")).click()
    await expect(sheet).to_be_hidden()
    await expect(button(mei)).to_have_text(mei.t("viewer.sale.button.buy"))
    assert await orders_of(site, mei) == []


async def test_the_bag_leads_to_where_a_product_was_explained_in_the_show_that_goes_on_and_back_to_it(
    site: Site, company: Company, tmp_path_factory: pytest.TempPathFactory
):
    await site.stop()
    await site.start(LIVEHUB_MEDIA_DIR=str(tmp_path_factory.mktemp("media")))
    room = await site.show()
    await site.do("POST", f"/api/rooms/{room}/pins", {"product": "honey"})
    camera = (await site.do("POST", f"/api/rooms/{room}/cameras", {"name": "Barn", "kind": "test"}))["camera"]["id"]
    mei = await company.viewer("mei-watches", PHONE, "zh-CN")
    mei.complaints.expect(MEDIA_GONE)

    async def is_recorded() -> bool:
        listed = (await site.do("GET", f"/api/rooms/{room}/recordings"))["recordings"]
        return bool(listed) and listed[0]["duration_ms"] >= 6_000

    await eventually(is_recorded, within_s=2 * START_PATIENCE_S)
    await site.do("POST", f"/api/rooms/{room}/pins", {"product": "jam"})
    await mei.enter(room)
    bag = await mei.open_bag()
    watch = bag.get_by_role("button", name=mei.t("viewer.bag.watchOf", title="山花蜜"))
    await expect(watch).to_be_visible()
    # What is being explained now is to be seen behind the bag.
    await expect(bag.get_by_role("button", name=mei.t.like("viewer.bag.watchOf", "", title="蓝莓果酱"))).to_have_count(
        0
    )
    await watch.click()
    await expect(bag).to_be_hidden()
    await moves(mei.page, SEEN_WITHIN_MS)
    await expect(mei.replay).to_be_visible()
    await mei.button("viewer.replay.toLive").click()
    await expect(mei.heart).to_be_visible()
    await expect(mei.replay).to_be_hidden()
    await site.do("DELETE", f"/api/rooms/{room}/cameras/{camera}")
