"""Buying on a phone: from a hold, the bag and the cart to an order that is paid, or is said not to be; and each only once."""

import asyncio
import re
import time
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, Route, expect

from tests.e2e import looks
from tests.e2e.conftest import Company
from tests.e2e.people import PHONE, Viewer
from tests.e2e.site import Site
from tests.e2e.test_sale import button, sold
from tests.e2e.texts import LANGUAGES
from tests.patience import PATIENCE_S

HOME = {"name": "Mei", "phone": "13800138000", "line": "张江路 88 号 3 楼", "lat": 31.24, "lon": 121.47}
# A page that is left while it asks something says so.
LEFT = r"net::ERR_|Failed to load resource|status of 40"


async def buyer(company: Company, site: Site, name: str, *, language: str = "en", home: bool = True) -> Viewer:
    viewer = await company.viewer(name, PHONE, language)
    viewer.complaints.expect(LEFT)
    if home:
        await site.do("POST", "/api/me/addresses", HOME, by=site.person(viewer.id))
    return viewer


def sheet_of(viewer: Viewer) -> Locator:
    return viewer.dialog("viewer.checkout.title")


def pay_button(viewer: Viewer) -> Locator:
    return sheet_of(viewer).get_by_test_id("checkout-pay")


async def orders_of(site: Site, viewer: Viewer) -> list[dict[str, Any]]:
    listed = await site.do("GET", "/api/me/orders", by=site.person(viewer.id))
    return list(listed["items"])


async def held(site: Site, room: str, viewer: Viewer, **fields: object) -> str:
    """They hold one of a sale, and see what to do about it."""
    sale = await sold(site, room, units=5, **fields)
    await viewer.enter(room)
    await button(viewer).click()
    await expect(button(viewer)).to_have_text(viewer.t.like("viewer.sale.button.pay"))
    return sale


async def at_provider(page: Page, action: str) -> None:
    """Press a button of the sandbox's page, once it is there."""
    await page.wait_for_url(re.compile("/pay/sandbox/"))
    await page.locator(f"button[value={action}]").first.click()


def ending(viewer: Viewer, which: str) -> Locator:
    return viewer.page.locator(f"[data-ending={which}]")


async def the_sum_is_that_of_its_lines(viewer: Viewer) -> int:
    """Of what the sheet shows, in minor units."""
    lines = sheet_of(viewer).locator("[data-minor]")
    total = sum([int(await each.get_attribute("data-minor") or "") for each in await lines.all()])
    shown = await sheet_of(viewer).get_by_test_id("checkout-total").inner_text()
    assert round(float(re.sub(r"[^\d.]", "", shown)) * 100) == total
    return total


async def test_two_taps_take_a_hold_to_a_paid_order(site: Site, room: str, company: Company):
    mei = await buyer(company, site, "mei", language="zh-CN")
    await held(site, room, mei, price_minor=4_990)
    await expect(button(mei)).to_have_text(re.compile(r"^去支付 (09:[0-5]\d|10:00)$"))
    await button(mei).click()
    sheet = sheet_of(mei)
    await expect(sheet).to_contain_text(re.compile(r"请在 (09:[0-5]\d|10:00) 内完成支付"))
    await expect(sheet).to_contain_text("138****8000")
    await expect(pay_button(mei)).to_have_text(mei.t("viewer.checkout.pay", amount="¥49.90"))
    assert await the_sum_is_that_of_its_lines(mei) == 4_990
    await pay_button(mei).click()
    await at_provider(mei.page, "pay")
    await expect(ending(mei, "paid")).to_contain_text("支付成功")
    [order] = await orders_of(site, mei)
    await expect(mei.page.get_by_text(re.sub(r"(\d{4})(?=\d)", r"\1 ", order["number"]))).to_be_visible()
    assert (order["state"], order["paid_minor"]) == ("paid", 4_990)
    await mei.button("viewer.pay.room").click()
    await expect(mei.heart).to_be_visible()


