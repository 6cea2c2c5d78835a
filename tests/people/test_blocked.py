"""Whoever is blocked cannot sign in again, by person, phone number or device, and is signed in nowhere from that moment."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest

from livehub.base.auth import Role
from livehub.people.blocked.blocks import Blocks
from livehub.people.blocked.module import BLOCKED, BlockedPeople, masked
from livehub.people.errors import PersonBlocked
from livehub.people.records import Records
from tests.base.served import NOW_S, Answer, Served
from tests.people.browser import Page

NOW_MS = int(NOW_S * 1000)
PHONE = "+8613800138000"


@pytest.fixture
async def shop(served: Served) -> Served:
    """With Mei, who signed in by phone on two devices, and Li, who is a host."""
    await served.database.execute(
        "INSERT INTO people (id, name, role, created_ts, seen_ts) VALUES "
        "('mei', 'Mei', 'viewer', 1, 1), ('li', 'Li', 'host', 1, 1)"
    )
    await served.database.execute(
        f"INSERT INTO identities (kind, subject, person, verified_ts, used_ts) VALUES ('phone', '{PHONE}', 'mei', 1, 1)"
    )
    for id_, person in (("one", "mei"), ("two", "mei"), ("other", "li")):
        await served.database.execute(
            "INSERT INTO sessions (id, person, token_sha256, app, how, created_ts, signed_in_ts, seen_ts, ends_ts) "
            f"VALUES ('{id_}', '{person}', sha256('{id_}'), 'viewer', 'phone', 1, 1, 1, {NOW_MS + 1_000_000})"
        )
    return served


async def block(served: Served, *, role: Role = Role.OPS, user: str | None = None, **body: Any) -> Answer:
    return await served.call("POST /api/blocked", {"reason": "spam", **body}, role=role, user=user)


async def is_blocked(served: Served, **known: str) -> bool:
    try:
        await served.application.get(Blocks).check(**known)
    except PersonBlocked:
        return True
    return False


async def ended(served: Served) -> dict[str, tuple[int, str]]:
    rows = await served.database.fetch("SELECT id, ended_ts, why FROM sessions WHERE ended_ts IS NOT NULL")
    return {row["id"]: (row["ended_ts"], row["why"]) for row in rows}


async def test_a_person_is_blocked_with_their_phone_and_signed_in_nowhere_any_more(shop: Served) -> None:
    made = await block(shop, person="mei")
    assert (made.status, made.body["sessions_ended"]) == (201, 2)
    assert await ended(shop) == {"one": (NOW_MS, "blocked"), "two": (NOW_MS, "blocked")}
    assert await shop.database.fetchval("SELECT blocked_ts FROM people WHERE id = 'mei'") == NOW_MS
    assert await is_blocked(shop, person="mei")
    assert await is_blocked(shop, phone=PHONE)
    assert await is_blocked(shop, person="somebody-new", phone=PHONE)
    assert not await is_blocked(shop, person="li", phone="+8613800138001", device="a device's mark")


async def test_a_number_is_blocked_with_whoever_signs_in_with_it(shop: Served) -> None:
    assert (await block(shop, phone=PHONE)).body["sessions_ended"] == 2
    assert await is_blocked(shop, person="mei")


@pytest.mark.parametrize(
    "known", [{"person": "guest-7"}, {"phone": "+12025550100"}, {"device": "a device's mark"}], ids=lambda k: str(*k)
)
async def test_whom_nobody_knows_is_blocked_all_the_same(shop: Served, known: dict[str, str]) -> None:
    made = await block(shop, **known)  # type: ignore[arg-type]
    assert (made.status, made.body["sessions_ended"]) == (201, 0)
    assert await is_blocked(shop, **known)
    assert not await is_blocked(shop, **dict.fromkeys(known, "+12025550199"))
    assert await ended(shop) == {}


async def test_an_id_that_is_nobodys_is_not_taken_for_somebody(shop: Served) -> None:
    await shop.database.execute("INSERT INTO person_merges (merged, person, ts, moved) VALUES ('lily', 'mei', 1, '{}')")
    before = await shop.contents()
    for person in ("mei-", "Mei", "viewer-0000000000mei00000"):
        refused = await block(shop, person=person)
        assert (refused.status, refused.body["code"], refused.body["name"]) == (404, 1125, "person_unknown")
    assert await shop.contents() == before
    for person in ("mei", "lily", "guest-0000000000guest0000"):
        assert (await block(shop, person=person)).status == 201
    assert (await block(shop, person="mei-", has_no_account=True)).status == 201  # of a token made elsewhere


async def test_no_number_and_no_device_is_stored_or_shown(shop: Served) -> None:
    await block(shop, phone="+12025550100", device="a device's mark")
    contents = await shop.contents()
    for secret in ("+12025550100", "2025550100", "a device's mark"):
        assert not [name for name, rows in contents.items() if any(secret in row for row in rows)]
    (item,) = (await shop.done("GET /api/blocked", role=Role.OPS))["items"]
    assert (item["shown"], item["kinds"]) == ("+12 **** 0100", ["device", "phone"])
    assert masked(None) is None


async def test_a_block_is_lifted_or_over_and_the_person_may_sign_in_again(shop: Served) -> None:
    first = (await block(shop, person="mei")).body["id"]
    until = datetime.fromtimestamp(NOW_S + 600, UTC).isoformat()
    await block(shop, person="mei", until=until)
    assert (await shop.call(f"DELETE /api/blocked/{first}", role=Role.OPS)).status == 204
    assert await is_blocked(shop, person="mei")  # by the other one
    assert await shop.database.fetchval("SELECT blocked_ts FROM people WHERE id = 'mei'") == NOW_MS
    with pytest.raises(PersonBlocked) as refused:
        await shop.application.get(Blocks).check(person="mei")
    assert refused.value.details == {"until_ts": NOW_MS + 600_000}
    shop.clock.now_s += 600
    assert not await is_blocked(shop, person="mei")
    assert (await shop.done("GET /api/blocked", role=Role.OPS))["items"] == []
    (job,) = shop.application.get(BlockedPeople).jobs()
    await job.run(timestamp=0)
    assert await shop.database.fetchval("SELECT blocked_ts FROM people WHERE id = 'mei'") is None
    again = await shop.call(f"DELETE /api/blocked/{first}", role=Role.OPS)
    assert (again.status, again.body["name"]) == (404, "block_not_found")


async def test_staff_are_blocked_by_whoever_gives_roles_alone_and_nobody_blocks_themselves(shop: Served) -> None:
    before = await shop.contents()
    for role, user, person in ((Role.OPS, None, "li"), (Role.ADMIN, "li", "li"), (Role.OPS, "ops-1", "ops-1")):
        refused = await block(shop, role=role, user=user, person=person)
        assert (refused.status, refused.body["name"]) == (403, "blocks_staff")
    assert await shop.contents() == before
    assert (await block(shop, role=Role.ADMIN, person="li")).status == 201
    assert set(await ended(shop)) == {"other"}


async def test_nor_does_anybody_else_lift_a_block_of_staff_or_of_themselves(shop: Served) -> None:
    await shop.database.execute("INSERT INTO people (id, name, created_ts, seen_ts) VALUES ('lily', 'Lily', 1, 1)")
    await shop.database.execute("INSERT INTO person_merges (merged, person, ts, moved) VALUES ('lily', 'mei', 1, '{}')")
    of_li = (await block(shop, role=Role.ADMIN, person="li")).body["id"]
    of_mei = (await block(shop, person="lily")).body["id"]  # who has become Mei
    before = await shop.contents()
    for block_, role, user in ((of_li, Role.OPS, None), (of_li, Role.ADMIN, "li"), (of_mei, Role.OPS, "mei")):
        refused = await shop.call(f"DELETE /api/blocked/{block_}", role=role, user=user)
        assert (refused.status, refused.body["name"]) == (403, "blocks_staff")
    await shop.database.execute("UPDATE people SET role = 'care' WHERE id = 'mei'")  # since then
    assert (await shop.call(f"DELETE /api/blocked/{of_mei}", role=Role.OPS)).status == 403
    await shop.database.execute("UPDATE people SET role = 'viewer' WHERE id = 'mei'")
    assert await shop.contents() == before
    assert (await shop.call(f"DELETE /api/blocked/{of_li}", role=Role.ADMIN)).status == 204
    assert (await shop.call(f"DELETE /api/blocked/{of_mei}", role=Role.OPS)).status == 204
    assert not await is_blocked(shop, person="li")


async def test_why_a_block_is_lifted_is_in_the_audit_log_where_it_is_said(shop: Served) -> None:
    for query, why in (("", ""), ("?reason=%20", ""), ("?reason=by%20mistake%0A%E2%80%AE", "by mistake")):
        id_ = (await block(shop, person="mei")).body["id"]
        assert (await shop.call(f"DELETE /api/blocked/{id_}{query}", role=Role.OPS)).status == 204
        said = await shop.database.fetchval("SELECT why FROM audit WHERE type = 'unblock' ORDER BY id DESC LIMIT 1")
        assert said == why
    id_ = (await block(shop, person="mei")).body["id"]
    assert (await shop.call(f"DELETE /api/blocked/{id_}?reason={'x' * 201}", role=Role.OPS)).status == 400


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"person": ""},
        {"person": " "},
        {"person": "\u202eiem"},
        {"person": "mei\u200b"},
        {"device": "\u202e a device's mark"},
        {"phone": "1"},
        {"device": "short"},
        {"person": "mei", "until": "2020-01-01T00:00:00Z"},
        {"person": "mei", "until": "2030-01-01T00:00:00"},
    ],
)
async def test_what_blocks_nobody_is_refused_and_nothing_changes(shop: Served, body: dict[str, Any]) -> None:
    before = await shop.contents()
    refused = await block(shop, **body)
    assert (refused.status, refused.body["name"]) == (400, "bad_request")
    assert await shop.contents() == before


async def test_the_list_comes_in_pages_latest_first(shop: Served) -> None:
    for number in range(5):
        shop.clock.now_s += 1
        await block(shop, person=f"guest-{number}")
    seen: list[str] = []
    after = ""
    answer: Any = {}
    for size in (2, 2, 1):
        answer = await shop.done(f"GET /api/blocked?limit=2{after}", role=Role.OPS)
        assert len(answer["items"]) == size
        seen += [item["person"] for item in answer["items"]]
        after = f"&after={answer['next']}"
    assert seen == [f"guest-{number}" for number in (4, 3, 2, 1, 0)]
    assert answer["next"] is None


async def test_whoever_is_blocked_is_refused_at_their_next_sign_in_and_let_in_when_it_is_over(served: Served) -> None:
    page = Page(served)
    person = (await page.sign_in(PHONE))["person"]["id"]
    until = datetime.fromtimestamp(NOW_S + 600, UTC).isoformat()
    assert (await block(served, person=person, until=until)).body["sessions_ended"] == 1
    served.clock.now_s += 60
    page = Page(served)
    challenge, code = await page.ask_for_code(PHONE)
    refused = await page.call(f"POST /api/sign-in/phone/{challenge}", {"code": code})
    assert (refused.status, refused.body["code"], refused.body["name"]) == (403, 1111, "blocked")
    served.clock.now_s += 600
    assert (await Page(served).sign_in(PHONE))["person"]["id"] == person
    assert await served.database.fetchval("SELECT blocked_ts FROM people WHERE id = $1", person) is None


async def erased(served: Served, person: str, stand_in: str) -> int:
    tables = served.application.get(Records).tables()
    return sum([await tables.erase(served.database, table, person, stand_in) for table in BLOCKED.person_tables])


async def test_of_whoever_is_erased_a_block_that_stands_has_no_name_and_those_that_are_over_go(shop: Served) -> None:
    over = (await block(shop, person="mei")).body["id"]
    await shop.call(f"DELETE /api/blocked/{over}", role=Role.OPS)
    stands = (await block(shop, person="mei")).body["id"]
    assert await erased(shop, "mei", "erased-1") == 2
    (row,) = await shop.database.fetch("SELECT id, person, shown, by_id FROM blocked_people")
    assert tuple(row) == (stands, "mei", "", "the-ops")
    assert await is_blocked(shop, person="mei")
    assert await is_blocked(shop, phone=PHONE)
    assert await erased(shop, "mei", "erased-1") == 0


async def test_of_staff_who_are_erased_no_block_says_that_it_was_they(shop: Served) -> None:
    id_ = (await block(shop, person="mei", user="ops-1")).body["id"]
    await shop.call(f"DELETE /api/blocked/{id_}", role=Role.OPS, user="ops-1")
    assert await erased(shop, "ops-1", "erased-1") == 1
    (row,) = await shop.database.fetch("SELECT by_id, by_name, lifted_by, shown FROM blocked_people")
    assert tuple(row) == ("erased-1", "", "erased-1", "Mei")


async def test_blocks_that_are_over_go_in_time_and_of_whoever_was_erased_at_once(shop: Served) -> None:
    (retention,) = BLOCKED.retention

    async def forgotten(days: int) -> tuple[int, list[str]]:
        now_ms = NOW_MS + days * 86_400_000
        arguments = retention.arguments(shop.application.settings, now_ms)
        gone = await shop.database.fetchval(retention.query, *arguments, 100)
        return gone, [
            row["shown"] for row in await shop.database.fetch("SELECT shown FROM blocked_people ORDER BY ts, shown")
        ]

    until = datetime.fromtimestamp(NOW_S + 600, UTC).isoformat()
    lifted = (await block(shop, person="lifted", has_no_account=True)).body["id"]
    await shop.call(f"DELETE /api/blocked/{lifted}", role=Role.OPS)
    await block(shop, person="over", has_no_account=True, until=until)
    await block(shop, person="erased", has_no_account=True, until=until)
    await block(shop, person="for-good", has_no_account=True)
    await shop.database.execute("UPDATE blocked_people SET shown = '' WHERE person = 'erased'")
    assert await forgotten(0) == (0, ["", "for-good", "lifted", "over"])
    assert await forgotten(1) == (1, ["for-good", "lifted", "over"])
    assert await forgotten(90) == (0, ["for-good", "lifted", "over"])  # not before
    assert await forgotten(91) == (2, ["for-good"])
    assert await shop.database.fetchval("SELECT count(*) FROM blocked_marks") == 1


@pytest.mark.parametrize("reason", [" ", "\u202e\u200b", "\u2800", "\n"])
async def test_a_reason_that_nobody_sees_is_none(shop: Served, reason: str) -> None:
    before = await shop.contents()
    bodies = {
        "/api/blocked": {"person": "mei"},
        "/api/people/mei/sign-out": {},
        "/api/people/mei/separate": {},
        "/api/people/mei/role": {"role": "host"},
    }
    for path, body in bodies.items():
        refused = await shop.call(f"POST {path}", {**body, "reason": reason}, role=Role.ADMIN)
        assert (refused.status, refused.body["code"], refused.body["name"]) == (422, 2015, "text_empty"), path
    assert await shop.contents() == before


async def test_a_reason_is_kept_on_one_line_without_what_misleads(shop: Served) -> None:
    await block(shop, person="mei", reason=" sells\n\u202espam ")
    assert await shop.database.fetchval("SELECT reason FROM blocked_people") == "sells spam"
    assert await shop.database.fetchval("SELECT why FROM audit") == "sells spam"
    await shop.call("POST /api/people/mei/sign-out", {"reason": "lost\u202e\ther phone"}, role=Role.ADMIN)
    assert await shop.database.fetchval("SELECT why FROM audit WHERE type = 'person_sign_out'") == "lost her phone"


async def test_blocks_are_found_by_whom_they_meet_by_name_and_by_number(shop: Served) -> None:
    await block(shop, person="mei")
    await block(shop, device="a-browser-of-somebody")
    await block(shop, phone="+8613900139000")
    for query, shown in {
        "person=mei": ["Mei"],
        "search=me": ["Mei"],
        "search=mei": ["Mei"],
        "search=13800138000": ["Mei"],
        "search=139%200013%209000": ["+86 **** 9000"],
        "search=%2B8613900139000": ["+86 **** 9000"],
        "search=ei": [],
        "": ["+86 **** 9000", "Mei", "device"],
    }.items():
        found = await shop.done(f"GET /api/blocked?{query}", role=Role.OPS)
        assert sorted(each["shown"] for each in found["items"]) == shown, query


@pytest.mark.parametrize(
    "typed", ["139 0013 9000", "（+86）139-0013-9000", "１３９００１３９０００", "008613900139000"]
)
async def test_a_number_is_blocked_and_searched_for_as_people_type_it(shop: Served, typed: str) -> None:
    made = await shop.call("POST /api/blocked", {"phone": typed, "reason": "spam"}, role=Role.OPS)
    assert made.status == 201, made
    assert await is_blocked(shop, phone="+8613900139000")
    found = await shop.call(f"GET /api/blocked?search={quote(typed)}", role=Role.OPS)
    assert [each["shown"] for each in found.body["items"]] == ["+86 **** 9000"]


@pytest.mark.parametrize("typed", ["+86139ABCDEFGH", "12345", "139 0013 9000 ext 5"])
async def test_what_is_no_number_blocks_nobody(shop: Served, typed: str) -> None:
    before = await shop.rows("blocked_people")
    refused = await shop.call("POST /api/blocked", {"phone": typed, "reason": "spam"}, role=Role.OPS)
    assert (refused.status, refused.body["name"]) == (422, "phone_invalid")
    assert await shop.rows("blocked_people") == before
