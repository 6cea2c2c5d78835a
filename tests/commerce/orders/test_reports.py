"""Inputs of other shops' bug reports, from the quote to the books. Numbers of reports are those of their own trackers."""

import asyncio
from typing import Any

import msgspec
import pytest

from commerce.orders import choosing
from tests.commerce.orders.counter import Counter
from tests.commerce.orders.test_money import settled, slot_of
from tests.commerce.orders.test_moves import moved
from tests.commerce.sales.shop import new_key, tap
from tests.integration.server import Answer

HONEY = [{"product": "honey", "qty": 1}]


async def priced(counter: Counter, price_minor: int) -> None:
    """Honey costs that from now on."""
    product = await counter.server.do("GET", "/api/products/honey", by=counter.server.ops)
    change = {"version": product["version"], "price_minor": price_minor}
    await counter.server.do("PATCH", "/api/products/honey", change, by=counter.server.ops)


# --- what is asked for, and what is charged ---


async def test_a_price_that_changed_since_the_sheet_is_refused_or_passed_on(counter: Counter):
    # spree#11801, openfoodnetwork#1818, swipestripe#102, shopper PR#614: the old price stayed in the cart
    await priced(counter, 2_900)
    await counter.server.do("PUT", "/api/me/cart", {"lines": HONEY}, by=counter.mei)
    shown = (await counter.quoted(lines=HONEY))["total_minor"]
    assert shown == 2_900

    await priced(counter, 3_900)
    refused = await counter.ask(lines=HONEY, expect_total_minor=shown)
    assert (refused.status, refused.body["code"], refused.body["quote"]["total_minor"]) == (409, 4030, 3_900)
    cart = await counter.server.do("GET", "/api/me/cart", by=counter.mei)
    assert cart["lines"][0]["price_minor"] == 3_900
    assert (await counter.rows("SELECT id FROM orders"), await counter.stock()) == ([], (100, 0, 0))

    await priced(counter, 1_900)
    order = await counter.order(lines=HONEY, expect_total_minor=shown)
    assert (order["total_minor"], order["lines"][0]["unit_price_minor"]) == (1_900, 1_900)


async def test_what_a_tap_holds_has_the_price_of_its_sale_also_when_that_is_over_and_the_next_one_has_that_of_now(
    counter: Counter,
):
    sale = await counter.shop.sale(price_minor=2_900)
    hold = await counter.held(sale)
    await counter.server.do("POST", f"/api/sales/{sale}/close", {})
    assert (await counter.order(hold=hold, expect_total_minor=2_900))["total_minor"] == 2_900
    refused = await counter.ask(lines=HONEY, expect_total_minor=2_900)
    assert (refused.body["code"], refused.body["quote"]["total_minor"]) == (4030, 6_800)


async def test_a_coupon_whose_time_is_over_since_the_sheet_takes_nothing_off(counter: Counter):
    # dshop#723: an expired code was still used, and the total went below 0
    await priced(counter, 100)
    coupon = await counter.coupon(amount_minor=500)
    quote = await counter.quoted(lines=HONEY)
    assert (quote["coupon"], quote["discount_minor"], quote["total_minor"]) == (coupon, 100, 0)
    await counter.rows(
        "UPDATE coupons SET card = card || jsonb_build_object('usable_until_ts', 1) WHERE id = $1 RETURNING id", coupon
    )
    named = await counter.ask(lines=HONEY, coupon=coupon, expect_total_minor=0)
    assert (named.status, named.body["code"], named.body["reason"]) == (422, 4012, "over")
    by_itself = await counter.ask(lines=HONEY, expect_total_minor=0)
    assert (by_itself.status, by_itself.body["code"], by_itself.body["quote"]["total_minor"]) == (409, 4030, 100)
    assert await counter.wallet() == {coupon: "claimed"}
    assert (await counter.rows("SELECT id FROM orders"), await counter.stock()) == ([], (100, 0, 0))


