"""Nothing is agreed to until somebody says so; the last word holds, and no word is lost."""

from typing import Any

import asyncpg
import pytest

from livehub.app import MODULES
from livehub.base.auth import Role
from livehub.people.consent import PURPOSES, Q, Word, is_granted, what_holds
from livehub.people.person_tables import forget_names
from tests.base.served import Answer, Served, serving
from tests.people.browser import bearer

FORGET_NAMES = forget_names([table for module in MODULES for table in module.person_tables])

PATH = "/api/me/consents"


def word(ts: int, *, granted: bool, purpose: str = "photos") -> Word:
    return Word(purpose=purpose, granted=granted, version="1", ts=ts, place="account")


def test_the_last_word_holds_in_whatever_order_they_come() -> None:
    yes, no = word(1, granted=True), word(2, granted=False)
    assert [is_granted(what_holds(words), "photos") for words in ([yes], [yes, no], [no, yes])] == [True, False, False]


def test_of_two_words_at_one_moment_the_later_said_holds() -> None:
    assert not is_granted(what_holds([word(1, granted=True), word(1, granted=False)]), "photos")


def test_nothing_is_agreed_to_by_itself_nor_one_thing_with_another() -> None:
    assert not any(is_granted({}, purpose) for purpose in PURPOSES)
    held = what_holds([word(1, granted=True, purpose="analytics")])
    assert [purpose for purpose in PURPOSES if is_granted(held, purpose)] == ["analytics"]


async def say(served: Served, purpose: str, *, granted: bool, version: str = "2026-11", user: str = "mei") -> Answer:
    body = {"granted": granted, "version": version, "place": "account"}
    return await served.call(f"PUT {PATH}/{purpose}", body, role=Role.VIEWER, user=user)


async def held(served: Served, user: str = "mei", role: Role = Role.VIEWER) -> dict[str, Any]:
    items = (await served.call(f"GET {PATH}", role=role, user=user)).body["items"]
    return {item["purpose"]: item["granted"] for item in items}


async def test_everything_is_off_until_it_is_said(served: Served) -> None:
    assert await held(served) == dict.fromkeys(PURPOSES, False)
    answer = await say(served, "marketing_sms", granted=True)
    assert answer.body == {
        "purpose": "marketing_sms", "granted": True, "version": "2026-11", "at": "2027-01-15T08:00:00.000Z", "place": "account",
    }  # fmt: skip
    assert await held(served) == dict.fromkeys(PURPOSES, False) | {"marketing_sms": True}
    await say(served, "marketing_sms", granted=False)
    assert await held(served) == dict.fromkeys(PURPOSES, False)
    assert await held(served, "ann") == dict.fromkeys(PURPOSES, False)


async def test_every_word_is_kept_once_and_told_once(served: Served) -> None:
    for granted in (True, True, False, False, True):
        await say(served, "photos", granted=granted)
    rows = await served.database.fetch("SELECT granted FROM consents ORDER BY id")
    assert [row[0] for row in rows] == [True, False, True]
    assert len([row for row in await served.rows("domain_events") if "consent_changed" in row]) == 3


async def test_a_new_policy_asks_for_a_new_word(served: Served) -> None:
    await say(served, "photos", granted=True, version="1")
    assert (await say(served, "photos", granted=True, version="2")).body["version"] == "2"
    assert len(await served.rows("consents")) == 2


async def test_a_guest_agrees_as_the_device_that_they_are(served: Served) -> None:
    body = {"granted": True, "version": "1"}
    assert (await served.call(f"PUT {PATH}/analytics", body, role=Role.GUEST, user="guest-x")).status == 200
    assert (await held(served, "guest-x", Role.GUEST))["analytics"]
    assert not (await held(served))["analytics"]


async def test_nobody_says_nothing(served: Served) -> None:
    answer = await served.call(f"PUT {PATH}/analytics", {"granted": True, "version": "1"}, role=None)
    assert (answer.status, answer.body["name"]) == (401, "unauthenticated")
    assert await served.rows("consents") == []


async def test_there_is_no_other_purpose(served: Served) -> None:
    answer = await say(served, "everything", granted=True)
    assert (answer.status, answer.body["code"]) == (404, 1148)


async def test_it_is_said_so_often_a_day_and_taken_back_whenever(database_url: str) -> None:
    async with serving(database_url, consents_max=3) as served:
        for granted in (True, False, True):
            assert (await say(served, "photos", granted=granted)).status == 200
        assert (await say(served, "photos", granted=False)).status == 200
        answer = await say(served, "photos", granted=True)
        assert (answer.status, answer.body["code"]) == (429, 1149)
        assert (await say(served, "photos", granted=False, version="2")).status == 429
        served.clock.now_s += 86_401
        assert (await say(served, "photos", granted=True)).status == 200


async def test_a_word_is_not_changed_afterwards(served: Served) -> None:
    await say(served, "photos", granted=True)
    with pytest.raises(asyncpg.RaiseError, match="consents is append-only"):
        await served.database.execute("UPDATE consents SET granted = false")


async def guest(served: Served) -> dict[str, str]:
    """Another guest of the same network."""
    return bearer((await served.call("POST /api/session", {}, role=None)).body["token"])


