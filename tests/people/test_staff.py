"""Staff see people when they may, are written down when they look, and change roles only freshly signed in."""

import asyncio
from typing import Any
from urllib.parse import quote

import pytest

from livehub import app
from livehub.base.auth import Identity, Role, Tokens
from livehub.people.sessions import role_of
from tests.base.served import SECRET, Answer, Served, serving
from tests.people.browser import Page, bearer

PHONE = "+8613800138000"


def staff(served: Served, role: Role, *, id_: str | None = None, signed_in_ago_s: int = 0) -> dict[str, str]:
    identity = Identity(
        id=id_ or f"the-{role.value}",
        name=f"The {role.value}",
        role=role,
        signed_in_s=int(served.clock()) - signed_in_ago_s,
    )
    return bearer(Tokens(SECRET).sign(identity, now_s=served.clock(), ttl_s=3600))


async def by(served: Served, role: Role, call: str, body: Any = None, **given: Any) -> Answer:
    return await served.call(call, body, role=None, headers=staff(served, role, **given))


async def test_people_are_found_by_name_number_and_id_and_their_numbers_are_masked(served: Served):
    mei = (await Page(served).sign_in(PHONE, name="Mei Lin"))["person"]
    served.clock.now_s += 1
    bo = (await Page(served).open(name="Bo"))["person"]
    for search in ("mei", "MEI L", "13800138000", "+86 138 0013 8000", mei["id"]):
        found = (await by(served, Role.ADMIN, f"GET /api/people?search={search.replace('+', '%2B')}")).body
        assert [(each["id"], each["phone"]) for each in found["items"]] == [(mei["id"], "138****8000")], search
    everybody = (await by(served, Role.ADMIN, "GET /api/people")).body
    assert [each["id"] for each in everybody["items"]] == [bo["id"], mei["id"]]
    first = (await by(served, Role.ADMIN, "GET /api/people?limit=1")).body
    rest = (await by(served, Role.ADMIN, f"GET /api/people?limit=1&after={first['next']}")).body
    assert (first["items"] + rest["items"], rest["next"]) == (everybody["items"], None)
    assert PHONE not in str(everybody)
    for search in ("ei", "%", "_", "138", "\\"):
        assert (await by(served, Role.ADMIN, f"GET /api/people?search={search}")).body["items"] == [], search


async def test_a_name_with_a_dash_and_an_id_of_any_length_are_found(served: Served):
    luc = (await Page(served).sign_in(PHONE, name="Jean-Luc"))["person"]["id"]
    long = "auth0|" + "x" * 249
    await served.database.execute(
        "INSERT INTO people (id, name, role, created_ts, seen_ts) VALUES ($1, 'Lin', 'host', 1, 1)", long
    )

    async def found(search: str) -> list[str]:
        answer = (await by(served, Role.ADMIN, f"GET /api/people?search={quote(search)}")).body
        return [each["id"] for each in answer["items"]]

    assert [await found(search) for search in ("Jean-Luc", "jean-", luc, long)] == [[luc], [luc], [luc], [long]]
    assert [await found(search) for search in ("Luc", luc[:-1], long[:-1])] == [[], [], []]
    assert (await by(served, Role.ADMIN, f"GET /api/people/{quote(long)}")).body["id"] == long
    demoted = await by(served, Role.ADMIN, f"POST /api/people/{quote(long)}/role", {"role": "viewer", "reason": "left"})
    assert (demoted.status, demoted.body["role"]) == (200, "viewer")
    assert (await by(served, Role.ADMIN, f"GET /api/people/{quote(long)}y")).status == 404


