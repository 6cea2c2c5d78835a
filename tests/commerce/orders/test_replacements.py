"""A replacement is an order of its own, of units that are there, for nothing; a case has one."""

import asyncio
from typing import Any

import pytest

from commerce.cases.module import AfterSales
from commerce.orders import store
from commerce.reconciliation.books import differences
from livehub.base.db import Transaction
from livehub.base.errors import Unavailable
from tests.commerce.orders.counter import Counter
from tests.integration.server import Answer, Person, eventually


async def paid(counter: Counter, *lines: dict[str, Any], by: Person | None = None) -> Any:
    """An order that is paid."""
    order = await counter.order(lines=list(lines), by=by)
    await counter.pays(order, by=by)
    return await counter.look(order, by=by)


async def case_of(counter: Counter, order: Any, line: int = 0, *units: int, by: Person | None = None) -> str:
    body = {
        "lines": [{"line": order["lines"][line]["id"], "units": list(units)}], "kind": "replacement", "reason": "坏果",
    }  # fmt: skip
    opened = await counter.server.call("POST", f"/api/orders/{order['id']}/cases", body, by=by or counter.mei)
    assert opened.status == 201, opened
    return str(opened.body["id"])


async def decides(counter: Counter, case: str, *, by: str = "care", key: str | None = None, **more: Any) -> Answer:
    headers = {} if key is None else {"Idempotency-Key": key}
    care = counter.server.person(by, role="care", is_fresh=True)
    return await counter.server.call(
        "POST", f"/api/cases/{case}/decision", {"decision": "replace"} | more, by=care, headers=headers
    )


def fresh(counter: Counter) -> Person:
    return counter.server.person("ops-2", role="ops", is_fresh=True)


async def sold(counter: Counter, product: str, units: int) -> None:
    """Wait until so many of it are sold, and none held."""

    async def is_so() -> bool:
        _, held, sold = await counter.stock(product)
        return (held, sold) == (0, units)

    await eventually(is_so)


async def test_a_replacement_is_an_order_that_costs_nothing_of_units_that_are_taken(counter: Counter):
    first = await paid(counter, {"product": "honey", "qty": 3})
    before = await counter.ledger()
    case = await case_of(counter, first, 0, 0, 2)
    answer = await decides(counter, case, note="A new one comes.")
    assert answer.status == 200, answer
    assert (answer.body["state"], answer.body["decision"], answer.body["refund"]) == ("decided", "replace", None)
    sent = await counter.look({"id": answer.body["replacement"]})
    assert (sent["state"], sent["replaces"], sent["room"], sent["slot"]) == ("paid", first["id"], None, None)
    assert (sent["total_minor"], sent["paid_minor"], sent["goods_minor"]) == (0, 0, 0)
    (line,) = sent["lines"]
    assert (line["product"], line["qty"], line["paid_minor"], line["unit_shares_minor"]) == ("honey", 2, 0, [0, 0])
    assert sent["address"] == first["address"]
    assert first["address"] is not None
    assert [(step["state"], step["why"]) for step in sent["timeline"]] == [("unpaid", "replacement"), ("paid", None)]
    assert (sent["payments"], sent["refunds"]) == ([], [])
    await sold(counter, "honey", 5)
    assert await counter.ledger() == before
    assert await counter.told() == ["order_paid", "case_replace"]
    mine = await counter.server.do("GET", "/api/me/orders", by=counter.mei)
    assert [(each["id"], each["replaces"]) for each in mine["items"]] == [
        (sent["id"], first["id"]),
        (first["id"], None),
    ]
    listed = await counter.server.do("GET", "/api/orders", by=counter.server.ops)
    assert [each["replaces"] for each in listed["items"]] == [first["id"], None]
    facts = await counter.rows("SELECT replaces FROM facts.orders WHERE order_id = $1", sent["id"])
    assert facts == [{"replaces": first["id"]}]


async def test_what_is_sold_out_is_not_promised(counter: Counter):
    first = await paid(counter, {"product": "honey", "qty": 2}, {"product": "eggs", "qty": 1})
    lines = [{"line": first["lines"][at]["id"], "units": [0]} for at in (0, 1)]
    case = await case_of(counter, first, 0, 0)
    await counter.shop.stocked("eggs", -99)
    contents = await counter.shop.contents()
    answer = await decides(counter, case, lines=lines)
    assert (answer.status, answer.body["name"], answer.body["product"], answer.body["left"]) == (
        409,
        "sold_out",
        "eggs",
        0,
    )
    assert await counter.shop.contents() == contents
    assert await counter.rows("SELECT state, replacement FROM cases") == [{"state": "open", "replacement": None}]
    assert await counter.told() == ["order_paid"]
    assert (await decides(counter, case)).status == 200  # of the honey alone there is enough


async def test_of_two_cases_about_the_last_unit_one_gets_it(counter: Counter):
    lin = counter.server.person("lin")
    orders = [
        await paid(counter, {"product": "honey", "qty": 1}, by=counter.mei),
        await paid(counter, {"product": "honey", "qty": 1}, by=lin),
    ]
    cases = [
        await case_of(counter, orders[0], 0, 0),
        await case_of(counter, orders[1], 0, 0, by=lin),
    ]
    await counter.shop.stocked("honey", -97)
    answers = await asyncio.gather(*(decides(counter, case, by=f"care-{case}") for case in cases))
    assert sorted(answer.status for answer in answers) == [200, 409]
    await sold(counter, "honey", 3)
    assert len(await counter.rows("SELECT id FROM orders WHERE replaces IS NOT NULL")) == 1


