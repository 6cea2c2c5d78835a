"""Staff who come later read what was done in a room, by whom and to whom, latest first, each thing once over all pages."""

from typing import Any

import asyncpg
import msgspec
import pytest

from livehub.base.auth import Identity, Role
from livehub.hub.chat import moderation, store
from livehub.room.models import ChatLine
from livehub.room.word_marks import MatchedWord, Place
from tests.base.served import NOW_S, Served

NOW_MS = int(NOW_S * 1000)
LINE = ChatLine(id="line-1", user="mei", name="Mei", role="viewer", text="hello", ts=NOW_MS)
EVENTS = "GET /api/rooms/farm/events"
HOST = {"id": "the-host", "name": "The host"}
OPS = {"id": "the-ops", "name": "The ops"}
MEI = {"id": "mei", "name": "Mei"}


async def past(served: Served) -> None:
    """A second between any two things."""
    steps: list[tuple[str, Any, Role]] = [
        ("POST /api/rooms/farm/state", {"status": "live"}, Role.HOST),
        ("POST /api/rooms/farm/moderation/mutes", {"user": "mei", "seconds": 60}, Role.OPS),
        ("POST /api/rooms/farm/moderation/mutes", {"user": "mei", "seconds": 0}, Role.HOST),
        ("POST /api/rooms/farm/moderation/bans", {"user": "stranger"}, Role.OPS),
        ("POST /api/rooms/farm/moderation/bans", {"user": "stranger", "seconds": 0}, Role.OPS),
    ]
    await served.done("POST /api/rooms", {"id": "farm", "title": "Farm day"})
    async with served.application.database.connection() as connection:
        await store.insert(connection, [store.ChatRow("farm", LINE)])
        await moderation.hold(connection, "farm", LINE, [])
    for call, body, role in steps:
        served.clock.now_s += 1
        await served.done(call, body, role=role)
    served.clock.now_s += 1
    assert (await served.call("POST /api/rooms/farm/moderation/held/line-1/approve", {}, role=Role.OPS)).status == 204


