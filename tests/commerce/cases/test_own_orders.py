"""Nobody of the staff gives money, goods or coupons to themselves: a colleague approves, or does it.

Oneself is also who one was before: somebody who has become this person.
"""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from livehub.base.auth import Role
from tests.base.served import Answer, Served, serving
from tests.commerce.refunds.paid_orders import NOW_MS, Bought, paid_order, units
from tests.people.stage import a_person

CARE, OTHER, EARLIER = "care-1", "care-2", "guest-of-care-1"
GIFT = {
    "title": "Sorry", "kind": "fixed", "amount_minor": 500, "currency": "CNY", "usable_until": "2027-02-15T00:00:00Z",
}  # fmt: skip


@pytest.fixture
async def served(database_url: str) -> AsyncIterator[Served]:
    async with serving(database_url, has_stock=True) as running:
        for person, name in ((CARE, "Wu"), (OTHER, "Lin"), ("mei", "Mei")):
            await a_person(running, person, name)
        await running.database.execute(
            "INSERT INTO person_merges (merged, person, ts, moved) VALUES ($1, $2, $3, '{}')", EARLIER, CARE, NOW_MS
        )
        yield running


async def by(served: Served, call: str, body: Any = None, *, who: str = CARE, role: Role = Role.OPS) -> Answer:
    return await served.call(call, body, role=role, user=who)


async def refused(served: Served, code: int, call: str, body: Any = None, *, who: str = CARE) -> None:
    before = await served.contents()
    answer = await by(served, call, body, who=who)
    assert (answer.status, answer.body["code"]) == (403, code), answer
    assert await served.contents() == before


@pytest.mark.parametrize("buyer", [CARE, EARLIER])
async def test_any_refund_of_an_own_order_waits_for_somebody_else(served: Served, buyer: str) -> None:
    (line,) = await paid_order(served, Bought(qty=2, price_minor=100), person=buyer)
    seen = await by(served, "GET /api/orders/o1/refunds")
    assert seen.body["alone_left_minor"] == 0
    asked = {"lines": [units(line, 0)], "reason": "bruised"}
    own = (await by(served, "POST /api/orders/o1/refunds", asked)).body
    assert (own["state"], own["amount_minor"]) == ("approval", 100)
    await refused(served, 4070, f"POST /api/refunds/{own['id']}/approve", {})
    approved = await by(served, f"POST /api/refunds/{own['id']}/approve", {}, who=OTHER)
    assert approved.body["state"] == "processing"


@pytest.mark.parametrize("buyer", [CARE, EARLIER])
async def test_nobody_approves_what_somebody_else_has_asked_for_of_their_order(served: Served, buyer: str) -> None:
    (line,) = await paid_order(served, Bought(price_minor=30_000), person=buyer)
    asked = {"lines": [units(line, 0)], "reason": "bruised"}
    refund = (await by(served, "POST /api/orders/o1/refunds", asked, who=OTHER)).body
    assert refund["state"] == "approval"
    await refused(served, 4070, f"POST /api/refunds/{refund['id']}/approve", {})
    await a_person(served, "care-3", "Zhou")
    third = await by(served, f"POST /api/refunds/{refund['id']}/approve", {}, who="care-3")
    assert third.body["state"] == "processing"


async def test_whoever_had_asked_as_another_does_not_approve(served: Served) -> None:
    (line,) = await paid_order(served, Bought(price_minor=30_000))
    asked = {"lines": [units(line, 0)], "reason": "bruised"}
    refund = (await by(served, "POST /api/orders/o1/refunds", asked, who=EARLIER)).body
    await refused(served, 4070, f"POST /api/refunds/{refund['id']}/approve", {})


@pytest.mark.parametrize("buyer", [CARE, EARLIER])
async def test_what_an_own_order_weighs_less_waits_for_somebody_else(served: Served, buyer: str) -> None:
    (line,) = await paid_order(served, Bought(price_minor=1_000, grams=1_000), person=buyer)
    body = {"units": [{"line": line, "unit": 0, "grams": 900}]}
    settled = (await by(served, "POST /api/orders/o1/weights", body)).body
    assert (settled["amount_minor"], settled["refund"]["state"]) == (100, "approval")
    await refused(served, 4070, f"POST /api/refunds/{settled['refund']['id']}/approve", {})


async def test_of_other_people_s_orders_nothing_waits(served: Served) -> None:
    line, weighed = await paid_order(served, Bought(price_minor=100), Bought(price_minor=1_000, grams=1_000))
    body = {"units": [{"line": weighed, "unit": 0, "grams": 900}]}
    assert (await by(served, "POST /api/orders/o1/weights", body)).body["refund"]["state"] == "processing"
    asked = {"lines": [units(line, 0)], "reason": "bruised"}
    assert (await by(served, "POST /api/orders/o1/refunds", asked)).body["state"] == "processing"


@pytest.mark.parametrize(
    "decision",
    [
        {"decision": "refund"}, {"decision": "replace"}, {"decision": "gift", "coupon": GIFT},
        {"decision": "reject", "note": "No."},
    ],
    ids=lambda each: each["decision"],
)  # fmt: skip
@pytest.mark.parametrize("buyer", [CARE, EARLIER])
async def test_nobody_decides_a_case_of_their_own(served: Served, buyer: str, decision: dict[str, Any]) -> None:
    (line,) = await paid_order(served, Bought(price_minor=100), person=buyer, state="delivered")
    opened = {"lines": [units(line, 0)], "kind": "refund", "reason": "坏果"}
    case = (await by(served, "POST /api/orders/o1/cases", opened, who=buyer, role=Role.VIEWER)).body["id"]
    await refused(served, 1012, f"POST /api/cases/{case}/decision", decision)


@pytest.mark.parametrize("people", [[CARE], ["mei", EARLIER]])
async def test_nobody_drops_a_coupon_for_themselves(served: Served, people: list[str]) -> None:
    await served.done("POST /api/rooms", {"id": "farm", "title": "Farm day"})
    coupon = {
        "title": "Off",
        "currency": "CNY",
        "amount_minor": 500,
        "total": 9,
        "audience": "people",
        "people": people,
    }
    await refused(served, 1012, "POST /api/rooms/farm/coupons", coupon)


@pytest.mark.parametrize("asker", [CARE, EARLIER])
async def test_nobody_gives_themselves_a_coupon_for_a_question(served: Served, asker: str) -> None:
    await served.done("POST /api/rooms", {"id": "farm", "title": "Farm day"})
    await served.database.execute(
        "INSERT INTO questions (id, room, user_id, name, text, status) VALUES ('q0', 'farm', $1, 'Wu', 'Sweet?', 'open')", asker
    )  # fmt: skip
    await refused(served, 1012, "POST /api/rooms/farm/questions/q0/answer", {"answer": "Yes.", "coupon": GIFT})
    answer = await by(served, "POST /api/rooms/farm/questions/q0/answer", {"answer": "Yes."})
    assert answer.status == 200
    again = await by(served, "POST /api/rooms/farm/questions/q0/answer", {"answer": "Yes.", "coupon": GIFT}, who=OTHER)
    assert again.status == 200, again
