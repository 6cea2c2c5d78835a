"""What staff do is written down in the transaction that does it, with who, what, before and after, and is never changed."""

import csv
import io
from typing import Any

import asyncpg
import pytest

from livehub.base.auth import Identity, Role
from livehub.people import audit
from livehub.people.audit import Act
from livehub.people.audit_api import COLUMNS
from tests.base.served import Served
from tests.people.stage import NOW_MS, a_room

OPS = Identity(id="the-ops", name="The ops", role=Role.OPS)
CSV = {"Accept": "text/csv"}


async def acts(served: Served, query: str = "") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await served.done(f"GET /api/audit{query}", role=Role.ADMIN))["items"]
    return items


async def keep(served: Served, *found: Act, now_ms: int = NOW_MS, by: Identity = OPS) -> None:
    async with served.application.database.transaction() as tx:
        await audit.record(tx.connection, found, by=by, now_ms=now_ms)


async def test_a_message_of_staff_is_there_with_what_it_changed(served: Served) -> None:
    await a_room(served)
    await served.done("PATCH /api/rooms/farm", {"title": "Harvest"}, role=Role.OPS)
    [act] = await acts(served, "?type=room")
    assert (act["by"], act["room"]) == ({"id": "the-ops", "name": "The ops", "role": "ops"}, "farm")
    assert (act["before"], act["after"]) == ({"title": "Farm day"}, {"title": "Harvest"})
    assert act["at"] == "2027-01-15T08:00:00.000Z"


async def test_a_ban_says_whom_it_met_and_why_and_names_nobody_else(served: Served) -> None:
    await a_room(served)
    for user in ("mei", "ann"):
        body = {"user": user, "seconds": 60, "reason": "spam"}
        await served.done("POST /api/rooms/farm/moderation/bans", body, role=Role.OPS)
    [act] = await acts(served, "?type=ban&subject=ann")
    assert (act["about"]["id"], act["why"]) == ("ann", "spam")
    assert (act["before"], act["after"]) == ({"bans": {}}, {"bans": {"ann": NOW_MS + 60_000}})


async def test_the_event_log_of_a_room_tells_each_act_once(served: Served) -> None:
    await a_room(served)
    await served.done("PATCH /api/rooms/farm", {"title": "Harvest"}, role=Role.OPS)
    page = await served.done("GET /api/rooms/farm/events", role=Role.OPS)
    assert sorted(item["type"] for item in page["items"]) == ["room", "room_create"]
    assert sorted(act["type"] for act in await acts(served)) == ["room", "room_create"]


async def test_what_has_to_do_with_no_room_is_told_in_none(served: Served) -> None:
    await a_room(served)
    await keep(served, Act(type="person_blocked", subject="mei"))
    page = await served.done("GET /api/rooms/farm/events", role=Role.OPS)
    assert [item["type"] for item in page["items"]] == ["room_create"]
    assert [act["type"] for act in await acts(served, "?subject=mei")] == ["person_blocked"]


async def test_looking_at_somebody_is_an_act(served: Served) -> None:
    await audit.looked_at(served.application.database, "mei", "profile", by=OPS, now_ms=NOW_MS, why="case 7")
    [act] = await acts(served)
    assert (act["type"], act["about"]["id"], act["data"], act["why"]) == (
        "person_look", "mei", {"what": "profile"}, "case 7",
    )  # fmt: skip


async def test_from_where_is_a_hash_that_is_the_same_for_the_same_network(served: Served) -> None:
    await a_room(served)
    await a_room(served, "other")
    networks = {act["network"] for act in await acts(served)}
    assert len(networks) == 1
    [network] = networks
    assert len(network) == 16
    assert int(network, 16)


async def test_no_id_of_whoever_is_erased_stays_in_it(served: Served) -> None:
    await keep(
        served,
        Act(type="person_separate", subject="lily", about_id="mei", was="mei", became="lily"),  # of a version before
        Act(type="person_separate", subject="lily", about_id="mei", before={"person": "mei"}, after={"person": "lily"}),
        Act(type="question", subject="q-1", was="mei", became="lily"),  # states that are called as they are
    )
    for person, stand_in, count in (("mei", "erased-1", 2), ("lily", "erased-2", 2), ("ann", "erased-3", 0)):
        assert await served.database.fetchval(audit.Q["anonymise_acts"], person, stand_in) == count
    rows = await served.database.fetch("SELECT subject, about_id, was, became, before, after FROM audit ORDER BY id")
    assert [tuple(row) for row in rows] == [
        ("erased-2", "erased-1", "erased-1", "erased-2", None, None),
        ("erased-2", "erased-1", None, None, '{"person": "erased-1"}', '{"person": "erased-2"}'),
        ("q-1", None, "mei", "lily", None, None),
    ]


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit SET by_id = 'x'", "DELETE FROM audit", "TRUNCATE audit", "UPDATE room_actions SET by_id = 'x'"],
)
async def test_nothing_of_it_is_changed_or_deleted(served: Served, statement: str) -> None:
    await a_room(served)
    before = await served.rows("audit")
    with pytest.raises(asyncpg.RaiseError, match="audit is append-only"):
        await served.database.execute(statement)
    assert await served.rows("audit") == before


