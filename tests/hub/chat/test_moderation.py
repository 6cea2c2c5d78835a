"""A held line is stored by the decision that lets it out; one that was let out and is reported waits again."""

import asyncio
from typing import Any

import msgspec

from livehub.base.auth import Identity, Role
from livehub.hub.chat import moderation, store
from livehub.hub.hub import Hub
from livehub.hub.rooms.registry import Q as REGISTRY_SQL
from livehub.room.models import ChatLine
from livehub.room.word_marks import MatchedWord, Place
from tests.base.served import Served
from tests.patience import PATIENCE_S

LINE = ChatLine(id="line-0001", user="mei", name="Mei", role="viewer", text="hello", ts=1)
NOW_MS = 1_000
HELD = "/api/rooms/farm/moderation/held/line-0001"


async def held(served: Served) -> None:
    await served.done("POST /api/rooms", {"id": "farm", "title": "Farm day"})
    async with served.application.database.connection() as connection:
        await moderation.hold(connection, "farm", LINE, [MatchedWord(word="hell", places=[Place(start=0, end=4)])])


async def reported(served: Served, *, by: str, **limits: int) -> bool:
    """Whether staff hear of it."""
    person = Identity(id=by, name=by.capitalize(), role=Role.VIEWER)
    async with served.application.database.transaction() as tx:
        return await moderation.report(tx, "farm", LINE, person, now_ms=NOW_MS, **limits) is not None


async def waiting(served: Served) -> list[tuple[str, int]]:
    page: Any = await served.done("GET /api/rooms/farm/moderation")
    return [(row["reason"], row["reports"]) for row in page["held"]]


async def test_an_approved_line_is_stored_by_the_transaction_that_approves_it(served: Served) -> None:
    await held(served)
    assert await served.rows("chats") == []
    assert (await served.call(f"POST {HELD}/approve", {})).status == 204
    same = "SELECT c.xmin = h.xmin FROM chats c JOIN held_lines h ON h.line_id = c.id AND h.status = 'approved'"
    assert await served.database.fetchval(same) is True


async def test_a_line_that_was_approved_and_is_then_reported_waits_for_a_moderator(served: Served) -> None:
    await held(served)
    await served.call(f"POST {HELD}/approve", {})
    assert await waiting(served) == []
    assert [await reported(served, by=user) for user in ("ann", "bob", "ann")] == [True, True, False]
    assert await waiting(served) == [("report", 2)]
    assert (await served.call(f"POST {HELD}/reject", {})).status == 204
    assert len(await served.rows("chat_deletions")) == 1
    assert await waiting(served) == []


async def test_a_line_that_is_approved_twice_is_there_once(served: Served) -> None:
    await held(served)
    await served.call(f"POST {HELD}/approve", {})
    await reported(served, by="ann")
    assert (await served.call(f"POST {HELD}/approve", {})).status == 204
    assert len(await served.rows("chats")) == 1


async def test_a_rejected_line_that_is_reported_stays_rejected(served: Served) -> None:
    await held(served)
    await served.call(f"POST {HELD}/reject", {})
    assert await reported(served, by="ann") is False
    assert await waiting(served) == []


async def test_a_line_that_was_rejected_and_is_restored_can_be_reported_again(served: Served) -> None:
    await said(served)
    assert await reported(served, by="ann") is True
    assert (await served.call(f"POST {HELD}/reject", {})).status == 204
    assert await reported(served, by="bob") is False
    await served.done(RESTORE, {})
    assert [await reported(served, by=user) for user in ("ann", "ann", "cho")] == [True, False, True]
    assert await waiting(served) == [("report", 2)]
    assert (await served.call(f"POST {HELD}/reject", {})).status == 204
    assert await shown(served) == []


async def test_after_every_decision_a_report_counts_anew_and_of_one_person_three_times_at_most(served: Served) -> None:
    await held(served)
    await served.call(f"POST {HELD}/approve", {})
    for _ in range(3):
        assert await reported(served, by="ann") is True
        assert await waiting(served) == [("report", 1)]
        assert (await served.call(f"POST {HELD}/approve", {})).status == 204
    assert await reported(served, by="ann") is False
    assert await waiting(served) == []
    assert [await reported(served, by=user) for user in ("bo", "bo")] == [True, False]
    assert await waiting(served) == [("report", 1)]


async def test_a_line_waits_once_enough_people_have_reported_it_since_the_last_decision(served: Served) -> None:
    await said(served)
    for _ in range(2):
        told = [await reported(served, by=user, needed=3) for user in ("ann", "bo", "bo", "cho", "dan")]
        assert told == [False, False, False, True, True]
        assert await waiting(served) == [("report", 4)]
        assert (await served.call(f"POST {HELD}/approve", {})).status == 204


