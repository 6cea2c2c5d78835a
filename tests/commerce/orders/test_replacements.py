"""A replacement is an order of its own, of units that are there, for nothing; a case has one."""

import asyncio
import time
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
        units = {first["lines"][0]["id"]: [0]}
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


async def refunds(counter: Counter, order: Any, *units: int, **more: Any) -> Answer:
    body = {"lines": [{"line": order["lines"][0]["id"], "units": list(units)}], "reason": "x", "restock": False} | more
    return await counter.server.call("POST", f"/api/orders/{order['id']}/refunds", body, by=fresh(counter))


async def moved(counter: Counter, order: Any, *states: str) -> None:
    for state in states:
        body = {"state": state, "version": (await counter.look(order))["version"]}
        await counter.server.do("POST", f"/api/orders/{order['id']}/moves", body, by=counter.server.ops)


async def replaced(counter: Counter, order: Any, *units: int) -> Any:
    """The order that these units are sent again with; it has arrived."""
    answer = await decides(counter, await case_of(counter, order, 0, *units))
    assert answer.status == 200, answer
    sent = await counter.look({"id": answer.body["replacement"]})
    await moved(counter, sent, "preparing", "dispatched", "delivered")
    return sent


async def tries_case(counter: Counter, order: Any, *units: int) -> Answer:
    """The answer to a new case about a line of honey."""
    body = {"lines": [{"line": order["lines"][0]["id"], "units": list(units)}], "kind": "replacement", "reason": "少件"}
    return await counter.server.call("POST", f"/api/orders/{order['id']}/cases", body, by=counter.mei)


async def test_a_unit_that_was_sent_again_is_neither_sent_once_more_nor_paid_back(counter: Counter):
    first = await paid(counter, {"product": "honey", "qty": 3})
    early = await case_of(counter, first, 0, 0)
    lines = [{"line": first["lines"][0]["id"], "units": [0, 1]}]
    later = await case_of(counter, first, 0, 1)
    assert (await decides(counter, early)).status == 200
    await sold(counter, "honey", 4)
    contents = await counter.shop.contents()
    for decision in ("replace", "refund"):
        answer = await decides(counter, later, by="ops-3", lines=lines, decision=decision)
        assert (answer.status, answer.body["code"]) == (422, 4080), answer
    taken = await tries_case(counter, first, 0)
    assert (taken.status, taken.body["code"]) == (409, 4094)
    for units in ((0,), (0, 2)):
        answer = await refunds(counter, first, *units)
        assert (answer.status, answer.body["code"]) == (422, 4080)
    assert await counter.shop.contents() == contents
    (line,) = (await counter.look(first))["lines"]
    assert (line["replaced_units"], line["refunded_units"]) == ([0], [])
    left = await counter.server.do("GET", f"/api/orders/{first['id']}/refunds", by=counter.server.ops)
    assert [each["unit"] for each in left["units"]] == [1, 2]
    assert (await refunds(counter, first, 1, 2)).status == 201
    found = await counter.look(first)
    assert (found["state"], found["lines"][0]["refunded_units"]) == (
        "paid",
        [1, 2],
    )  # one of it was made good otherwise


async def test_what_is_wrong_with_a_replacement_is_made_good_once_for_the_unit_it_stands_for(counter: Counter):
    first = await paid(counter, {"product": "honey", "qty": 3})
    second = await replaced(counter, first, 0, 2)
    third = await replaced(counter, second, 1)
    assert third["replaces"] == second["id"]
    case = await case_of(counter, third, 0, 0)
    shown = await counter.server.do("GET", f"/api/cases/{case}", by=counter.server.ops)
    assert shown["max_refund_minor"] == 6_800
    answer = await decides(counter, case, decision="refund")
    assert answer.status == 200, answer
    refund = answer.body["refund"]
    assert (refund["order"], refund["amount_minor"]) == (first["id"], 6_800)
    assert await counter.rows("SELECT line, unit FROM refund_lines") == [{"line": first["lines"][0]["id"], "unit": 2}]
    assert (await counter.look(first))["lines"][0]["refunded_units"] == [2]
    assert (await counter.look(third))["lines"][0]["refunded_units"] == [0]

    for order, unit in ((third, 0), (second, 1), (first, 2)):
        assert (await tries_case(counter, order, unit)).body["code"] == 4094
        assert (await refunds(counter, order, unit)).body["code"] == 4080
    assert (await refunds(counter, second, 0)).status == 201  # the other one
    left = await counter.server.do("GET", f"/api/orders/{first['id']}/refunds", by=counter.server.ops)
    assert ([each["unit"] for each in left["units"]], left["left_minor"]) == ([1], 6_800)
    assert await differences(counter.server.application.database, most=10) == []