async def of_guest(served: Served, token: dict[str, str], *, granted: bool) -> int:
    body = {"granted": granted, "version": "2026-11", "place": "banner"}
    return (await served.call(f"PUT {PATH}/photos", body, role=None, headers=token)).status


async def test_guests_of_one_network_say_so_much_in_an_hour_and_take_it_back_without_end(database_url: str) -> None:
    async with serving(database_url, guest_consents_per_network_hour_max=3) as served:
        guests = [await guest(served) for _ in range(4)]
        assert [await of_guest(served, each, granted=True) for each in guests] == [200, 200, 200, 429]
        assert [await of_guest(served, each, granted=False) for each in guests[:3]] == [200, 200, 200]
        assert (await say(served, "photos", granted=True)).status == 200  # somebody with an account
        kept = await served.database.fetch("SELECT granted FROM consents ORDER BY id")
        assert [row[0] for row in kept] == [True, True, True, False, False, False, True]


async def test_what_guests_said_goes_when_they_never_came_again_and_became_nobody(served: Served) -> None:
    long_ago_ms, lately_ms = 1_000, 2_000
    for person, ts in (
        ("guest-gone", long_ago_ms), ("guest-gone", long_ago_ms + 1), ("guest-here", long_ago_ms), ("guest-here", lately_ms),
        ("guest-mei", long_ago_ms), ("mei", long_ago_ms),
    ):  # fmt: skip
        await served.database.execute(
            "INSERT INTO consents (person, purpose, granted, version, ts, place) VALUES ($1, 'photos', true, '1', $2, '')",
            person, ts,
        )  # fmt: skip
    await served.database.execute("INSERT INTO people (id, name, created_ts, seen_ts) VALUES ('mei', 'Mei', 1, 1)")
    await served.database.execute("INSERT INTO identities VALUES ('guest', 'guest-mei', 'mei', 1, 1)")
    assert await served.database.fetchval(Q["forget_guests"], lately_ms, 1) == 1
    assert await served.database.fetchval(Q["forget_guests"], lately_ms, 10) == 1
    assert await served.database.fetchval(Q["forget_guests"], lately_ms, 10) == 0
    rows = await served.database.fetch("SELECT person FROM consents ORDER BY id")
    assert [row[0] for row in rows] == ["guest-here", "guest-here", "guest-mei", "mei"]


async def test_somebody_by_name_who_left_nothing_else_goes_and_whoever_left_anything_stays(served: Served) -> None:
    made = [(await served.call("POST /api/session", {"name": name}, role=None)).body["person"]["id"] for name in "ABCD"]
    run = "DELETE FROM sessions WHERE person = ANY($1::text[])"
    await served.database.execute(run, made[:3])
    await served.database.execute("INSERT INTO identities VALUES ('phone', '+8613800138000', $1, 1, 1)", made[1])
    await served.database.execute(
        "INSERT INTO consents (person, purpose, granted, version, ts, place) VALUES ($1, 'photos', true, '1', 1, '')",
        made[2],
    )
    now_ms = int(served.clock.now_s * 1000)
    assert await served.database.fetchval(FORGET_NAMES, now_ms, 10) == 0
    assert await served.database.fetchval(FORGET_NAMES, now_ms + 1, 10) == 1
    rows = await served.database.fetch("SELECT id FROM people ORDER BY id")
    assert [row[0] for row in rows] == sorted(made[1:])


@pytest.mark.parametrize(
    "left",
    [
        "chats (id, room, user_id, name, role, text, ts) VALUES ('c', 'farm', $1, 'A', 'viewer', 'Hi', 1)",
        "room_hosts (room, person, kind, name, by, ts) VALUES ('farm', $1, 'expert', 'A', 'host', 1)",
        "coupon_claims (coupon, user_id, claimed_ts) VALUES ('five', $1, 1)",
        "uploads (id, owner, state, sha256, created_ts) VALUES (repeat('u', 18), $1, 'storing', sha256('u'), 1)",
        (
            "stock_holds (id, person, also, state, expires_ms, resources, asked, has) "
            "VALUES ('h', $1, '{}', 1, 1, '{}', '{}', '{}')"
        ),
        "quiz_answers (quiz, user_id, name, ts) VALUES ('q', $1, 'A', 1)",
        "directs (id, user_id, type, ts, data) VALUES ('d', $1, 'x', 1, '{}')",
    ],
    ids=lambda left: left.split()[0],
)
async def test_whoever_left_something_in_any_table_keeps_their_name(served: Served, left: str) -> None:
    await served.done("POST /api/rooms", {"id": "farm", "title": "Farm day"})
    made = [(await served.call("POST /api/session", {"name": name}, role=None)).body["person"]["id"] for name in "AB"]
    await served.database.execute("DELETE FROM sessions")
    await served.database.execute(
        f"SET LOCAL session_replication_role = replica; INSERT INTO {left.replace('$1', repr(made[0]))}"
    )
    now_ms = int(served.clock.now_s * 1000)
    assert await served.database.fetchval(FORGET_NAMES, now_ms + 1, 10) == 1
    assert [row[0] for row in await served.database.fetch("SELECT id FROM people")] == made[:1]
