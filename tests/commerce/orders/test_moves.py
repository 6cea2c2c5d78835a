"""What staff do with orders: one step at a time, as they read it, and it is written down; buyers see it on the time line."""

from typing import Any

from tests.commerce.orders.counter import ADDRESS, Counter
from tests.integration.server import Answer

HONEY = [{"product": "honey", "qty": 1}]


async def moved(counter: Counter, order: Any, state: str, version: int, *, role: str = "picker") -> Answer:
    body = {"state": state, "version": version}
    by = counter.server.person("lin", role=role)
    return await counter.server.call("POST", f"/api/orders/{order['id']}/moves", body, by=by)


async def acts(counter: Counter) -> list[tuple[str, str, str, str, str]]:
    """(type, order, was, became, by) out of the audit log."""
    rows = await counter.rows(
        "SELECT type, subject, was, became, by_id FROM audit WHERE type LIKE 'order_%' ORDER BY id"
    )
    return [(row["type"], row["subject"], row["was"], row["became"], row["by_id"]) for row in rows]


async def test_a_paid_order_goes_one_step_at_a_time_and_its_time_line_says_so(counter: Counter):
    order = await counter.order(lines=HONEY)
    assert (await moved(counter, order, "preparing", 1)).body["code"] == 4032
    await counter.pays(order)
    for version, state in enumerate(("preparing", "dispatched", "delivered", "done"), 2):
        skipped = await moved(counter, order, "preparing" if state != "preparing" else "delivered", version)
        assert (skipped.status, skipped.body["code"]) == (409, 4032)
        answer = await moved(counter, order, state, version)
        assert (answer.status, answer.body["state"], answer.body["version"]) == (200, state, version + 1)
    told = [step["state"] for step in (await counter.look(order))["timeline"]]
    assert told == ["unpaid", "paid", "preparing", "dispatched", "delivered", "done"]
    assert await acts(counter) == [
        ("order_move", order["id"], was, became, "lin")
        for was, became in (
            ("paid", "preparing"), ("preparing", "dispatched"), ("dispatched", "delivered"), ("delivered", "done"),
        )
    ]  # fmt: skip


async def test_who_packs_an_order_is_not_told_whose_it_is_nor_how_it_was_paid(counter: Counter):
    order = await counter.order(lines=HONEY, note="Leave it with the porter")
    await counter.pays(order)
    told = (await moved(counter, order, "preparing", 2)).body
    assert (told["id"], told["number"], told["lines"][0]["product"]) == (order["id"], order["number"], "honey")
    assert (told["person"], told["address"], told["note"], told["payments"], told["refunds"]) == ("", None, "", [], [])
    assert not [word for word in ("mei", *ADDRESS.values(), "porter") if word in str(told)]
    seen = (await moved(counter, order, "dispatched", 3, role="ops")).body
    assert (seen["person"], seen["address"]["phone"]) == ("mei", "+86" + ADDRESS["phone"])


async def test_who_read_an_older_version_changes_nothing(counter: Counter):
    order = await counter.order(lines=HONEY)
    await counter.pays(order)
    await moved(counter, order, "preparing", 2)
    stale = await moved(counter, order, "dispatched", 2)
    assert (stale.status, stale.body["code"], stale.body["version"]) == (409, 1011, 3)
    assert (await counter.look(order))["state"] == "preparing"
    assert (await moved(counter, order, "dispatched", 3, role="viewer")).status == 403


async def test_an_unpaid_order_that_staff_cancel_is_written_down_and_one_of_the_buyers_own_is_not(counter: Counter):
    one, other = await counter.order(lines=HONEY), await counter.order(lines=HONEY)
    assert (await counter.cancel(one)).body["cancel_reason"] == "buyer"
    assert (await counter.cancel(other, by=counter.server.ops)).body["cancel_reason"] == "staff"
    assert await acts(counter) == [("order_cancel", other["id"], "unpaid", "cancelled", "ops")]
    assert await counter.stock() == (100, 0, 0)
