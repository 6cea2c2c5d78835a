"""Money pays an order once, in time or late; or goes back, all of it, once. The books balance whatever comes in what order."""

import asyncio
import time
from typing import Any

import pytest
from msgspec import structs

from commerce.orders.moving import move
from commerce.orders.store import locked
from commerce.payments.closing import Closing
from commerce.payments.store import payment as payment_of
from livehub.base.db import Transaction
from tests.commerce.orders.counter import ADDRESS, Counter
from tests.integration.server import eventually

HONEY = [{"product": "honey", "qty": 1}]


async def settled(counter: Counter) -> None:
    """Once every refund has been sent, and all stock that is owed is put back."""

    async def is_so() -> bool:
        refunds = await counter.rows("SELECT true FROM refunds WHERE state <> 'paid'")
        owed = await counter.rows("SELECT true FROM order_stock_returns WHERE NOT is_done")
        freeing = await counter.rows("SELECT true FROM orders WHERE stock_state = 'freeing'")
        return not (refunds or owed or freeing)

    await eventually(is_so)


async def timed_out(counter: Counter, order: Any) -> None:
    """The order is closed because its time is over."""
    await counter.is_out_of_time(order)
    closed = await counter.until(order, "cancelled")
    assert closed["cancel_reason"] == "timeout"
    await settled(counter)


async def test_money_that_comes_late_pays_the_order_when_every_unit_is_free(counter: Counter):
    coupon = await counter.coupon()
    order = await counter.order(lines=HONEY, coupon=coupon)
    payment = await counter.opens(order)
    await timed_out(counter, order)
    assert await counter.stock() == (100, 0, 0)
    assert await counter.wallet() == {coupon: "claimed"}

    notice = counter.till.take(payment)
    for _ in range(3):
        assert (await counter.till.tell(counter.server, notice)).status in (200, 401)

    paid = await counter.look(order)
    assert (paid["state"], paid["paid_minor"], paid["cancelled_at"]) == ("paid", 5_800, None)
    assert await counter.stock() == (100, 0, 1)
    assert await counter.wallet() == {coupon: "used"}
    assert await counter.refunds() == []
    assert (await counter.transfers("captured"), await counter.transfers("sold")) == (1, 1)
    assert await counter.told() == ["order_timed_out", "order_paid_late"]


async def test_money_that_comes_after_the_sale_is_over_takes_what_is_left_of_it(counter: Counter):
    sale = await counter.shop.sale(units=1, price_minor=4_990)
    order = await counter.order(hold=await counter.held(sale))
    payment = await counter.opens(order)
    await timed_out(counter, order)
    await counter.server.do("POST", f"/api/sales/{sale}/close", {})

    assert (await counter.till.tell(counter.server, counter.till.take(payment))).status == 200
    assert (await counter.look(order))["state"] == "paid"
    assert await counter.stock() == (100, 0, 1)
    assert await counter.refunds() == []


async def test_money_that_comes_late_goes_back_whole_and_once_when_a_unit_is_gone(counter: Counter):
    await counter.shop.stocked("honey", -99)
    order = await counter.order(lines=[*HONEY, {"product": "eggs", "qty": 2}])
    payment = await counter.opens(order)
    await timed_out(counter, order)
    bo = counter.server.person("bo")
    await counter.pays(await counter.order(lines=HONEY, by=bo), by=bo)

    notice = counter.till.take(payment)
    for _ in range(3):
        await counter.till.tell(counter.server, notice)
    await settled(counter)

    assert (await counter.look(order))["state"] == "cancelled"
    assert await counter.refunds() == [("late", 20_400, "paid")]
    assert len(counter.till.refunds) == 1
    assert (await counter.stock("honey"), await counter.stock("eggs")) == ((1, 0, 1), (100, 0, 0))
    assert await counter.ledger() == {"clearing:till": 6_800, "revenue:goods": -6_800}
    assert await counter.told() == ["order_timed_out", "late_money_back", "refund_paid"]


async def test_nobody_is_told_that_money_goes_back_which_their_bank_has_taken_back_already(counter: Counter):
    order = await counter.order(lines=HONEY)
    first, second = await counter.opens(order), await counter.opens(order)
    await counter.till.tell(counter.server, counter.till.take(first))
    notice = counter.till.take(second)
    await counter.till.tell(counter.server, structs.replace(notice, id="dispute", kind="chargeback"))
    await counter.till.tell(counter.server, notice)

    async def is_kept_for_staff() -> bool:
        return await counter.refunds() == [("double", 6_800, "failed")]

    await eventually(is_kept_for_staff)
    assert not counter.till.refunds
    assert await counter.told() == ["order_paid"]


