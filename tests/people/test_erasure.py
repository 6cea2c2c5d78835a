"""Somebody who asks to be forgotten is nowhere any more but where the law wants them, and is told where that is."""

import asyncio
import json
from typing import Any

import pytest

from livehub.app import MODULES
from livehub.base.auth import Identity, Role
from livehub.base.person_tables import OnErasure
from livehub.people import erasure
from livehub.people.audit import Act, record
from livehub.people.erasure import Eraser
from livehub.people.records import Records
from livehub.people.records_settings import RecordsConfig
from tests.base.served import Served, serving
from tests.people.stage import ANN, GUEST, MEI, NOW_MS, a_person, a_room, merged, sql, things, traces

NAME = "Mei Zhang-Marker"
KEPT = {table.table for module in MODULES for table in module.person_tables if table.on_erasure is OnErasure.KEEP}


def eraser(served: Served) -> Eraser:
    return served.application.get(Records)._eraser


async def asked(served: Served, user: str = MEI) -> dict[str, Any]:
    answer = await served.call("POST /api/me/erase", {"confirm": True}, role=Role.VIEWER, user=user)
    assert answer.status == 202, answer
    found: dict[str, Any] = answer.body
    return found


async def erased(served: Served, user: str = MEI) -> str:
    """Erased and swept; the id of the receipt."""
    id_: str = (await asked(served, user))["id"]
    await eraser(served).run(id_)
    await swept(served, id_)
    return id_


async def swept(served: Served, id_: str) -> None:
    """What it does once more when the last tokens are over."""
    served.clock.now_s += RecordsConfig().erase_sweep_s
    await eraser(served).run(id_)


async def where(served: Served, text: str) -> set[str]:
    """The tables that have it, in whatever column."""
    return {table for table, rows in (await served.contents()).items() if any(text in row for row in rows)}


@pytest.fixture
async def shop(served: Served) -> Served:
    """Somebody who has been everywhere, as a guest before, and in the middle of a show."""
    await a_room(served)
    await things(served, "g", "m", "a")
    await a_person(served, MEI, NAME)
    await a_person(served, ANN, "Ann")
    await sql(
        served,
        "INSERT INTO identities VALUES ('guest', $1, $2, 1, 1), ('phone', '+8613812341234', $2, 1, 1)",
        GUEST,
        MEI,
    )
    await sql(
        served, "INSERT INTO sessions (id, person, token_sha256, app, how, device, created_ts, signed_in_ts, seen_ts, ends_ts) "
        "VALUES ('s-1', $1, sha256('x'), 'viewer', 'phone', 'Phone of Mei Zhang-Marker', 1, 1, 1, 9)", MEI,
    )  # fmt: skip
    await traces(served, GUEST, NAME, mark="g")
    await traces(served, MEI, NAME, mark="m")
    await traces(served, ANN, "Ann", mark="a")
    await sql(served, "INSERT INTO chat_hidden VALUES ('farm', $1, 1)", MEI)
    moved = await merged(served)
    await sql(served, "INSERT INTO person_merges VALUES ($1, $2, 1, $3)", GUEST, MEI, json.dumps(moved))
    # What both had is left behind with the guest.
    await sql(served, "INSERT INTO chat_reports (room, line_id, user_id) VALUES ('farm', 'left', $1)", GUEST)
    winners = [{"user": MEI, "name": NAME, "rank": 1}, {"user": ANN, "name": "Ann", "rank": 2}]
    result = {"answers": 2, "counts": [2], "winners": winners, "winners_total": 2}
    await sql(served, "UPDATE quizzes SET result = $1 WHERE id = 'quiz-m'", json.dumps(result))
    await sql(
        served, "INSERT INTO domain_events (type, key, payload) VALUES ('quiz.won', $1, $2)", MEI,
        json.dumps({"winners": winners}),
    )  # fmt: skip
    await sql(
        served,
        "INSERT INTO directs (id, user_id, type, ts, data) VALUES ('d-x', $1, 'won', 1, $2)",
        ANN,
        json.dumps({"by": winners[0]}),
    )
    answer = json.dumps({"user": MEI, "name": NAME})
    await sql(served, "INSERT INTO idempotency_keys VALUES ('the-ops', 'key-ops1', '\\x00', 200, $1)", answer)
    # Live: a question of theirs was answered, they won the quiz, they are muted.
    await served.done("POST /api/rooms/farm/questions/q-open-m/answer", {"answer": "Very."})
    await quiz_won(served, winners)
    for kind in ("mutes", "bans"):
        await served.done(f"POST /api/rooms/farm/moderation/{kind}", {"user": MEI, "seconds": 60}, role=Role.OPS)
    ops = Identity(id="the-ops", name="The ops", role=Role.OPS)
    line = {"id": "held-m", "user": MEI, "name": NAME, "text": "hm"}
    acts = [Act(type="held_reject", subject="held-m", about_id=MEI, about_name=NAME, data={"line": line})]
    async with served.application.database.transaction() as tx:
        await record(tx.connection, acts, by=ops, now_ms=NOW_MS)
    return served


