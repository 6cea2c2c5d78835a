"""A host runs their own rooms: endpoint by who somebody is in the room, against what a running server answers.

Whoever is refused has changed nothing. What belongs to a room (a sale, a recording, a clip) is its host's as the room is.
"""

import re
from typing import Any

import pytest

from livehub.base.auth import Permission, Role
from livehub.base.endpoints import Endpoint
from livehub.people.records import Records
from tests.base.served import NOW_S, Served, serving
from tests.base.test_auth import BODIES, endpoints

ROOM = "farm"
HOST, COHOST, EXPERT, OTHER_HOST, DEMOTED, STRANGER, OPS = (
    (Role.HOST, "host"),
    (Role.HOST, "cohost"),
    (Role.VIEWER, "expert"),
    (Role.HOST, "other-host"),
    (Role.VIEWER, "demoted"),  # a co-host who is a host no more
    (Role.VIEWER, "stranger"),
    (Role.OPS, "ops"),
)
WHO = (HOST, COHOST, EXPERT, OTHER_HOST, DEMOTED, STRANGER, OPS)

# Who may make a call about the room, by the right that it asks for.
MAY = {
    Permission.RUN_SHOWS: {HOST, COHOST, OPS},
    Permission.MODERATE: {HOST, COHOST, OPS},
    Permission.NAME_HOSTS: {HOST, OPS},
    Permission.ANSWER_QUESTIONS: {HOST, COHOST, EXPERT, OPS},
}
THINGS = {"sale": "sale-1", "recording": "rec-1", "clip": "clip-1"}


def of_rooms() -> list[Endpoint]:
    return [endpoint for endpoint in endpoints() if endpoint.room_by is not None]


def address(endpoint: Endpoint) -> str:
    path = re.sub(r"{(\w+)}", lambda found: {"room": ROOM, **THINGS}.get(found[1], "nothing"), endpoint.path)
    return f"{endpoint.method} {path}"


@pytest.fixture
async def farm(served: Served) -> Served:
    """A room with its people, of whom it has one who is a host no more, and something of each kind that belongs to it."""
    for user, room in (("host", ROOM), ("other-host", "orchard")):
        answer = await served.call("POST /api/rooms", {"id": room, "title": "A day"}, user=user)
        assert (answer.status, answer.body["you"]) == (201, "host")
    for person, kind in (("cohost", "cohost"), ("demoted", "cohost"), ("expert", "expert")):
        await served.done(f"POST /api/rooms/{ROOM}/hosts", {"person": person, "kind": kind}, role=Role.OPS)
    columns, values = "id, farm, title, price_minor, currency, unit", "'honey', 'Farm', 'Honey', 900, 'CNY', 'jar'"
    await served.database.execute(f"INSERT INTO products ({columns}) VALUES ({values})")
    await served.database.execute(
        "INSERT INTO sales (id, room, product, price_minor, currency, units, per_person_max, coupons, created_ms, created_by) "
        f"VALUES ('sale-1', '{ROOM}', 'honey', 500, 'CNY', 1, 1, false, 1, 'host')"
    )
    await served.database.execute(
        "INSERT INTO recordings (id, room, title, started_ts, ended_ts, state, store, updated_ts) "
        f"VALUES ('rec-1', '{ROOM}', 'Picking', 1, 2, 'ended', 's', 2)"
    )
    await served.database.execute(
        f"INSERT INTO clips VALUES ('clip-1', 'rec-1', '{ROOM}', 'Tasting', 1, 2, 1, false, 2, 'host', 'kept', 's', 2)"
    )
    return served


async def test_whoever_is_not_of_the_room_is_refused_and_nothing_changes(farm: Served) -> None:
    before = await farm.contents()
    refused = [(endpoint, who) for endpoint in of_rooms() for who in WHO if who not in MAY[endpoint.may]]
    assert len(refused) > 150
    for endpoint, (role, user) in refused:
        call = f"{endpoint.method} {endpoint.path}"
        answer = await farm.call(address(endpoint), BODIES.get(call), role=role, user=user)
        is_of_role = role is Role.HOST or endpoint.may is Permission.ANSWER_QUESTIONS
        expected = (2042, "not_your_room") if is_of_role else (1102, "forbidden")
        assert (answer.status, answer.body["code"], answer.body["name"]) == (403, *expected), (call, user)
    assert await farm.contents() == before


@pytest.mark.parametrize("who", WHO, ids=lambda who: who[1])
async def test_whoever_is_of_the_room_is_not_refused(farm: Served, who: tuple[Role, str]) -> None:
    role, user = who
    allowed = [endpoint for endpoint in of_rooms() if who in MAY[endpoint.may]]
    for endpoint in sorted(allowed, key=lambda endpoint: endpoint.method == "DELETE"):
        answer = await farm.call(
            address(endpoint), BODIES.get(f"{endpoint.method} {endpoint.path}"), role=role, user=user
        )
        assert answer.status not in (401, 403), (endpoint.path, answer.body)


