"""Who gives the hold of a tap back has given up the order of it: nobody is left with one that cannot be paid."""

import asyncio

from tests.commerce.orders.counter import Counter
from tests.integration.server import eventually


async def test_an_order_whose_hold_is_given_back_in_the_room_is_cancelled_with_all_it_held(counter: Counter):
    sale, coupon = await counter.shop.sale(coupons=True), await counter.coupon()
    hold = await counter.held(sale)
    order = await counter.order(hold=hold, lines=[{"product": "eggs", "qty": 3}], coupon=coupon)
    assert await counter.stock("eggs") == (100, 3, 0)
    viewer = await counter.shop.buyer("mei")
    await viewer.done("release", {"hold": hold})
    over = await counter.until(order, "cancelled")
    assert (over["cancel_reason"], [step["why"] for step in over["timeline"]]) == ("buyer", [None, "buyer"])
    assert (await counter.try_to_pay(order)).body["code"] == 4032
    assert (await counter.wallet())[coupon] == "claimed"

    async def is_free() -> bool:
        return await counter.stock("eggs") == (100, 0, 0) and await counter.stock("honey") == (100, 0, 0)

    await eventually(is_free)
    assert "order_timed_out" not in await counter.told()


async def test_what_is_being_paid_is_not_given_back(counter: Counter):
    hold = await counter.held(await counter.shop.sale())
    order = await counter.order(hold=hold)
    payment = await counter.opens(order)
    viewer = await counter.shop.buyer("mei")
    assert (await viewer.refused("release", {"hold": hold}))["code"] == 4026
    await counter.till.tell(counter.server, counter.till.take(payment))
    assert (await counter.look(order))["state"] == "paid"


async def test_a_hold_that_is_given_back_while_it_is_ordered_leaves_no_order_to_be_paid(counter: Counter):
    sale = await counter.shop.sale(per_person_max=10)
    viewer = await counter.shop.buyer("mei")
    for _ in range(5):
        hold = await counter.held(sale)
        answer, _ = await asyncio.gather(counter.ask(hold=hold), viewer.done("release", {"hold": hold}))
        assert answer.status in (201, 404, 409), answer
        if answer.status == 201:
            await counter.until(answer.body, "cancelled")
    assert await counter.stock("honey") == (100, 0, 0)