async def quiz_won(served: Served, winners: list[dict[str, Any]]) -> None:
    wanted = {"kind": "choice", "question": "Which?", "options": ["a", "b"], "correct_choice": 0}
    opened = await served.done("POST /api/rooms/farm/quizzes", wanted)
    quiz = opened["quiz"]["id"]
    for winner in winners:
        await sql(
            served, "INSERT INTO quiz_answers (quiz, user_id, name, choice, ts) VALUES ($1, $2, $3, 0, 1)", quiz,
            winner["user"], winner["name"],
        )  # fmt: skip
    await served.done(f"POST /api/rooms/farm/quizzes/{quiz}/close", {})


async def test_the_stage_is_full_of_them(shop: Served) -> None:
    assert len(await where(shop, MEI)) > 15
    assert len(await where(shop, NAME)) > 10


async def test_afterwards_their_name_is_nowhere(shop: Served) -> None:
    await erased(shop)
    assert await where(shop, NAME) == set()


async def test_afterwards_their_ids_are_only_where_the_law_wants_them(shop: Served) -> None:
    await sql(
        shop, "INSERT INTO stock_holds VALUES ('h', $1, NULL, '{\"\",\"\"}', 3, 1, '{sale:x}', '{1}', '{1}')", MEI
    )
    await sql(
        shop,
        "INSERT INTO consents (person, purpose, granted, version, ts, place) VALUES ($1, 'photos', true, '1', 1, '')",
        MEI,
    )
    await erased(shop)
    assert await where(shop, MEI) == {"people", "sessions", "stock_holds", "consents"}
    assert await where(shop, MEI) < KEPT
    assert await where(shop, GUEST) == set()


async def test_others_are_as_they_were(shop: Served) -> None:
    before = {
        table: [row for row in rows if ANN in row and MEI not in row] for table, rows in (await shop.contents()).items()
    }
    await erased(shop)
    after = await shop.contents()
    assert {t: rows for t, rows in before.items() if not set(rows) <= set(after[t])} == {}
    [told] = [row[0] for row in await shop.database.fetch("SELECT data FROM directs WHERE id = 'd-x'")]
    assert json.loads(told)["by"]["rank"] == 1


async def test_the_phone_may_sign_up_anew_and_no_session_goes_on(shop: Served) -> None:
    await erased(shop)
    assert await shop.rows("identities") == []
    [session] = await shop.database.fetch("SELECT ended_ts, why, device FROM sessions")
    assert (session["ended_ts"] is not None, session["why"], session["device"]) == (True, "erased", "")
    [person] = await shop.database.fetch("SELECT name, role, erased_ts FROM people WHERE id = $1", MEI)
    assert (person["name"], person["role"], person["erased_ts"] is not None) == ("", "viewer", True)


