"""Goods and places of delivery windows are not kept from others by orders that nobody pays: one person may leave so many
unpaid, and one order takes so many of a product.
"""

import asyncio
from typing import Any

import pytest

from commerce.orders.errors import OrderTooLarge, TooManyUnpaid
from commerce.orders.settings import OrdersConfig
from livehub.base.config import Settings
from livehub.people.people import People
from tests.commerce.orders.counter import Counter
from tests.commerce.sales.shop import new_key
from tests.commerce.sales.test_merged_buyers import merged, run
from tests.integration.server import Answer

UNPAID_MAX = 3
UNITS_MAX = 6
HONEY = [{"product": "honey", "qty": 1}]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.replace(order_unpaid_max=UNPAID_MAX, order_product_units_max=UNITS_MAX)


def is_too_many(answer: Answer) -> bool:
    return (answer.status, answer.body["code"], answer.body["limit"]) == (409, TooManyUnpaid.code, UNPAID_MAX)


async def count(counter: Counter, state: str = "unpaid") -> int:
    (row,) = await counter.rows("SELECT count(*) AS n FROM orders WHERE state = $1", state)
    return int(row["n"])


async def test_a_person_leaves_so_many_orders_unpaid_and_the_next_holds_nothing(counter: Counter):
    orders = [await counter.order(lines=HONEY) for _ in range(UNPAID_MAX)]
    refused = await counter.ask(lines=HONEY)
    assert is_too_many(refused)
    assert (await counter.stock(), await count(counter)) == ((100, UNPAID_MAX, 0), UNPAID_MAX)
    await counter.order(lines=HONEY, by=counter.server.person("bo"))  # others are others

    await counter.pays(orders[0])
    more = await counter.order(lines=HONEY)
    assert is_too_many(await counter.ask(lines=HONEY))
    await counter.cancel(orders[1])
    await counter.order(lines=HONEY)
    assert is_too_many(await counter.ask(lines=HONEY))
    await counter.is_out_of_time(more)
    await counter.until(more, "cancelled")
    await counter.order(lines=HONEY)


async def test_what_is_tapped_is_counted_alike_and_its_hold_stays_with_the_buyer(counter: Counter):
    holds = [await counter.held(await counter.shop.sale(price_minor=4_990)) for _ in range(UNPAID_MAX + 1)]
    orders = [await counter.order(hold=hold) for hold in holds[:-1]]
    assert is_too_many(await counter.ask(hold=holds[-1]))
    again = await counter.ask(hold=holds[0])  # which they have ordered they hear before
    assert (again.body["code"], again.body["order"]) == (4026, orders[0]["id"])
    assert await counter.stock() == (100, UNPAID_MAX + 1, 0)
    await counter.pays(orders[0])
    await counter.pays(await counter.order(hold=holds[-1]))


async def test_orders_that_come_at_once_do_not_pass_the_bound_and_what_the_others_held_is_free(counter: Counter):
    for _ in range(10):
        answers = await asyncio.gather(*(counter.ask(lines=HONEY) for _ in range(UNPAID_MAX + 4)))
        made = [answer.body for answer in answers if answer.status == 201]
        assert len(made) == UNPAID_MAX
        assert all(is_too_many(answer) for answer in answers if answer.status != 201)
        assert (await counter.stock())[1] == UNPAID_MAX == await count(counter)
        for order in made:
            await counter.cancel(order)
        assert (await counter.stock())[1] == 0


async def test_with_coupons_it_is_the_same_bound_and_the_coupon_stays_in_the_wallet(counter: Counter):
    await counter.order(lines=HONEY, coupon=None)
    coupons = [await counter.coupon(amount_minor=100 + n) for n in range(UNPAID_MAX + 1)]
    some = (counter.ask(lines=HONEY, coupon=coupon) for coupon in coupons)
    plain = (counter.ask(lines=HONEY, coupon=None) for _ in range(UNPAID_MAX))
    answers = await asyncio.gather(*some, *plain)
    assert [answer.status for answer in answers].count(201) == UNPAID_MAX - 1
    assert all(is_too_many(answer) for answer in answers if answer.status != 201)
    made = [answer.body["coupon"] for answer in answers if answer.status == 201]
    wallet = await counter.wallet()
    assert {coupon: wallet[coupon] for coupon in coupons} == {
        coupon: "locked" if coupon in made else "claimed" for coupon in coupons
    }


async def test_the_same_request_gets_its_first_answer_at_the_bound_too(counter: Counter):
    keys = [new_key() for _ in range(UNPAID_MAX)]
    made = [(await counter.ask(lines=HONEY, key=key)).body["id"] for key in keys]
    again = [await counter.ask(lines=HONEY, key=key) for key in keys]
    assert [(answer.status, answer.body["id"]) for answer in again] == [(201, order) for order in made]
    # And a key that was refused is free: once there is room it makes an order.
    key = new_key()
    assert is_too_many(await counter.ask(lines=HONEY, key=key))
    await counter.cancel({"id": made[0]})
    assert (await counter.ask(lines=HONEY, key=key)).status == 201