async def approved_by_a_process_of_the_version_before(served: Served, *, at_ms: int) -> None:
    """Which knows of no rounds, and tells nobody."""
    await served.database.execute(
        "UPDATE held_lines SET status = 'approved', decided_by = 'old', decided_at = to_timestamp($1::bigint / 1000.0)",
        at_ms,
    )


async def test_a_report_counts_anew_after_a_decision_of_the_version_before(served: Served) -> None:
    await held(served)
    assert await reported(served, by="ann") is True
    await approved_by_a_process_of_the_version_before(served, at_ms=NOW_MS + 1_000)
    assert [await reported(served, by="ann") for _ in range(2)] == [True, False]
    assert await waiting(served) == [("report", 1)]


async def test_reports_are_of_the_decision_of_the_version_before_that_came_before_them(served: Served) -> None:
    await held(served)
    assert [await reported(served, by=user) for user in ("ann", "bo", "dan")] == [True, True, True]
    await approved_by_a_process_of_the_version_before(served, at_ms=NOW_MS + 1_000)
    insert = (
        "INSERT INTO chat_reports (room, line_id, user_id, at) "
        "VALUES ('farm', $1, 'cho', to_timestamp($2::bigint / 1000.0))"
    )
    await served.database.execute(insert, LINE.id, NOW_MS + 2_000)  # by such a process as well
    told = [await reported(served, by=user, needed=3) for user in ("ann", "cho", "bo")]
    assert told == [False, False, True]
    assert await waiting(served) == [("report", 3)]


async def test_two_reports_at_once_see_each_other(served: Served) -> None:
    await said(served)
    told = await asyncio.gather(*(reported(served, by=f"person-{n}", needed=5) for n in range(5)))
    assert sorted(told) == [False, False, False, False, True]
    assert await waiting(served) == [("report", 5)]


async def test_a_line_that_is_deleted_waits_no_more_and_cannot_be_reported(served: Served) -> None:
    await said(served)
    assert await reported(served, by="ann") is True
    await served.done("DELETE /api/rooms/farm/chats/line-0001")
    assert await waiting(served) == []
    assert await reported(served, by="bo") is False
    assert await waiting(served) == []


async def test_what_waits_of_a_person_is_rejected_with_their_ban(served: Served) -> None:
    await held(served)
    other = msgspec.structs.replace(LINE, id="line-0009", user="bo")
    async with served.application.database.connection() as connection:
        await moderation.hold(connection, "farm", other, [])
    await served.done("POST /api/rooms/farm/moderation/bans", {"user": "mei"})
    assert [row["id"] for row in (await served.done("GET /api/rooms/farm/moderation"))["held"]] == ["line-0009"]
    assert (await served.call(f"POST {HELD}/approve", {})).status == 404
    assert await served.rows("chats") == []


async def test_a_reported_line_of_somebody_banned_waits_no_more(served: Served) -> None:
    await said(served)
    assert await reported(served, by="ann") is True
    await served.done("POST /api/rooms/farm/moderation/bans", {"user": "mei"})
    assert await reported(served, by="bob") is False
    assert await waiting(served) == []


async def test_a_line_held_while_its_speaker_was_banned_is_not_approved(served: Served) -> None:
    await held(served)
    await served.done("POST /api/rooms/farm/moderation/bans", {"user": "mei"})
    late = msgspec.structs.replace(LINE, id="line-0008")
    async with served.application.database.connection() as connection:
        await moderation.hold(connection, "farm", late, [])
    wish = {"verdict": "approve", "lines": ["line-0008"]}
    [item] = (await served.done("POST /api/rooms/farm/moderation/held", wish))["items"]
    assert (item["ok"], item["error"]["code"]) == (False, 2016)
    assert await served.rows("chats") == []
    assert (await served.call("POST /api/rooms/farm/moderation/held/line-0008/reject", {})).status == 204


OTHERS = [msgspec.structs.replace(LINE, id=f"line-000{number}") for number in (3, 2)]


async def test_several_are_decided_at_once_with_an_outcome_for_each(served: Served) -> None:
    await held(served)
    async with served.application.database.connection() as connection:
        for line in OTHERS:
            await moderation.hold(connection, "farm", line, [])
    wish = {"verdict": "approve", "lines": ["line-0003", "nothing", "line-0001"]}
    outcome = await served.done("POST /api/rooms/farm/moderation/held", wish)
    fine = {"ok": True, "error": None}
    error = {"code": 2016, "name": "line_not_found", "message": "There is no such line."}
    missing = {"id": "nothing", "ok": False, "error": error}
    assert outcome["items"] == [{"id": "line-0003", **fine}, missing, {"id": "line-0001", **fine}]
    assert len(await served.rows("chats")) == 2
    rejected = await served.done(
        "POST /api/rooms/farm/moderation/held", {"verdict": "reject", "lines": ["line-0002", "line-0003"]}
    )
    assert [item["ok"] for item in rejected["items"]] == [True, False]
    assert await waiting(served) == []
    assert len(await served.rows("chats")) == 2