async def test_whoever_looks_at_somebody_is_written_down(served: Served):
    mei = (await Page(served).sign_in(PHONE, name="Mei"))["person"]["id"]
    seen = await by(served, Role.ADMIN, f"GET /api/people/{mei}")
    assert (seen.body["name"], seen.body["sessions"], [each["label"] for each in seen.body["identities"]]) == (
        "Mei", 1, ["*8000"],
    )  # fmt: skip
    (act,) = await served.database.fetch("SELECT type, subject, by_id, by_role FROM audit")
    assert tuple(act) == ("person_look", mei, "the-admin", "admin")
    assert (await by(served, Role.ADMIN, "GET /api/people/nobody")).status == 404


async def test_a_new_role_holds_at_once_and_is_in_the_log_with_its_reason(served: Served):
    page = Page(served)
    mei = (await page.sign_in(PHONE, name="Mei"))["person"]["id"]
    changed = await by(
        served, Role.ADMIN, f"POST /api/people/{mei}/role", {"role": "host", "reason": "starts on Monday"}
    )
    assert (changed.status, changed.body["role"], changed.body["sessions"]) == (200, "host", 0)
    assert (await page.call("GET /api/me")).body["name"] == "session_ended"
    (act,) = await served.database.fetch("SELECT type, was, became, why FROM audit")
    assert tuple(act) == ("person_role", "viewer", "host", "starts on Monday")
    served.clock.now_s += 60
    # A code by phone is enough to shop, and not to run shows.
    assert (await Page(served).sign_in(PHONE))["person"]["role"] == "viewer"


@pytest.mark.parametrize(
    ("how", "by_phone", "role"),
    [
        ("oidc", False, Role.OPS),
        ("passkey", False, Role.OPS),
        ("invitation", False, Role.OPS),
        ("link", False, Role.OPS),
        ("phone", False, Role.VIEWER),
        ("wechat", False, Role.VIEWER),
        ("name", False, Role.VIEWER),
        ("phone", True, Role.OPS),
        ("wechat", True, Role.VIEWER),
    ],
)
def test_staff_are_staff_where_they_signed_in_as_staff_do(how: str, by_phone: bool, role: Role) -> None:
    assert role_of(Role.OPS, how, staff_by_phone=by_phone) is role
    assert role_of(Role.VIEWER, how, staff_by_phone=by_phone) is Role.VIEWER


async def test_roles_are_given_only_by_those_who_may_and_signed_in_freshly(served: Served):
    mei = (await Page(served).sign_in(PHONE, name="Mei"))["person"]["id"]
    before = await served.contents()
    change = (f"POST /api/people/{mei}/role", {"role": "admin", "reason": "please"})
    for role in (Role.VIEWER, Role.HOST, Role.OPS, Role.CARE, Role.FARM, Role.PICKER, Role.COURIER):
        refused = await by(served, role, *change)
        assert (refused.status, refused.body["name"]) == (403, "forbidden"), role
    old = await by(served, Role.ADMIN, *change, signed_in_ago_s=1_801)
    assert (old.status, old.body["code"], old.body["name"]) == (401, 1110, "signin_too_old")
    for body in (
        {"role": "emperor", "reason": "x"},
        {"role": "guest", "reason": "x"},
        {"role": "host"},
        {"role": "host", "reason": ""},
    ):
        assert (await by(served, Role.ADMIN, change[0], body)).status == 400, body
    assert await served.contents() == before


async def test_the_last_admin_stays_one(served: Served):
    mei = (await Page(served).sign_in(PHONE, name="Mei"))["person"]["id"]
    await by(served, Role.ADMIN, f"POST /api/people/{mei}/role", {"role": "admin", "reason": "first"})
    refused = await by(served, Role.ADMIN, f"POST /api/people/{mei}/role", {"role": "viewer", "reason": "by mistake"})
    assert (refused.status, refused.body["name"]) == (409, "last_admin")
    assert await served.database.fetchval("SELECT role FROM people WHERE id = $1", mei) == "admin"


