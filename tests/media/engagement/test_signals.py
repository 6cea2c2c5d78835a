"""How a room is moved is counted while it is recorded, and highlights of the recording are made of it."""

import contextlib
import secrets
from pathlib import Path

import pytest

from livehub.base.auth import Role
from livehub.base.errors import Unavailable
from livehub.base.ids import ordered_id
from media.engagement.highlights import STEP_MS
from tests.media.record.site import ROOM, Site, recording_site
from tests.media.record.streams import ORIGIN_MS, stream

STEPS = 60


async def liked(site: Site, count: int) -> None:
    live = await site.hub.rooms.open(ROOM)
    for _ in range(count):
        live.likes.add(1)


async def said(site: Site, at_ms: int, count: int) -> None:
    await site.rows.executemany(
        "INSERT INTO chats VALUES ($1, 'farm', 'ann', 'Ann', 'viewer', 'hello', $2)",
        [(f"line-{at_ms}-{number}", at_ms + number) for number in range(count)],
    )


async def pinned(site: Site, at_ms: int, offset: int) -> None:
    await site.rows.execute(
        """INSERT INTO room_controls VALUES ('farm', 'e', $1, $2, '{"type": "pin"}')""", offset, at_ms
    )


async def ordered(site: Site, at_ms: int, count: int, room: str | None = ROOM) -> None:
    await site.rows.executemany(
        "INSERT INTO orders (id, number, person, key, fingerprint, room, currency, goods_minor, discount_minor,"
        " delivery_minor, delivery_discount_minor, total_minor, closes_ms, created_ms)"
        " VALUES ($1, $1, 'mei', $1, '', $2, 'CNY', 100, 0, 0, 0, 100, $3, $3)",
        [(ordered_id(at_ms + number, secrets.token_bytes(6)), room, at_ms + number) for number in range(count)],
    )


async def signals(site: Site) -> dict[int, tuple[int, int, int, int]]:
    """(likes, chats, pins, orders) by step."""
    found = await site.rows.fetch("SELECT at_ts, likes, chats, pins, orders FROM room_signals ORDER BY at_ts")
    return {
        (row["at_ts"] - ORIGIN_MS) // STEP_MS: (row["likes"], row["chats"], row["pins"], row["orders"]) for row in found
    }


async def test_what_moves_a_room_is_counted_in_steps_and_proposed_as_highlights(
    database_url: str, folder: Path
) -> None:
    async with recording_site(database_url, folder) as site:
        await site.hub.rooms.open(ROOM)
        recorder = site.recordings.begin(ROOM, "run1", ORIGIN_MS)
        assert recorder is not None
        for pieces in stream(STEPS * STEP_MS / 1000):
            recorder.put(pieces)
        for number in range(STEPS):
            at_ms = ORIGIN_MS + number * STEP_MS
            await liked(site, 90 if number == 30 else 3)
            await said(site, at_ms, 2)
            if number == 45:
                await pinned(site, at_ms + 2_000, 1)
            await ordered(site, at_ms, 12 if number == 15 else 1)
            await ordered(site, at_ms, 20 if number == 20 else 0, room=None)
            site.clock.now_s = at_ms / 1000 + 5.5
            await site.told()
        site.recordings.end(ROOM)
        assert recorder.wait(10.0)
        site.clock.now_s += 10
        await site.told()
        counted = await signals(site)
        assert list(counted) == list(range(STEPS))
        assert counted[10] == (3, 2, 0, 1)
        assert counted[15] == (3, 2, 0, 12)
        assert counted[20] == (3, 2, 0, 1)
        assert counted[30] == (90, 2, 0, 1)
        assert counted[45] == (3, 2, 1, 1)
        proposed = (await site.call(f"GET /api/recordings/{recorder.id}/highlights")).body["highlights"]
        assert [each["reasons"] for each in proposed] == [["likes"], ["orders"], ["pin"]]
        burst_ms = ORIGIN_MS + 30 * STEP_MS
        assert proposed[0]["from_ts"] < burst_ms < proposed[0]["to_ts"]
        assert proposed[0]["score"] == 30
        refused = await site.call(f"GET /api/recordings/{recorder.id}/highlights", role=Role.VIEWER)
        assert refused.status == 403


async def test_a_room_that_is_not_recorded_is_not_counted(database_url: str, folder: Path) -> None:
    async with recording_site(database_url, folder) as site:
        await liked(site, 5)
        site.clock.now_s += 60
        await site.told()
        assert await signals(site) == {}


async def test_likes_from_while_postgresql_was_away_are_stored_when_it_is_back(
    database_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with recording_site(database_url, folder) as site:
        await site.hub.rooms.open(ROOM)
        assert site.recordings.begin(ROOM, "run1", ORIGIN_MS) is not None
        with monkeypatch.context() as patch:
            patch.setattr(site.database._interactive, "_pool", None)
            patch.setattr(site.database.batch, "_pool", None)
            for number in range(4):
                await liked(site, number + 1)
                site.clock.now_s += 5
                with contextlib.suppress(Unavailable):
                    await site.told()
            assert await signals(site) == {}
        site.clock.now_s += 3
        await site.told()
        assert {step: likes for step, (likes, *_) in (await signals(site)).items()} == {0: 1, 1: 2, 2: 3, 3: 4}


async def test_likes_that_nobody_can_have_given_are_stored_as_the_most_a_step_holds(
    database_url: str, folder: Path
) -> None:
    async with recording_site(database_url, folder) as site:
        live = await site.hub.rooms.open(ROOM)
        assert site.recordings.begin(ROOM, "run1", ORIGIN_MS) is not None
        live.likes.update("stranger", 2**53 - 1)
        site.clock.now_s += 5
        await site.told()
        site.clock.now_s += 3
        await site.told()
        assert {step: likes for step, (likes, *_) in (await signals(site)).items()} == {0: 2**31 - 1}