async def test_the_fee_is_the_same_in_the_quote_the_order_the_list_and_the_books(counter: Counter):
    # woocommerce#17274, #11232, #24754, PrestaShop#15945, craft#1800: free delivery before the discount here, after it there
    await priced(counter, 5_300)
    slot = await slot_of(counter, free_from_minor=5_000)
    coupon = await counter.coupon(amount_minor=1_000)
    quote = await counter.quoted(lines=HONEY, slot=slot, coupon=coupon, address=None)
    assert (quote["delivery_minor"], quote["free_delivery_missing_minor"], quote["total_minor"]) == (600, 700, 4_900)
    order = await counter.order(lines=HONEY, slot=slot, coupon=coupon, expect_total_minor=4_900)
    assert (order["delivery_minor"], order["total_minor"]) == (600, 4_900)
    await counter.pays(order)
    admin = counter.server.person("boss", role="admin", is_fresh=True)
    listed = await counter.server.do("GET", "/api/orders", by=admin)
    assert (listed["items"][0]["delivery_minor"], listed["items"][0]["paid_minor"]) == (600, 4_900)
    file = await counter.server.call("GET", "/api/orders", by=admin, headers={"Accept": "text/csv"})
    heading, row = (line.split(",") for line in file.body.lstrip("\ufeff").strip().splitlines())
    told = dict(zip(heading, row, strict=True))
    assert (told["goods"], told["discount"], told["delivery_fee"], told["paid"]) == ("53.00", "10.00", "6.00", "49.00")
    assert await counter.ledger() == {
        "clearing:till": 4_900, "discounts": 1_000, "revenue:delivery": -600, "revenue:goods": -5_300,
    }  # fmt: skip


# --- coupons ---


async def test_one_checkout_that_is_sent_under_many_keys_is_one_order_that_is_paid_and_one_use(counter: Counter):
    # saleor#8219, PR#15855: the order was made, its money refunded, and the voucher counted twice
    coupon = await counter.coupon()
    hold = await counter.held(await counter.shop.sale(coupons=True))
    keys = [new_key(), new_key(), new_key()] * 3
    answers = await asyncio.gather(*(counter.ask(hold=hold, coupon=coupon, key=key) for key in keys))
    made = [answer.body for answer in answers if answer.status == 201]
    assert len({order["id"] for order in made}) == 1
    assert {answer.body["code"] for answer in answers if answer.status != 201} <= {4012, 4026}
    notice = counter.till.take(await counter.opens(made[0]))
    await asyncio.gather(*(counter.till.tell(counter.server, notice) for _ in range(4)))
    paid = await counter.look(made[0])
    assert (paid["state"], paid["total_minor"], await counter.refunds()) == ("paid", 3_990, [])
    assert await counter.rows("SELECT order_id, state FROM coupon_uses") == [{"order_id": paid["id"], "state": "used"}]
    found = await counter.server.do("GET", f"/api/rooms/{counter.shop.room}/coupons")
    assert [(each["claimed"], each["used"]) for each in found["items"]] == [(1, 1)]


async def test_a_coupon_named_twice_in_one_order_is_refused_and_nothing_changes(counter: Counter):
    coupon = await counter.coupon()
    before = await counter.shop.contents()
    for named in ({"coupon": coupon, "delivery_coupon": coupon}, {"coupon": None, "delivery_coupon": coupon}):
        refused = await counter.ask(lines=HONEY, **named)
        assert (refused.status, refused.body["code"]) == (400, 1000), refused
    assert await counter.wallet() == {coupon: "claimed"}
    assert (await counter.rows("SELECT id FROM orders"), await counter.shop.contents()) == ([], before)