async def test_the_running_show_forgets_them_at_once_and_everybody_in_it_hears(shop: Served) -> None:
    before = await shop.database.fetchval("SELECT head_offset FROM rooms")
    await eraser(shop).run((await asked(shop))["id"])
    rows = await shop.database.fetch('SELECT data FROM room_controls WHERE "offset" > $1 ORDER BY "offset"', before)
    said = [json.loads(row["data"]) for row in rows]
    assert sorted(data["type"] for data in said) == ["ban", "mute", "question", "quiz_result"]
    [question] = [data["question"] for data in said if data["type"] == "question"]
    assert (question["name"], question["text"], question["answer"]) == ("", "Sweet?", "Very.")
    [ban] = [data for data in said if data["type"] == "ban"]
    assert ban["until_ts"] == 1  # long past: lines go, nobody is kept out
    view = (await shop.done("GET /api/rooms/farm"))["room"]["view"]
    assert [question["name"] for question in view["questions"]] == [""]
    assert [winner["name"] for winner in view["quiz"]["result"]["winners"]] == ["Ann", ""]
    assert (await shop.done("GET /api/rooms/farm/moderation", role=Role.OPS))["restrictions"] == []


async def test_the_event_log_tells_of_no_ban_that_there_was_not(shop: Served) -> None:
    await erased(shop)
    page = await shop.done("GET /api/rooms/farm/events?types=ban", role=Role.OPS)
    assert [(item["by"] or {}).get("id") for item in page["items"]] == ["the-ops"]


async def test_answers_of_a_quiz_go_on_being_counted(shop: Served) -> None:
    counted = "SELECT count(*) FROM quiz_answers"
    before = await shop.database.fetchval(counted)
    await erased(shop)
    assert await shop.database.fetchval(counted) == before


async def test_what_staff_did_stays_with_their_name(served: Served) -> None:
    await a_room(served)
    await served.done("PATCH /api/rooms/farm", {"title": "Harvest"}, role=Role.HOST)
    await erased(served, user="the-host")
    acts = (await served.done("GET /api/audit?who=the-host", role=Role.ADMIN))["items"]
    assert [(act["type"], act["by"]["name"]) for act in acts] == [("room", "The host"), ("room_create", "The host")]


async def test_who_has_no_account_is_erased_as_well_and_their_id_is_taken(served: Served) -> None:
    await a_room(served)
    await things(served, "m")
    await traces(served, "by-name", NAME, mark="m")
    await erased(served, "by-name")
    assert await where(served, NAME) == set()
    assert await where(served, "by-name") == {"people"}


# --- the proof ---


async def test_the_proof_says_what_and_when_and_not_who(shop: Served) -> None:
    id_ = await erased(shop)
    row = await shop.database.fetchrow("SELECT * FROM erasures WHERE id = $1", id_)
    assert row is not None
    assert (row["person"], row["also"], row["done_ts"], row["swept_ts"]) == (None, [], NOW_MS, NOW_MS + 7_200_000)
    rows = json.loads(row["rows"])
    assert (rows["chats"], rows["identities"], rows["addresses"], rows["sessions"]) == (2, 2, 2, 1)


async def test_the_person_is_told_what_goes_what_stays_and_why(shop: Served) -> None:
    look = await shop.call("GET /api/me/erasure", role=Role.VIEWER, user=MEI)
    assert look.body["state"] == "none"
    items = {item["table"]: item for item in look.body["items"]}
    assert items["addresses"] == {"table": "addresses", "becomes": "delete", "reason": None, "why": None, "rows": None}
    assert (items["stock_holds"]["becomes"], items["stock_holds"]["reason"]) == ("keep", "people.kept.trade")
    assert "三年" in items["stock_holds"]["why"]["zh"]
    await eraser(shop).run((await asked(shop))["id"])
    look = await shop.call("GET /api/me/erasure", role=Role.VIEWER, user=MEI)
    assert (look.body["state"], {item["table"]: item["rows"] for item in look.body["items"]}["chats"]) == ("done", 2)


# --- asking ---


@pytest.mark.parametrize("body", [{}, {"confirm": False}])
async def test_without_a_second_word_nothing_happens(served: Served, body: dict[str, Any]) -> None:
    before = await served.contents()
    answer = await served.call("POST /api/me/erase", body, role=Role.VIEWER)
    assert (answer.status, answer.body["code"]) == (422, 1146)
    assert await served.contents() == before


