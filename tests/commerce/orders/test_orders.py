"""An order is made once, out of a tap or of lines, and is paid once; whatever comes twice, late, or from two sides."""

import asyncio
from itertools import pairwise
from typing import Any

from tests.commerce.orders.counter import ADDRESS, Counter
from tests.commerce.sales.shop import new_key


async def test_a_tap_becomes_an_order_and_its_money_pays_it(counter: Counter):
    sale = await counter.shop.sale(price_minor=4_990)
    hold = await counter.held(sale, 2)
    order = await counter.order(hold=hold)
    assert (order["state"], order["total_minor"], order["room"]) == ("unpaid", 9_980, counter.shop.room)
    line = order["lines"][0]
    assert (line["product"], line["sale"], line["qty"], line["unit_shares_minor"]) == ("honey", sale, 2, [4_990, 4_990])
    assert await counter.stock() == (100, 2, 0)

    payment = await counter.pays(order)

    paid = await counter.look(order)
    assert (paid["state"], paid["paid_minor"]) == ("paid", 9_980)
    assert [(step["state"]) for step in paid["timeline"]] == ["unpaid", "paid"]
    assert [(each["id"], each["state"]) for each in paid["payments"]] == [(payment, "paid")]
    assert await counter.stock() == (100, 0, 2)
    assert await counter.ledger() == {"clearing:till": 9_980, "revenue:goods": -9_980}
    assert await counter.told() == ["order_paid"]


# --- once ---


async def test_the_same_key_is_the_same_order_for_ever_and_another_body_or_path_is_refused(counter: Counter):
    key, lines = new_key(), [{"product": "honey", "qty": 2}]
    made = await counter.ask(key=key, lines=lines)
    assert made.status == 201
    await counter.pays(made.body)

    again = await counter.ask(key=key, lines=lines)
    assert (again.status, again.body["id"], again.body["state"]) == (201, made.body["id"], "paid")
    other = await counter.ask(key=key, lines=[{"product": "honey", "qty": 3}])
    assert (other.status, other.body["code"]) == (422, 1004)
    drop = {"title": "Off", "amount_minor": 100}
    by = counter.server.person("mei", role="ops")
    path = f"/api/rooms/{counter.shop.room}/coupons"
    elsewhere = await counter.server.call("POST", path, drop, by=by, headers={"Idempotency-Key": key})
    assert (elsewhere.status, elsewhere.body["code"]) == (422, 1004)
    assert await counter.stock() == (100, 0, 2)

    used, honey = new_key(), {"delta": 1, "reason": "harvest"}
    path = "/api/products/honey/stock"
    assert (await counter.server.call("POST", path, honey, by=by, headers={"Idempotency-Key": used})).status == 200
    ordered = await counter.ask(key=used, lines=lines)
    assert (ordered.status, ordered.body["code"]) == (422, 1004)


async def test_a_key_that_comes_many_times_at_once_makes_one_order(counter: Counter):
    key, lines = new_key(), [{"product": "honey", "qty": 2}]
    answers = await asyncio.gather(*(counter.ask(key=key, lines=lines) for _ in range(8)))
    assert {answer.status for answer in answers} == {201}
    assert len({answer.body["id"] for answer in answers}) == 1
    assert await counter.stock() == (100, 2, 0)


async def test_two_keys_for_one_hold_make_one_order_and_the_other_is_told_which(counter: Counter):
    hold = await counter.held(await counter.shop.sale())
    answers = await asyncio.gather(*(counter.ask(hold=hold) for _ in range(5)))
    made = [answer for answer in answers if answer.status == 201]
    refused = [answer for answer in answers if answer.status != 201]
    assert len(made) == 1
    assert {(each.status, each.body["code"], each.body["order"]) for each in refused} == {
        (409, 4026, made[0].body["id"])
    }
    assert await counter.stock() == (100, 1, 0)


async def test_a_hold_with_lines_of_the_cart_is_one_order(counter: Counter):
    sale = await counter.shop.sale(price_minor=4_990)
    hold = await counter.held(sale)
    order = await counter.order(hold=hold, lines=[{"product": "eggs", "qty": 3}])
    assert [(line["product"], line["sale"], line["qty"], line["paid_minor"]) for line in order["lines"]] == [
        ("honey", sale, 1, 4_990),
        ("eggs", None, 3, 20_400),
    ]
    assert (await counter.stock("honey"), await counter.stock("eggs")) == ((100, 1, 0), (100, 3, 0))
    await counter.pays(order)
    assert (await counter.stock("honey"), await counter.stock("eggs")) == ((100, 0, 1), (100, 0, 3))


# --- stock ---


