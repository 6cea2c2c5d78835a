"""A held line is stored by the decision that lets it out; one that was let out and is reported waits again."""

from typing import Any

from livehub.hub.chat import moderation, store
from livehub.hub.hub import Hub
from livehub.room.models import ChatLine
from tests.base.served import Served

LINE = ChatLine(id="line-0001", user="mei", name="Mei", role="viewer", text="hello", ts=1)
NOW_MS = 1_000
HELD = "/api/rooms/farm/moderation/held/line-0001"


async def held(served: Served) -> None:
    await served.done("POST /api/rooms", {"id": "farm", "title": "Farm day"})
    async with served.application.database.connection() as connection:
        await moderation.hold(connection, "farm", LINE)


async def reported(served: Served, *, by: str) -> bool:
    """Whether staff hear of it."""
    async with served.application.database.transaction() as tx:
        return await moderation.report(tx, "farm", LINE, by, now_ms=NOW_MS) is not None


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


async def test_chat_is_stored_while_the_room_is_being_written_to(served: Served) -> None:
    await served.done("POST /api/rooms", {"id": "farm", "title": "Farm day"})
    database = served.application.database
    async with database.transaction() as tx, database.batch.transaction() as other:
        await served.application.get(Hub).controls.lock_room(tx, "farm")
        await other.connection.execute("SET LOCAL lock_timeout = '1s'")
        await store.insert(other.connection, [store.ChatRow("farm", LINE)])