async def test_of_a_refund_and_a_replacement_of_a_unit_at_once_one_is_made(counter: Counter):
    first = await paid(counter, {"product": "honey", "qty": 1})
    case = await case_of(counter, first, 0, 0)
    answers = await asyncio.gather(decides(counter, case), refunds(counter, first, 0))
    assert sorted(answer.status >= 400 for answer in answers) == [False, True]


async def test_a_replacement_that_has_not_left_is_cancelled_and_its_case_decided_anew(counter: Counter):
    first = await paid(counter, {"product": "honey", "qty": 1})
    case = await case_of(counter, first, 0, 0)
    sent = await counter.look({"id": (await decides(counter, case)).body["replacement"]})
    await sold(counter, "honey", 2)
    assert (await refunds(counter, sent, 0)).body["code"] == 4032
    assert (await counter.cancel(sent)).body["code"] == 4032  # the shop's alone
    assert (await counter.cancel(sent, by=counter.server.ops)).body["state"] == "cancelled"

    async def is_open() -> bool:
        rows = await counter.rows("SELECT state, decision, replacement FROM cases")
        return rows == [{"state": "open", "decision": None, "replacement": None}]

    await eventually(is_open)
    assert (await counter.told())[-1] == "replacement_cancelled"
    assert (await counter.look(first))["lines"][0]["replaced_units"] == []
    again = await decides(counter, case)
    assert again.status == 200, again
    assert again.body["replacement"] != sent["id"]
    await sold(counter, "honey", 3)

    async def is_back() -> bool:
        on_hand, held, sold = await counter.stock("honey")
        return (on_hand - sold, held) == (98, 0)

    await eventually(is_back)
    assert await differences(counter.server.application.database, most=10) == []


async def windows(counter: Counter, *capacities: int) -> list[str]:
    """Windows of one area, an hour apart, with so many places each."""
    area = await counter.server.do(
        "POST",
        "/api/delivery/areas",
        {"name": "Pudong", "regions": ["310115"], "currency": "CNY"},
        by=counter.server.ops,
    )
    ids = []
    for number, capacity in enumerate(capacities):
        at_ms = int(time.time() * 1000) + 86_400_000 + number * 3_600_000
        body = {"area": area["id"], "from": at_ms, "until": at_ms + 3_600_000, "capacity": capacity}
        ids.append((await counter.server.do("POST", "/api/delivery/windows", body, by=counter.server.ops))["id"])
    return ids


async def test_a_replacement_comes_in_the_next_window_that_has_room_or_the_one_that_is_named(counter: Counter):
    ids = await windows(counter, 1, 2, 1)
    order = await counter.order(lines=[{"product": "honey", "qty": 5}], slot=ids[0])
    await counter.pays(order)
    first = await counter.look(order)
    slots = []
    for unit, slot in enumerate((None, ids[2], None, None)):
        more = {} if slot is None else {"slot": slot}
        answer = await decides(counter, await case_of(counter, first, 0, unit), **more)
        assert answer.status == 200, answer
        sent = await counter.look({"id": answer.body["replacement"]})
        slots.append(sent["slot"])
        assert (sent["delivery"]["start"] is None) == (sent["slot"] is None)
        assert sent["total_minor"] == 0
    assert slots == [ids[1], ids[2], ids[1], None]
    await sold(counter, "honey", 9)
    left = await counter.rows("SELECT units - held - sold AS left FROM stock_resources WHERE id LIKE 'slot:%'")
    assert [row["left"] for row in left] == [0, 0, 0]
    case = await case_of(counter, first, 0, 4)
    full = await decides(counter, case, slot=ids[2])
    assert (full.status, full.body["name"]) == (409, "slot_full")
    unknown = await decides(counter, case, slot="none")
    assert (unknown.status, unknown.body["name"]) == (404, "slot_not_found")
    wrong = await decides(counter, case, decision="reject", slot=ids[1])
    assert (wrong.status, wrong.body["code"]) == (400, 1000)
    assert await differences(counter.server.application.database, most=10) == []


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
    found = [each.check for each in await differences(counter.server.application.database, most=10)]
    assert found == ["paid_not_sold", "stock_not_summed", "lines_not_sold"]