async def test_staff_end_the_sessions_of_somebody(served: Served):
    page = Page(served)
    mei = (await page.sign_in(PHONE, name="Mei"))["person"]["id"]
    done = await by(served, Role.OPS, f"POST /api/people/{mei}/sign-out", {"reason": "lost the phone"})
    assert done.status == 204
    assert (await page.call("GET /api/me")).body["name"] == "session_ended"
    (act,) = await served.database.fetch("SELECT type, why, data FROM audit")
    assert (act["type"], act["why"]) == ("person_sign_out", "lost the phone")


async def test_staff_see_where_somebody_is_signed_in_and_end_one_of_it(served: Served):
    phone, laptop = Page(served), Page(served, app="studio")
    mei = (await phone.sign_in(PHONE, name="Mei"))["person"]["id"]
    served.clock.now_s += 60
    await laptop.sign_in(PHONE)
    seen = (await by(served, Role.ADMIN, f"GET /api/people/{mei}")).body
    assert [(each["app"], each["how"], each["is_current"]) for each in seen["signed_in"]] == [
        ("studio", "phone", False), ("viewer", "phone", False),
    ]  # fmt: skip
    one = {"session": seen["signed_in"][1]["id"], "reason": "lost the phone"}
    assert (await by(served, Role.OPS, f"POST /api/people/{mei}/sign-out", one)).status == 204
    assert (await phone.call("GET /api/me")).body["name"] == "session_ended"
    assert (await laptop.call("GET /api/me")).status == 200
    (act,) = await served.database.fetch("SELECT why, data FROM audit WHERE type = 'person_sign_out'")
    assert tuple(act) == ("lost the phone", '{"sessions": 1}')
    again = await by(served, Role.OPS, f"POST /api/people/{mei}/sign-out", one)
    assert (again.status, again.body["name"]) == (404, "not_found")


async def test_nobody_ends_a_session_by_the_name_of_another_person(served: Served):
    bo = (await Page(served).open(name="Bo"))["person"]["id"]
    page = Page(served)
    mei = (await page.sign_in(PHONE, name="Mei"))["person"]["id"]
    session = (await by(served, Role.ADMIN, f"GET /api/people/{mei}")).body["signed_in"][0]["id"]
    refused = await by(served, Role.OPS, f"POST /api/people/{bo}/sign-out", {"session": session, "reason": "no"})
    assert (refused.status, (await page.call("GET /api/me")).status) == (404, 200)


async def test_a_whole_number_is_told_with_a_reason_to_who_may_take_data_out_and_kept_nowhere(served: Served):
    mei = (await Page(served).sign_in(PHONE, name="Mei"))["person"]["id"]
    call = f"POST /api/people/{mei}/identities"
    for role in (Role.CARE, Role.OPS, Role.HOST):
        assert (await by(served, role, call, {"reason": "a courier asks"})).status == 403
    old = await by(served, Role.ADMIN, call, {"reason": "a courier asks"}, signed_in_ago_s=1_801)
    assert (old.status, old.body["name"]) == (401, "signin_too_old")
    assert await served.rows("audit") == []
    headers = staff(served, Role.ADMIN) | {"Idempotency-Key": "one"}
    told = await served.call(call, {"reason": "a courier asks"}, role=None, headers=headers)
    assert [(each["kind"], each["subject"]) for each in told.body["items"]] == [("phone", PHONE)]
    (act,) = await served.database.fetch("SELECT type, why, data FROM audit")
    assert tuple(act) == ("person_look", "a courier asks", '{"what": "identities"}')
    assert PHONE not in str(await served.rows("idempotency_keys"))