def told(page: Any) -> list[tuple[int, str, Any, Any]]:
    return [((item["ts"] - NOW_MS) // 1000, item["type"], item["by"], item["about"]) for item in page["items"]]


async def reports(served: Served, user: str, *, at_s: int) -> None:
    person = Identity(id=user, name=user.capitalize(), role=Role.VIEWER)
    async with served.application.database.transaction() as tx:
        await moderation.report(tx, "farm", LINE, person, now_ms=NOW_MS + at_s * 1_000)


ALL = [
    (6, "held_approve", OPS, MEI),
    (5, "unban", OPS, {"id": "stranger", "name": ""}),
    (4, "ban", OPS, {"id": "stranger", "name": ""}),
    (3, "unmute", HOST, MEI),
    (2, "mute", OPS, MEI),
    (1, "show", HOST, None),
    (0, "room_create", HOST, None),
    (0, "held", None, MEI),
]


async def test_what_was_done_is_told_with_who_did_it_and_to_whom(served: Served) -> None:
    await past(served)
    page = await served.done(EVENTS)
    by_kind = sorted(told(page), key=lambda event: (-event[0], event[1] == "held"))
    assert (by_kind, page["next"]) == (ALL, None)
    assert page["items"][0]["line"]["text"] == page["items"][0]["data"]["line"]["text"] == "hello"
    assert page["items"][5]["data"]["show"]["status"] == "live"


async def test_a_line_has_the_whole_of_its_history(served: Served) -> None:
    await past(served)
    await reports(served, "ann", at_s=7)
    steps: list[tuple[str, Any]] = [
        ("POST /api/rooms/farm/moderation/held/line-1/reject", {}),
        ("POST /api/rooms/farm/chats/line-1/restore", {}),
        ("DELETE /api/rooms/farm/chats/line-1", None),
    ]
    served.clock.now_s += 1
    for call, body in steps:
        served.clock.now_s += 1
        assert (await served.call(call, body, role=Role.HOST)).status < 300
    page = await served.done(f"{EVENTS}?line=line-1", role=Role.OPS)
    history = [
        ((item["ts"] - NOW_MS) // 1000, item["type"], item["by"], item["was"], item["became"])
        for item in reversed(page["items"])
    ]
    ann = {"id": "ann", "name": "Ann"}
    assert sorted(history, key=lambda event: (event[0], event[1] != "held_reject", event[1] != "held_approve")) == [
        (0, "held", None, None, "waiting"),
        (6, "held_approve", OPS, "waiting", "approved"),
        (7, "report", ann, "approved", "waiting"),
        (8, "held_reject", HOST, "waiting", "rejected"),
        (8, "chat_delete", HOST, None, None),
        (9, "held_approve", HOST, "rejected", "approved"),
        (9, "chat_restore", HOST, None, None),
        (10, "held_reject", HOST, "approved", "rejected"),
        (10, "chat_delete", HOST, None, None),
    ]
    assert {(item["line"]["text"], item["about"]["id"], item["about"]["name"]) for item in page["items"]} == {
        ("hello", "mei", "Mei")
    }


async def test_a_held_line_says_for_which_words_and_a_ban_rejects_what_waits(served: Served) -> None:
    await served.done("POST /api/rooms", {"id": "farm", "title": "Farm day"})
    word = MatchedWord(word="hell", places=[Place(start=0, end=4)])
    async with served.application.database.connection() as connection:
        await moderation.hold(connection, "farm", LINE, [word])
        await moderation.hold(connection, "farm", LINE, [word])
    served.clock.now_s += 1
    await served.done("POST /api/rooms/farm/moderation/bans", {"user": "mei"}, role=Role.OPS)
    items = (await served.done(f"{EVENTS}?line=line-1"))["items"]
    assert [(item["type"], item["by"], item["became"]) for item in items] == [
        ("held_reject", OPS, "rejected"),
        ("held", None, "waiting"),
    ]
    assert [item["data"]["matched"] for item in items] == [[{"word": "hell", "places": [{"start": 0, "end": 4}]}]] * 2


async def test_a_restriction_says_why_until_when_and_how_it_ended(served: Served) -> None:
    await served.done("POST /api/rooms", {"id": "farm", "title": "Farm day"})
    async with served.application.database.connection() as connection:
        await store.insert(connection, [store.ChatRow("farm", LINE)])
    mute, ban = "POST /api/rooms/farm/moderation/mutes", "POST /api/rooms/farm/moderation/bans"
    await served.done(mute, {"user": "mei", "seconds": 60, "reason": " rude  words ", "line": "line-1"}, role=Role.OPS)
    served.clock.now_s += 10
    await served.done(mute, {"user": "mei", "seconds": 60}, role=Role.HOST)  # anew
    served.clock.now_s += 60
    await served.done(ban, {"user": "mei"}, role=Role.OPS)
    served.clock.now_s += 5
    await served.done(ban, {"user": "bo", "seconds": 60}, role=Role.OPS)  # of another person
    page = await served.done(f"{EVENTS}?types=mute,ban&person=mei")
    assert [(item["type"], item["reason"], item["line"] and item["line"]["text"], item["ended"]) for item in page["items"]] == [
        ("ban", "", None, None),
        ("mute", "", None, {"ts": NOW_MS + 70_000, "by": None}),
        ("mute", "rude words", "hello", {"ts": NOW_MS + 10_000, "by": HOST}),
    ]  # fmt: skip
    served.clock.now_s += 1
    await served.done(ban, {"user": "mei", "seconds": 0}, role=Role.HOST)
    lifted, banned = (await served.done(f"{EVENTS}?types=unban&person=mei"))["items"]
    assert (lifted["type"], banned["type"]) == ("unban", "ban")
    assert banned["ended"] == {"ts": NOW_MS + 76_000, "by": HOST}
    # Why is for staff: the room is told no more than who, and until when.
    stored = await served.database.fetchval('SELECT data FROM room_controls ORDER BY "offset" LIMIT 1')
    assert msgspec.json.decode(stored) == {"type": "mute", "user": "mei", "until_ts": NOW_MS + 60_000}


async def test_who_reported_a_line_is_for_operators_alone(served: Served) -> None:
    await past(served)
    await reports(served, "ann", at_s=7)
    for role, by in ((Role.HOST, None), (Role.OPS, {"id": "ann", "name": "Ann"})):
        [report] = (await served.done(f"{EVENTS}?types=report", role=role))["items"]
        assert (report["by"], report["about"]) == (by, MEI)
        assert len((await served.done(f"{EVENTS}?person=ann", role=role))["items"]) == (0 if by is None else 1)


async def test_it_is_filtered_by_what_was_done_and_to_whom_page_by_page(served: Served) -> None:
    await past(served)
    assert [item["type"] for item in (await served.done(f"{EVENTS}?types=show,unmute"))["items"]] == [
        "unmute",
        "mute",
        "show",
    ]
    assert [item["type"] for item in (await served.done(f"{EVENTS}?person=stranger"))["items"]] == ["unban", "ban"]
    assert (await served.done(f"{EVENTS}?types=dance"))["items"] == []
    first = await served.done(f"{EVENTS}?person=mei&limit=2")
    second = await served.done(f"{EVENTS}?person=mei&limit=2&after={first['next']}")
    assert [item["type"] for item in first["items"] + second["items"]] == ["held_approve", "unmute", "mute", "held"]
    assert second["next"] is None
    for wrong in (
        "types=Show",
        "types=",
        f"types={','.join(f'a{chr(97 + n // 26)}{chr(97 + n % 26)}' for n in range(60))}",
    ):
        assert (await served.call(f"{EVENTS}?{wrong}")).status == 400


async def test_nothing_that_was_kept_of_it_can_be_rewritten(served: Served) -> None:
    await past(served)
    before = await served.rows("room_actions")
    with pytest.raises(asyncpg.RaiseError, match="audit is append-only"):
        await served.database.execute("UPDATE room_actions SET by_id = 'somebody'")
    assert await served.rows("room_actions") == before


async def test_what_was_written_past_the_server_is_told_as_far_as_it_can_be_read(served: Served) -> None:
    await past(served)
    await served.database.execute(
        """UPDATE room_controls SET why = '{"reason": 5}', data = '"mute"' WHERE "offset" = 2"""
    )
    broken = '{"line": {"id": 7}}'
    insert = "INSERT INTO room_actions (room, ts, type, subject, data) VALUES ('farm', $1, 'held', 'x', $2)"
    await served.database.execute(insert, NOW_MS + 60_000, broken)
    items = (await served.done(EVENTS))["items"]
    assert len(items) == len(ALL) + 1
    assert (items[0]["type"], items[0]["line"], items[0]["about"]) == ("held", None, None)


async def test_what_a_process_of_the_version_before_decides_is_told_once_and_stays(served: Served) -> None:
    await past(served)
    await reports(served, "ann", at_s=7)
    await served.database.execute(
        "UPDATE held_lines SET status = 'rejected', decided_by = 'old-ops', decided_at = to_timestamp($1::bigint / 1000.0)",
        NOW_MS + 8_000,
    )
    old = (8, "held_reject", {"id": "old-ops", "name": ""}, MEI)
    decided = f"{EVENTS}?types=held_reject,held_approve"
    assert told(await served.done(decided)) == [old, ALL[0]]
    await reports(served, "bo", at_s=9)
    assert told(await served.done(decided)) == [old, ALL[0]]
    served.clock.now_s += 4
    assert (await served.call("POST /api/rooms/farm/moderation/held/line-1/approve", {}, role=Role.OPS)).status == 204
    assert told(await served.done(decided)) == [(10, "held_approve", OPS, MEI), old, ALL[0]]


async def test_pages_hold_everything_once_also_what_came_in_one_moment(served: Served) -> None:
    await past(served)
    for title in ("Bread", "Eggs", "Tea"):  # in the moment of the approval
        await served.done("POST /api/rooms/farm/bag", {"title": title})
    found, after = [], ""
    while True:
        page = await served.done(f"{EVENTS}?limit=2{after}")
        found += page["items"]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    titles = [item["data"]["card"]["title"] for item in found if item["type"] == "bag_put"]
    assert titles == ["Tea", "Eggs", "Bread"]
    assert len(found) == len(ALL) + 3
    assert len({item["id"] for item in found}) == len(found)


async def test_what_nobody_did_or_an_older_version_wrote_is_told_without_a_name(served: Served) -> None:
    await past(served)
    await served.database.execute("UPDATE room_controls SET by_id = NULL, by_name = NULL")
    page = await served.done(f"{EVENTS}?types=show,mute,ban")
    assert [item["by"] for item in page["items"]] == [None] * 5


async def test_it_is_for_staff_and_a_foreign_cursor_is_refused(served: Served) -> None:
    await past(served)
    assert (await served.call(EVENTS, role=Role.VIEWER)).status == 403
    assert (await served.call(f"{EVENTS}?after=nonsense")).status == 400
    assert (await served.call("GET /api/rooms/none/events")).body["code"] == 2000
