"""Rows that were written past the edge, or by a newer version, harm nobody: not their own room, and never another one."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from livehub.base.auth import Role
from livehub.base.logs import Occasional
from livehub.base.metrics import REGISTRY
from livehub.hub.broker import messages
from livehub.hub.chat.room_messages import SlowModeSet
from livehub.hub.hub import Hub
from livehub.hub.rooms import log as room_log
from tests.base.conftest import served
from tests.base.served import Served, serving

__all__ = ["served"]


def metric(name: str) -> float:
    return REGISTRY.get_sample_value(name) or 0.0


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(10.0):
        while not await holds():  # noqa: ASYNC110  (what is waited for is in another task of the server)
            await asyncio.sleep(0.02)


@pytest.fixture
def untold(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a process that has told of nothing yet."""
    monkeypatch.setattr(room_log, "_faults", Occasional(room_log.log))


async def write(served: Served, room: str, path: list[str], value: Any) -> None:
    await served.database.execute(
        "UPDATE rooms SET state = jsonb_set(state, $2, $3::jsonb) WHERE id = $1", room, path, json.dumps(value)
    )


async def two_rooms(served: Served) -> None:
    for room in ("good", "bad"):
        await served.done("POST /api/rooms", {"id": room, "title": room.title()})


async def listed(served: Served) -> dict[str, Any]:
    return {room["id"]: room for room in (await served.done("GET /api/rooms"))["rooms"]}


# --- past the edge ---


async def test_a_room_that_is_none_is_left_out_of_the_list_and_answers_by_number(
    served: Served, untold: None, caplog: pytest.LogCaptureFixture
) -> None:
    await two_rooms(served)
    before = metric("livehub_rooms_unreadable_total")
    for state in ("7", "null", "[]", '{"view": 7}'):
        await served.database.execute("UPDATE rooms SET state = $1::jsonb WHERE id = 'bad'", state)
        assert set(await listed(served)) == {"good"}
        for call, body in (("GET /api/rooms/bad", None), ("PATCH /api/rooms/bad", {"title": "New"})):
            refusal = await served.call(call, body)
            assert (refusal.status, refusal.body["code"], refusal.body["name"]) == (500, 2005, "room_unreadable")
        assert (await served.call("PATCH /api/rooms/good", {"title": "Fine"})).status == 200
    assert metric("livehub_rooms_unreadable_total") == before + 9  # the list reads once what stays as it is
    told = [record for record in caplog.records if record.message == "rooms.unreadable"]
    assert [(record.levelno, record.room) for record in told] == [(logging.ERROR, "bad")]  # type: ignore[attr-defined]


async def test_a_member_that_cannot_be_read_is_shown_as_its_default_and_can_be_put_right(
    served: Served, untold: None, caplog: pytest.LogCaptureFixture
) -> None:
    await two_rooms(served)
    await served.done("POST /api/rooms/bad/bag", {"title": "Eggs"})
    await write(served, "bad", ["view", "pin"], 7)
    assert (await listed(served))["bad"]["pin"] is None
    view = (await served.done("GET /api/rooms/bad"))["room"]["view"]
    assert (view["pin"], [card["title"] for card in view["bag"]]) == (None, ["Eggs"])
    assert [r.member for r in caplog.records if r.message == "rooms.member_unreadable"] == ["pin"]  # type: ignore[attr-defined]
    await served.done("PATCH /api/rooms/bad", {"title": "New"})
    stored = "SELECT state->'view'->>'pin' FROM rooms WHERE id = 'bad'"
    assert await served.database.fetchval(stored) == "7"  # whoever wrote it may know better
    await served.done("DELETE /api/rooms/bad/pins")
    assert await served.database.fetchval(stored) is None


async def test_a_product_beyond_all_bounds_is_pinned_as_far_as_a_card_goes(served: Served) -> None:
    await two_rooms(served)
    await served.database.execute(
        "INSERT INTO products (id, farm, title, subtitle, image, price_minor, list_price_minor, currency, unit) "
        "VALUES ('long', 'f', repeat('t', 121), repeat('s', 201), 'http://cdn.example/a.png', 5, NULL, 'CNY', repeat('u', 41))"
    )
    pinned = await served.done("POST /api/rooms/bad/pins", {"product": "long"})
    assert pinned["card"] == {
        "id": "long", "no": 1, "title": "t" * 120, "subtitle": "s" * 200, "image": None, "price_minor": 5,
        "list_price_minor": None, "currency": "CNY", "unit": "u" * 40,
    }  # fmt: skip
    assert (await listed(served))["bad"]["pin"]["title"] == "t" * 120


async def test_a_card_beyond_the_bounds_of_the_edge_locks_up_nothing(served: Served) -> None:
    await two_rooms(served)
    await served.done("POST /api/rooms/bad/pins", {"title": "Eggs"})
    await write(served, "bad", ["view", "pin", "title"], "n" * 121)
    await write(served, "bad", ["view", "pin", "image"], "http://cdn.example/a.png")
    assert len((await listed(served))["bad"]["pin"]["title"]) == 121
    await served.done("DELETE /api/rooms/bad/pins")
    assert (await listed(served))["bad"]["pin"] is None


# --- by a newer version ---


async def balloons(served: Served, number: int) -> None:
    """What a newer process does in one transaction: a message of a type of its own, and the room after it."""
    async with served.database.transaction():
        offset = await served.database.fetchval("SELECT head_offset + 1 FROM rooms WHERE id = 'good' FOR UPDATE")
        await served.database.execute(
            "INSERT INTO room_controls (room, epoch, \"offset\", ts, data) SELECT id, epoch, $1, 5, $2::jsonb FROM rooms "
            "WHERE id = 'good'", offset, json.dumps({"type": "balloons", "number": number}),
        )  # fmt: skip
        await served.database.execute("UPDATE rooms SET head_offset = $1 WHERE id = 'good'", offset)
        await write(served, "good", ["view", "balloons"], {"risen": number, "of": [1.50, None]})
        await write(served, "good", ["burst"], [number])


