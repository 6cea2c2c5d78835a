"""What is off for new buyers one person has once: however many such coupons, orders, payments and names they have."""

import asyncio
from typing import Any

import pytest

from tests.commerce.orders.counter import Counter
from tests.commerce.orders.test_money import HONEY, settled, timed_out
from tests.commerce.sales.test_merged_buyers import merged

FULL, LESS = 6_800, 5_800


async def first_order(counter: Counter, *, by: str = "mei", coupon: str | None = None) -> tuple[Any, str]:
    """An order with a coupon for new buyers, and the coupon."""
    coupon = coupon or await counter.coupon(by=by, audience="new_buyer")
    order = await counter.order(lines=HONEY, coupon=coupon, by=counter.server.person(by))
    assert order["total_minor"] == LESS
    return order, coupon


async def paid_with(counter: Counter) -> list[tuple[str, int]]:
    """(person, paid) of all orders that are paid."""
    rows = await counter.rows("SELECT person, paid_minor FROM orders WHERE state = 'paid' ORDER BY paid_minor")
    return [(row["person"], row["paid_minor"]) for row in rows]


async def test_while_one_order_has_it_no_other_is_offered_it(counter: Counter):
    _, taken = await first_order(counter)
    other = await counter.coupon(audience="new_buyer")
    answer = await counter.ask(lines=HONEY, coupon=other)
    assert (answer.status, answer.body["code"], answer.body["reason"]) == (422, 4012, "bought_before")
    assert (await counter.quoted(lines=HONEY))["total_minor"] == FULL
    assert (await counter.order(lines=HONEY))["total_minor"] == FULL
    assert await counter.wallet() == {taken: "locked", other: "claimed"}


async def test_late_money_of_an_order_goes_back_when_another_one_has_had_it(counter: Counter):
    late, first = await first_order(counter)
    payment = await counter.opens(late)
    await timed_out(counter, late)
    order, second = await first_order(counter)
    await counter.pays(order)

    assert (await counter.till.tell(counter.server, counter.till.take(payment))).status == 200
    await settled(counter)

    assert (await counter.look(late))["state"] == "cancelled"
    assert await counter.refunds() == [("late", LESS, "paid")]
    assert await counter.wallet() == {first: "claimed", second: "used"}
    assert "money_back_coupon" in await counter.told()
    on_hand, held, sold = await counter.stock()
    assert (on_hand - sold, held) == (99, 0)
    assert await counter.ledger() == {"clearing:till": LESS, "discounts": 1_000, "revenue:goods": -FULL}


async def test_late_money_of_an_order_pays_it_when_nobody_had_it_meanwhile(counter: Counter):
    late, coupon = await first_order(counter)
    payment = await counter.opens(late)
    await timed_out(counter, late)
    await counter.pays(await counter.order(lines=HONEY, coupon=None))  # bought since, without a coupon for new buyers
    assert (await counter.till.tell(counter.server, counter.till.take(payment))).status == 200
    assert (await counter.look(late))["state"] == "paid"
    assert await counter.wallet() == {coupon: "used"}


@pytest.mark.parametrize("is_same", [True, False])
async def test_of_two_who_turn_out_to_be_one_the_order_that_is_paid_first_has_it(counter: Counter, is_same: bool):
    """Both payments were open before, so neither could be refused."""
    by_name = counter.server.person("by-name")
    theirs, coupon = await first_order(counter, by="by-name")
    if is_same:
        await counter.claims(coupon, by="mei")
    order, _ = await first_order(counter, coupon=coupon if is_same else None)
    payments = await counter.opens(theirs, by=by_name), await counter.opens(order)
    assert await merged(counter.shop, "by-name", "mei") is True

    told = [counter.till.tell(counter.server, counter.till.take(payment)) for payment in payments]
    assert [answer.status for answer in await asyncio.gather(*told)] == [200, 200]
    await settled(counter)

    assert await paid_with(counter) == [("mei", LESS)]
    assert await counter.refunds() == [("late", LESS, "paid")]
    rows = await counter.rows("SELECT cancel_reason FROM orders WHERE state = 'cancelled'")
    assert rows == [{"cancel_reason": "coupon_gone"}]
    states = await counter.rows("SELECT state FROM coupon_uses ORDER BY state")
    assert [row["state"] for row in states] == ["back", "used"]
    on_hand, held, sold = await counter.stock()
    assert (on_hand - sold, held) == (99, 0)


async def test_once_one_of_them_is_paid_no_payment_of_the_other_is_begun(counter: Counter):
    by_name = counter.server.person("by-name")
    theirs, _ = await first_order(counter, by="by-name")
    order, _ = await first_order(counter)
    await counter.pays(theirs, by=by_name)
    assert await merged(counter.shop, "by-name", "mei") is True
    answer = await counter.try_to_pay(order)
    assert (answer.status, answer.body["code"], answer.body["reason"]) == (422, 4012, "bought_before")
    assert (await counter.cancel(order)).status == 200
    await counter.pays(await counter.order(lines=HONEY))
    assert await paid_with(counter) == [("mei", LESS), ("mei", FULL)]


async def test_an_order_that_is_refunded_whole_before_it_leaves_leaves_a_new_buyer_new(counter: Counter):
    order, coupon = await first_order(counter)
    await counter.pays(order)
    body = {"lines": [{"line": order["lines"][0]["id"], "units": 1}], "reason": "spilt"}
    care = counter.server.person("care", role="care", is_fresh=True)
    await counter.server.do("POST", f"/api/orders/{order['id']}/refunds", body, by=care)
    assert await counter.wallet() == {coupon: "claimed"}
    again, _ = await first_order(counter, coupon=coupon)
    await counter.pays(again)
    assert await paid_with(counter) == [("mei", LESS)]
    assert await counter.wallet() == {coupon: "used"}
