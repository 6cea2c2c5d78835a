"""The same key and body get the same answer and have one effect, however often and in whatever order they come."""

import asyncio
import itertools
import time
from typing import Any

import msgspec
import pytest

from livehub import app
from livehub.base.auth import Role
from livehub.base.errors import BadRequest
from livehub.base.idempotency import Q, checked_key, fingerprint
from tests.base.served import Answer, Served, serving

KEY = {"Idempotency-Key": "key-12345678"}
BAG = "POST /api/rooms/farm/bag"
EGGS, MILK = {"title": "Eggs"}, {"title": "Milk"}


async def with_room(served: Served) -> None:
    await served.done("POST /api/rooms", {"id": "farm", "title": "Farm day"})


async def bag(served: Served) -> list[str]:
    room = await served.done("GET /api/rooms/farm")
    return [card["title"] for card in room["room"]["view"]["bag"]]


async def test_the_same_request_again_gets_the_same_answer_and_has_no_second_effect(served: Served) -> None:
    await with_room(served)
    first = await served.call(BAG, EGGS, headers=KEY)
    after_first = await served.contents()
    again = [await served.call(BAG, EGGS, headers=KEY) for _ in range(3)]
    assert first.status == 201
    assert [(answer.status, answer.raw) for answer in again] == [(201, first.raw)] * 3
    assert "Idempotency-Replayed" not in first.headers
    assert {answer.headers["Idempotency-Replayed"] for answer in again} == {"true"}
    assert await served.contents() == after_first
    assert await bag(served) == ["Eggs"]


async def test_duplicates_at_the_same_moment_have_one_effect_and_one_answer(served: Served) -> None:
    await with_room(served)
    answers = await asyncio.gather(*(served.call(BAG, EGGS, headers=KEY) for _ in range(8)))
    assert {(answer.status, answer.raw) for answer in answers} == {(201, answers[0].raw)}
    assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1
    assert await bag(served) == ["Eggs"]


async def test_duplicates_at_two_servers_have_one_effect_and_one_answer(database_url: str) -> None:
    async with serving(database_url) as one, serving(database_url) as other:
        await with_room(one)
        answers: list[Answer] = await asyncio.gather(
            *(served.call(BAG, EGGS, headers=KEY) for _ in range(4) for served in (one, other))
        )
        assert {(answer.status, answer.raw) for answer in answers} == {(201, answers[0].raw)}
        assert [await one.database.fetchval("SELECT count(*) FROM room_controls")] == [1]


async def test_the_same_key_for_another_request_is_an_error_and_changes_nothing(served: Served) -> None:
    await with_room(served)
    await served.call(BAG, EGGS, headers=KEY)
    before = await served.contents()
    for call, body in ((BAG, MILK), ("POST /api/rooms/farm/pins", EGGS), ("POST /api/rooms", {"title": "x"})):
        answer = await served.call(call, body, headers=KEY)
        assert (answer.status, answer.body["name"]) == (422, "key_reused")
    assert await served.contents() == before
    assert (await served.call(BAG, EGGS, headers=KEY)).headers["Idempotency-Replayed"] == "true"


async def test_a_key_belongs_to_the_person_who_uses_it(served: Served) -> None:
    await with_room(served)
    first = await served.call(BAG, EGGS, headers=KEY, role=Role.OPS, user="ann")
    second = await served.call(BAG, EGGS, headers=KEY, role=Role.OPS, user="bob")
    assert first.status == second.status == 201
    assert first.body["card"]["id"] != second.body["card"]["id"]
    assert await bag(served) == ["Eggs", "Eggs"]


async def test_without_a_key_each_request_counts(served: Served) -> None:
    await with_room(served)
    for _ in range(2):
        await served.done(BAG, EGGS)
    assert await bag(served) == ["Eggs", "Eggs"]
    assert await served.rows("idempotency_keys") == []


async def test_a_refused_request_is_not_remembered(database_url: str) -> None:
    async with serving(database_url, bag_max=1) as served:
        await with_room(served)
        await served.done(BAG, MILK)
        for call, body, status in ((BAG, EGGS, 409), (BAG, {}, 400), ("POST /api/rooms/nowhere/bag", EGGS, 404)):
            before = await served.contents()
            assert (await served.call(call, body, headers=KEY)).status == status
            assert await served.contents() == before
        card = (await served.done("GET /api/rooms/farm"))["room"]["view"]["bag"][0]["id"]
        await served.done(f"DELETE /api/rooms/farm/bag/{card}")
        assert (await served.call(BAG, EGGS, headers=KEY)).status == 201
        assert await bag(served) == ["Eggs"]


async def test_who_may_not_is_refused_before_the_key_is_looked_at(served: Served) -> None:
    await with_room(served)
    await served.call(BAG, EGGS, headers=KEY, user="ann")
    before = await served.contents()
    assert (await served.call(BAG, EGGS, headers=KEY, role=Role.VIEWER, user="ann")).status == 403
    assert await served.contents() == before