async def test_a_host_without_a_name_of_their_own_runs_every_room_and_nobody_without_the_role(farm: Served) -> None:
    await farm.done(f"POST /api/rooms/{ROOM}/state", {"status": "live"}, role=Role.HOST)
    refused = await farm.call(f"POST /api/rooms/{ROOM}/state", {"status": "paused"}, role=Role.VIEWER)
    assert refused.status == 403


async def test_what_is_not_there_is_not_found_whoever_asks(farm: Served) -> None:
    for call, name in (
        ("POST /api/rooms/nowhere/state", "room_not_found"),
        ("POST /api/sales/nothing/open", "sale_not_found"),
        ("GET /api/recordings/nothing/clips", "recording_not_found"),
    ):
        answer = await farm.call(call, {"status": "live"} if "state" in call else {}, user="other-host")
        if call.startswith("GET"):
            assert answer.status in (200, 404)
        else:
            assert (answer.status, answer.body["name"]) == (404, name)


async def test_the_pictures_of_a_rooms_cameras_are_its_hosts(farm: Served) -> None:
    for call in (f"GET /media/thumbnails/{ROOM}/cam-1.jpg", f"POST /media/whep/{ROOM}/cam-1"):
        for role, user in (OTHER_HOST, EXPERT):
            answer = await farm.call(call, role=role, user=user)
            assert answer.status == 403, (call, user)
    own = await farm.call(f"GET /media/thumbnails/{ROOM}/cam-1.jpg", user="cohost")
    assert (own.status, own.body["name"]) == (404, "camera_not_found")


# --- who is what ---


async def hosts(served: Served, room: str = ROOM) -> dict[str, str]:
    page = await served.done(f"GET /api/rooms/{room}/hosts", role=Role.OPS)
    return {item["person"]: item["kind"] for item in page["items"]}


async def name(served: Served, person: str, kind: str | None, *, who: tuple[Role, str] = OPS) -> Any:
    role, user = who
    return await served.call(f"POST /api/rooms/{ROOM}/hosts", {"person": person, "kind": kind}, role=role, user=user)


async def test_whoever_makes_a_room_is_its_host_and_the_list_says_who_is_what(farm: Served) -> None:
    assert await hosts(farm) == {"host": "host", "cohost": "cohost", "demoted": "cohost", "expert": "expert"}
    own = [("host", {ROOM: "host"}), ("cohost", {ROOM: "cohost"}), ("other-host", {"orchard": "host"})]
    for user, rooms in own:
        listed = await farm.call("GET /api/rooms?mine=true", user=user)
        assert {room["id"]: room["you"] for room in listed.body["rooms"]} == rooms
        page = await farm.call(f"GET /api/rooms/{ROOM}", user=user)
        assert page.body["you"] == rooms.get(ROOM)
    of_ops = await farm.call("GET /api/rooms?mine=true", role=Role.OPS)
    assert {room["id"]: room["you"] for room in of_ops.body["rooms"]} == {ROOM: None, "orchard": None}
    assert (await farm.call("GET /api/rooms?mine=true", role=None)).status == 401
    assert len((await farm.done("GET /api/rooms", role=None))["rooms"]) == 2


async def test_a_host_names_experts_and_ops_anybody_at_once(farm: Served) -> None:
    assert (await name(farm, "teacher", "expert", who=HOST)).status == 200
    refused = await name(farm, "teacher", "cohost", who=HOST)
    assert (refused.status, refused.body["name"]) == (403, "forbidden")
    assert (await name(farm, "cohost", None, who=HOST)).status == 200
    assert (await name(farm, "teacher", "cohost")).status == 200
    assert await hosts(farm) == {"host": "host", "teacher": "cohost", "demoted": "cohost", "expert": "expert"}
    assert (await farm.call(f"GET /api/rooms/{ROOM}/cameras", user="cohost")).status == 403


async def test_a_room_keeps_a_host_and_another_one_makes_the_first_a_cohost(farm: Served) -> None:
    for kind in (None, "expert", "cohost"):
        refused = await name(farm, "host", kind)
        assert (refused.status, refused.body["name"]) == (409, "room_needs_host")
    assert (await name(farm, "cohost", "host")).status == 200
    assert (await hosts(farm))["cohost"] == "host"
    assert (await hosts(farm))["host"] == "cohost"