async def test_a_product_on_two_lines_counts_together_and_nothing_is_held_when_it_is_too_much(counter: Counter):
    await counter.shop.stocked("honey", -95)
    refused = await counter.ask(lines=[{"product": "honey", "qty": 5}, {"product": "honey", "qty": 5}])
    assert (refused.status, refused.body["code"], refused.body["left"], refused.body["product"]) == (
        409,
        4022,
        5,
        "honey",
    )
    assert await counter.stock() == (5, 0, 0)
    order = await counter.order(lines=[{"product": "honey", "qty": 2}, {"product": "honey", "qty": 3}])
    assert [(line["product"], line["qty"]) for line in order["lines"]] == [("honey", 5)]


async def test_a_cart_that_holds_more_than_there_is_orders_nothing_and_stays(counter: Counter):
    await counter.shop.stocked("honey", -98)
    lines = [{"product": "honey", "qty": 3}]
    await counter.server.do("PUT", "/api/me/cart", {"lines": lines}, by=counter.mei)
    assert (await counter.ask(lines=lines)).body["code"] == 4022
    cart = await counter.server.do("GET", "/api/me/cart", by=counter.mei)
    assert [(line["product"], line["qty"], line["left"]) for line in cart["lines"]] == [("honey", 3, 2)]
    assert await counter.stock() == (2, 0, 0)


async def test_what_is_gone_between_sheet_and_order_is_refused_before_any_money_moves(counter: Counter):
    lines = [{"product": "honey", "qty": 2}]
    quote = await counter.quoted(lines=lines)
    await counter.shop.stocked("honey", -100)
    refused = await counter.ask(lines=lines, expect_total_minor=quote["total_minor"])
    assert (refused.status, refused.body["code"], refused.body["left"]) == (409, 4022, 0)
    assert counter.till.payments == {}
    assert await counter.rows("SELECT id FROM orders") == []


async def test_quantities_that_are_none_are_refused_and_nothing_changes(counter: Counter):
    before = await counter.shop.contents()
    for qty in (0, -5, 2**31, 2**63, 1.5, "5", True, None, 1_001):
        body = {"lines": [{"product": "eggs", "qty": 1}, {"product": "honey", "qty": qty}]}
        for path in ("/api/orders", "/api/quotes"):
            answer = await counter.server.call("POST", path, body, by=counter.mei)
            assert (answer.status, answer.body["code"]) == (400, 1000), (qty, answer)
        cart = await counter.server.call("PUT", "/api/me/cart", body, by=counter.mei)
        assert (cart.status, cart.body["code"]) == (400, 1000), qty
    assert await counter.shop.contents() == before
    assert await counter.rows("SELECT id FROM orders") == []


async def test_an_order_that_is_refused_whole_keeps_nothing_from_another_at_the_same_moment(counter: Counter):
    await counter.shop.stocked("eggs", -98)
    big = [{"product": "honey", "qty": 1}, {"product": "eggs", "qty": 3}]
    small = [{"product": "eggs", "qty": 2}]
    bo = counter.server.person("bo")
    refused, made = await asyncio.gather(counter.ask(lines=big), counter.ask(lines=small, by=bo))
    assert (refused.status, refused.body["code"], made.status) == (409, 4022, 201)
    assert (await counter.stock("honey"), await counter.stock("eggs")) == ((100, 0, 0), (2, 2, 0))


async def test_of_five_orders_of_three_jars_three_are_made_and_stock_is_never_below_nothing(counter: Counter):
    await counter.shop.stocked("honey", -97)
    people = [counter.server.person(f"p{n}") for n in range(5)]
    lines = [{"product": "honey", "qty": 1}]
    answers = await asyncio.gather(*(counter.ask(lines=lines, by=person) for person in people))
    assert sorted(answer.status for answer in answers) == [201, 201, 201, 409, 409]
    for person, answer in zip(people, answers, strict=True):
        if answer.status == 201:
            await counter.pays(answer.body, by=person)
    assert await counter.stock() == (3, 0, 3)


async def test_an_order_that_was_answered_is_in_the_list_whatever_the_buyer_lost(counter: Counter):
    order = await counter.order(lines=[{"product": "honey", "qty": 1}])
    mine = await counter.server.do("GET", "/api/me/orders", by=counter.mei)
    assert [(each["id"], each["state"]) for each in mine["items"]] == [(order["id"], "unpaid")]
    assert (mine["counts"], mine["next"]) == ({"unpaid": 1}, None)


# --- cancelled ---


async def test_a_cancelled_order_gives_its_units_back_once_however_often_it_is_cancelled(counter: Counter):
    order = await counter.order(lines=[{"product": "honey", "qty": 5}])
    answers = await asyncio.gather(*(counter.cancel(order) for _ in range(5)))
    assert {answer.status for answer in answers} == {200}
    assert (await counter.cancel(order)).status == 200
    assert await counter.stock() == (100, 0, 0)
    assert [step["state"] for step in (await counter.look(order))["timeline"]] == ["unpaid", "cancelled"]
    events = await counter.rows("SELECT id FROM domain_events WHERE type = 'order.cancelled'")
    assert len(events) == 1