async def test_the_last_place_asked_for_many_times_with_one_key_is_one_order(counter: Counter):
    for _ in range(UNPAID_MAX - 1):
        await counter.order(lines=HONEY)
    for _ in range(5):
        key = new_key()
        answers = await asyncio.gather(*(counter.ask(lines=HONEY, key=key) for _ in range(6)))
        assert {answer.status for answer in answers} == {201}, answers
        assert len({answer.body["id"] for answer in answers}) == 1
        assert (await counter.stock())[1] == UNPAID_MAX
        await counter.cancel(answers[0].body)


async def test_two_who_turn_out_to_be_one_keep_their_orders_and_make_no_more(counter: Counter):
    by_name = counter.server.person("by-name")
    theirs = [await counter.order(lines=HONEY, by=by_name) for _ in range(UNPAID_MAX)]
    mine = [await counter.order(lines=HONEY) for _ in range(UNPAID_MAX - 1)]
    assert await merged(counter.shop, "by-name", "mei") is True
    assert {(await counter.look(order))["state"] for order in (*theirs, *mine)} == {"unpaid"}
    assert is_too_many(await counter.ask(lines=HONEY))
    for order in theirs:
        await counter.pays(order)
    await counter.order(lines=HONEY)
    assert is_too_many(await counter.ask(lines=HONEY))


@pytest.mark.parametrize("has_places", [False, True], ids=["of another person", "of a bound that was higher"])
async def test_orders_without_a_place_within_the_bound_are_counted_however_many_come_at_once(
    counter: Counter, has_places: bool
):
    by_name = counter.server.person("by-name")
    for _ in range(UNPAID_MAX - 1):
        await counter.order(lines=HONEY, by=counter.mei if has_places else by_name)
    if has_places:
        await counter.rows("UPDATE orders SET unpaid_place = unpaid_place + 10 RETURNING id")
    else:
        assert await merged(counter.shop, "by-name", "mei") is True
    answers = await asyncio.gather(*(counter.ask(lines=HONEY) for _ in range(UNPAID_MAX + 2)))
    assert [answer.status for answer in answers].count(201) == 1
    assert all(is_too_many(answer) for answer in answers if answer.status != 201)
    assert (await counter.stock())[1] == UNPAID_MAX == await count(counter)


async def test_two_who_were_not_one_after_all_have_their_own_again(counter: Counter):
    by_name = counter.server.person("by-name")
    theirs = [await counter.order(lines=HONEY, by=by_name) for _ in range(UNPAID_MAX)]
    assert await merged(counter.shop, "by-name", "mei") is True
    await counter.pays(theirs[0])
    await counter.order(lines=HONEY)
    people = counter.server.application.get(People)
    await run(counter.shop, lambda tx: people.merging.undo(tx, "by-name", by="ops", now_ms=2))
    await counter.order(lines=HONEY, by=by_name)
    assert is_too_many(await counter.ask(lines=HONEY, by=by_name))
    await counter.order(lines=HONEY)
    await counter.order(lines=HONEY)
    assert is_too_many(await counter.ask(lines=HONEY))


# --- of one product ---


async def test_an_order_takes_so_many_of_a_product_however_they_are_spread_over_lines(counter: Counter):
    def lines(*qtys: int) -> list[Any]:
        return [{"product": "honey", "qty": qty} for qty in qtys]

    for qtys in ((UNITS_MAX + 1,), (UNITS_MAX, 1), (1_000,), (1_000, 1_000)):
        refusals = [await counter.ask(lines=lines(*qtys)), await counter.quoted_by(counter.mei, lines=lines(*qtys))]
        for refused in refusals:
            told = refused.status, refused.body["code"], refused.body["product"], refused.body["limit"]
            assert told == (422, OrderTooLarge.code, "honey", UNITS_MAX)
    assert await counter.stock() == (100, 0, 0)
    quote = await counter.quoted(lines=lines(UNITS_MAX))
    assert [(line["qty"], line["qty_max"]) for line in quote["lines"]] == [(UNITS_MAX, UNITS_MAX)]
    await counter.order(lines=lines(UNITS_MAX - 1, 1))
    assert await counter.stock() == (100, UNITS_MAX, 0)


async def test_what_a_tap_holds_has_the_limit_of_its_sale(counter: Counter):
    sale = await counter.shop.sale(units=20, per_person_max=UNITS_MAX + 2)
    hold = await counter.held(sale, UNITS_MAX + 2)
    quote = await counter.quoted(hold=hold, lines=[{"product": "honey", "qty": UNITS_MAX}])
    assert [(line["qty"], line["qty_max"]) for line in quote["lines"]] == [
        (UNITS_MAX + 2, None),
        (UNITS_MAX, UNITS_MAX),
    ]
    await counter.order(hold=hold)


async def test_a_cart_says_how_many_one_order_takes(counter: Counter):
    wanted = [{"product": "honey", "qty": 40}]
    cart = await counter.server.do("PUT", "/api/me/cart", {"lines": wanted}, by=counter.mei)
    assert [(line["qty"], line["qty_max"]) for line in cart["lines"]] == [(40, UNITS_MAX)]
    assert await counter.server.do("GET", "/api/me/cart", by=counter.mei) == cart


def test_without_a_word_there_are_bounds():
    config = OrdersConfig()
    assert (config.order_unpaid_max, config.order_product_units_max) == (5, 99)