async def test_a_guest_buys_out_of_the_bag_and_the_tap_goes_on_after_the_name_and_the_address(
    site: Site, room: str, company: Company
):
    lin = await company.guest("lin", PHONE, "zh-CN")
    lin.complaints.expect(LEFT)
    await lin.enter(room)
    await lin.open_bag()
    await lin.button("viewer.bag.buyOf", title="山花蜜").click()
    sign_in = lin.dialog("viewer.signIn.title")
    await sign_in.get_by_label(lin.t("viewer.signIn.name")).fill("小林")
    await sign_in.get_by_role("button", name=lin.t("viewer.signIn.go")).click()
    sheet = sheet_of(lin)
    await expect(sheet.get_by_test_id("checkout-line")).to_contain_text("山花蜜")
    await expect(pay_button(lin)).to_have_text(lin.t("viewer.checkout.chooseAddress"))
    await pay_button(lin).click()

    form = lin.dialog("viewer.address.add")
    await form.get_by_label(lin.t("viewer.address.name"), exact=True).fill("林")
    await form.get_by_label(lin.t("viewer.address.phone"), exact=True).fill("13900139000")
    await form.get_by_label(lin.t("viewer.address.line"), exact=True).fill("人民路 1 号")
    for key, option in (("province", "上海市"), ("county", "黄浦区")):
        await form.get_by_label(lin.t(f"viewer.address.{key}"), exact=True).select_option(label=option)
    await form.get_by_role("button", name=lin.t("viewer.account.save")).click()
    await expect(sheet).to_contain_text("139****9000")
    await expect(pay_button(lin)).to_have_text(lin.t.like("viewer.checkout.pay"))


async def test_back_closes_one_thing_at_a_time_and_never_the_room(site: Site, room: str, company: Company):
    mei = await buyer(company, site, "mei2")
    await held(site, room, mei)
    await button(mei).click()
    sheet = sheet_of(mei)
    await sheet.get_by_role("button").filter(has_text=mei.t("viewer.checkout.coupon")).click()
    coupons = mei.dialog("viewer.checkout.couponTitle")
    await expect(coupons).to_be_visible()
    await mei.page.go_back()
    await expect(coupons).to_be_hidden()
    await expect(sheet).to_be_visible()
    await mei.page.go_back()
    await expect(sheet).to_be_hidden()
    await expect(mei.heart).to_be_visible()


async def test_a_lost_answer_a_reload_and_another_press_make_one_order(site: Site, room: str, company: Company):
    mei = await buyer(company, site, "mei3")
    await mei.enter(room)
    lost = asyncio.Event()

    async def lose(route: Route) -> None:
        """The order is made, and its answer is lost."""
        await route.fetch()
        lost.set()
        await route.abort()

    await mei.page.route("**/api/orders", lose)
    bag = await mei.open_bag()
    await bag.get_by_role("button", name=mei.t("viewer.bag.buyOf", title="Mountain honey")).click()
    await expect(pay_button(mei)).to_be_enabled()
    await pay_button(mei).dblclick()
    async with asyncio.timeout(PATIENCE_S):
        await lost.wait()
    await mei.page.reload()
    await mei.page.unroute("**/api/orders")
    await expect(mei.heart).to_be_visible()
    bag = await mei.open_bag()
    await bag.get_by_role("button", name=mei.t("viewer.bag.buyOf", title="Mountain honey")).click()
    await mei.page.wait_for_url(re.compile("/pay/sandbox/"))
    assert len(await orders_of(site, mei)) == 1


async def test_who_comes_back_without_having_paid_goes_on_with_the_same_payment(
    site: Site, room: str, company: Company
):
    mei = await buyer(company, site, "mei4")
    await held(site, room, mei)
    await button(mei).click()
    await pay_button(mei).click()
    await mei.page.wait_for_url(re.compile("/pay/sandbox/"))
    first = mei.page.url
    await mei.page.go_back()
    await expect(ending(mei, "confirming")).to_be_visible()
    await expect(mei.page.get_by_text(mei.t("viewer.pay.ending.unfinished"))).to_be_hidden()
    await mei.page.get_by_test_id("pay").click()
    await mei.page.wait_for_url(re.compile("/pay/sandbox/"))
    assert mei.page.url == first

    # The page is all that the provider comes back to: here in a browser that has nothing of the room any more.
    [order] = await orders_of(site, mei)
    page = await mei.page.context.new_page()
    await page.goto(f"{site.url}/orders/{order['id']}/payment")
    await expect(page.locator("[data-ending=confirming]")).to_be_visible()
    await at_provider(mei.page, "pay")
    await expect(page.locator("[data-ending=paid]")).to_be_visible()
    await page.close()
    assert [each["state"] for each in await orders_of(site, mei)] == ["paid"]