async def test_no_more_than_a_hundred_are_decided_at_once(served: Served) -> None:
    await held(served)
    before = await served.contents()
    for lines in ([], [f"line-{number}" for number in range(101)]):
        answer = await served.call("POST /api/rooms/farm/moderation/held", {"verdict": "approve", "lines": lines})
        assert answer.status == 400
    assert await served.contents() == before


async def test_moderators_see_for_which_words_a_line_is_held(served: Served) -> None:
    await held(served)
    [row] = (await served.done("GET /api/rooms/farm/moderation"))["held"]
    assert row["matched"] == [{"word": "hell", "places": [{"start": 0, "end": 4}]}]


# --- restored ---

RESTORE = "POST /api/rooms/farm/chats/line-0001/restore"


async def said(served: Served) -> None:
    await served.done("POST /api/rooms", {"id": "farm", "title": "Farm day"})
    async with served.application.database.connection() as connection:
        await store.insert(connection, [store.ChatRow("farm", LINE)])


async def deleted(served: Served) -> None:
    await said(served)
    await served.done("DELETE /api/rooms/farm/chats/line-0001")


async def shown(served: Served) -> list[str]:
    """Lines that somebody sees who joins now, by way of a process that reads the room afresh."""
    rows = await served.database.fetch(REGISTRY_SQL["recent_chats"], "farm", 50)
    return [row["id"] for row in rows]


async def test_a_line_deleted_just_now_is_restored_once_and_everybody_is_told(served: Served) -> None:
    await deleted(served)
    assert await shown(served) == []
    served.clock.now_s += 30
    placed = await served.done(RESTORE, {})
    assert await shown(served) == ["line-0001"]
    told = await served.database.fetchval('SELECT data FROM room_controls WHERE "offset" = $1', placed["offset"])
    assert msgspec.json.decode(told) == {"type": "chat_restore", "line": msgspec.to_builtins(LINE)}
    assert await served.done(RESTORE, {}) == placed  # twice is once
    await served.done("DELETE /api/rooms/farm/chats/line-0001")
    assert await shown(served) == []


async def test_a_line_cannot_be_restored_later(served: Served) -> None:
    await deleted(served)
    served.clock.now_s += 30.1
    before = await served.contents()
    answer = await served.call(RESTORE, {})
    assert (answer.status, answer.body["code"]) == (409, 2018)
    assert await served.contents() == before


async def test_a_line_of_somebody_banned_since_stays_away(served: Served) -> None:
    await deleted(served)
    await served.done("POST /api/rooms/farm/moderation/bans", {"user": "mei"})
    answer = await served.call(RESTORE, {})
    assert (answer.status, answer.body["code"]) == (404, 2016)


async def test_a_line_is_restored_that_was_not_stored_when_it_was_deleted(served: Served) -> None:
    await served.done("POST /api/rooms", {"id": "farm", "title": "Farm day"})
    await served.done("DELETE /api/rooms/farm/chats/line-0001")
    restored = asyncio.create_task(served.call(RESTORE, {}))
    await wait_for_query(served, "idle in transaction", "%NOT EXISTS (SELECT FROM chats%")
    async with served.application.database.batch.connection() as connection:
        await store.insert(connection, [store.ChatRow("farm", LINE)])
    assert (await restored).status == 200
    assert await shown(served) == ["line-0001"]


async def wait_for_query(served: Served, state: str, like: str) -> None:
    query = "SELECT true FROM pg_stat_activity WHERE state = $1 AND query LIKE $2 AND datname = current_database()"
    async with asyncio.timeout(PATIENCE_S):
        while True:
            if await served.database.fetchval(query, state, like):
                return
            await asyncio.sleep(0.01)


async def test_what_was_never_said_cannot_be_restored(served: Served) -> None:
    await served.done("POST /api/rooms", {"id": "farm", "title": "Farm day"})
    await served.done("DELETE /api/rooms/farm/chats/line-0001")
    answer = await served.call(RESTORE, {})
    assert (answer.status, answer.body["code"]) == (404, 2016)


async def test_chat_is_stored_while_the_room_is_being_written_to(served: Served) -> None:
    await served.done("POST /api/rooms", {"id": "farm", "title": "Farm day"})
    database = served.application.database
    async with database.transaction() as tx, database.batch.transaction() as other:
        await served.application.get(Hub).controls.lock_room(tx, "farm")
        await other.connection.execute("SET LOCAL lock_timeout = '1s'")
        await store.insert(other.connection, [store.ChatRow("farm", LINE)])