async def test_what_a_newer_process_made_of_the_room_is_shown_and_survives_what_this_one_writes(served: Served) -> None:
    await two_rooms(served)
    start = (await served.done("GET /api/rooms/good"))["offset"]  # followed from now on
    await balloons(served, 3)

    async def is_shown() -> bool:
        page = await served.done("GET /api/rooms/good")
        behind = page["offset"] == start
        assert behind or page["room"]["view"]["balloons"]["risen"] == 3, "shown without what the message made of it"
        return not behind

    await until(is_shown)
    await served.done("POST /api/rooms/good/pins", {"title": "Eggs"})
    await served.done("POST /api/rooms/good/moderation/slow-mode", {"seconds": 5}, role=Role.OPS)
    stored = json.loads(await served.database.fetchval("SELECT state::text FROM rooms WHERE id = 'good'"))
    assert (stored["view"]["balloons"], stored["burst"]) == ({"risen": 3, "of": [1.50, None]}, [3])
    page = await served.done("GET /api/rooms/good")
    assert (page["room"]["view"]["balloons"]["risen"], page["room"]["view"]["slow_mode_s"]) == (3, 5)
    assert page["offset"] == start + 3


async def test_the_snapshot_says_the_bounds_of_this_installation(database_url: str) -> None:
    async with serving(database_url, has_stock=True, coupons_shown_max=3) as served:
        await two_rooms(served)
        await served.done("POST /api/rooms/good/bag", {"title": "Eggs", "price_minor": 900, "currency": "CNY"})
        for number in range(5):
            await served.done("POST /api/rooms/good/coupons", {"title": f"off {number}", "amount_minor": 5})
        room = (await served.done("GET /api/rooms/good"))["room"]
        assert room["bounds"] == {
            "bag_max": 100,
            "chat_chars_max": 200,
            "coupons_max": 3,
            "question_chars_max": 300,
            "questions_max": 50,
            "sales_max": 20,
        }
        assert [coupon["title"] for coupon in room["view"]["coupons"]] == ["off 4", "off 3", "off 2"]


# --- on the bus ---


async def test_what_is_no_message_is_counted_each_time_and_told_once(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    await two_rooms(served)
    hub = served.application.get(Hub)
    offset = (await served.done("GET /api/rooms/good"))["offset"]
    before = metric("livehub_foreign_messages_total")
    bad = [b"\xff\xfe", b"\x81\xa4type\xa5wor\xffs", b"\x81\xa4type\xa8from2030", b"\x81\xa4type" + b"\x91" * 100_000]
    for _ in range(100):
        for payload in bad:
            hub.dispatch.received(messages.room_channel("no-such-room"), payload)
    assert metric("livehub_foreign_messages_total") == before + 400
    assert len([record for record in caplog.records if record.message == "hub.foreign_message"]) == 1
    control = hub.controls.registry.control(
        "good", hub.rooms.all()[0].position.epoch, offset + 1, 5, SlowModeSet(seconds=9)
    )
    hub.dispatch.received(messages.room_channel("good"), messages.encode(messages.published(control)))
    page = await served.done("GET /api/rooms/good")
    assert (page["offset"], page["room"]["view"]["slow_mode_s"]) == (offset + 1, 9)


# --- locks ---


async def test_who_writes_in_a_room_holds_up_other_writers_and_no_row_that_only_names_the_room(served: Served) -> None:
    await two_rooms(served)
    await served.database.execute("SET lock_timeout = '200ms'")
    async with served.application.database.transaction() as tx:
        await served.application.get(Hub).controls.lock_room(tx, "good")
        await served.database.execute(
            "INSERT INTO questions (id, room, user_id, name, text) VALUES ('q', 'good', 'ann', 'Ann', 'When?')"
        )
        with pytest.raises(asyncpg.LockNotAvailableError):
            await served.database.execute("SELECT 1 FROM rooms WHERE id = 'good' FOR NO KEY UPDATE")


# --- messages written past the server ---


async def test_messages_that_are_none_are_passed_over_and_the_room_goes_on(served: Served) -> None:
    await two_rooms(served)
    start = (await served.done("GET /api/rooms/good"))["offset"]
    junk = ["7", "null", "[1]", "{}", '{"type": 5}', '{"type": "pin"}', '{"type": "pin", "card": {"id": 1}}']
    for offset, data in enumerate(junk, start + 1):
        await served.database.execute(
            "INSERT INTO room_controls (room, epoch, \"offset\", ts, data) SELECT id, epoch, $1, 5, $2::jsonb FROM rooms "
            "WHERE id = 'good'", offset, data,
        )  # fmt: skip
        await served.database.execute("UPDATE rooms SET head_offset = $1 WHERE id = 'good'", offset)

    async def has_followed() -> bool:
        return bool((await served.done("GET /api/rooms/good"))["offset"] == start + len(junk))

    await until(has_followed)
    await served.done("POST /api/rooms/good/pins", {"title": "Eggs"})
    page = await served.done("GET /api/rooms/good")
    assert (page["offset"], page["room"]["view"]["pin"]["title"]) == (start + len(junk) + 1, "Eggs")
    ring = served.application.get(Hub).rooms.all()[0].ring.after(start)
    assert ring is not None
    told = [json.loads(bytes(control.data)) for control in ring]
    assert all((isinstance(data, dict) and "type" in data) or data == {} for data in told)
    assert [data.get("type") for data in told] == ["", "", "", None, 5, "pin", "pin", "pin"]