async def test_a_declined_payment_is_not_finished_and_can_be_made_again(site: Site, room: str, company: Company):
    mei = await buyer(company, site, "mei5")
    await held(site, room, mei)
    await button(mei).click()
    await pay_button(mei).click()
    await at_provider(mei.page, "decline")
    await expect(ending(mei, "unfinished")).to_be_visible()
    again = mei.page.get_by_test_id("pay")
    await expect(again).to_have_text(re.compile(r"^Pay again 0\d:[0-5]\d$"))
    await again.click()
    await at_provider(mei.page, "pay")
    await expect(ending(mei, "paid")).to_be_visible()


async def test_what_is_ordered_already_leads_to_its_payment_and_not_to_a_second_order(
    site: Site, room: str, company: Company
):
    mei = await buyer(company, site, "mei6")
    await held(site, room, mei)
    await button(mei).click()
    await pay_button(mei).click()
    await mei.page.wait_for_url(re.compile("/pay/sandbox/"))
    await mei.enter(room)
    await button(mei).click()
    await mei.page.wait_for_url(re.compile("/pay/sandbox/"))
    assert len(await orders_of(site, mei)) == 1


async def test_a_price_that_changed_is_marked_and_ordered_with_the_next_press_alone(
    site: Site, room: str, company: Company
):
    mei = await buyer(company, site, "mei7")
    await mei.enter(room)
    listed = await site.do("GET", "/api/products", by=site.ops)
    [product] = [each for each in listed["products"] if each["id"] == "jam"]
    bag = await mei.open_bag()
    await bag.get_by_role("button", name=mei.t("viewer.bag.buyOf", title=product["titles"]["en"])).click()
    await expect(pay_button(mei)).to_have_text(mei.t.like("viewer.checkout.pay"))
    before = await the_sum_is_that_of_its_lines(mei)
    await site.do(
        "PATCH",
        f"/api/products/{product['id']}",
        {"version": product["version"], "price_minor": product["price_minor"] + 250, "list_price_minor": None},
        by=site.ops,
    )
    await pay_button(mei).click()
    await expect(sheet_of(mei).get_by_role("alert")).to_contain_text(mei.t("viewer.checkout.notice.price"))
    await expect(sheet_of(mei).get_by_test_id("checkout-line")).to_contain_text(mei.t("viewer.checkout.was"))
    assert await the_sum_is_that_of_its_lines(mei) == before + 250
    assert await orders_of(site, mei) == []
    await pay_button(mei).click()
    await mei.page.wait_for_url(re.compile("/pay/sandbox/"))
    [order] = await orders_of(site, mei)
    assert order["total_minor"] == before + 250


async def stocked(site: Site, product: str, units: int) -> None:
    """So many of a product are free."""
    found = await site.do("GET", f"/api/products/{product}/stock", by=site.ops)
    delta = units - (found["on_hand"] - found["held"] - found["sold"])
    if delta:
        await site.do("POST", f"/api/products/{product}/stock", {"delta": delta, "reason": "count"}, by=site.ops)


@pytest_asyncio.fixture(loop_scope="session")
async def garlic(site: Site) -> str:
    """A product with which two heads of dill come, of which there are some."""
    ids = []
    for title, chinese in (("Dill", "莳萝"), ("Garlic", "大蒜")):
        body = {"title": title, "titles": {"zh": chinese}, "price_minor": 500, "currency": "CNY"}
        ids.append((await site.do("POST", "/api/products", body, by=site.ops))["id"])
    dill, garlic = ids
    gift = {"version": 1, "gift": {"product": dill, "qty": 2}}
    await site.do("PATCH", f"/api/products/{garlic}", gift, by=site.ops)
    await stocked(site, garlic, 500)
    await stocked(site, dill, 100)
    return str(garlic)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_gift_that_runs_out_is_told_before_anything_is_ordered_without_it(
    site: Site, room: str, company: Company, garlic: str, language: str
):
    mei = await buyer(company, site, f"mei-gift-{language[:2]}", language=language)
    await site.do("POST", f"/api/rooms/{room}/bag", {"product": garlic})
    await mei.enter(room)
    bag = await mei.open_bag()
    title = "大蒜" if language == "zh-CN" else "Garlic"
    item = bag.get_by_role("article", name=title)
    part = "莳萝 × 2" if language == "zh-CN" else "Dill × 2"
    await expect(item).to_contain_text(mei.t("shared.card.gift", part=part))
    await bag.get_by_role("button", name=mei.t("viewer.bag.buyOf", title=title)).click()
    await expect(sheet_of(mei).get_by_test_id("checkout-line")).to_have_count(2)
    await expect(pay_button(mei)).to_have_text(mei.t.like("viewer.checkout.pay"))
    dill = (await site.do("GET", f"/api/products/{garlic}", by=site.ops))["gift"]["product"]
    await stocked(site, dill, 1)
    await pay_button(mei).click()
    await expect(sheet_of(mei).get_by_role("alert")).to_contain_text(mei.t("viewer.checkout.notice.gift"))
    await expect(sheet_of(mei).get_by_test_id("checkout-line")).to_have_count(1)
    await expect(sheet_of(mei).get_by_test_id("checkout-gift-gone")).to_contain_text(mei.t("viewer.checkout.giftsGone"))
    assert await orders_of(site, mei) == []
    await mei.page.go_back()
    bag = await mei.open_bag()
    await expect(item).to_contain_text(mei.t("shared.card.giftGone", part=part))
    await bag.get_by_role("button", name=mei.t("viewer.bag.buyOf", title=title)).click()
    await expect(sheet_of(mei).get_by_test_id("checkout-gift-gone")).to_be_visible()  # and one press is enough
    await expect(pay_button(mei)).to_have_text(mei.t.like("viewer.checkout.pay"))
    await pay_button(mei).click()
    await mei.page.wait_for_url(re.compile("/pay/sandbox/"))
    [order] = await orders_of(site, mei)
    assert [(line["product"], line["is_gift"]) for line in order["lines"]] == [(garlic, False)]
    await stocked(site, dill, 100)


