"""A sale names its batch, and order lines keep it. That the room shows it: tests/commerce/sales/test_sales.py."""

from tests.commerce.orders.counter import Counter


async def test_an_order_line_keeps_the_batch_that_its_sale_named(counter: Counter) -> None:
    await counter.shop.batch("batch-7")
    sale, other = await counter.shop.sale(batch="batch-7"), await counter.shop.sale(product="eggs", price_minor=100)
    order = await counter.order(hold=await counter.held(sale))
    assert [line["batch"] for line in order["lines"]] == ["batch-7"]
    assert (await counter.look(order))["lines"][0]["batch"] == "batch-7"
    plain = await counter.order(hold=await counter.held(other, by="mei"))
    assert "batch" not in plain["lines"][0]
    rows = await counter.rows("SELECT order_id, batch FROM order_lines ORDER BY batch")
    assert [(row["order_id"], row["batch"]) for row in rows] == [(order["id"], "batch-7"), (plain["id"], None)]