async def test_what_is_taken_for_money_that_went_back_already_is_on_the_shelf_again(counter: Counter):
    await counter.shop.stocked("honey", -99)
    order = await counter.order(lines=HONEY)
    payment = await counter.opens(order)
    await timed_out(counter, order)
    bo = counter.server.person("bo")
    other = await counter.order(lines=HONEY, by=bo)
    notice = counter.till.take(payment)
    assert (await counter.till.tell(counter.server, notice)).status == 200
    await settled(counter)
    assert (await counter.cancel(other, by=bo)).status == 200
    await settled(counter)
    assert await counter.stock() == (1, 0, 0)

    await counter.orders.paying.paid(await counter.heard_before(payment))  # by who looked before it had gone back
    await settled(counter)

    assert (await counter.look(order))["state"] == "cancelled"
    assert await counter.refunds() == [("late", 6_800, "paid")]
    on_hand, held, sold = await counter.stock()
    assert (on_hand - sold, held) == (1, 0)


async def test_what_was_taken_for_money_whose_commit_never_came_is_not_kept_when_other_money_pays(counter: Counter):
    order = await counter.order(lines=HONEY)
    first, second = await counter.opens(order), await counter.opens(order)
    await timed_out(counter, order)
    for payment in (first, second):
        counter.till.take(payment)
    row = await counter.order_row(order)
    assert (
        await counter.orders.paying.stock.sell(row, first, now_ms=int(time.time() * 1000))
    ).is_all  # and then the process died

    await counter.orders.paying.paid(await counter.heard_before(second))
    await counter.orders.paying.paid(await counter.heard_before(first))
    await settled(counter)

    assert (await counter.look(order))["state"] == "paid"
    assert await counter.refunds() == [("double", 6_800, "paid")]
    on_hand, held, sold = await counter.stock()
    assert (on_hand - sold, held) == (99, 0)


async def test_what_a_hearer_took_that_died_after_another_had_sent_the_money_back_is_on_the_shelf_again(
    counter: Counter,
):
    await counter.shop.stocked("honey", -98)
    late, double = await counter.order(lines=HONEY), await counter.order(lines=HONEY)
    payments = [await counter.opens(late), await counter.opens(double)]
    other = await counter.opens(double)
    for order in (late, double):
        await timed_out(counter, order)
    bo = counter.server.person("bo")
    theirs = await counter.order(lines=[{"product": "honey", "qty": 2}], by=bo)
    assert (await counter.till.tell(counter.server, counter.till.take(payments[0]))).status == 200
    assert (await counter.cancel(theirs, by=bo)).status == 200
    await settled(counter)
    for payment in (other, payments[1]):
        assert (await counter.till.tell(counter.server, counter.till.take(payment))).status == 200
    await settled(counter)
    assert await counter.refunds() == [("late", 6_800, "paid"), ("double", 6_800, "paid")]

    now_ms = int(time.time() * 1000)
    row = await counter.order_row(late)
    assert (await counter.orders.paying.stock.sell(row, payments[0], now_ms=now_ms)).is_all  # and then it died

    async def is_back() -> bool:
        on_hand, held, sold = await counter.stock()
        return (on_hand - sold, held) == (1, 0)

    await eventually(is_back)
    assert (await counter.ask(lines=HONEY, by=bo)).status == 201
    assert await counter.rows("SELECT key FROM order_stock_returns WHERE key LIKE 'taken:%'") == [
        {"key": f"taken:{payments[0]}:mei"}
    ]


async def as_who_died_left_it(counter: Counter, order: Any, **columns: Any) -> None:
    """An order that costs nothing, before the commit that pays it."""
    changed = "".join(f", {name} = {value}" for name, value in columns.items())
    await counter.rows(
        "UPDATE orders SET state = 'unpaid', paid_ms = NULL, cancelled_ms = NULL, cancel_reason = NULL, stock_state = 'held'"
        f"{changed} WHERE id = $1 RETURNING id",
        order["id"],
    )
    await counter.rows("UPDATE coupon_uses SET state = 'locked' WHERE order_id = $1 RETURNING state", order["id"])


async def test_an_order_that_costs_nothing_is_paid_at_its_end_if_whoever_made_it_died(counter: Counter):
    coupon = await counter.coupon(amount_minor=10_000)
    order = await counter.order(lines=HONEY, coupon=coupon)
    assert (order["state"], order["total_minor"]) == ("paid", 0)
    await as_who_died_left_it(counter, order)
    await counter.is_out_of_time(order)
    await counter.until(order, "paid")
    assert (await counter.stock(), await counter.wallet()) == ((100, 0, 1), {coupon: "used"})