async def test_who_has_too_many_unpaid_orders_is_led_to_them_and_no_stepper_passes_the_most_of_one_order(
    site: Site, room: str, company: Company, garlic: str
):
    mei = await buyer(company, site, "mei-unpaid", language="zh-CN")
    [address] = (await site.do("GET", "/api/me/addresses", by=site.person(mei.id)))["items"]
    for _ in range(5):
        body = {"lines": [{"product": garlic, "qty": 1}], "address": address["id"]}
        await site.do("POST", "/api/orders", body, by=site.person(mei.id))
    await site.do("PUT", "/api/me/cart", {"lines": [{"product": garlic, "qty": 98}]}, by=site.person(mei.id))
    await mei.enter(room)
    await mei.open_bag()
    await mei.button("viewer.bag.cartN", n=1).click()
    cart = mei.dialog("viewer.cart.titleN", n=1)
    more = cart.get_by_role("button", name=mei.t("shared.action.more"))
    await more.click()
    await expect(cart).to_contain_text(mei.t("viewer.cart.limit", n=99))
    await expect(more).to_have_attribute("aria-disabled", "true")
    await cart.get_by_role("button", name=mei.t.like("viewer.cart.buy")).click()
    await expect(sheet_of(mei)).to_contain_text(mei.t("viewer.checkout.limit", n=99))
    await expect(pay_button(mei)).to_have_text(mei.t.like("viewer.checkout.pay"))
    await pay_button(mei).click()
    await expect(sheet_of(mei).get_by_role("alert")).to_contain_text(mei.t("shared.refusal.4038"))
    await sheet_of(mei).get_by_role("button", name=mei.t("viewer.checkout.toUnpaid")).click()
    await mei.page.wait_for_url(re.compile(r"/orders\?tab=unpaid$"))
    assert len(await orders_of(site, mei)) == 5


async def test_the_best_coupon_is_chosen_and_the_others_say_why_not(site: Site, room: str, company: Company):
    mei = await buyer(company, site, "mei8", language="zh-CN")
    person = site.person("mei8")
    await mei.enter(room)
    for amount, least in ((300, 0), (500, 1_000), (9_900, 99_900)):
        body = {
            "title": f"满减 {amount}",
            "amount_minor": amount,
            "min_spend_minor": least,
            "currency": "CNY",
            "total": 9,
        }
        await site.do("POST", f"/api/rooms/{room}/coupons", body)
    coupons = await mei.open_coupons()
    for _ in range(3):
        await coupons.get_by_role("button", name=mei.t("viewer.coupon.claim")).first.click()
    await expect(coupons.get_by_role("button", name=mei.t("viewer.coupon.claim"))).to_have_count(0)
    assert len((await site.do("GET", "/api/me/coupons", by=person))["coupons"]) == 3
    await mei.close(coupons)
    bag = await mei.open_bag()
    await bag.get_by_role("button", name=mei.t("viewer.bag.buyOf", title="山花蜜")).click()
    sheet = sheet_of(mei)
    row = sheet.get_by_role("button").filter(has_text=mei.t("viewer.checkout.coupon"))
    await expect(row).to_contain_text("-¥5")
    await expect(sheet).to_contain_text(mei.t("viewer.checkout.saved", amount="¥5"))
    assert await the_sum_is_that_of_its_lines(mei) == 6_300
    await row.click()
    picker = mei.dialog("viewer.checkout.couponTitle")
    await picker.get_by_text(mei.t("viewer.checkout.unusableN", m=1)).click()
    await expect(picker).to_contain_text(mei.t("viewer.checkout.why.below_min_spend", amount="¥931"))
    await picker.get_by_text(mei.t("viewer.checkout.usableN", n=2)).click()
    await picker.get_by_text(mei.t("viewer.checkout.useNone")).click()
    await picker.get_by_role("button", name=mei.t("viewer.checkout.done")).click()
    await expect(pay_button(mei)).to_have_text(mei.t("viewer.checkout.pay", amount="¥68"))


