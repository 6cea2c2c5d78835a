"""Cases over HTTP: opened by the buyer of the order alone, decided once by care, appealed against once."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from commerce.cases.module import AfterSales
from livehub.base.auth import Role
from tests.base.served import NOW_S, Answer, Served, serving
from tests.commerce.refunds.paid_orders import NOW_MS, Bought, balances, paid_order, units
from tests.integration.server import eventually
from tests.people.stage import a_person

ALONE = 20_000
UPLOAD = "01hq8d3kz5v9w2x7ab"


@pytest.fixture
async def served(database_url: str) -> AsyncIterator[Served]:
    async with serving(database_url) as running:
        yield running


async def opened(served: Served, *lines: dict[str, Any], by: str = "mei", order: str = "o1", **more: Any) -> Answer:
    body = {"lines": list(lines), "kind": "refund", "reason": "坏果"} | more
    return await served.call(f"POST /api/orders/{order}/cases", body, role=Role.VIEWER, user=by)


async def decided(
    served: Served, case: str, decision: str, *, by: str = "care-1", role: Role = Role.CARE, **more: Any
) -> Answer:
    body = {"decision": decision} | more
    return await served.call(f"POST /api/cases/{case}/decision", body, role=role, user=by)


async def refused(served: Served, status: int, code: int, *lines: dict[str, Any], **more: Any) -> Answer:
    before = await served.contents()
    answer = await opened(served, *lines, **more)
    assert (answer.status, answer.body["code"]) == (status, code), answer
    assert await served.contents() == before
    return answer


async def delivered(served: Served, hours_ago: float) -> None:
    at_ms = NOW_MS - int(hours_ago * 3_600_000)
    await served.database.execute(
        "INSERT INTO order_changes (order_id, at_ms, was, state) VALUES ('o1', $1, 'dispatched', 'delivered')", at_ms
    )


async def uploaded(served: Served, owner: str = "mei") -> None:
    await served.database.execute(
        "INSERT INTO uploads (id, owner, state, sha256, created_ts, width, height) VALUES ($1, $2, 'stored', $4, $3, 9, 9)",
        UPLOAD, owner, NOW_MS, bytes(32),
    )  # fmt: skip


# --- opening ---


async def test_a_case_has_its_units_its_pictures_and_a_clock(served: Served):
    (line,) = await paid_order(served, Bought(qty=3), off_minor=1_000, state="delivered")
    await delivered(served, 1)
    await uploaded(served)
    answer = await opened(served, units(line, 0, 1), text="soft", photos=[UPLOAD])
    assert answer.status == 201, answer
    case = answer.body
    assert {name: case[name] for name in ("order", "kind", "reason", "text", "state", "photos", "lines")} == {
        "order": "o1", "kind": "refund", "reason": "spoiled", "text": "soft", "state": "open",
        "photos": [f"/uploads/{UPLOAD}/large.webp"], "lines": [{"line": line, "units": [0, 1]}],
    }  # fmt: skip
    assert case["max_refund_minor"] == 1_333
    assert (case["opened_at"], case["due_at"]) == ("2027-01-15T08:00:00.000Z", "2027-01-15T08:10:00.000Z")
    assert [(step["step"], step["by"]) for step in case["steps"]] == [("open", None)]
    assert not case["is_overdue"]
    served.clock.now_s += 601
    listed = await served.done("GET /api/cases?overdue=true", role=Role.CARE)
    assert [(item["id"], item["is_overdue"]) for item in listed["items"]] == [(case["id"], True)]
    assert (listed["open"], listed["overdue"]) == (1, 1)


async def test_nobody_opens_or_sees_a_case_of_others(served: Served):
    # X1
    (line,) = await paid_order(served, Bought(qty=2))
    await refused(served, 404, 4031, units(line, 0), by="lin")
    await refused(served, 404, 4031, units(line, 0), order="o9")
    case = (await opened(served, units(line, 0))).body["id"]
    for call, body in (
        (f"GET /api/cases/{case}", None),
        ("GET /api/cases/nothing", None),
        (f"POST /api/cases/{case}/withdraw", {}),
        (f"POST /api/cases/{case}/appeal", {"text": "why"}),
    ):
        answer = await served.call(call, body, role=Role.VIEWER, user="lin")
        assert (answer.status, answer.body["code"]) == (404, 4090)
    assert (await served.call("GET /api/cases", role=Role.VIEWER, user="mei")).status == 403
    mine = await served.call("GET /api/me/cases", role=Role.VIEWER, user="mei")
    assert [item["id"] for item in mine.body["items"]] == [case]
    for order, ids in (("o1", [case]), ("o9", [])):
        of_order = await served.call(f"GET /api/me/cases?order={order}", role=Role.VIEWER, user="mei")
        assert [item["id"] for item in of_order.body["items"]] == ids
    assert (await served.call("GET /api/me/cases", role=Role.VIEWER, user="lin")).body["items"] == []


async def test_a_unit_is_in_one_open_case_and_not_in_one_when_it_was_paid_back(served: Served):
    (line,) = await paid_order(served, Bought(qty=3))
    first = (await opened(served, units(line, 0))).body["id"]
    await refused(served, 409, 4094, units(line, 0, 1))
    await served.call(
        "POST /api/orders/o1/refunds", {"lines": [units(line, 2)], "reason": "x"}, role=Role.CARE, user="care-1"
    )
    await refused(served, 409, 4094, units(line, 2))
    withdrawn = await served.call(f"POST /api/cases/{first}/withdraw", {}, role=Role.VIEWER, user="mei")
    assert withdrawn.body["state"] == "withdrawn"
    assert (await opened(served, units(line, 0))).status == 201


async def test_a_key_is_one_case_for_ever_and_no_other_request(served: Served):
    # M16, F5: the answer under a key is forgotten after a day, what was done under it is not
    (line,) = await paid_order(served, Bought(qty=3))

    async def asks(unit: int = 0, *, order: str = "o1") -> Answer:
        await served.database.execute("DELETE FROM idempotency_keys")  # as after LIVEHUB_IDEMPOTENCY_TTL_S
        return await served.call(
            f"POST /api/orders/{order}/cases",
            {"lines": [units(line, unit)], "kind": "refund", "reason": "other"},
            role=Role.VIEWER,
            user="mei",
            headers={"Idempotency-Key": "a-key-of-last-week"},
        )

    first = await asks()
    assert first.status == 201, first
    await served.call(f"POST /api/cases/{first.body['id']}/withdraw", {}, role=Role.VIEWER, user="mei")
    again = await asks()
    assert (again.status, again.body["id"], again.body["state"]) == (201, first.body["id"], "withdrawn")
    for answer in (await asks(1), await asks(order="o2")):
        assert (answer.status, answer.body["code"]) == (422, 1004)
    assert await served.database.fetchval("SELECT count(*) FROM cases") == 1


async def test_an_unpaid_order_has_no_case_and_an_old_one_none_any_more(served: Served):
    (line,) = await paid_order(served, Bought(), state="unpaid")
    await refused(served, 409, 4032, units(line, 0))
    (line,) = await paid_order(served, Bought(), id_="o2", state="done")
    await served.database.execute(
        "INSERT INTO order_changes (order_id, at_ms, was, state) VALUES ('o2', $1, 'dispatched', 'delivered')",
        NOW_MS - 604_800_001,
    )
    answer = await refused(served, 409, 4092, units(line, 0), order="o2")
    assert answer.body["until"] == "2027-01-15T07:59:59.999Z"


async def test_two_hours_after_delivery_a_picture_is_needed_and_only_of_an_upload_of_ones_own(served: Served):
    (line,) = await paid_order(served, Bought(), state="delivered")
    await delivered(served, 2.1)
    await refused(served, 422, 4093, units(line, 0))
    await refused(served, 404, 1306, units(line, 0), photos=["https://evil.example/pixel.webp"])
    await uploaded(served, owner="lin")
    await refused(served, 404, 1306, units(line, 0), photos=[UPLOAD])
    assert (await opened(served, units(line, 0), photos=[UPLOAD] * 7)).status == 400
    assert (await opened(served, units(line, 0), reason="少件")).status == 201


# --- deciding ---


async def test_a_refund_is_begun_with_the_decision_and_the_case_closes_when_the_money_is_there(served: Served):
    (line,) = await paid_order(served, Bought(qty=3), off_minor=1_000, state="delivered", fee_minor=500)
    case = (await opened(served, units(line, 0, 1))).body["id"]
    seen = await served.call(f"POST /api/cases/{case}/see", {}, role=Role.CARE, user="care-1")
    assert seen.body["seen_at"] == "2027-01-15T08:00:00.000Z"
    answer = await decided(served, case, "refund", note="Sorry!")
    assert (answer.status, answer.body["state"], answer.body["decision"]) == (200, "decided", "refund"), answer
    assert (answer.body["refund"]["amount_minor"], answer.body["refund"]["state"]) == (1_333, "processing")
    assert (await balances(served))["refunds_payable"] == -1_333
    told = await served.database.fetch("SELECT key FROM notice_deliveries WHERE person = 'mei'")
    assert [row["key"] for row in told] == [f"case_refund:{case}:{NOW_MS}"]
    before = await served.contents()
    again = await decided(served, case, "reject", by="care-2")
    assert (again.status, again.body["code"]) == (409, 4091)
    assert await served.contents() == before
    part = served.application.get(AfterSales)
    await part._close(0)
    assert await state(served, case) == "decided"
    await served.database.execute("UPDATE refunds SET state = 'paid', paid_ms = 1")
    await part._close(0)
    assert await state(served, case) == "closed"
    acts = (await served.done("GET /api/audit?who=care-1", role=Role.ADMIN))["items"]
    assert sorted(act["type"] for act in acts) == ["case_decide", "case_see", "refund"]


async def test_a_case_that_two_people_decide_in_many_tabs_at_once_pays_back_once(served: Served):
    # R1: openfoodnetwork#6330, coopcycle#4608, woo-stripe#838, shopp#3241
    (line,) = await paid_order(served, Bought(price_minor=392), state="delivered")
    case = (await opened(served, units(line, 0))).body["id"]
    answers = await asyncio.gather(*(decided(served, case, "refund", by=f"care-{n % 2}") for n in range(8)))
    assert sorted((answer.status, answer.body.get("code")) for answer in answers) == [(200, None)] + [(409, 4091)] * 7
    assert await served.database.fetchval("SELECT sum(amount_minor) FROM refunds") == 392
    assert (await balances(served))["refunds_payable"] == -392


async def state(served: Served, case: str) -> str:
    return str((await served.done(f"GET /api/cases/{case}", role=Role.CARE))["state"])


async def test_some_of_its_units_and_the_fee_when_it_never_came(served: Served):
    (line,) = await paid_order(served, Bought(qty=3), state="dispatched", fee_minor=500)
    case = (await opened(served, units(line, 0, 1), reason="未送达")).body["id"]
    answer = await decided(served, case, "refund", lines=[units(line, 1)])
    assert answer.body["refund"]["amount_minor"] == 1_500
    assert answer.body["max_refund_minor"] == 1_000


async def test_above_a_sum_a_second_person_decides_and_a_no_opens_the_case_again(database_url: str):
    async with serving(database_url, has_jobs=True) as served:
        (line,) = await paid_order(served, Bought(price_minor=ALONE + 1), state="delivered")
        case = (await opened(served, units(line, 0))).body["id"]
        refund = (await decided(served, case, "refund")).body["refund"]
        assert refund["state"] == "approval"
        served.clock.now_s = NOW_S + 60
        await served.call(f"POST /api/refunds/{refund['id']}/reject", {"reason": "no"}, role=Role.OPS, user="ops-1")

        async def is_open() -> bool:
            return await state(served, case) == "open"

        await eventually(is_open)
        found = await served.done(f"GET /api/cases/{case}", role=Role.CARE)
        assert (found["decision"], found["refund"], found["due_at"]) == (None, None, "2027-01-15T08:11:00.000Z")
        assert [step["step"] for step in found["steps"]] == ["open", "decide", "refund_rejected"]
        assert (await decided(served, case, "reject")).body["decision"] == "reject"


async def test_a_rejection_is_appealed_against_once_and_in_time(served: Served):
    (line,) = await paid_order(served, Bought(), state="delivered")
    case = (await opened(served, units(line, 0))).body["id"]
    assert (await decided(served, case, "reject", note="No.")).body["can_appeal"]

    async def appeal() -> Answer:
        return await served.call(f"POST /api/cases/{case}/appeal", {"text": "Look!"}, role=Role.VIEWER, user="mei")

    served.clock.now_s += 604_801
    assert (await appeal()).body["code"] == 4091
    served.clock.now_s -= 1
    again = (await appeal()).body
    assert (again["state"], again["appeal"], again["can_appeal"]) == ("open", "Look!", False)
    await refused(served, 409, 4094, units(line, 0))
    await decided(served, case, "reject")
    assert (await appeal()).body["code"] == 4091
    await served.application.get(AfterSales)._close(0)
    assert await state(served, case) == "closed"


async def test_the_queue_has_the_open_ones_by_when_they_are_due_page_by_page(served: Served):
    found: dict[str, str] = {}
    for order, due_ms in (("o1", 3), ("o2", 1), ("o3", 2), ("o4", 0)):
        (line,) = await paid_order(served, Bought(), id_=order, state="delivered")
        case = (await opened(served, units(line, 0), order=order)).body["id"]
        await served.database.execute("UPDATE cases SET due_ms = $2 WHERE id = $1", case, NOW_MS + due_ms)
        found[order] = case
    await decided(served, found["o4"], "reject", note="nothing is wrong with it")
    paged: list[str] = []
    after: str | None = ""
    while after is not None:
        answer = await served.call(f"GET /api/cases?queue=true&limit=2{after}", role=Role.CARE)
        assert len(answer.body["items"]) <= 2
        paged += [each["id"] for each in answer.body["items"]]
        after = None if answer.body["next"] is None else f"&after={answer.body['next']}"
    assert paged == [found["o2"], found["o3"], found["o1"]]


async def wallet(served: Served, user: str = "mei") -> list[Any]:
    found: list[Any] = (await served.call("GET /api/me/coupons", role=Role.VIEWER, user=user)).body["coupons"]
    return found


async def test_a_gift_is_a_coupon_in_the_wallet_and_moves_no_money(served: Served):
    (line,) = await paid_order(served, Bought(), state="delivered")
    case = (await opened(served, units(line, 0))).body["id"]
    before = await balances(served)
    answer = await decided(served, case, "gift", coupon={"title": "Sorry", "amount_minor": 500}, note="Take this.")
    assert (answer.status, answer.body["coupon"], answer.body["refund"], answer.body["replacement"]) == (
        200, f"{case}-gift", None, None,
    )  # fmt: skip
    (own,) = await wallet(served)
    assert (own["id"], own["state"], own["room"], own["reason"], own["coupon"]["amount_minor"]) == (
        f"{case}-gift", "claimed", None, None, 500,
    )  # fmt: skip
    assert await balances(served) == before
    assert await served.database.fetchval("SELECT count(*) FROM refunds") == 0
    told = await served.database.fetch("SELECT template FROM notice_deliveries WHERE person = 'mei'")
    assert [row["template"] for row in told] == ["case_gift"]
    events = await served.database.fetch("SELECT type FROM domain_events WHERE type LIKE 'case.%' ORDER BY id")
    assert [row["type"] for row in events] == ["case.opened", "case.decided"]


async def test_a_gift_is_given_once_whoever_decides_again(served: Served):
    (line,) = await paid_order(served, Bought(), state="delivered")
    case = (await opened(served, units(line, 0))).body["id"]
    coupon = {"title": "Sorry", "amount_minor": 500}
    answers = await asyncio.gather(*(decided(served, case, "gift", by=f"care-{n}", coupon=coupon) for n in range(5)))
    assert sorted(answer.status for answer in answers) == [200, 409, 409, 409, 409]
    assert {answer.body.get("code") for answer in answers} == {None, 4091}
    assert len(await wallet(served)) == 1
    assert await served.database.fetchval("SELECT sum(taken) FROM coupons") == 1


@pytest.mark.parametrize(
    ("coupon", "status", "code"),
    [
        (None, 400, 1000),
        ({"title": "x"}, 400, 1000),
        ({"title": "x", "amount_minor": 500, "currency": "USD"}, 400, 1000),
        ({"title": "x", "kind": "percent", "basis_points": 1_000}, 400, 1000),
        ({"title": "x", "kind": "percent", "basis_points": 1_000, "cap_minor": ALONE + 1}, 422, 4098),
        ({"title": "x", "amount_minor": ALONE + 1}, 422, 4098),
        ({"title": "x", "amount_minor": 500, "usable_until": "2020-01-01"}, 400, 1000),
        ({"title": "x", "amount_minor": -1}, 400, 1000),
    ],
)
async def test_a_gift_without_terms_or_bounds_is_refused_and_nothing_is_decided(
    served: Served, coupon: Any, status: int, code: int
):
    (line,) = await paid_order(served, Bought(), state="delivered")
    case = (await opened(served, units(line, 0))).body["id"]
    before = await served.contents()
    answer = await decided(served, case, "gift", coupon=coupon)
    assert (answer.status, answer.body["code"]) == (status, code), answer
    assert await served.contents() == before


async def test_money_wants_a_recent_sign_in_and_a_rejection_does_not(served: Served):
    (line,) = await paid_order(served, Bought(), state="delivered")
    case = (await opened(served, units(line, 0))).body["id"]
    token = served.token(Role.CARE, "care-1", signed_in_s=NOW_S - 86_400)
    headers = {"Authorization": f"Bearer {token}"}
    call = f"POST /api/cases/{case}/decision"
    gift = {"decision": "gift", "coupon": {"title": "Sorry", "amount_minor": 500}}
    assert (await served.call(call, {"decision": "refund"}, role=None, headers=headers)).status == 401
    assert (await served.call(call, gift, role=None, headers=headers)).status == 401
    assert (await served.call(call, {"decision": "reject"}, role=None, headers=headers)).status == 200


async def test_staff_are_told_names_and_goods_of_cases_and_the_buyer_no_names(served: Served):
    for person, name in (("mei", "Mei"), ("care-1", "Lin")):
        await a_person(served, person, name)
    honey, jam = await paid_order(served, Bought(qty=3), Bought(product="jam"), state="delivered")
    case = (await opened(served, units(honey, 0, 2), units(jam, 0))).body["id"]
    assert (await decided(served, case, "reject", note="fine")).status == 200
    (listed,) = (await served.done("GET /api/cases", role=Role.CARE))["items"]
    assert (listed["person_name"], listed["decided_by_name"]) == ("Mei", "Lin")
    goods = [(each["title"], each["qty"]) for each in listed["goods"]]
    assert goods == [("honey", 2), ("jam", 1)]
    shown = await served.done(f"GET /api/cases/{case}", role=Role.CARE)
    assert (shown["person_name"], [step["by_name"] for step in shown["steps"]]) == ("Mei", ["Mei", "Lin"])
    mine = (await served.call("GET /api/me/cases", role=Role.VIEWER, user="mei")).body["items"][0]
    own = (await served.call(f"GET /api/cases/{case}", role=Role.VIEWER, user="mei")).body
    assert [mine[name] for name in ("person", "person_name", "decided_by", "decided_by_name")] == [None] * 4
    assert (own["person_name"], {step["by_name"] for step in own["steps"]}) == (None, {None})
    assert [(each["title"], each["qty"]) for each in mine["goods"]] == goods


async def test_who_handles_an_order_sees_what_staff_did_about_it_and_no_more(served: Served):
    (line,) = await paid_order(served, Bought(qty=3), state="delivered")
    await paid_order(served, Bought(), id_="o2")
    case = (await opened(served, units(line, 0))).body["id"]
    await decided(served, case, "refund", note="sorry")
    await served.call(
        "POST /api/orders/o2/refunds", {"lines": [units("o2-0", 0)], "reason": "other"}, role=Role.CARE, user="care-2"
    )
    for role in (Role.CARE, Role.OPS):
        acts = (await served.done("GET /api/orders/o1/history", role=role))["items"]
        told = sorted((act["type"], act["by"]["id"], act["why"], act["network"]) for act in acts)
        assert told == [("case_decide", "care-1", "sorry", ""), ("refund", "care-1", "spoiled", "")]
    assert (await served.call("GET /api/orders/o1/history", role=Role.VIEWER, user="mei")).status == 403
    assert (await served.call("GET /api/orders/o9/history", role=Role.CARE)).status == 404


async def test_a_formula_as_a_text_is_a_text_in_the_file(served: Served):
    # X2
    (line,) = await paid_order(served, Bought())
    await opened(served, units(line, 0), text="=1+1")
    answer = await served.call("GET /api/cases", role=Role.ADMIN, headers={"Accept": "text/csv"})
    assert "'=1+1" in answer.raw.decode()