async def test_an_order_that_costs_nothing_and_whose_units_are_gone_is_cancelled_and_leaves_none(counter: Counter):
    await counter.shop.stocked("honey", -99)
    order = await counter.order(lines=[*HONEY, {"product": "eggs", "qty": 2}])
    await counter.cancel(order)
    await settled(counter)
    bo = counter.server.person("bo")
    await counter.order(lines=HONEY, by=bo)
    await as_who_died_left_it(counter, order, discount_minor="goods_minor", total_minor="0")
    await counter.is_out_of_time(order)
    assert (await counter.until(order, "cancelled"))["cancel_reason"] == "stock_gone"
    await settled(counter)
    assert (await counter.stock("honey"), await counter.stock("eggs")) == ((1, 1, 0), (100, 0, 0))
    assert await counter.ledger() == {}


async def test_money_that_comes_late_goes_back_when_the_coupon_is_in_another_order(counter: Counter):
    coupon = await counter.coupon()
    order = await counter.order(lines=HONEY, coupon=coupon)
    payment = await counter.opens(order)
    await timed_out(counter, order)
    await counter.order(lines=HONEY, coupon=coupon)
    await counter.till.tell(counter.server, counter.till.take(payment))
    await settled(counter)
    assert (await counter.look(order))["state"] == "cancelled"
    assert await counter.refunds() == [("late", 5_800, "paid")]
    held_and_free = await counter.stock()
    assert held_and_free[0] - held_and_free[1] - held_and_free[2] == 99  # one is held by the other order, none is lost
    assert await counter.ledger() == {}


async def test_a_notice_and_a_look_at_the_same_moment_pay_once(counter: Counter):
    asking = counter.server.application.get(Closing)
    for _ in range(20):
        order = await counter.order(lines=HONEY)
        payment = await counter.opens(order)
        notice = counter.till.take(payment)
        told, looked = await asyncio.gather(
            counter.till.tell(counter.server, notice), asking.close_open(order["id"])
        )  # fmt: skip
        assert (told.status, looked) == (200, "paid")
    assert await counter.transfers("captured") == 20
    assert await counter.transfers("sold") == 20
    assert await counter.refunds() == []
    assert await counter.stock() == (100, 0, 20)
    assert len(await counter.rows("SELECT id FROM domain_events WHERE type = 'order.paid'")) == 20


async def test_a_paid_notice_of_an_order_that_is_on_its_way_leaves_it_there(counter: Counter):
    order = await counter.order(lines=HONEY)
    payment = await counter.pays(order)

    async def dispatched(tx: Transaction) -> None:
        await move(tx, await locked(tx, order["id"]), "prepare", by=None, now_ms=1)
        await move(tx, await locked(tx, order["id"]), "dispatch", by=None, now_ms=1)

    await counter.server.application.database.run(dispatched)
    again = await counter.till.tell(counter.server, counter.till.take(payment))
    assert again.status == 200
    assert (await counter.look(order))["state"] == "dispatched"
    assert (await counter.transfers("captured"), await counter.refunds()) == (1, [])


async def test_of_two_payments_of_one_order_one_pays_and_the_other_goes_back(counter: Counter):
    order = await counter.order(lines=HONEY)
    first, second = await counter.opens(order), await counter.opens(order)
    notices = [counter.till.take(first), counter.till.take(second)]
    told = await asyncio.gather(*(counter.till.tell(counter.server, notice) for notice in notices))
    assert [answer.status for answer in told] == [200, 200]
    await settled(counter)
    paid = await counter.look(order)
    assert (paid["state"], paid["paid_minor"], paid["refunded_minor"]) == ("paid", 6_800, 0)
    assert await counter.refunds() == [("double", 6_800, "paid")]
    assert await counter.stock() == (100, 0, 1)
    assert await counter.ledger() == {"clearing:till": 6_800, "revenue:goods": -6_800}
    assert sorted(await counter.told()) == ["double_money_back", "order_paid", "refund_paid"]