async def test_a_guests_cart_is_kept_and_becomes_part_of_their_own(site: Site, room: str, company: Company):
    person = site.person("lin9")
    lin = await company.guest("lin9", PHONE)
    lin.complaints.expect(LEFT)
    await lin.enter(room)
    bag = await lin.open_bag()
    add = bag.get_by_role("button", name=lin.t("viewer.bag.addOf", title="Mountain honey"))
    await add.click()
    await add.click()
    await expect(bag.get_by_role("button", name=lin.t("viewer.bag.cartN", n=1))).to_be_visible()
    await lin.page.reload()
    bag = await lin.open_bag()
    await bag.get_by_role("button", name=lin.t("viewer.bag.cartN", n=1)).click()
    cart = lin.dialog("viewer.cart.titleN", n=1)
    await expect(cart.locator("output")).to_have_text("2")

    await site.do(
        "PUT", "/api/me/cart", {"lines": [{"product": "honey", "qty": 1}, {"product": "eggs", "qty": 3}]}, by=person
    )
    await site.sign_in(lin.page.context, person)
    await lin.page.reload()
    bag = await lin.open_bag()
    await bag.get_by_role("button", name=lin.t("viewer.bag.cartN", n=2)).click()
    cart = lin.dialog("viewer.cart.titleN", n=2)
    honey = cart.get_by_role("article", name="Mountain honey")
    await expect(honey.locator("output")).to_have_text("2")
    stored = await site.do("GET", "/api/me/cart", by=person)
    assert {each["product"]: each["qty"] for each in stored["lines"]} == {"honey": 2, "eggs": 3}

    await honey.get_by_role("button", name=lin.t("shared.action.more")).click()
    await expect(honey.locator("output")).to_have_text("3")
    await cart.get_by_role("button", name=lin.t.like("viewer.cart.removeOf")).last.click()
    await expect(lin.dialog("viewer.cart.titleN", n=1)).to_be_visible()
    await lin.dialog("viewer.cart.titleN", n=1).get_by_role("button", name=lin.t.like("viewer.cart.buy")).click()
    await expect(sheet_of(lin).get_by_test_id("checkout-line")).to_have_count(1)


@pytest_asyncio.fixture(loop_scope="session")
async def town(site: Site) -> dict[str, Any]:
    """It is delivered around the middle of the town alone, from ¥20, free from ¥100, in a window from in two hours on."""
    circle = {"kind": "circle", "lat": 31.23, "lon": 121.47, "radius_m": 3_000}
    money = {"currency": "CNY", "fee_minor": 600, "free_from_minor": 10_000, "minimum_minor": 2_000}
    area = await site.do("POST", "/api/delivery/areas", {"name": "Centre", "shape": circle, **money}, by=site.ops)
    now_ms = int(time.time() * 1_000)
    for hours, capacity in ((2, 9), (4, 0)):
        body = {"from": now_ms + hours * 3_600_000, "until": now_ms + (hours + 2) * 3_600_000, "capacity": capacity}
        await site.do("POST", "/api/delivery/windows", {**body, "area": area["id"]}, by=site.ops)
    return dict(area)