async def test_coupons_that_were_used_since_hide_none_that_can_be_used(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(choosing, "WALLET_MAX", 2)
    best, named = await counter.coupon(amount_minor=900), await counter.coupon(amount_minor=100)
    for _ in range(3):
        await counter.pays(await counter.order(lines=HONEY, coupon=await counter.coupon(amount_minor=1)))
    assert (await counter.quoted(lines=HONEY))["coupon"] == best
    order = await counter.order(lines=HONEY, coupon=named)
    assert (order["coupon"], order["discount_minor"]) == (named, 100)


# --- what one person may have ---


async def test_what_was_paid_counts_for_the_limit_as_what_is_held_does(counter: Counter):
    # saleor#4004: the limit of a person looked at one request alone
    sale = await counter.shop.sale(units=10, per_person_max=1)
    mei = await counter.shop.buyer("mei")
    hold = (await mei.done("reserve", tap(sale)))["hold"]["id"]
    order = await counter.order(hold=hold)
    for _ in range(2):
        error = await mei.refused("reserve", tap(sale))
        assert (error["code"], error["limit"], error["has"]) == (4023, 1, 1)
        if (await counter.look(order))["state"] == "unpaid":
            await counter.pays(order)
    assert (await counter.look(order))["state"] == "paid"
    assert await counter.shop.standing(sale) == (0, 1, 9)


async def test_in_two_hundred_rounds_of_two_buyers_the_last_unit_is_held_once(counter: Counter):
    # saleor#543, opencart#4811, nopCommerce#4184, django-shop#888, vendure#3508: two checkouts of the last unit
    await counter.shop.stocked("honey", -99)
    buyers = [counter.server.person("ann"), counter.server.person("bob")]
    for _ in range(200):
        answers = await asyncio.gather(*(counter.ask(lines=HONEY, by=buyer) for buyer in buyers))
        assert sorted(answer.status for answer in answers) == [201, 409]
        for buyer, answer in zip(buyers, answers, strict=True):
            if answer.status == 409:
                assert (answer.body["code"], answer.body["left"]) == (4022, 0)
            else:
                assert await counter.stock() == (1, 1, 0)
                assert (await counter.cancel(answer.body, by=buyer)).status == 200
    assert await counter.stock() == (1, 0, 0)


# --- what comes again ---


@pytest.mark.parametrize("state", ["paid", "preparing", "dispatched", "delivered", "done"])
async def test_a_paid_notice_that_comes_again_leaves_an_order_wherever_it_is(counter: Counter, state: str):
    # litemall#271: a repeated notice set an order that was on its way back to paid
    order = await counter.order(lines=HONEY)
    payment = await counter.pays(order)
    steps = ["preparing", "dispatched", "delivered", "done"]
    for version, step in enumerate(steps[: steps.index(state) + 1 if state in steps else 0], 2):
        assert (await moved(counter, order, step, version)).status == 200
    before = await counter.look(order)
    again = await counter.till.tell(counter.server, counter.till.take(payment))
    assert again.status == 200
    assert await counter.look(order) == before
    assert before["state"] == state
    assert (await counter.transfers("captured"), await counter.transfers("sold"), await counter.refunds()) == (1, 1, [])
    assert await counter.told() == ["order_paid"]


async def test_a_chargeback_above_the_amount_is_in_the_books_and_on_the_order_and_changes_nothing_else(
    counter: Counter,
):
    # polar#8344: more than was paid was taken back, and the exception came again and again
    order = await counter.order(lines=HONEY)
    payment = await counter.pays(order)
    back = msgspec.structs.replace(
        counter.till.take(payment), id="dispute-1", kind="chargeback", amount_minor=8_300
    )  # fmt: skip
    for _ in range(3):
        assert (await counter.till.tell(counter.server, back)).status == 200
    assert await counter.ledger() == {"clearing:till": -1_500, "revenue:goods": -6_800, "suspense:till": 8_300}
    seen = await counter.look(order, by=counter.server.ops)
    assert [(each["kind"], each["amount_minor"], each["resolved_at"]) for each in seen["findings"]] == [
        ("chargeback", 8_300, None)
    ]
    own = await counter.look(order)
    assert (own["state"], own["paid_minor"], own["findings"]) == ("paid", 6_800, [])
    open_ones = await counter.server.do("GET", "/api/payment-findings", by=counter.server.ops)
    assert [(each["kind"], each["order"]) for each in open_ones["items"]] == [("chargeback", order["id"])]


async def test_a_paid_notice_of_an_order_that_was_refunded_whole_pays_nothing_again(counter: Counter):
    order = await counter.order(lines=HONEY)
    payment = await counter.pays(order)
    assert (await refunded(counter, order, [0])).status == 201
    await settled(counter)
    for _ in range(2):
        await counter.till.tell(counter.server, counter.till.take(payment))
    await settled(counter)
    gone = await counter.look(order)
    assert (gone["state"], gone["cancel_reason"], gone["refunded_minor"]) == ("cancelled", "refunded", 6_800)
    assert await counter.refunds() == [("lines", 6_800, "paid")]
    assert await counter.ledger() == {}


async def refunded(counter: Counter, order: Any, units: list[int], **more: Any) -> Answer:
    body = {"lines": [{"line": order["lines"][0]["id"], "units": units}], "reason": "bruised", **more}
    care = counter.server.person("care", role="care", is_fresh=True)
    return await counter.server.call("POST", f"/api/orders/{order['id']}/refunds", body, by=care)
