"""Staff who come later read what was done in a room, by whom and to whom, latest first, each thing once over all pages."""

from typing import Any

from livehub.base.auth import Role
from livehub.hub.chat import moderation, store
from livehub.room.models import ChatLine
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


ALL = [
    (6, "held_approve", {"id": "the-ops", "name": ""}, None),
    (5, "unban", OPS, {"id": "stranger", "name": ""}),
    (4, "ban", OPS, {"id": "stranger", "name": ""}),
    (3, "unmute", HOST, MEI),
    (2, "mute", OPS, MEI),
    (1, "show", HOST, None),
]


async def test_what_was_done_is_told_with_who_did_it_and_to_whom(served: Served) -> None:
    await past(served)
    page = await served.done(EVENTS)
    assert (told(page), page["next"]) == (ALL, None)
    assert page["items"][0]["data"]["line"]["text"] == "hello"
    assert page["items"][5]["data"]["show"]["status"] == "live"


async def test_an_approval_is_told_also_when_the_line_is_reported_again(served: Served) -> None:
    await past(served)
    async with served.application.database.transaction() as tx:
        assert await moderation.report(tx, "farm", LINE, "ann", now_ms=NOW_MS + 7_000) is not None
    assert told(await served.done(EVENTS)) == ALL


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
    assert {item["by"] and item["by"]["id"] for item in (await served.done(EVENTS))["items"]} == {None, "the-ops"}


async def test_it_is_for_staff_and_a_foreign_cursor_is_refused(served: Served) -> None:
    await past(served)
    assert (await served.call(EVENTS, role=Role.VIEWER)).status == 403
    assert (await served.call(f"{EVENTS}?after=nonsense")).status == 400
    assert (await served.call("GET /api/rooms/none/events")).body["code"] == 2000