async def test_where_it_is_delivered_is_asked_for_and_an_address_outside_is_told_so(
    site: Site, room: str, company: Company, town: dict[str, Any]
):
    mei = await buyer(company, site, "mei10")
    await site.do("POST", "/api/me/addresses", {**HOME, "name": "Far", "lat": 39.9}, by=site.person("mei10"))
    await mei.enter(room)
    bag = await mei.open_bag()
    await bag.get_by_role("button", name=mei.t("viewer.bag.buyOf", title="Mountain honey")).click()
    sheet = sheet_of(mei)
    # The earliest window is chosen; what is missing for free delivery is said.
    await expect(sheet.get_by_role("button").filter(has_text=mei.t("viewer.checkout.door"))).to_contain_text(
        re.compile(r"\d\d:\d\d-\d\d:\d\d")
    )
    await expect(sheet).to_contain_text(mei.t("viewer.checkout.freeMissing", amount="¥32.00"))
    assert await the_sum_is_that_of_its_lines(mei) == 7_400
    await sheet.get_by_role("button").filter(has_text=mei.t("viewer.checkout.delivery")).click()
    slots = mei.dialog("viewer.checkout.slotTitle")
    await expect(slots.get_by_text(mei.t("viewer.delivery.full"))).to_be_visible()
    await mei.page.go_back()

    await sheet.get_by_role("button").filter(has_text=mei.t("viewer.checkout.to")).click()
    await mei.dialog("viewer.checkout.to").get_by_text("Far", exact=True).click()
    await expect(sheet.get_by_role("alert")).to_contain_text(mei.t("viewer.checkout.outside"))
    await expect(pay_button(mei)).to_be_disabled()
    await expect(sheet.get_by_role("button", name=mei.t("viewer.checkout.changeAddress"))).to_be_visible()

    await sheet.get_by_role("button").filter(has_text=mei.t("viewer.checkout.to")).click()
    await mei.dialog("viewer.checkout.to").get_by_text("Mei", exact=True).click()
    await expect(pay_button(mei)).to_have_text(mei.t("viewer.checkout.pay", amount="¥74"))
    await pay_button(mei).click()
    await at_provider(mei.page, "pay")
    await expect(ending(mei, "paid")).to_be_visible()
    [order] = await orders_of(site, mei)
    hours = [
        datetime.fromisoformat(order["delivery"][end]).astimezone(ZoneInfo("Asia/Shanghai")).strftime("%H:%M")
        for end in ("start", "until")
    ]
    await expect(mei.page.get_by_role("main")).to_contain_text("-".join(hours))


@pytest.mark.parametrize("language", LANGUAGES)
async def test_all_of_it_can_be_used_and_read(site: Site, room: str, company: Company, language: str):
    name = f"w{language[:2]}"
    mei = await buyer(company, site, name, language=language)
    await looks.prepare(mei)
    await site.do("PUT", "/api/me/cart", {"lines": [{"product": "honey", "qty": 2}]}, by=site.person(name))
    await mei.enter(room)
    faults: list[str] = []
    bag = await mei.open_bag()
    await expect(bag.get_by_role("button", name=mei.t("viewer.bag.cartN", n=1))).to_be_visible()
    faults += await looks.small(mei, "bag", "[role=dialog]")
    faults += await looks.faults(mei, "bag", "[role=dialog]", looks.SCHEMES, (375,))
    await bag.get_by_role("button", name=mei.t("viewer.bag.cartN", n=1)).click()
    cart = mei.dialog("viewer.cart.titleN", n=1)
    await expect(cart.get_by_role("article")).to_have_count(1)
    await expect(bag).to_be_hidden()
    faults += await looks.small(mei, "cart", "[role=dialog]")
    faults += await looks.faults(mei, "cart", "[role=dialog]", looks.SCHEMES, (375,))
    await cart.get_by_role("button", name=mei.t.like("viewer.cart.buy")).click()
    sheet = sheet_of(mei)
    await expect(pay_button(mei)).to_have_text(mei.t.like("viewer.checkout.pay"))
    await expect(cart).to_be_hidden()
    faults += await looks.small(mei, "checkout", "[role=dialog]")
    faults += await looks.faults(mei, "checkout", "[role=dialog]", looks.SCHEMES, (375,))
    for row, title in (("to", "to"), ("coupon", "couponTitle")):
        await sheet.get_by_role("button").filter(has_text=mei.t(f"viewer.checkout.{row}")).first.click()
        above = mei.dialog(f"viewer.checkout.{title}")
        await expect(above).to_be_visible()
        faults += await looks.faults(mei, title, "[role=dialog]:last-of-type", looks.SCHEMES, (375,))
        await mei.page.keyboard.press("Escape")
        await expect(above).to_be_hidden()
    await pay_button(mei).click()
    await at_provider(mei.page, "pay")
    await expect(ending(mei, "paid")).to_be_visible()
    faults += await looks.small(mei, "payment", "main")
    faults += await looks.faults(mei, "payment", "main", looks.SCHEMES, (1440, 375))
    assert faults == []