async def test_a_release_before_this_one_deletes_nothing_by_its_own_retention(served: Served) -> None:
    await a_room(served)
    before = await served.rows("audit")
    assert await served.database.execute("DELETE FROM room_actions") == "DELETE 0"
    assert await served.rows("audit") == before


async def test_what_is_too_old_goes_by_the_retention_alone(served: Served) -> None:
    await keep(served, Act(type="a"), now_ms=1_000)
    await keep(served, Act(type="b"), now_ms=2_000)
    assert await served.database.fetchval(audit.Q["forget_acts"], 2_000, 10) == 1
    assert [act["type"] for act in await acts(served)] == ["b"]
    with pytest.raises(asyncpg.RaiseError):
        await served.database.execute("DELETE FROM audit")


async def test_it_is_filtered_by_who_what_and_when(served: Served) -> None:
    host = Identity(id="lin", name="Lin", role=Role.HOST)
    await keep(served, Act(type="a", subject="x"), now_ms=NOW_MS)
    await keep(served, Act(type="b", about_id="x"), now_ms=NOW_MS + 1_000, by=host)
    await keep(served, Act(type="c", subject="y"), now_ms=NOW_MS + 2_000)
    found = {
        query: "".join(act["type"] for act in await acts(served, f"?{query}"))
        for query in (
            "who=lin", "subject=x", "type=a,c", "from=2027-01-15T08:00:01Z", "to=2027-01-15T08:00:01Z",
            "from=2027-01-15T16:00:01%2B08:00&to=2027-01-15T08:00:02Z", "who=lin&type=a",
        )
    }  # fmt: skip
    assert list(found.values()) == ["b", "ba", "ca", "cb", "a", "b", ""]


async def test_looks_without_a_reason_are_left_out_where_they_are_not_wanted(served: Served) -> None:
    await audit.looked_at(served.application.database, "mei", "account", by=OPS, now_ms=NOW_MS)
    await audit.looked_at(served.application.database, "mei", "identities", by=OPS, now_ms=NOW_MS, why="case 7")
    await keep(served, Act(type="person_role", subject="mei"))
    found = [(act["type"], act["why"]) for act in await acts(served, "?subject=mei&looks=false")]
    assert found == [("person_role", ""), ("person_look", "case 7")]
    assert len(await acts(served, "?subject=mei")) == 3


async def test_pages_of_one_moment_leave_nothing_out(served: Served) -> None:
    await keep(served, *(Act(type=f"t{n}") for n in range(5)))
    types: list[str] = []
    after: str | None = ""
    while after is not None:
        page = await served.done(f"GET /api/audit?limit=2{f'&after={after}' if after else ''}", role=Role.ADMIN)
        types += [item["type"] for item in page["items"]]
        after = page["next"]
    assert types == ["t4", "t3", "t2", "t1", "t0"]


@pytest.mark.parametrize(
    "query", ["after=x", "after=1.x", "after=1.99999999999999999999", "from=2027-01-15", "from=2027-01-15T08:00:00"]
)
async def test_what_cannot_be_asked_for_is_refused(served: Served, query: str) -> None:
    answer = await served.call(f"GET /api/audit?{query}", role=Role.ADMIN)
    assert (answer.status, answer.body["name"]) == (400, "bad_request")


@pytest.mark.parametrize("role", [Role.VIEWER, Role.HOST, Role.OPS])
async def test_only_who_may_see_it_sees_it_as_a_file_either(served: Served, role: Role) -> None:
    answer = await served.call("GET /api/audit", role=role, headers=CSV)
    assert (answer.status, answer.body["name"]) == (403, "forbidden")


async def test_the_same_filter_as_a_file(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livehub.people.audit_api.ROWS_PER_QUERY", 2)
    await keep(served, *(Act(type="t", subject=f"s{n}", why="=1+1") for n in range(5)), Act(type="u"))
    answer = await served.call("GET /api/audit?type=t", role=Role.ADMIN, headers=CSV)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="audit-2027-01-15.csv"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.raw.startswith(b"\xef\xbb\xbfat,type,by,")
    rows = list(csv.DictReader(io.StringIO(answer.raw.decode("utf-8-sig"), newline="")))
    assert [row["subject"] for row in rows] == ["s4", "s3", "s2", "s1", "s0"]
    assert {row["why"] for row in rows} == {"'=1+1"}
    assert tuple(rows[0]) == COLUMNS


async def test_who_takes_a_file_is_in_it(served: Served) -> None:
    await served.call("GET /api/audit?type=t", role=Role.ADMIN, headers=CSV)
    [act] = await acts(served, "?type=audit_export")
    assert (act["by"]["id"], act["data"]) == ("the-admin", {"filter": {"type": "t"}})


async def test_an_act_that_fails_leaves_no_word_of_itself(served: Served) -> None:
    async def failing() -> None:
        async with served.application.database.transaction() as tx:
            await audit.record(tx.connection, [Act(type="a")], by=OPS, now_ms=NOW_MS)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await failing()
    assert await acts(served) == []