async def test_asking_twice_is_asking_once(served: Served) -> None:
    assert (await asked(served))["id"] == (await asked(served))["id"]
    assert len(await served.rows("erasures")) == 1


async def test_within_the_grace_it_can_be_taken_back_and_is_not_begun(database_url: str) -> None:
    async with serving(database_url, erase_grace_s=86_400) as served:
        await a_person(served, MEI, NAME)
        found = await asked(served)
        assert (found["due"], found["state"]) == ("2027-01-16T08:00:00.000Z", "asked")
        await eraser(served).run(found["id"])
        assert await where(served, NAME) == {"people"}
        assert (await served.call("DELETE /api/me/erasure", role=Role.VIEWER, user=MEI)).status == 204
        served.clock.now_s += 86_401
        await eraser(served).run(found["id"])
        assert await where(served, NAME) == {"people"}
        answer = await served.call("DELETE /api/me/erasure", role=Role.VIEWER, user=MEI)
        assert (answer.status, answer.body["code"]) == (404, 1147)


async def test_it_begins_when_the_grace_is_over(database_url: str) -> None:
    async with serving(database_url, erase_grace_s=86_400) as served:
        await a_person(served, MEI, NAME)
        found = await asked(served)
        served.clock.now_s += 86_401
        await eraser(served).run(found["id"])
        assert await where(served, NAME) == set()


# --- a job that was killed ---


async def test_a_job_killed_after_any_of_its_steps_begins_anew(shop: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    id_ = (await asked(shop))["id"]
    count = "count_rows"
    real = erasure.Q[count]
    broken = {name: query for name, query in erasure.Q.items() if name != count}
    monkeypatch.setattr(erasure, "Q", broken)
    with pytest.raises(KeyError):  # at the first table that has anything: rooms are told, and nothing is counted
        await eraser(shop).run(id_)
    monkeypatch.setattr(erasure, "Q", broken | {count: real})
    await eraser(shop).run(id_)
    await swept(shop, id_)
    assert await where(shop, NAME) == set()
    assert await where(shop, GUEST) == set()


async def test_names_of_before_are_kept_until_it_is_over(shop: Served) -> None:
    id_ = (await asked(shop))["id"]
    await eraser(shop).run(id_)
    assert await shop.database.fetchval("SELECT also FROM erasures") == [GUEST]
    await sql(shop, "INSERT INTO chat_reports (room, line_id, user_id) VALUES ('farm', 'late', $1)", GUEST)
    await swept(shop, id_)
    assert await where(shop, GUEST) == set()


async def test_of_two_jobs_at_once_one_does_it_and_neither_is_the_sweep(shop: Served) -> None:
    id_ = (await asked(shop))["id"]
    await asyncio.gather(*(eraser(shop).run(id_) for _ in range(4)))
    row = await shop.database.fetchrow("SELECT person, also, done_ts, swept_ts, rows FROM erasures")
    assert row is not None
    assert (row["person"], row["also"], row["swept_ts"]) == (MEI, [GUEST], None)
    assert row["done_ts"] is not None
    heard = "SELECT count(*) FROM domain_events WHERE type = 'person_erased'"
    assert await shop.database.fetchval(heard) == 1
    assert json.loads(row["rows"])["people"] == 1  # however many did it

    await eraser(shop).run(id_)  # a job that was killed after its last step, and comes again too early
    assert await shop.database.fetchval("SELECT swept_ts FROM erasures") is None
    await swept(shop, id_)
    assert await shop.database.fetchval("SELECT swept_ts FROM erasures") == row["done_ts"] + 7_200_000


async def test_done_and_swept_it_does_nothing_any_more(shop: Served) -> None:
    id_ = await erased(shop)
    before = await shop.contents()
    await eraser(shop).run(id_)
    assert await shop.contents() == before


async def test_others_hear_of_it_once(shop: Served) -> None:
    await erased(shop)
    events = [row for row in await shop.rows("domain_events") if "person_erased" in row]
    assert len(events) == 1
