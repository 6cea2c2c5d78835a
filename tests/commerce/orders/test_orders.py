"""An order is made once, out of a tap or of lines, and is paid once; whatever comes twice, late, or from two sides."""

from tests.commerce.orders.counter import Counter


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
