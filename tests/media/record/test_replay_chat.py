"""Who watches a show again reads what was said at that moment, as it was shown, and nothing that was taken away."""

from pathlib import Path
from typing import Any

import pytest

from livehub.base.auth import Identity, Role
from livehub.hub.chat import moderation, store
from livehub.room.models import ChatLine
from tests.media.record.site import ROOM, Site, recording_site
from tests.media.record.streams import ORIGIN_MS, stream

HOST = Identity(id="host", name="Host", role=Role.HOST)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "media"


def line(number: int, at_ms: int, user: str = "mei") -> ChatLine:
    return ChatLine(
        id=f"line-{number}", user=user, name=user.title(), role="viewer", text=f"line {number}", ts=ORIGIN_MS + at_ms
    )


async def say(site: Site, *rows: store.ChatRow) -> None:
    async with site.database.connection() as connection:
        await store.insert(connection, list(rows))


async def asked(site: Site, recording: str, from_ms: int, to_ms: int, more: str = "") -> Any:
    query = f"from_ts={ORIGIN_MS + from_ms}&to_ts={ORIGIN_MS + to_ms}{more}"
    return await site.call(f"GET /api/recordings/{recording}/chats?{query}", role=None)


def told(answer: Any) -> list[tuple[str, int]]:
    assert answer.status == 200, answer
    return [(item["line"]["id"], item["at_ts"] - ORIGIN_MS) for item in answer.body["items"]]


async def test_lines_come_by_the_moment_they_were_shown_and_within_the_recording(
    database_url: str, folder: Path
) -> None:
    async with recording_site(database_url, folder) as site:
        site.clock.now_s += 4.5
        recorder = await site.record(stream(4.5))
        held = store.ChatRow(ROOM, line(2, 500), ORIGIN_MS + 3_000)  # let through by a moderator then
        before = store.ChatRow(ROOM, line(0, -1))
        rows = [
            store.ChatRow(ROOM, line(number, at_ms)) for number, at_ms in ((1, 0), (3, 1_000), (4, 1_000), (5, 4_000))
        ]
        await say(site, before, held, *rows)
        whole = await asked(site, recorder.id, -60_000, 60_000)
        assert told(whole) == [
            ("line-1", 0),
            ("line-3", 1_000),
            ("line-4", 1_000),
            ("line-2", 3_000),
            ("line-5", 4_000),
        ]
        assert whole.body["items"][3]["line"]["ts"] == ORIGIN_MS + 500
        assert whole.headers["Cache-Control"] == "public, max-age=60"
        assert told(await asked(site, recorder.id, 1_000, 3_000)) == [("line-3", 1_000), ("line-4", 1_000)]
        first = await asked(site, recorder.id, 0, 60_000, "&limit=2")
        assert told(first) == [("line-1", 0), ("line-3", 1_000)]
        second = await asked(site, recorder.id, 0, 60_000, f"&limit=2&after={first.body['next']}")
        assert told(second) == [("line-4", 1_000), ("line-2", 3_000)]
        third = await asked(site, recorder.id, 0, 60_000, f"&limit=2&after={second.body['next']}")
        assert (told(third), third.body["next"]) == ([("line-5", 4_000)], None)


async def test_what_was_taken_away_is_not_there(database_url: str, folder: Path) -> None:
    async with recording_site(database_url, folder) as site:
        site.clock.now_s += 4.5
        recorder = await site.record(stream(4.5))
        rows = [
            store.ChatRow(ROOM, line(number, number, user)) for number, user in enumerate(("mei", "mei", "bo", "bo"))
        ]
        await say(site, *rows)
        async with site.database.transaction() as tx:
            await moderation.delete_line(tx, ROOM, "line-0", HOST, now_ms=ORIGIN_MS)
            await moderation.hide_lines(tx, ROOM, "bo", HOST, now_ms=ORIGIN_MS + 2)
            await moderation.hold(tx.connection, ROOM, line(9, 3), [])
        assert told(await asked(site, recorder.id, 0, 4_500)) == [("line-1", 1), ("line-3", 3)]


async def test_a_stretch_is_bounded_and_a_recording_that_is_not_there_has_no_chat(
    database_url: str, folder: Path
) -> None:
    async with recording_site(database_url, folder) as site:
        recorder = await site.record(stream(2.5))
        for from_ms, to_ms, more in ((0, 600_001, ""), (5, 5, ""), (5, 4, ""), (0, 9, "&after=x.y")):
            assert (await asked(site, recorder.id, from_ms, to_ms, more)).status == 400
        assert (await site.call(f"GET /api/recordings/{recorder.id}/chats", role=None)).body == {
            "items": [],
            "next": None,
        }
        assert (await asked(site, "rec-none", 0, 1_000)).body["code"] == 5_010