async def test_roles_say_what_they_may_and_how_many_have_them(served: Served):
    mei = (await Page(served).sign_in(PHONE, name="Mei"))["person"]["id"]
    await Page(served).open(name="Bo")
    await by(served, Role.ADMIN, f"POST /api/people/{mei}/role", {"role": "care", "reason": "joins"})
    roles = {each["role"]: each for each in (await by(served, Role.CARE, "GET /api/roles")).body["items"]}
    assert {name: each["people"] for name, each in roles.items()} == {
        "viewer": 1, "host": 0, "ops": 0, "picker": 0, "courier": 0, "farm": 0, "care": 1, "admin": 0,
    }  # fmt: skip
    assert roles["viewer"]["rights"] == ["watch", "speak", "buy", "answer_questions"]
    assert "give_roles" in roles["admin"]["rights"]
    assert "give_roles" not in roles["ops"]["rights"]
    found = (await by(served, Role.ADMIN, "GET /api/people?staff=true")).body["items"]
    assert [each["id"] for each in found] == [mei]


async def test_one_is_told_what_one_may_do(served: Served):
    rights = (await by(served, Role.CARE, "GET /api/me")).body["rights"]
    assert rights == ["watch", "speak", "buy", "answer_questions", "see_orders", "refund", "care", "see_people"]


async def test_a_merge_is_undone_by_staff_and_told_of(served: Served):
    page = Page(served)
    guest = (await page.open())["person"]["id"]
    mei = (await page.sign_in(PHONE, name="Mei"))["person"]["id"]
    seen = (await by(served, Role.ADMIN, f"GET /api/people/{mei}")).body
    assert [(each["id"], each["name"]) for each in seen["former"]] == [(guest, "")]
    done = await by(served, Role.ADMIN, f"POST /api/people/{guest}/separate", {"reason": "another person's phone"})
    assert done.status == 204
    assert (await by(served, Role.ADMIN, f"GET /api/people/{mei}")).body["former"] == []
    again = await by(served, Role.ADMIN, f"POST /api/people/{guest}/separate", {"reason": "once more"})
    assert again.status == 404
    (act,) = (await by(served, Role.ADMIN, "GET /api/audit?type=person_separate")).body["items"]
    assert (act["subject"], act["about"]["id"], act["was"], act["became"]) == (guest, mei, None, None)
    assert (act["before"], act["after"]) == ({"person": mei}, {"person": guest})


async def test_an_admin_is_left_whatever_takes_the_last_one_away(served: Served):
    mei = (await Page(served).sign_in(PHONE, name="Mei"))["person"]["id"]
    await by(served, Role.ADMIN, f"POST /api/people/{mei}/role", {"role": "admin", "reason": "first"})
    before = await served.contents()
    erased = await by(served, Role.ADMIN, "POST /api/me/erase", {"confirm": True}, id_=mei)
    assert (erased.status, erased.body["name"]) == (409, "last_admin")
    blocked = await by(served, Role.ADMIN, "POST /api/blocked", {"person": mei, "reason": "spam"})
    assert (blocked.status, blocked.body["name"]) == (409, "last_admin")
    assert await served.contents() == before


async def test_two_admins_who_take_each_other_away_at_once_leave_one(served: Served):
    pages, ids = [Page(served), Page(served)], []
    for number, page in enumerate(pages):
        ids.append((await page.sign_in(f"+861380013800{number}", name=f"Boss {number}"))["person"]["id"])
        await by(served, Role.ADMIN, f"POST /api/people/{ids[-1]}/role", {"role": "admin", "reason": "both"})
    answers = await asyncio.gather(
        by(served, Role.ADMIN, "POST /api/blocked", {"person": ids[0], "reason": "no"}, id_=ids[1]),
        by(served, Role.ADMIN, f"POST /api/people/{ids[1]}/role", {"role": "viewer", "reason": "no"}, id_=ids[0]),
    )
    assert sorted(answer.status for answer in answers)[1] == 409
    left = await served.database.fetchval(
        "SELECT count(*) FROM people WHERE role = 'admin' AND blocked_ts IS NULL AND erased_ts IS NULL"
    )
    assert left == 1