async def test_to_name_somebody_what_they_are_says_nothing_new(farm: Served) -> None:
    first = (await name(farm, "teacher", "expert")).body
    assert (await name(farm, "teacher", "expert")).body == first
    assert (await name(farm, "nobody", None)).body == first


async def test_there_are_only_so_many(database_url: str) -> None:
    async with serving(database_url, room_hosts_max=2) as served:
        await served.call("POST /api/rooms", {"id": ROOM, "title": "A day"}, user="host")
        assert (await name(served, "a", "expert")).status == 200
        full = await name(served, "b", "expert")
        assert (full.status, full.body["name"]) == (409, "hosts_full")
        assert (await name(served, "a", "cohost")).status == 200  # it has its place already
        for status in (201, 201, 409):
            answer = await served.call(f"POST /api/rooms/{ROOM}/invitations", {"kind": "expert"}, user="host")
            assert answer.status == status


async def test_a_host_who_is_erased_is_nothing_in_the_room_and_stays_so_when_another_is_named(farm: Served) -> None:
    tables = farm.application.get(Records).tables()
    for _ in range(2):
        async with farm.application.database.transaction() as tx:
            await tables.leave_rooms(tx, "host", "erased-1", now_ms=int(NOW_S * 1000))
    assert await hosts(farm) == {"cohost": "cohost", "demoted": "cohost", "expert": "expert"}
    state = await farm.database.fetchval("SELECT state FROM rooms WHERE id = $1", ROOM)
    assert '"host": "host"' not in state
    assert (await name(farm, "new", "host")).status == 200
    assert await hosts(farm) == {"new": "host", "cohost": "cohost", "demoted": "cohost", "expert": "expert"}


# --- invitations ---


async def test_whoever_is_blocked_accepts_no_invitation(farm: Served) -> None:
    made = await invited(farm, "expert")
    await farm.done(
        "POST /api/blocked", {"person": "stranger", "has_no_account": True, "reason": "spam"}, role=Role.ADMIN
    )
    before = await farm.contents()
    refused = await accept(farm, made["code"], STRANGER)
    # By the block, or, once this process has asked which sessions ended, already by that.
    assert (refused.status, refused.body["name"]) in {(403, "blocked"), (401, "session_ended")}
    assert await farm.contents() == before


async def test_staff_accept_an_invitation_whatever_blocks_their_browser(farm: Served) -> None:
    """Ops may block no staff, and a `device` may be any text, also the id of a host."""
    cohost, expert = await invited(farm, "cohost"), await invited(farm, "expert")
    for _, device in (OTHER_HOST, STRANGER):
        await farm.done("POST /api/blocked", {"device": device, "reason": "spam"}, role=Role.OPS)
    assert (await accept(farm, cohost["code"], OTHER_HOST)).status == 200
    assert (await accept(farm, expert["code"], STRANGER)).body["code"] == 1111


async def invited(served: Served, kind: str = "cohost", *, user: str = "host") -> Any:
    answer = await served.call(f"POST /api/rooms/{ROOM}/invitations", {"kind": kind}, user=user)
    assert answer.status == 201
    return answer.body


async def accept(served: Served, code: str, who: tuple[Role, str]) -> Any:
    return await served.call("POST /api/invitations/accept", {"code": code}, role=who[0], user=who[1])


async def test_an_invitation_makes_a_cohost_of_who_accepts_it_first(farm: Served) -> None:
    made = await invited(farm)
    looked = await farm.call("POST /api/invitations/look", {"code": made["code"]}, user="other-host")
    assert {field: looked.body[field] for field in ("room", "title", "kind", "by")} == {
        "room": ROOM, "title": "A day", "kind": "cohost", "by": "The host",
    }  # fmt: skip
    assert (await accept(farm, made["code"], OTHER_HOST)).status == 200
    assert (await hosts(farm))["other-host"] == "cohost"
    assert (await farm.call(f"GET /api/rooms/{ROOM}/cameras", user="other-host")).status == 200
    late = await accept(farm, made["code"], (Role.HOST, "third"))
    assert (late.status, late.body["name"]) == (410, "invitation_over")
    listed = await farm.call(f"GET /api/rooms/{ROOM}/invitations", user="host")
    assert listed.body["items"] == []


async def test_only_a_host_becomes_a_cohost_and_the_invitation_stays_for_them(farm: Served) -> None:
    code = (await invited(farm))["code"]
    refused = await accept(farm, code, STRANGER)
    assert (refused.status, refused.body["name"]) == (403, "role_needed")
    assert (await accept(farm, code, (Role.HOST, "stranger"))).status == 200
    code = (await invited(farm, "expert"))["code"]
    assert (await accept(farm, code, (Role.VIEWER, "teacher"))).status == 200
    assert (await hosts(farm))["teacher"] == "expert"