@pytest.mark.parametrize(
    "key", ["short12", "x" * 129, "with a space", "tab\tinside", '""', '"short12"', "schlüssel-12"]
)
async def test_a_key_of_another_form_is_refused_and_nothing_changes(served: Served, key: str) -> None:
    await with_room(served)
    before = await served.contents()
    answer = await served.call(BAG, EGGS, headers={"Idempotency-Key": key})
    assert (answer.status, answer.body["name"]) == (400, "bad_request")
    assert answer.body["detail"].startswith("Idempotency-Key: ")
    assert await served.contents() == before


def test_a_key_is_the_same_in_quotes_or_not() -> None:
    assert checked_key('"key-12345678"') == checked_key(" key-12345678 ") == "key-12345678"
    assert checked_key("x" * 128) == "x" * 128
    for key in ("", "x" * 7, "x" * 129, "a\nb-12345678", "key-12345678\n\n\0"):
        with pytest.raises(BadRequest):
            checked_key(key)


def test_requests_that_differ_anywhere_are_different() -> None:
    parts = itertools.product(("POST", "PUT"), ("/a", "/a/b"), (b"", b"{}", b"/b{}"))
    prints = [fingerprint(*part) for part in parts]
    assert len(set(prints)) == len(prints) == 12


async def test_a_key_is_forgotten_after_its_time_and_no_sooner(served: Served) -> None:
    await with_room(served)
    for key in ("old-12345678", "new-12345678"):
        await served.call(BAG, EGGS, headers={"Idempotency-Key": key})
    aged = "UPDATE idempotency_keys SET created_at = now() - interval '61 seconds' WHERE key = 'old-12345678'"
    await served.database.execute(aged)
    assert await served.database.fetchval(Q["forget"], int((time.time() - 60) * 1000), 10) == 1
    kept = [row["key"] for row in await served.database.fetch("SELECT key FROM idempotency_keys")]
    assert kept == ["new-12345678"]


INVITE, EXPERT = "POST /api/rooms/farm/invitations", {"kind": "expert"}


async def test_an_answer_that_tells_a_secret_is_the_same_again_and_cannot_be_read_in_the_database(
    served: Served,
) -> None:
    await with_room(served)
    first = await served.call(INVITE, EXPERT, headers=KEY)
    again = await served.call(INVITE, EXPERT, headers=KEY)
    assert (first.status, again.status, again.raw) == (201, 201, first.raw)
    assert again.headers["Idempotency-Replayed"] == "true"
    kept = await served.database.fetchrow("SELECT status, body, octet_length(sealed) AS bytes FROM idempotency_keys")
    assert kept is not None
    assert tuple(kept) == (201, None, len(first.raw) + 12 + 16)  # nonce and tag of AES-GCM
    rows = await served.contents()
    assert [table for table, found in rows.items() if any(first.body["code"] in row for row in found)] == []


async def test_under_another_secret_of_the_server_a_sealed_answer_is_told_to_nobody(database_url: str) -> None:
    async with serving(database_url) as served:
        await with_room(served)
        assert (await served.call(INVITE, EXPERT, headers=KEY)).status == 201
        await served.database.execute("UPDATE idempotency_keys SET sealed = overlay(sealed PLACING '\\x00' FROM 20)")
        again = await served.call(INVITE, EXPERT, headers=KEY)
        assert (again.status, again.body["name"]) == (422, "key_reused")
        assert len(await served.rows("room_invitations")) == 1


def secrets_of(type_: Any) -> set[str]:
    """Fields of a reply, at any depth, that by their names are secrets in text."""
    found, seen, wait = set(), set(), [msgspec.inspect.type_info(type_)]
    while wait:
        info = wait.pop()
        if isinstance(info, msgspec.inspect.StructType) and info.cls not in seen:
            seen.add(info.cls)
            for field in info.fields:
                wait.append(field.type)
                kinds = field.type.types if isinstance(field.type, msgspec.inspect.UnionType) else (field.type,)
                if field.name in SECRET_NAMES and any(isinstance(kind, msgspec.inspect.StrType) for kind in kinds):
                    found.add(field.name)
        elif isinstance(info, msgspec.inspect.UnionType):
            wait += info.types
        elif isinstance(info, msgspec.inspect.ListType | msgspec.inspect.VarTupleType):
            wait.append(info.item_type)
    return found


SECRET_NAMES = {"token", "code", "secret", "refresh", "key", "password", "credential"}


async def test_every_call_whose_answer_is_kept_and_tells_a_secret_says_so(database_url: str) -> None:
    async with serving(database_url, modules=app.DEMO_MODULES) as served:
        telling = {
            f"{each.method} {each.path}": (secrets_of(each.reply), each.tells_secret)
            for each in served.application.endpoints()
            if each.method == "POST" and (each.writes or each.two_phases) and each.reply is not None
            if each.tells_secret or secrets_of(each.reply)
        }
    assert telling == {
        "POST /api/rooms/{room}/invitations": ({"code"}, True),
        "POST /api/rooms/{room}/cameras": ({"token"}, True),
        "POST /api/rooms/{room}/cameras/{camera}/token": ({"token"}, True),
        "POST /api/devices": ({"key"}, True),
        # Codes that stand on boxes, for everybody.
        "POST /api/batch-makings": ({"code"}, False),
        "POST /api/boxes": ({"code"}, False),
    }