async def test_however_often_it_is_decided_one_is_sent(counter: Counter):
    first = await paid(counter, {"product": "honey", "qty": 2})
    case = await case_of(counter, first, 0, 0)
    tabs = await asyncio.gather(*(decides(counter, case, by=f"care-{n}") for n in range(6)))
    assert sorted(tab.status for tab in tabs) == [200] + [409] * 5
    again = await decides(counter, case, key="the-same-key-1", by="care-9")
    assert (again.status, again.body["code"]) == (409, 4091)
    await sold(counter, "honey", 3)
    assert len(await counter.rows("SELECT id FROM orders")) == 2


async def test_the_same_request_again_is_answered_as_before(counter: Counter):
    first = await paid(counter, {"product": "honey", "qty": 2})
    case = await case_of(counter, first, 0, 0)
    one, two = [await decides(counter, case, key="the-same-key-1") for _ in range(2)]
    assert one.status == two.status == 200
    assert one.body["replacement"] == two.body["replacement"]
    await sold(counter, "honey", 3)


async def test_a_decision_that_is_lost_before_its_commit_has_sold_nothing_and_is_made_again(counter: Counter):
    first = await paid(counter, {"product": "honey", "qty": 2})
    case = await case_of(counter, first, 0, 0)
    part, database = counter.server.application.get(AfterSales), counter.server.application.database

    async def lost(tx: Transaction) -> None:
        order = await store.locked(tx, first["id"])
        units = {first["lines"][0]["id"]: 1}
        await part._cases._replacing.send(tx, order, units, case=case, by="care", now_ms=1)
        raise Unavailable

    with pytest.raises(Unavailable):
        await database.run(lost)
    assert await counter.stock("honey") == (100, 1, 2)
    assert await counter.rows("SELECT id FROM orders WHERE replaces IS NOT NULL") == []
    assert (await decides(counter, case)).status == 200
    await sold(counter, "honey", 3)


async def test_a_bundle_is_replaced_by_what_it_was_made_of(counter: Counter):
    await counter.rows(
        "INSERT INTO product_components (product, position, component, qty) VALUES ('honey', 0, 'eggs', 6) RETURNING 1"
    )
    first = await paid(counter, {"product": "honey", "qty": 1})
    await counter.rows("DELETE FROM product_components RETURNING 1")
    assert (await decides(counter, await case_of(counter, first, 0, 0))).status == 200
    await sold(counter, "eggs", 12)
    assert await counter.stock("honey") == (100, 0, 0)


async def test_nothing_of_a_replacement_is_paid_back_and_its_case_is_replaced_again(counter: Counter):
    first = await paid(counter, {"product": "honey", "qty": 1})
    answer = await decides(counter, await case_of(counter, first, 0, 0))
    sent = await counter.look({"id": answer.body["replacement"]})
    body = {"lines": [{"line": sent["lines"][0]["id"], "units": [0]}], "reason": "x", "at_fault": True}
    refused = await counter.server.call("POST", f"/api/orders/{sent['id']}/refunds", body, by=fresh(counter))
    assert (refused.status, refused.body["name"]) == (422, "nothing_to_refund")
    case = await case_of(counter, sent, 0, 0)
    assert (await decides(counter, case, decision="refund")).body["name"] == "nothing_to_refund"
    again = await decides(counter, case)
    assert (await counter.look({"id": again.body["replacement"]}))["replaces"] == sent["id"]
    await sold(counter, "honey", 3)


async def test_units_that_were_paid_back_are_not_replaced(counter: Counter):
    first = await paid(counter, {"product": "honey", "qty": 2})
    case = await case_of(counter, first, 0, 0)
    body = {"lines": [{"line": first["lines"][0]["id"], "units": [0]}], "reason": "x", "restock": False}
    await counter.server.do("POST", f"/api/orders/{first['id']}/refunds", body, by=fresh(counter))
    answer = await decides(counter, case)
    assert (answer.status, answer.body["code"]) == (422, 4080)
    assert await counter.stock("honey") == (100, 0, 2)


async def test_a_case_closes_by_itself_when_its_replacement_is_there(counter: Counter):
    first = await paid(counter, {"product": "honey", "qty": 1})
    case = await case_of(counter, first, 0, 0)
    sent = await counter.look({"id": (await decides(counter, case)).body["replacement"]})
    part = counter.server.application.get(AfterSales)
    for state in ("preparing", "dispatched", "delivered"):
        await part._close(0)
        assert await counter.rows("SELECT state FROM cases") == [{"state": "decided"}]
        body = {"state": state, "version": (await counter.look(sent))["version"]}
        await counter.server.do("POST", f"/api/orders/{sent['id']}/moves", body, by=counter.server.ops)
    await part._close(0)
    assert await counter.rows("SELECT state FROM cases") == [{"state": "closed"}]


async def test_the_books_agree_with_replacements(counter: Counter):
    first = await paid(counter, {"product": "honey", "qty": 2})
    await decides(counter, await case_of(counter, first, 0, 0))
    await sold(counter, "honey", 3)
    assert await differences(counter.server.application.database, most=10) == []
    await counter.rows("UPDATE stock_holds SET state = 5 WHERE key LIKE 'order:replacement:%' RETURNING 1")
    assert [each.check for each in await differences(counter.server.application.database, most=10)] == ["paid_not_sold"]