async def test_who_is_more_already_leaves_an_invitation_to_others(farm: Served) -> None:
    code = (await invited(farm))["code"]
    for who in (HOST, COHOST):
        answer = await accept(farm, code, who)
        assert (answer.status, answer.body["kind"]) == (200, who[1])
    assert (await accept(farm, code, OTHER_HOST)).status == 200


async def test_an_invitation_that_is_over_withdrawn_or_of_nobody_is_refused_and_nothing_changes(farm: Served) -> None:
    over, withdrawn, left = [await invited(farm) for _ in range(3)]
    path = f"DELETE /api/rooms/{ROOM}/invitations/{withdrawn['id']}"
    assert (await farm.call(path, user="host")).status == 204
    assert (await farm.call(path, user="host")).status == 404
    elsewhere = await farm.call(f"DELETE /api/rooms/orchard/invitations/{left['id']}", user="other-host")
    assert elsewhere.status == 404
    listed = await farm.call(f"GET /api/rooms/{ROOM}/invitations", user="host")
    assert {item["id"] for item in listed.body["items"]} == {left["id"], over["id"]}
    before = await farm.contents()
    farm.clock.now_s = NOW_S + 259_200
    for code, status in ((over["code"], 410), (withdrawn["code"], 410), ("x" * 32, 404)):
        assert (await accept(farm, code, OTHER_HOST)).status == status
    assert await farm.contents() == before


async def test_who_runs_the_room_no_more_has_invited_nobody(farm: Served) -> None:
    code = (await invited(farm))["code"]
    await name(farm, "cohost", "host")
    assert (await accept(farm, code, OTHER_HOST)).status == 410


async def test_whoever_accepted_it_opens_it_again_and_is_told_so_and_nobody_else(farm: Served) -> None:
    code = (await invited(farm))["code"]
    assert (await accept(farm, code, OTHER_HOST)).body["accepted"]
    before = await farm.contents()
    farm.clock.now_s = NOW_S + 259_200
    for call in ("accept", "look"):
        again = await farm.call(f"POST /api/invitations/{call}", {"code": code}, user="other-host")
        assert (again.status, again.body["kind"], again.body["accepted"]) == (200, "cohost", True)
        another = await farm.call(f"POST /api/invitations/{call}", {"code": code}, user="third")
        assert (another.status, another.body["code"]) == (410, 2044)
        nobody = await farm.call(f"POST /api/invitations/{call}", {"code": code}, role=None)
        assert nobody.status == (410 if call == "look" else 401)
    assert await farm.contents() == before
    await name(farm, "other-host", None)  # is nothing there any more
    assert (await accept(farm, code, OTHER_HOST)).status == 410


@pytest.mark.parametrize("what", ["role", "block", "nothing"])
async def test_an_invitation_is_good_as_long_as_who_made_it_could_make_it(farm: Served, what: str) -> None:
    people = "INSERT INTO people (id, name, role, created_ts, seen_ts) VALUES ('host', 'Host', 'host', 1, 1)"
    await farm.database.execute(people)
    code = (await invited(farm))["code"]
    if what == "role":
        await farm.done("POST /api/people/host/role", {"role": "viewer", "reason": "leaves"}, role=Role.ADMIN)
    elif what == "block":
        await farm.done("POST /api/blocked", {"person": "host", "reason": "spam"}, role=Role.ADMIN)
    before = await farm.contents()
    looked = await farm.call("POST /api/invitations/look", {"code": code}, role=None)
    accepted = await accept(farm, code, OTHER_HOST)
    if what == "nothing":
        assert (looked.status, accepted.status) == (200, 200)
    else:
        assert [(each.status, each.body["code"]) for each in (looked, accepted)] == [(410, 2044), (410, 2044)]
        assert await farm.contents() == before


async def test_an_invitation_says_the_rooms_title_in_each_language(farm: Served) -> None:
    titles = {"zh": "农场日", "en": "Farm day"}
    await farm.done(f"PATCH /api/rooms/{ROOM}", {"title": "农场日", "titles": titles}, role=Role.OPS)
    code = (await invited(farm))["code"]
    looked = await farm.call("POST /api/invitations/look", {"code": code}, role=None)
    accepted = await accept(farm, code, OTHER_HOST)
    assert [(each.body["title"], each.body["titles"]) for each in (looked, accepted)] == [("农场日", titles)] * 2


async def test_an_invitations_code_is_stored_nowhere_but_in_the_answer(farm: Served) -> None:
    code = (await invited(farm))["code"]
    assert not [table for table, rows in (await farm.contents()).items() if any(code in row for row in rows)]