async def test_a_cancelled_order_whose_hold_was_given_back_before_adds_nothing(counter: Counter):
    sale = await counter.shop.sale()
    mei = await counter.shop.buyer("mei")
    hold = (await mei.done("reserve", {"sale": sale, "qty": 1, "key": new_key()}))["hold"]["id"]
    order = await counter.order(hold=hold)
    await mei.done("release", {"hold": hold})
    assert (await counter.cancel(order)).body["state"] == "cancelled"
    assert await counter.stock() == (100, 0, 0)


async def test_a_payment_that_was_declined_keeps_the_hold_and_a_cancelled_order_frees_it_at_once(counter: Counter):
    await counter.shop.stocked("honey", -99)
    order = await counter.order(lines=[{"product": "honey", "qty": 1}])
    payment = await counter.opens(order)
    await counter.till.close(payment_of(counter, payment))
    assert await counter.stock() == (1, 1, 0)
    assert (await counter.try_to_pay(order)).status == 201
    bo = counter.server.person("bo")
    assert (await counter.ask(lines=[{"product": "honey", "qty": 1}], by=bo)).status == 409
    assert (await counter.cancel(order)).body["state"] == "cancelled"
    await counter.order(lines=[{"product": "honey", "qty": 1}], by=bo)


def payment_of(counter: Counter, payment: str) -> Any:
    return counter.till.payments[payment]


async def test_a_paid_order_is_not_cancelled_by_its_buyer(counter: Counter):
    order = await counter.order(lines=[{"product": "honey", "qty": 1}])
    await counter.pays(order)
    refused = await counter.cancel(order)
    assert (refused.status, refused.body["code"], refused.body["state"]) == (409, 4032, "paid")
    assert await counter.stock() == (100, 0, 1)


async def test_who_cancels_while_the_money_is_in_has_bought(counter: Counter):
    order = await counter.order(lines=[{"product": "honey", "qty": 1}])
    payment = await counter.opens(order)
    counter.till.take(payment)  # and nobody has told us yet
    refused = await counter.cancel(order)
    assert (refused.status, refused.body["state"]) == (409, "paid")
    assert (await counter.look(order))["state"] == "paid"


# --- prices ---


async def test_a_lower_price_is_passed_on_and_a_higher_one_refused_with_the_new_quote(counter: Counter):
    lines = [{"product": "honey", "qty": 1}]
    dear = await counter.ask(lines=lines, expect_total_minor=2_900)
    assert (dear.status, dear.body["code"]) == (409, 4030)
    assert (dear.body["quote"]["total_minor"], dear.body["quote"]["lines"][0]["unit_price_minor"]) == (6_800, 6_800)
    assert await counter.rows("SELECT id FROM orders") == []
    assert await counter.stock() == (100, 0, 0)
    cheap = await counter.order(lines=lines, expect_total_minor=9_900)
    assert cheap["total_minor"] == 6_800


async def test_an_order_keeps_its_prices_and_lines_whatever_happens_to_product_and_cart(counter: Counter):
    order = await counter.order(lines=[{"product": "honey", "qty": 2}])
    await counter.rows("UPDATE products SET price_minor = 1, title = 'New' WHERE id = 'honey' RETURNING id")
    await counter.server.do(
        "PUT", "/api/me/cart", {"lines": [{"product": "eggs", "qty": 9}]}, by=counter.mei
    )  # fmt: skip
    await counter.pays(order)
    paid = await counter.look(order)
    assert (paid["total_minor"], paid["paid_minor"], paid["lines"][0]["title"]) == (13_600, 13_600, "Honey")
    assert paid["paid_minor"] == sum(line["paid_minor"] for line in paid["lines"])


async def test_an_order_that_costs_nothing_is_paid_at_once_without_a_provider(counter: Counter):
    coupon = await counter.coupon(amount_minor=9_900)
    order = await counter.order(lines=[{"product": "honey", "qty": 1}], coupon=coupon)
    assert (order["state"], order["total_minor"], order["discount_minor"]) == ("paid", 0, 6_800)
    assert (await counter.stock(), counter.till.payments) == ((100, 0, 1), {})
    refused = await counter.try_to_pay(order)
    assert (refused.status, refused.body["code"]) == (409, 4032)
    assert await counter.ledger() == {"discounts": 6_800, "revenue:goods": -6_800}
    assert await counter.wallet() == {coupon: "used"}


