"""Refunds of orders over HTTP: each unit once, never above what is left, above a sum with a second person, all in the books."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from livehub.base.auth import Role
from tests.base.served import Answer, Served, serving
from tests.commerce.refunds.paid_orders import Bought, balances, paid_order, units
from tests.people.stage import a_person

ALONE = 20_000


@pytest.fixture
async def served(database_url: str) -> AsyncIterator[Served]:
    async with serving(database_url) as running:
        yield running


async def refund(served: Served, *lines: dict[str, Any], by: str = "care-1", order: str = "o1", **more: Any) -> Answer:
    body = {"lines": list(lines), "reason": "bruised"} | more
    return await served.call(f"POST /api/orders/{order}/refunds", body, role=Role.CARE, user=by)


async def refused(served: Served, code: int, *lines: dict[str, Any], **more: Any) -> Answer:
    before = await served.contents()
    answer = await refund(served, *lines, **more)
    assert (answer.body["code"], answer.status) == (code, 422 if code != 4032 else 409), answer
    assert await served.contents() == before
    return answer


async def returns(served: Served) -> list[dict[str, int]]:
    rows = await served.database.fetch(
        "SELECT resources, units FROM order_stock_returns ORDER BY cardinality(units), key"
    )
    return [dict(zip(row["resources"], row["units"], strict=True)) for row in rows]


async def left(served: Served, order: str = "o1") -> int:
    found = await served.call(f"GET /api/orders/{order}/refunds", role=Role.VIEWER, user="mei")
    return int(found.body["left_minor"])


# --- the sums ---


async def test_a_refund_of_units_pays_their_stored_shares_and_is_in_the_books(served: Served):
    (line,) = await paid_order(served, Bought(qty=3, price_minor=1_000), off_minor=1_000, fee_minor=500)
    answer = await refund(served, units(line, 0, 2))
    assert answer.status == 201
    assert answer.body == {
        "id": answer.body["id"], "order": "o1", "kind": "lines", "state": "processing", "amount_minor": 1_333,
        "currency": "CNY", "provider": "sandbox", "reason": "bruised",
        "lines": [{"line": line, "units": [0, 2], "amount_minor": 1_333, "unit_amounts_minor": [666, 667]}],
        "delivery_minor": 0, "restock": True, "is_rejected": False, "created_at": answer.body["created_at"], "paid_at": None,
        "asked_by": "care-1", "approved_by": None, "asked_by_name": None, "approved_by_name": None,
    }  # fmt: skip
    assert await left(served) == 1_167
    assert await balances(served) == {
        "clearing:sandbox": 2_500, "refunds_payable": -1_333, "revenue:goods": -1_000, "revenue:delivery": -500,
        "discounts": 333,
    }  # fmt: skip


async def test_all_of_it_is_what_was_paid_and_leaves_no_revenue(served: Served):
    (line,) = await paid_order(served, Bought(qty=3, price_minor=1_000), off_minor=1_000, fee_minor=500)
    amounts = [(await refund(served, units(line, unit))).body["amount_minor"] for unit in range(3)]
    assert amounts == [666, 667, 1_167]
    assert await balances(served) == {"clearing:sandbox": 2_500, "refunds_payable": -2_500}
    assert await left(served) == 0


async def test_what_is_left_is_told_unit_by_unit_and_how_much_of_it_one_may_pay_back_alone(served: Served):
    (line,) = await paid_order(served, Bought(qty=3, price_minor=1_000), off_minor=1_000, fee_minor=500)
    assert (await refund(served, units(line, 1))).status == 201
    of_order = "GET /api/orders/o1/refunds"
    seen = (await served.call(of_order, role=Role.CARE, user="care-1")).body
    assert seen["units"] == [
        {"line": line, "unit": 0, "amount_minor": 666},
        {"line": line, "unit": 2, "amount_minor": 667},
    ]
    assert (seen["delivery_left_minor"], seen["left_minor"]) == (500, 1_833)
    assert seen["alone_left_minor"] == ALONE - 667
    other = (await served.call(of_order, role=Role.CARE, user="care-2")).body
    assert other["alone_left_minor"] == ALONE  # of each person by themselves
    buyer = (await served.call(of_order, role=Role.VIEWER, user="mei")).body
    assert buyer["alone_left_minor"] is None


async def test_what_is_above_what_is_left_is_refused_and_changes_nothing(served: Served):
    dear, cheap = await paid_order(served, Bought(price_minor=9_900), Bought(product="eggs", price_minor=100))
    assert (await refund(served, units(dear, 0))).body["amount_minor"] == 9_900
    answer = await refused(served, 4080, units(dear, 0))
    assert {name: answer.body[name] for name in ("line", "units", "left_minor")} == {
        "line": dear, "units": [0], "left_minor": 100,
    }  # fmt: skip
    await refused(served, 4080, {"line": cheap, "units": 2})
    await refused(served, 4080, units(cheap, 1))


async def test_a_double_click_in_two_tabs_under_other_keys_refunds_once(served: Served):
    # R1: openfoodnetwork#6330, coopcycle#4608, woo-stripe#838, shopp#3241
    (line,) = await paid_order(served, Bought(price_minor=392))
    body = {"lines": [units(line, 0)], "reason": "bruised"}

    async def click(key: str) -> Answer:
        return await served.call(
            "POST /api/orders/o1/refunds", body, role=Role.CARE, user="care-1", headers={"Idempotency-Key": key}
        )

    answers = await asyncio.gather(*(click(f"a-key-of-tab-{n // 2}") for n in range(8)))
    assert sorted({answer.status for answer in answers}) == [201, 422]
    assert len({answer.body["id"] for answer in answers if answer.status == 201}) == 1
    assert await served.database.fetchval("SELECT sum(amount_minor) FROM refunds") == 392
    assert (await balances(served))["refunds_payable"] == -392


async def test_a_key_is_one_refund_for_ever_and_no_other_request(served: Served):
    # M16, F5: the answer under a key is forgotten after a day, what was done under it is not
    (line,), (other,) = (
        await paid_order(served, Bought(qty=3, price_minor=392)),
        await paid_order(served, Bought(qty=3, price_minor=392), id_="o2"),
    )

    async def asks(line: str, *, units: int = 1, order: str = "o1", by: str = "care-1") -> Answer:
        await served.database.execute("DELETE FROM idempotency_keys")  # as after LIVEHUB_IDEMPOTENCY_TTL_S
        return await served.call(
            f"POST /api/orders/{order}/refunds",
            {"lines": [{"line": line, "units": units}], "reason": "bruised"},
            role=Role.CARE,
            user=by,
            headers={"Idempotency-Key": "a-key-of-last-week"},
        )

    first = await asks(line)
    assert (first.status, first.body["amount_minor"]) == (201, 392)
    await served.database.execute("UPDATE refunds SET state = 'paid', paid_ms = 1")
    before = await served.database.fetch("SELECT * FROM refund_lines")
    again = await asks(line)
    assert (again.status, again.body["id"], again.body["state"]) == (201, first.body["id"], "paid")
    for answer in (await asks(line, units=2), await asks(other, order="o2")):
        assert (answer.status, answer.body["code"]) == (422, 1004)
    assert await served.database.fetch("SELECT * FROM refund_lines") == before
    assert (await asks(line, by="care-2")).body["id"] != first.body["id"]  # keys are each person's own
    assert len((await served.done("GET /api/audit?type=refund", role=Role.ADMIN))["items"]) == 2


async def test_nothing_is_no_refund(served: Served):
    line, gift = await paid_order(served, Bought(), Bought(product="spoon", price_minor=0), fee_minor=500)
    await refused(served, 4082, units(gift, 0))
    await refused(served, 4082)
    assert (await refund(served, {"line": line, "units": 0})).status == 400
    free = await paid_order(served, Bought(price_minor=700), off_minor=700, id_="o2")
    await refused(served, 4082, units(free[0], 0), order="o2")


async def test_an_order_that_was_never_paid_is_not_refunded(served: Served):
    (line,) = await paid_order(served, Bought(), state="unpaid")
    await refused(served, 4032, units(line, 0))


async def test_the_database_refuses_a_unit_twice_whoever_writes_it(served: Served):
    (line,) = await paid_order(served, Bought(qty=2))
    first = (await refund(served, units(line, 0))).body["id"]
    with pytest.raises(asyncpg.UniqueViolationError):
        await served.database.execute("INSERT INTO refund_lines VALUES ($1, $2, 0, 1)", first, line)


# --- the second person ---


async def test_above_the_sum_it_waits_for_a_second_person(served: Served):
    (line,) = await paid_order(served, Bought(price_minor=ALONE + 1))
    answer = await refund(served, units(line, 0))
    assert answer.body["state"] == "approval"
    assert (await balances(served)).get("refunds_payable") is None
    assert await returns(served) == []
    await refused(served, 4080, units(line, 0))
    call = f"POST /api/refunds/{answer.body['id']}/approve"
    before = await served.contents()
    own = await served.call(call, {}, role=Role.CARE, user="care-1")
    assert (own.status, own.body["code"]) == (403, 4070)
    assert await served.contents() == before
    approved = await served.call(call, {}, role=Role.OPS, user="ops-1")
    assert (approved.body["state"], approved.body["approved_by"]) == ("processing", "ops-1")
    assert (await balances(served))["refunds_payable"] == -(ALONE + 1)
    assert await returns(served) == [{"product:honey": 1}]
    again = await served.call(call, {}, role=Role.OPS, user="ops-1")
    assert (again.status, again.body["code"]) == (409, 4069)


async def test_many_small_ones_of_one_person_count_together(served: Served):
    (line,) = await paid_order(served, Bought(qty=3, price_minor=ALONE // 2))
    states = [(await refund(served, units(line, unit))).body["state"] for unit in range(3)]
    assert states == ["processing", "processing", "approval"]


async def test_a_rejected_refund_frees_its_units_and_was_never_owed(served: Served):
    (line,) = await paid_order(served, Bought(price_minor=ALONE + 1))
    first = (await refund(served, units(line, 0))).body["id"]
    answer = await served.call(f"POST /api/refunds/{first}/reject", {"reason": "no"}, role=Role.OPS, user="ops-1")
    assert (answer.body["state"], answer.body["is_rejected"]) == ("failed", True)
    assert await left(served) == ALONE + 1
    assert (await balances(served)).get("refunds_payable") is None
    retried = await served.call(f"POST /api/refunds/{first}/retry", {}, role=Role.OPS)
    assert (retried.status, retried.body["code"]) == (409, 4069)
    second = (await refund(served, units(line, 0))).body
    assert (second["state"], second["id"] == first) == ("approval", False)


async def approve(served: Served, refund: str) -> Any:
    answer = await served.call(f"POST /api/refunds/{refund}/approve", {}, role=Role.OPS, user="ops-1")
    assert answer.status == 200, answer
    return answer.body


async def test_an_order_is_whole_only_when_nobody_may_still_keep_some_of_it(served: Served):
    dear, cheap = await paid_order(served, Bought(price_minor=ALONE + 1), Bought(price_minor=100), fee_minor=500)
    waiting = (await refund(served, units(dear, 0))).body["id"]
    assert (await refund(served, units(cheap, 0))).body["amount_minor"] == 100
    assert await served.database.fetchval("SELECT state FROM orders") == "paid"
    await approve(served, waiting)
    assert await served.database.fetchval("SELECT state FROM orders") == "cancelled"
    rows = await served.database.fetch("SELECT kind, amount_minor, state FROM refunds ORDER BY amount_minor")
    assert [tuple(row) for row in rows] == [
        ("lines", 100, "processing"), ("delivery", 500, "processing"), ("lines", ALONE + 1, "processing"),
    ]  # fmt: skip
    assert await balances(served) == {"clearing:sandbox": ALONE + 601, "refunds_payable": -ALONE - 601}
    assert await left(served) == 0


async def test_what_was_packed_while_it_waited_does_not_go_back_on_the_shelf(served: Served):
    (line,) = await paid_order(served, Bought(price_minor=ALONE + 1))
    waiting = (await refund(served, units(line, 0))).body
    assert waiting["restock"] is None
    await served.database.execute("UPDATE orders SET state = 'preparing'")
    assert (await approve(served, waiting["id"]))["restock"] is False
    assert await returns(served) == []


async def test_only_a_recent_sign_in_refunds_and_approves(served: Served):
    (line,) = await paid_order(served, Bought(price_minor=ALONE + 1))
    first = (await refund(served, units(line, 0))).body["id"]
    token = served.token(Role.OPS, "ops-1", signed_in_s=served.clock() - 86_400)
    for call, body in (
        ("POST /api/orders/o1/refunds", {"lines": [units(line, 0)], "reason": "x"}),
        (f"POST /api/refunds/{first}/approve", {}),
        (f"POST /api/refunds/{first}/reject", {"reason": "x"}),
    ):
        answer = await served.call(call, body, role=None, headers={"Authorization": f"Bearer {token}"})
        assert answer.status == 401, answer


# --- goods, order, coupons ---


@pytest.mark.parametrize(
    ("state", "restock", "back"),
    [
        ("paid", None, True),
        ("paid", False, False),
        ("preparing", None, False),
        ("dispatched", None, False),
        ("delivered", True, True),
    ],
)
async def test_goods_go_back_on_the_shelf_as_long_as_nobody_packed_them_unless_said_otherwise(
    served: Served, state: str, restock: bool | None, back: bool
):
    # S7: openfoodnetwork#10770
    box, honey = await paid_order(
        served, Bought(product="box", qty=2, components=(("eggs", 6), ("honey", 1))), Bought(qty=2), state=state
    )
    answer = await refund(served, units(box, 0), units(honey, 0), restock=restock)
    assert answer.body["restock"] is back
    assert await returns(served) == ([{"product:eggs": 6, "product:honey": 2}] if back else [])


async def test_a_whole_refund_before_dispatch_cancels_the_order_once(served: Served):
    # S1: PrestaShop#35460, #16869; S2: woocommerce#22489
    (line,) = await paid_order(served, Bought(qty=2), slot="w1")
    await refund(served, units(line, 0))
    assert await served.database.fetchval("SELECT state FROM orders") == "paid"
    await refund(served, units(line, 1))
    row = await served.database.fetchrow("SELECT state, cancel_reason, version FROM orders")
    assert row is not None
    assert tuple(row) == ("cancelled", "refunded", 2)
    assert await returns(served) == [{"product:honey": 1}, {"product:honey": 1, "slot:w1": 1}]
    events = await served.database.fetch("SELECT type FROM domain_events WHERE type LIKE 'order.%'")
    assert [row["type"] for row in events] == ["order.cancelled"]
    for _ in range(2):
        await refused(served, 4080, units(line, 1))


async def test_a_whole_refund_after_dispatch_leaves_the_order_where_it_is(served: Served):
    (line,) = await paid_order(served, Bought(qty=2), state="delivered", slot="w1")
    await refund(served, {"line": line, "units": 2})
    assert await served.database.fetchval("SELECT state FROM orders") == "delivered"
    assert await returns(served) == []


# --- who ---


async def test_nobody_sees_the_refunds_of_others_or_hears_that_there_are_any(served: Served):
    # X1
    (line,) = await paid_order(served, Bought())
    first = (await refund(served, units(line, 0))).body["id"]
    for call, code in (
        ("GET /api/orders/o1/refunds", 4031),
        ("GET /api/orders/o9/refunds", 4031),
        (f"GET /api/refunds/{first}", 4081),
        ("GET /api/refunds/nothing", 4081),
    ):
        answer = await served.call(call, role=Role.VIEWER, user="lin")
        assert (answer.status, answer.body["code"]) == (404, code)
    own = await served.call(f"GET /api/refunds/{first}", role=Role.VIEWER, user="mei")
    assert (own.body["amount_minor"], own.body["asked_by"]) == (1_000, None)
    assert (await served.call("POST /api/orders/o1/refunds", {}, role=Role.VIEWER, user="mei")).status == 403


async def test_the_list_of_the_staff_is_filtered_and_paged(served: Served):
    for n in range(3):
        served.clock.now_s += 1
        (line,) = await paid_order(served, Bought(price_minor=ALONE + n), id_=f"o{n}")
        await refund(served, units(line, 0), order=f"o{n}")
    first = await served.done("GET /api/refunds?limit=2", role=Role.OPS)
    assert [item["number"] for item in first["items"]] == ["2026o2", "2026o1"]
    rest = await served.done(f"GET /api/refunds?limit=2&after={first['next']}", role=Role.OPS)
    assert ([item["number"] for item in rest["items"]], rest["next"]) == (["2026o0"], None)
    waiting = await served.done("GET /api/refunds?state=approval", role=Role.OPS)
    assert [item["number"] for item in waiting["items"]] == ["2026o2", "2026o1"]
    assert [i["number"] for i in (await served.done("GET /api/refunds?q=2026o1", role=Role.OPS))["items"]] == ["2026o1"]


async def test_the_list_names_people_and_goods_and_so_does_its_file(served: Served):
    for person, name in (("mei", "Mei"), ("care-1", "=Lin"), ("ops-1", "Wu")):
        await a_person(served, person, name)
    honey, jam = await paid_order(served, Bought(qty=3, price_minor=ALONE + 1), Bought(product="jam"))
    first = (await refund(served, units(honey, 0, 2), units(jam, 0))).body["id"]
    await served.call(f"POST /api/refunds/{first}/approve", {}, role=Role.OPS, user="ops-1")
    second = (await refund(served, units(honey, 1))).body["id"]
    await served.call(f"POST /api/refunds/{second}/reject", {"reason": "no"}, role=Role.OPS, user="ops-1")
    items = {each["id"]: each for each in (await served.done("GET /api/refunds", role=Role.OPS))["items"]}
    told = ("person", "person_name", "asked_by_name", "approved_by_name", "rejected_by_name")
    assert [items[first][name] for name in told] == ["mei", "Mei", "=Lin", "Wu", ""]
    assert [items[second][name] for name in told] == ["mei", "Mei", "=Lin", "", "Wu"]
    assert [(each["title"], each["qty"]) for each in items[first]["goods"]] == [("honey", 2), ("jam", 1)]
    raw = (await served.call("GET /api/refunds", role=Role.ADMIN, headers={"Accept": "text/csv"})).raw.decode(
        "utf-8-sig"
    )
    row = next(each for each in csv.DictReader(io.StringIO(raw, newline="")) if each["id"] == first)
    named = ("person_name", "items", "asked_by_name", "approved_by_name")
    assert [row[name] for name in named] == ["Mei", "honey × 2; jam × 1", "'=Lin", "Wu"]
    own = await served.call("GET /api/orders/o1/refunds", role=Role.VIEWER, user="mei")
    assert {(each["asked_by"], each["asked_by_name"]) for each in own.body["items"]} == {(None, None)}


async def test_who_is_erased_has_no_name_in_lists(served: Served):
    await a_person(served, "mei", "Mei")
    await served.database.execute("UPDATE people SET erased_ts = 1 WHERE id = 'mei'")
    (line,) = await paid_order(served, Bought())
    await refund(served, units(line, 0))
    (item,) = (await served.done("GET /api/refunds", role=Role.OPS))["items"]
    assert item["person_name"] == ""


async def test_a_formula_as_a_reason_is_a_text_in_the_file(served: Served):
    # X2
    (line,) = await paid_order(served, Bought())
    await refund(served, units(line, 0), reason="=HYPERLINK(1)")
    answer = await served.call("GET /api/refunds", role=Role.ADMIN, headers={"Accept": "text/csv"})
    assert answer.status == 200
    assert "'=HYPERLINK(1)" in answer.raw.decode()


async def test_each_act_is_in_the_audit_log_with_who_and_why(served: Served):
    (line,) = await paid_order(served, Bought(price_minor=ALONE + 1))
    first = (await refund(served, units(line, 0))).body["id"]
    await served.call(f"POST /api/refunds/{first}/approve", {}, role=Role.OPS, user="ops-1")
    acts = (await served.done("GET /api/audit?type=refund,refund_approve", role=Role.ADMIN))["items"]
    assert [(act["type"], act["by"]["id"], act["subject"], act["was"], act["became"]) for act in acts] == [
        ("refund_approve", "ops-1", first, "approval", "processing"),
        ("refund", "care-1", first, None, "approval"),
    ]
    assert acts[1]["why"] == "bruised"


# --- weight ---


async def weigh(served: Served, line: str, unit: int, grams: int) -> Answer:
    body = {"units": [{"line": line, "unit": unit, "grams": grams}]}
    return await served.call("POST /api/orders/o1/weights", body, role=Role.PICKER, user="wei")


async def test_what_weighs_less_is_paid_back_once_by_itself(served: Served):
    (line,) = await paid_order(served, Bought(product="fish", qty=2, price_minor=1_280, grams=1_000))
    answer = await weigh(served, line, 0, 965)
    assert (answer.body["amount_minor"], answer.body["refund"]["kind"]) == (45, "weight")
    back = {"line": line, "units": [0], "amount_minor": 45, "unit_amounts_minor": [45]}
    assert answer.body["refund"]["lines"] == [back]
    assert (await weigh(served, line, 0, 965)).body == {"amount_minor": 0, "refund": None}
    other = await weigh(served, line, 0, 900)
    assert (other.status, other.body["code"]) == (422, 4083)
    assert (await weigh(served, line, 1, 1_200)).body == {"amount_minor": 0, "refund": None}
    assert (await refund(served, {"line": line, "units": 2})).body["amount_minor"] == 2_560 - 45
    assert await balances(served) == {"clearing:sandbox": 2_560, "refunds_payable": -2_560}


async def test_who_says_that_it_weighs_nothing_needs_a_second_person_above_the_sum(served: Served):
    fish = Bought(product="fish", qty=2, price_minor=ALONE + 1, grams=1_000)
    (line,) = await paid_order(served, fish, state="preparing")
    waiting = (await weigh(served, line, 0, 0)).body
    assert (waiting["amount_minor"], waiting["refund"]["state"]) == (ALONE + 1, "approval")
    assert (await balances(served)).get("refunds_payable") is None
    await refused(served, 4080, units(line, 0))  # until somebody has decided
    assert await left(served) == ALONE + 1

    answer = await served.call(
        f"POST /api/refunds/{waiting['refund']['id']}/reject", {"reason": "no"}, role=Role.OPS, user="ops-1"
    )
    assert (answer.status, await left(served)) == (200, 2 * (ALONE + 1))
    little = await weigh(served, line, 0, 999)
    assert (little.body["amount_minor"], little.body["refund"]["state"]) == (20, "processing")
    again = (await weigh(served, line, 1, 0)).body["refund"]
    assert again["state"] == "approval"
    assert (await approve(served, again["id"]))["state"] == "processing"
    assert (await balances(served))["refunds_payable"] == -20 - (ALONE + 1)
    assert (await refund(served, {"line": line, "units": 1})).body["amount_minor"] == ALONE + 1 - 20
    assert await left(served) == 0
    assert await balances(served) == {"clearing:sandbox": 2 * (ALONE + 1), "refunds_payable": -2 * (ALONE + 1)}


async def to_weigh(served: Served, query: str = "", role: Role = Role.PICKER) -> Answer:
    return await served.call(f"GET /api/weights{query}", role=role, user="wei")


async def test_what_there_is_to_weigh_is_told_with_what_it_weighed_and_not_whose_it_is(served: Served):
    fish, jar = Bought(product="fish", qty=3, price_minor=1_280, grams=1_000), Bought(qty=2)
    line, _ = await paid_order(served, fish, jar)
    await paid_order(served, jar, id_="o2")  # nothing of it is weighed
    await paid_order(served, fish, id_="o3", state="dispatched")
    await paid_order(served, fish, id_="o4", state="preparing")
    await weigh(served, line, 0, 965)
    await refund(served, units(line, 1))
    body = (await to_weigh(served)).body
    assert [each["id"] for each in body["items"]] == ["o1", "o4"]
    assert body["items"][0] == {
        "id": "o1", "number": "2026o1", "state": "paid", "currency": "CNY", "delivery": None,
        "lines": [{
            "line": line, "product": "fish", "title": "fish", "variant": "", "image": None, "grams": 1_000,
            "units": [
                {"unit": 0, "paid_minor": 1_280, "grams": 965, "amount_minor": 45},
                {"unit": 2, "paid_minor": 1_280, "grams": None, "amount_minor": 0},
            ],
        }],
    }  # fmt: skip


async def test_what_there_is_to_weigh_is_read_by_page_and_by_number_and_by_who_picks_alone(served: Served):
    fish = Bought(product="fish", price_minor=1_280, grams=1_000)
    for n in range(3):
        await paid_order(served, fish, id_=f"o{n}")
    await served.database.execute("UPDATE orders SET number = '20260001' WHERE id = 'o1'")
    seen, after = list[tuple[list[str], str | None]](), ""
    for _ in range(3):
        body = (await to_weigh(served, f"?limit=1{after}")).body
        seen.append(([each["id"] for each in body["items"]], body["next"]))
        after = f"&after={body['next']}"
    assert seen == [(["o0"], "o0"), (["o1"], "o1"), (["o2"], None)]
    assert [each["id"] for each in (await to_weigh(served, "?number=20260001")).body["items"]] == ["o1"]
    assert (await to_weigh(served, "?number=fish")).status == 400
    for role in (Role.VIEWER, Role.CARE, Role.HOST):
        assert (await to_weigh(served, role=role)).status == 403


async def test_weights_and_refunds_of_one_person_count_together(served: Served):
    (line,) = await paid_order(served, Bought(product="fish", qty=3, price_minor=ALONE // 2, grams=1_000))
    states = [(await weigh(served, line, unit, 0)).body["refund"]["state"] for unit in range(3)]
    assert states == ["processing", "processing", "approval"]