async def test_nothing_is_paid_for_what_is_not_held_any_more_and_money_forced_by_hand_goes_back(counter: Counter):
    await counter.shop.stocked("honey", -99)
    sale = await counter.shop.sale(units=1)
    mei = await counter.shop.buyer("mei")
    hold = (await mei.done("reserve", {"sale": sale, "qty": 1, "key": "the-tap-of-mei"}))["hold"]["id"]
    order = await counter.order(hold=hold)
    payment = await counter.opens(order)
    # As after an outage of an hour: the engine has let the hold go, and somebody else has bought.
    await counter.orders.closing._stock.free([hold])
    bo = counter.server.person("bo")
    await counter.pays(await counter.order(lines=HONEY, by=bo), by=bo)
    refused = await counter.try_to_pay(order)
    assert (refused.status, refused.body["code"]) == (409, 4026)

    await counter.till.tell(counter.server, counter.till.take(payment))
    await settled(counter)
    gone = await counter.look(order)
    assert (gone["state"], gone["cancel_reason"]) == ("cancelled", "stock_gone")
    assert await counter.refunds() == [("late", 4_990, "paid")]
    assert await counter.stock() == (1, 0, 1)


# --- the end of unpaid orders ---


async def test_an_order_whose_time_is_over_is_closed_at_its_provider_first(counter: Counter):
    order = await counter.order(lines=HONEY)
    payment = await counter.opens(order)
    await timed_out(counter, order)
    assert counter.till.states[payment].state == "closed"
    assert await counter.stock() == (100, 0, 0)
    assert (await counter.look(order))["payments"][0]["state"] == "closed"
    assert (await counter.try_to_pay(order)).body["code"] == 4032


async def test_an_order_that_its_provider_calls_paid_at_the_end_of_its_time_is_paid(counter: Counter):
    order = await counter.order(lines=HONEY)
    counter.till.take(await counter.opens(order))
    await counter.is_out_of_time(order)
    await counter.until(order, "paid")
    assert await counter.stock() == (100, 0, 1)
    assert await counter.told() == ["order_paid"]


async def test_a_provider_that_says_nothing_keeps_goods_from_nobody_for_long_and_its_late_money_counts(
    counter: Counter,
):
    order = await counter.order(lines=HONEY)
    payment = await counter.opens(order)
    counter.till.is_away = True
    await counter.is_out_of_time(order)
    await counter.until(order, "cancelled")
    await settled(counter)
    assert await counter.stock() == (100, 0, 0)
    counter.till.is_away = False
    await counter.till.tell(counter.server, counter.till.take(payment))
    assert (await counter.look(order))["state"] == "paid"


async def test_orders_that_nobody_tried_to_pay_are_closed_together(counter: Counter):
    orders = [await counter.order(lines=HONEY) for _ in range(5)]
    for order in orders:
        await counter.is_out_of_time(order)
    for order in orders:
        await counter.until(order, "cancelled")
    await settled(counter)
    assert await counter.stock() == (100, 0, 0)
    assert len(await counter.rows("SELECT id FROM domain_events WHERE type = 'order.cancelled'")) == 5


# --- one fee ---

AREA = {"name": "Town", "regions": ["3101"], "currency": "CNY", "fee_minor": 600, "free_from_minor": None}


async def slot_of(counter: Counter, **fields: Any) -> str:
    """A window tomorrow, of an area with a fee of 6.00."""
    ops = counter.server.ops
    area = await counter.server.do("POST", "/api/delivery/areas", AREA | fields, by=ops)
    at_ms = int(time.time() * 1000) + 86_400_000
    window = {"area": area["id"], "from": at_ms, "until": at_ms + 7_200_000, "capacity": 3}
    return str((await counter.server.do("POST", "/api/delivery/windows", window, by=ops))["id"])


async def test_orders_of_one_delivery_pay_one_fee(counter: Counter):
    slot = await slot_of(counter)
    first = await counter.order(lines=HONEY, slot=slot)
    second = await counter.order(lines=HONEY, slot=slot)
    assert [order["delivery_minor"] for order in (first, second)] == [600, 600]
    await counter.pays(first)
    await counter.pays(second)
    await settled(counter)
    assert await counter.refunds() == [("delivery", 600, "paid")]
    paid = await counter.look(second)
    assert (paid["state"], paid["paid_minor"], paid["refunded_minor"]) == ("paid", 7_400, 600)
    third = await counter.order(lines=HONEY, slot=slot)
    assert (third["delivery_minor"], third["total_minor"]) == (0, 6_800)
    assert await counter.ledger() == {
        "clearing:till": 14_200, "revenue:delivery": -600, "revenue:goods": -13_600,
    }  # fmt: skip
    full = await counter.ask(lines=HONEY, slot=slot, by=counter.server.person("bo"))
    assert (full.status, full.body["name"]) == (409, "slot_full")
    await counter.cancel(third)
    await counter.order(lines=HONEY, slot=slot, by=counter.server.person("bo"))