async def test_ops_do_not_end_the_sessions_of_staff(served: Served):
    mei = (await Page(served).sign_in(PHONE, name="Mei"))["person"]["id"]
    await by(served, Role.ADMIN, f"POST /api/people/{mei}/role", {"role": "admin", "reason": "first"})
    refused = await by(served, Role.OPS, f"POST /api/people/{mei}/sign-out", {"reason": "why not"})
    assert (refused.status, refused.body["name"]) == (403, "forbidden")


# Admins in the table who are of no use when the last one goes.
GONE = {
    "became another": "INSERT INTO person_merges VALUES ('other', 'boss', 1, '{}')",
    "was erased": "UPDATE people SET erased_ts = 1 WHERE id = 'other'",
    "is blocked": "UPDATE people SET blocked_ts = 1 WHERE id = 'other'",
    "has no way in": "DELETE FROM identities WHERE person = 'other'",
    "has a phone alone": "UPDATE identities SET kind = 'phone' WHERE person = 'other'",
    "has WeChat alone": "UPDATE identities SET kind = 'wechat' WHERE person = 'other'",
}


async def two_admins(served: Served) -> None:
    for id_ in ("boss", "other"):
        await served.database.execute("INSERT INTO people VALUES ($1, $1, 'admin', '', 1, 1)", id_)
        await served.database.execute("INSERT INTO identities VALUES ('oidc', $1, $1, 1, 1, '{}')", id_)


@pytest.mark.parametrize("query", GONE.values(), ids=GONE.keys())
async def test_an_admin_who_cannot_sign_in_is_none_who_is_left(database_url: str, query: str) -> None:
    async with serving(database_url, modules=app.DEMO_MODULES) as served:
        await two_admins(served)
        await served.database.execute(query)
        before = await served.contents()
        for call, body in (
            ("POST /api/people/boss/role", {"role": "viewer", "reason": "leaves"}),
            ("POST /api/me/erase", {"confirm": True}),
        ):
            refused = await by(served, Role.ADMIN, call, body, id_="boss")
            assert (refused.status, refused.body["code"], refused.body["name"]) == (409, 1123, "last_admin")
        blocked = await by(served, Role.ADMIN, "POST /api/blocked", {"person": "boss", "reason": "leaves"})
        assert (blocked.status, blocked.body["code"]) == (409, 1123)
        assert await served.contents() == before


async def test_an_admin_who_can_sign_in_is_one_who_is_left(database_url: str) -> None:
    async with serving(database_url, modules=app.DEMO_MODULES) as served:
        await two_admins(served)
        done = await by(served, Role.ADMIN, "POST /api/people/boss/role", {"role": "viewer", "reason": "leaves"})
        assert (done.status, done.body["role"]) == (200, "viewer")


async def test_where_a_phone_is_enough_for_staff_it_is_so_for_an_admin_who_is_left(database_url: str) -> None:
    async with serving(database_url, modules=app.DEMO_MODULES, staff_by_phone=True) as served:
        await two_admins(served)
        await served.database.execute(GONE["has a phone alone"])
        done = await by(served, Role.ADMIN, "POST /api/people/boss/role", {"role": "viewer", "reason": "leaves"})
        assert done.status == 200


async def test_the_last_admin_keeps_a_way_to_sign_in_as_one(database_url: str) -> None:
    async with serving(database_url, modules=app.DEMO_MODULES) as served:
        await two_admins(served)
        await served.database.execute("UPDATE people SET role = 'viewer' WHERE id = 'other'")
        await served.database.execute("INSERT INTO identities VALUES ('phone', '+8613800138000', 'boss', 2, 2, '{}')")
        me = await by(served, Role.ADMIN, "GET /api/me", id_="boss")
        oidc, phone = (f"DELETE /api/me/identities/{each['id']}" for each in me.body["identities"])
        before = await served.contents()
        refused = await by(served, Role.ADMIN, oidc, id_="boss")
        assert (refused.status, refused.body["code"]) == (409, 1123)
        assert await served.contents() == before
        assert (await by(served, Role.ADMIN, phone, id_="boss")).status == 204