async def test_the_best_coupon_is_chosen_unless_the_buyer_says_otherwise(counter: Counter):
    small, big = await counter.coupon(amount_minor=500), await counter.coupon(amount_minor=800)
    lines = [{"product": "honey", "qty": 1}]
    quote = await counter.quoted(lines=lines)
    assert (quote["coupon"], quote["total_minor"]) == (big, 6_000)
    assert [(each["id"], each["reason"]) for each in quote["coupons"]] == [(big, None), (small, None)]
    assert (await counter.quoted(lines=lines, coupon=small))["total_minor"] == 6_300
    assert (await counter.quoted(lines=lines, coupon=None))["total_minor"] == 6_800
    order = await counter.order(lines=lines, expect_total_minor=quote["total_minor"])
    assert (order["coupon"], order["total_minor"], order["discount_minor"]) == (big, 6_000, 800)


async def test_a_coupon_is_in_one_order_and_back_in_the_wallet_when_that_is_cancelled(counter: Counter):
    coupon = await counter.coupon()
    lines = [{"product": "honey", "qty": 1}]
    answers = await asyncio.gather(*(counter.ask(lines=lines, coupon=coupon) for _ in range(4)))
    made = [answer.body for answer in answers if answer.status == 201]
    assert len(made) == 1
    assert {(each.status, each.body["code"]) for each in answers if each.status != 201} == {(422, 4012)}
    assert await counter.stock() == (100, 1, 0)  # what the others held is free again
    assert await counter.wallet() == {coupon: "locked"}
    await counter.cancel(made[0])
    assert await counter.wallet() == {coupon: "claimed"}
    order = await counter.order(lines=lines, coupon=coupon)
    await counter.pays(order)
    assert await counter.wallet() == {coupon: "used"}
    uses = await counter.rows("SELECT order_id FROM coupon_uses WHERE coupon = $1 AND state = 'used'", coupon)
    assert [row["order_id"] for row in uses] == [order["id"]]


async def test_a_coupon_that_cannot_be_used_here_is_refused_with_its_reason(counter: Counter):
    coupon = await counter.coupon(min_spend_minor=10_000)
    lines = [{"product": "honey", "qty": 1}]
    refused = await counter.ask(lines=lines, coupon=coupon)
    assert (refused.status, refused.body["code"], refused.body["reason"]) == (422, 4012, "below_min_spend")
    quote = await counter.quoted(lines=lines, coupon=coupon)
    (told,) = quote["coupons"]
    assert (quote["coupon"], told["reason"], told["missing_minor"]) == (None, "below_min_spend", 3_200)
    foreign = await counter.ask(lines=lines, coupon=coupon, by=counter.server.person("bo"))
    assert foreign.status == 404
    assert await counter.stock() == (100, 0, 0)


# --- whose it is ---


async def test_what_is_somebody_elses_is_not_there_for_anybody_else(counter: Counter):
    bo, staff = counter.server.person("bo"), counter.server.ops
    address = (await counter.server.do("POST", "/api/me/addresses", ADDRESS, by=counter.mei))["id"]
    hold = await counter.held(await counter.shop.sale())
    order = await counter.order(hold=hold, address=address)
    payment = await counter.opens(order)
    for method, path, body in (
        ("GET", f"/api/orders/{order['id']}", None),
        ("POST", f"/api/orders/{order['id']}/cancel", {}),
        ("POST", f"/api/orders/{order['id']}/payments", {"provider": "till"}),
        ("GET", f"/api/payments/{payment}", None),
        ("GET", f"/api/orders/{order['id']}/refunds", None),
    ):
        foreign = await counter.server.call(method, path, body, by=bo)
        none = await counter.server.call(
            method, path.replace(order["id"], "none").replace(payment, "none"), body, by=bo
        )
        assert (foreign.status, foreign.body["code"]) == (404, none.body["code"]), path
        assert none.status == 404
    honey = {"lines": [{"product": "honey", "qty": 1}], "address": address}
    assert (await counter.server.call("POST", "/api/orders", honey, by=bo)).body["name"] == "address_not_found"
    assert (await counter.ask(hold=hold, by=bo)).body["code"] == 4025
    assert (await counter.quoted_by(bo, hold=hold)).body["code"] == 4025
    assert (await counter.look(order, by=staff))["id"] == order["id"]
    assert (await counter.look(order))["state"] == "unpaid"


async def test_ids_and_numbers_cannot_be_counted(counter: Counter):
    orders = [await counter.order(lines=[{"product": "honey", "qty": 1}]) for _ in range(5)]
    numbers = [order["number"] for order in orders]
    assert all(len(number) == 12 and number.isdecimal() for number in numbers)
    steps = {int(late) - int(early) for early, late in pairwise(numbers)}
    assert len(steps) == 4
    assert min(abs(step) for step in steps) > 1_000
    assert len({order["id"][9:] for order in orders}) == 5
