"""Invoices: asked for once for an order of one's own, with a tax number that checks, listed and exported."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from commerce.cases.fapiao_api import Q
from livehub.base.auth import Role
from tests.base.served import Answer, Served, serving
from tests.commerce.refunds.paid_orders import Bought, paid_order, units
from tests.integration.server import eventually

COMPANY = {
    "kind": "company",
    "title": "深圳市腾讯计算机系统有限公司",
    "tax_number": "9144 0300 7152 6726 xg",
    "email": "a@b.cn",
}
PERSON = {"kind": "personal", "title": "王小梅", "email": "mei@b.cn"}


@pytest.fixture
async def served(database_url: str) -> AsyncIterator[Served]:
    async with serving(database_url) as running:
        yield running


async def asked(served: Served, body: dict[str, Any], *, by: str = "mei", order: str = "o1") -> Answer:
    return await served.call(f"POST /api/orders/{order}/fapiao", body, role=Role.VIEWER, user=by)


async def refused(served: Served, status: int, code: int | None, body: dict[str, Any], **more: Any) -> Answer:
    before = await served.contents()
    answer = await asked(served, body, **more)
    assert (answer.status, code and answer.body["code"]) == (status, code), answer
    assert await served.contents() == before
    return answer


async def test_it_is_for_what_was_paid_and_is_not_refunded(served: Served):
    (line,) = await paid_order(served, Bought(qty=3), off_minor=1_000, fee_minor=500)
    await served.call(
        "POST /api/orders/o1/refunds", {"lines": [units(line, 0)], "reason": "x"}, role=Role.CARE, user="care-1"
    )
    answer = await asked(served, COMPANY)
    assert answer.status == 201, answer
    assert answer.body == {
        "id": answer.body["id"], "order": "o1", "order_number": "2026o1", "kind": "company", "title": COMPANY["title"],
        "tax_number": "9144030071526726XG", "email": "a@b.cn", "amount_minor": 1_834, "currency": "CNY",
        "state": "requested", "asked_at": "2027-01-15T08:00:00.000Z", "decided_at": None, "number": None, "note": "",
        "to_reverse_minor": 0, "reversed_minor": 0, "reversal_number": None,
    }  # fmt: skip
    own = await served.call("GET /api/orders/o1/fapiao", role=Role.VIEWER, user="mei")
    assert own.body == answer.body


async def test_what_is_refunded_before_it_is_issued_is_not_on_it(served: Served):
    (line,) = await paid_order(served, Bought(qty=3, price_minor=700), state="delivered", fee_minor=100)
    asked_for = (await asked(served, PERSON)).body
    assert asked_for["amount_minor"] == 2_200

    async def refunds(unit: int) -> None:
        body = {"lines": [units(line, unit)], "reason": "x"}
        answer = await served.call("POST /api/orders/o1/refunds", body, role=Role.CARE, user="care-1")
        assert answer.status == 201, answer

    await refunds(0)
    for call in ("GET /api/orders/o1/fapiao", "GET /api/me/fapiao"):
        seen = (await served.call(call, role=Role.VIEWER, user="mei")).body
        assert (seen["items"][0] if "items" in seen else seen)["amount_minor"] == 1_500
    file = await served.call("GET /api/fapiao?state=requested", role=Role.ADMIN, headers={"Accept": "text/csv"})
    assert ",15.00," in file.raw.decode()
    issued = await served.call(f"POST /api/fapiao/{asked_for['id']}/issued", {"number": "2611"}, role=Role.CARE)
    assert (issued.body["state"], issued.body["amount_minor"]) == ("issued", 1_500)
    await refunds(1)
    again = await served.call("GET /api/orders/o1/fapiao", role=Role.VIEWER, user="mei")
    assert again.body["amount_minor"] == 1_500  # as it was issued


async def test_nothing_is_issued_for_an_order_that_was_refunded_whole_meanwhile(served: Served):
    (line,) = await paid_order(served, Bought(), state="delivered")
    fapiao = (await asked(served, PERSON)).body["id"]
    body = {"lines": [units(line, 0)], "reason": "x"}
    await served.call("POST /api/orders/o1/refunds", body, role=Role.CARE, user="care-1")
    before = await served.contents()
    answer = await served.call(f"POST /api/fapiao/{fapiao}/issued", {"number": "2611"}, role=Role.CARE)
    assert (answer.status, answer.body["code"], answer.body["state"]) == (409, 4096, "refunded")
    assert await served.contents() == before


async def test_one_for_each_order_until_it_is_rejected(served: Served):
    await paid_order(served, Bought())
    first = (await asked(served, PERSON)).body["id"]
    assert (await refused(served, 409, 4096, PERSON)).body["state"] == "requested"
    rejected = await served.call(f"POST /api/fapiao/{first}/reject", {"note": "No such title."}, role=Role.CARE)
    assert (rejected.body["state"], rejected.body["note"]) == ("rejected", "No such title.")
    second = (await asked(served, COMPANY)).body["id"]
    issued = await served.call(f"POST /api/fapiao/{second}/issued", {"number": "24312000000012345678"}, role=Role.CARE)
    assert (issued.body["state"], issued.body["number"]) == ("issued", "24312000000012345678")
    assert (await refused(served, 409, 4096, PERSON)).body["state"] == "issued"
    again = await served.call(f"POST /api/fapiao/{second}/issued", {"number": "1"}, role=Role.CARE)
    assert (again.status, again.body["code"]) == (409, 4096)
    acts = (await served.done("GET /api/audit?type=fapiao_issued,fapiao_rejected", role=Role.ADMIN))["items"]
    assert [(act["type"], act["subject"]) for act in acts] == [("fapiao_issued", second), ("fapiao_rejected", first)]
    told = await served.database.fetch("SELECT template FROM notice_deliveries WHERE person = 'mei' ORDER BY 1")
    assert [row["template"] for row in told] == ["fapiao_issued", "fapiao_rejected"]


async def test_buyers_see_their_own_a_page_at_a_time_or_those_of_an_order(served: Served):
    for n in range(3):
        await paid_order(served, Bought(), id_=f"o{n}")
        served.clock.now_s += 1
        await asked(served, PERSON, order=f"o{n}")

    async def mine(query: str, user: str = "mei") -> tuple[list[str], str | None]:
        answer = await served.call(f"GET /api/me/fapiao?{query}", role=Role.VIEWER, user=user)
        return [item["order"] for item in answer.body["items"]], answer.body["next"]

    first, after = await mine("limit=2")
    assert first == ["o2", "o1"]
    assert await mine(f"limit=2&after={after}") == (["o0"], None)
    assert await mine("order=o1") == (["o1"], None)
    assert await mine("order=o1", user="lin") == ([], None)


@pytest.mark.parametrize("number", [None, "", "9144030071526726XH", "440300715267261", "' OR 1=1 --"])
async def test_a_company_has_a_number_that_checks(served: Served, number: str | None):
    await paid_order(served, Bought())
    await refused(served, 422, 4097, COMPANY | {"tax_number": number})


async def test_others_unpaid_and_refunded_orders_and_what_is_no_address_are_refused(served: Served):
    # X1
    (line,) = await paid_order(served, Bought())
    await refused(served, 404, 4031, PERSON, by="lin")
    await refused(served, 404, 4031, PERSON, order="o9")
    await refused(served, 400, None, PERSON | {"email": "mei"})
    for user, code in (("lin", 4031), ("mei", 4095)):
        answer = await served.call("GET /api/orders/o1/fapiao", role=Role.VIEWER, user=user)
        assert (answer.status, answer.body["code"]) == (404, code)
    await paid_order(served, Bought(), id_="o2", state="unpaid")
    await refused(served, 409, 4032, PERSON, order="o2")
    (line,) = await paid_order(served, Bought(), id_="o3", state="delivered")
    await served.call(
        "POST /api/orders/o3/refunds", {"lines": [units(line, 0)], "reason": "x"}, role=Role.CARE, user="care-1"
    )
    assert (await refused(served, 409, 4096, PERSON, order="o3")).body["state"] == "refunded"


async def test_the_list_is_searched_and_exported_with_formulas_as_texts(served: Served):
    # X2
    for n, body in enumerate((COMPANY, PERSON | {"title": "=cmd|' /C calc'!A0"})):
        served.clock.now_s += 1
        await paid_order(served, Bought(), id_=f"o{n}")
        await asked(served, body, order=f"o{n}")
    every = await served.done("GET /api/fapiao?limit=1", role=Role.CARE)
    assert [item["order_number"] for item in every["items"]] == ["2026o1"]
    rest = await served.done(f"GET /api/fapiao?limit=1&after={every['next']}", role=Role.CARE)
    assert ([item["order_number"] for item in rest["items"]], rest["next"]) == (["2026o0"], None)
    for q in ("2026o0", "9144030071526726xg", "深圳市"):
        found = await served.done(f"GET /api/fapiao?q={q}", role=Role.CARE)
        assert [item["order_number"] for item in found["items"]] == ["2026o0"]
    file = await served.call("GET /api/fapiao", role=Role.ADMIN, headers={"Accept": "text/csv"})
    assert file.status == 200
    assert "'=cmd|" in file.raw.decode()
    assert "\n=cmd" not in file.raw.decode()
    assert (await served.call("GET /api/fapiao", role=Role.CARE, headers={"Accept": "text/csv"})).status == 403


@pytest.mark.parametrize("deed", [("issued", {"number": "2611"}), ("reject", {"note": "no"})])
async def test_whoever_decides_locks_the_order_first_as_whoever_asks(
    served: Served, database_url: str, deed: tuple[str, dict[str, str]]
):
    await paid_order(served, Bought())
    fapiao = (await asked(served, PERSON)).body["id"]
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    other = await asyncpg.connect(database_url)
    try:
        async with served.database.transaction():
            await served.database.execute("SELECT FROM orders WHERE id = 'o1' FOR NO KEY UPDATE")
            call = asyncio.create_task(served.call(f"POST /api/fapiao/{fapiao}/{deed[0]}", deed[1], role=Role.CARE))

            async def waits() -> bool:
                return bool(await other.fetchval(waiting))

            await eventually(waits)
            await other.execute("SELECT FROM fapiao WHERE id = $1 FOR NO KEY UPDATE NOWAIT", fapiao)
    finally:
        await other.close()
    assert (await call).status == 200


async def test_what_is_refunded_after_it_was_issued_is_to_be_reversed_until_that_is_done(served: Served):
    (line,) = await paid_order(served, Bought(qty=4, price_minor=9_000), state="delivered")
    id_ = (await asked(served, PERSON)).body["id"]

    async def refund(unit: int, by: str) -> dict[str, Any]:
        body = {"lines": [units(line, unit)], "reason": "x"}
        return dict((await served.call("POST /api/orders/o1/refunds", body, role=Role.CARE, user=by)).body)

    async def said() -> tuple[int, int, int]:
        own = (await served.call("GET /api/orders/o1/fapiao", role=Role.VIEWER, user="mei")).body
        listed = (await served.done("GET /api/fapiao?to_reverse=true", role=Role.CARE))["items"]
        assert [item["id"] for item in listed] == ([id_] if own["to_reverse_minor"] else [])
        return own["amount_minor"], own["to_reverse_minor"], own["reversed_minor"]

    async def reverse(number: str, amount_minor: int) -> Answer:
        body = {"number": number, "amount_minor": amount_minor}
        return await served.call(f"POST /api/fapiao/{id_}/reversed", body, role=Role.CARE)

    async def is_refused(amount_minor: int) -> None:
        before = await served.contents()
        answer = await reverse("R-0", amount_minor)
        assert (answer.status, answer.body["code"]) == (409, 4096)
        assert await served.contents() == before

    await refund(0, "care-1")
    await is_refused(9_000)
    await served.call(f"POST /api/fapiao/{id_}/issued", {"number": "2611"}, role=Role.CARE)
    assert await said() == (27_000, 0, 0)  # what was refunded before is not on it
    await is_refused(9_000)
    await refund(1, "care-1")
    assert await said() == (27_000, 9_000, 0)
    waits = await refund(2, "care-1")
    assert waits["state"] == "approval"
    assert await said() == (27_000, 9_000, 0)
    await is_refused(18_000)
    file = await served.call("GET /api/fapiao?to_reverse=true", role=Role.ADMIN, headers={"Accept": "text/csv"})
    assert "to_reverse,reversed,reversal_number" in file.raw.decode()
    assert ",90.00,0.00," in file.raw.decode()
    answer = await reverse("R-1", 9_000)
    assert (answer.body["to_reverse_minor"], answer.body["reversal_number"]) == (0, "R-1")
    assert await said() == (27_000, 0, 9_000)
    await is_refused(9_000)  # a second tab
    await served.call(f"POST /api/refunds/{waits['id']}/approve", {}, role=Role.CARE, user="care-2")
    assert await said() == (27_000, 9_000, 9_000)
    assert (await reverse("R-2", 9_000)).status == 200
    acts = (await served.done("GET /api/audit?type=fapiao_reversed", role=Role.ADMIN))["items"]
    assert [act["data"]["number"] for act in acts] == ["R-2", "R-1"]


@pytest.mark.parametrize("plan", ["force_custom_plan", "force_generic_plan"])
async def test_what_is_to_be_reversed_is_looked_up_of_orders_with_refunds_alone(served: Served, plan: str):
    db = served.database
    await db.execute(f"SET plan_cache_mode = {plan}")
    asked = None, None, None, None, 51, True
    rows = await db.fetch("EXPLAIN " + Q["all_fapiao"], *asked)
    # Not for each invoice that was ever issued: their refunds are summed for those that this lets through.
    assert any("hashed SubPlan" in row[0] for row in rows), rows
