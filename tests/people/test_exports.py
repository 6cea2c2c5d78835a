"""A person gets all that is kept of them as a file, of which nobody else sees anything, and nothing of others is in it."""

import io
import json
import zipfile
from typing import Any

import pytest

from livehub.base.auth import Role
from livehub.people.exports import Exporter
from livehub.people.records import Records
from tests.base.served import Answer, Served, serving
from tests.people.stage import ANN, GUEST, MEI, NOW_MS, a_person, a_room, merged, sql, things, traces


def exporter(served: Served) -> Exporter:
    return served.application.get(Records)._exporter


async def asked(served: Served, user: str = MEI) -> dict[str, Any]:
    answer = await served.call("POST /api/me/export", {}, role=Role.VIEWER, user=user)
    assert answer.status == 202, answer
    found: dict[str, Any] = answer.body
    return found


async def made(served: Served, user: str = MEI) -> str:
    id_: str = (await asked(served, user))["id"]
    await exporter(served).run(id_)
    return id_


async def fetched(served: Served, id_: str, user: str = MEI, role: Role = Role.VIEWER) -> Answer:
    return await served.call(f"GET /api/me/exports/{id_}", role=role, user=user)


def files(answer: Answer) -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(answer.raw)) as archive:
        assert archive.testzip() is None
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    return {name: json.loads(text) if name.endswith(".json") else text for name, text in texts.items()}


@pytest.fixture
async def shop(served: Served) -> Served:
    await a_room(served)
    await things(served, "g", "m", "a")
    await a_person(served, MEI, "Mei")
    await a_person(served, ANN, "Ann Marker")
    await sql(
        served,
        "INSERT INTO identities VALUES ('guest', $1, $2, 1, 1), ('phone', '+8613812341234', $2, 1, 1)",
        GUEST,
        MEI,
    )
    await traces(served, GUEST, "Lotus", mark="g")
    await traces(served, MEI, "Mei", mark="m")
    await traces(served, ANN, "Ann Marker", mark="a")
    await merged(served)
    await sql(served, "INSERT INTO chat_reports (room, line_id, user_id) VALUES ('farm', 'left', $1)", GUEST)
    return served


async def test_everything_is_in_it_that_of_before_too_and_nothing_of_others(shop: Served) -> None:
    answer = await fetched(shop, await made(shop))
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/zip")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="my-data-2027-01-15.zip"'
    assert (answer.headers["Cache-Control"], answer.headers["Content-Length"]) == ("no-store", str(len(answer.raw)))
    found = files(answer)
    assert [line["text"] for line in found["chats.json"]] == ["I am Lotus", "I am Mei"]
    assert sorted(report["line"] for report in found["chat_reports.json"]) == ["bad-g", "bad-m", "left"]
    assert found["people.json"][0]["name"] == "Mei"
    assert [each["subject"] for each in found["identities.json"]] == [GUEST, "+8613812341234"]
    assert len(found["addresses.json"]) == 2
    assert "Ann Marker" not in json.dumps(found)
    assert "person" not in found["addresses.json"][0]


async def test_it_says_in_both_languages_what_it_is(shop: Served) -> None:
    readme = files(await fetched(shop, await made(shop)))["README.txt"]
    assert "您在本平台的个人数据" in readme
    assert "These are your personal data" in readme
    assert "chats.json: 2\n" in readme


async def test_what_is_too_much_is_left_out_and_said(database_url: str) -> None:
    async with serving(database_url, export_bytes_max=100_000) as served:
        await a_room(served)
        await sql(
            served,
            "INSERT INTO chats (id, room, user_id, name, role, text, ts) "
            "SELECT n::text, 'farm', $1, 'Mei', 'viewer', repeat('x', 1000), n FROM generate_series(1, 200) n",
            MEI,
        )
        found = files(await fetched(served, await made(served)))
        assert 80 < len(found["chats.json"]) < 100
        assert "chats.json" in found["README.txt"].split("not complete")[1].split("\n")[0]


async def test_nobody_else_gets_it_whatever_their_role(shop: Served) -> None:
    id_ = await made(shop)
    before = await shop.contents()
    for user, role in ((ANN, Role.VIEWER), ("the-admin", Role.ADMIN)):
        answer = await fetched(shop, id_, user, role)
        assert (answer.status, answer.body["code"]) == (404, 1144)
    assert (await shop.call(f"GET /api/me/exports/{id_}", role=None)).status == 401
    assert await shop.contents() == before


async def test_it_is_told_of_in_the_list_and_is_gone_after_its_time(shop: Served) -> None:
    id_ = (await asked(shop))["id"]
    answer = await fetched(shop, id_)
    assert (answer.status, answer.body["code"], answer.headers["Retry-After"]) == (409, 1145, "10")
    await exporter(shop).run(id_)
    [item] = (await shop.call("GET /api/me/exports", role=Role.VIEWER, user=MEI)).body["items"]
    assert (item["id"], item["state"], item["url"]) == (id_, "ready", f"/api/me/exports/{id_}")
    assert item["ends"] == "2027-01-22T08:00:00.000Z"
    shop.clock.now_s += 604_801
    assert (await fetched(shop, id_)).status == 404
    assert (await shop.call("GET /api/me/exports", role=Role.VIEWER, user=MEI)).body["items"] == []


async def test_asking_again_soon_is_asking_once(shop: Served) -> None:
    first = await made(shop)
    assert (await asked(shop))["id"] == first
    shop.clock.now_s += 7_201
    assert (await asked(shop))["id"] != first


async def test_a_job_that_runs_twice_makes_it_once(shop: Served) -> None:
    id_ = await made(shop)
    before = await shop.contents()
    await exporter(shop).run(id_)
    assert await shop.contents() == before


async def test_the_person_is_told_on_every_device(shop: Served) -> None:
    id_ = await made(shop)
    [event] = await shop.database.fetch("SELECT key, payload FROM domain_events WHERE type = 'export_ready'")
    payload = json.loads(event["payload"])
    assert (event["key"], payload["export"], payload["ends_ts"]) == (MEI, id_, NOW_MS + 604_800_000)


async def test_a_file_longer_than_a_piece_comes_whole(shop: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livehub.people.exports.PIECE_BYTES", 100)
    assert len(files(await fetched(shop, await made(shop)))) > 5