async def test_late_money_for_a_window_that_takes_no_more_orders_goes_back_with_stock_left(counter: Counter):
    slot = await slot_of(counter)
    order = await counter.order(lines=HONEY, slot=slot)
    payment = await counter.opens(order)
    await timed_out(counter, order)
    change = {"version": 1, "is_closed": True}
    await counter.server.do("PATCH", f"/api/delivery/windows/{slot}", change, by=counter.server.ops)

    await counter.till.tell(counter.server, counter.till.take(payment))
    await settled(counter)
    assert (await counter.look(order))["state"] == "cancelled"
    assert await counter.refunds() == [("late", 7_400, "paid")]
    assert await counter.stock() == (100, 0, 0)
    assert await counter.ledger() == {}


async def test_late_money_for_a_window_that_still_takes_orders_pays(counter: Counter):
    order = await counter.order(lines=HONEY, slot=await slot_of(counter))
    payment = await counter.opens(order)
    await timed_out(counter, order)
    await counter.till.tell(counter.server, counter.till.take(payment))
    await settled(counter)
    assert (await counter.look(order))["state"] == "paid"
    assert await counter.refunds() == []


async def test_of_two_orders_of_one_delivery_that_are_paid_at_once_one_pays_the_fee(counter: Counter):
    slot = await slot_of(counter)
    orders = [await counter.order(lines=HONEY, slot=slot) for _ in range(3)]
    notices = [counter.till.take(await counter.opens(order)) for order in orders]
    await asyncio.gather(*(counter.till.tell(counter.server, notice) for notice in notices))
    await settled(counter)
    assert await counter.refunds() == [("delivery", 600, "paid")] * 2


async def test_a_coupon_on_the_fee_is_taken_off_the_fee_and_given_back_with_it(counter: Counter):
    slot, coupon = await slot_of(counter), await counter.coupon(kind="delivery", amount_minor=400)
    quote = await counter.quoted(lines=HONEY, slot=slot, address=ADDRESS)
    assert (quote["delivery_coupon"], quote["delivery_minor"], quote["delivery_discount_minor"]) == (coupon, 600, 400)
    first = await counter.order(lines=HONEY, slot=slot, coupon=None, delivery_coupon=None)
    second = await counter.order(lines=HONEY, slot=slot, coupon=coupon)
    assert (first["total_minor"], second["total_minor"], second["coupon"], second["delivery_coupon"]) == (
        7_400, 7_000, None, coupon,
    )  # fmt: skip
    await counter.pays(first)
    await counter.pays(second)
    await settled(counter)
    assert await counter.refunds() == [("delivery", 200, "paid")]
    assert await counter.ledger() == {
        "clearing:till": 14_200, "revenue:delivery": -600, "revenue:goods": -13_600,
    }  # fmt: skip
    assert await counter.wallet() == {coupon: "used"}


async def test_below_the_minimum_nothing_is_delivered_and_the_quote_says_what_is_missing(counter: Counter):
    slot = await slot_of(counter, minimum_minor=10_000, free_from_minor=13_600)
    quote = await counter.quoted(lines=HONEY, slot=slot, address=None)
    assert (quote["minimum_missing_minor"], quote["missing"]) == (3_200, "address")
    refused = await counter.ask(lines=HONEY, slot=slot)
    assert (refused.body["name"], refused.body["missing_minor"]) == ("below_minimum", 3_200)
    assert await counter.stock() == (100, 0, 0)
    order = await counter.order(lines=[{"product": "honey", "qty": 2}], slot=slot)
    assert (order["delivery_minor"], order["delivery"]["name"]) == (0, "Town")


async def test_an_address_outside_and_no_window_are_refused(counter: Counter):
    await slot_of(counter)
    outside = await counter.ask(
        lines=HONEY, address={"name": "A", "phone": "13800138000", "region": "110101", "line": "1"}
    )
    assert outside.body["name"] == "outside_area"
    assert (await counter.ask(lines=HONEY)).body["name"] == "slot_not_found"
    assert (await counter.ask(lines=HONEY, address=None)).status in (409, 422)


@pytest.mark.parametrize("wrong", [{"amount_minor": 1}, {"currency": "USD"}])
async def test_money_of_another_sum_pays_nothing(counter: Counter, wrong: dict[str, Any]):
    order = await counter.order(lines=HONEY)
    payment = await counter.opens(order)
    notice = counter.till.take(payment)
    told = await counter.till.tell(counter.server, type(notice)(**(_fields(notice) | wrong)))
    assert told.status == 200
    assert (await counter.look(order))["state"] == "unpaid"
    async with counter.server.application.database.connection() as connection:
        row = await payment_of(connection, payment)
    assert row is not None
    assert row.state == "failed"


def _fields(notice: Any) -> dict[str, Any]:
    return {name: getattr(notice, name) for name in notice.__struct_fields__}
