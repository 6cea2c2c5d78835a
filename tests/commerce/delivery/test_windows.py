"""Windows by hand and from patterns: capacity goes up and down but never below what is taken, and each is made once."""

import asyncio
import csv
import io

import pytest

from commerce.delivery.errors import SlotFull, SlotNotFound
from commerce.delivery.making import WindowMaker
from commerce.delivery.module import Delivery
from commerce.flashsale.client import StockClient
from commerce.flashsale.requests import Adjust
from livehub.base.auth import Role
from tests.commerce.delivery.town import CENTRE, DAILY, HOUR_MS, Town, is_held, refused_as

WINDOWS = "/api/delivery/windows"


async def choice_of(town: Town, window):
    choice = await town.chosen(CENTRE, window["id"])
    assert choice is not None
    return choice


async def test_capacity_goes_up_and_down_but_not_below_what_is_held_and_sold(town: Town):
    area = await town.area()
    window = await town.window(area=area["id"], capacity=2)
    choice = await choice_of(town, window)
    assert is_held(await town.held(choice, "key-1"))
    await town.sold(choice, "key-2")
    assert refused_as(await town.held(choice, "key-3")) is SlotFull
    more = await town.done(f"PATCH {WINDOWS}/{window['id']}", {"version": 1, "capacity": 3})
    assert {name: more[name] for name in ("version", "capacity", "held", "sold", "left")} == {
        "version": 2, "capacity": 3, "held": 1, "sold": 1, "left": 1,
    }  # fmt: skip
    assert is_held(await town.held(choice, "key-3"))
    before = await town.served.contents()
    refused = await town.call(f"PATCH {WINDOWS}/{window['id']}", {"version": 2, "capacity": 2})
    assert (refused.status, refused.body["code"], refused.body["taken"]) == (409, 4054, 3)
    assert await town.served.contents() == before


async def test_it_can_be_made_as_small_as_what_is_taken_and_as_zero(town: Town):
    area = await town.area()
    window = await town.window(area=area["id"], capacity=4)
    await town.held(await choice_of(town, window), "key-1")
    fewer = await town.done(f"PATCH {WINDOWS}/{window['id']}", {"version": 1, "capacity": 1})
    assert (fewer["capacity"], fewer["left"]) == (1, 0)
    empty = await town.window(area=area["id"], capacity=4)
    assert (await town.done(f"PATCH {WINDOWS}/{empty['id']}", {"version": 1, "capacity": 0}))["left"] == 0


async def test_of_two_who_change_the_same_the_second_is_told(town: Town):
    area = await town.area()
    window = await town.window(area=area["id"])
    await town.done(f"PATCH {WINDOWS}/{window['id']}", {"version": 1, "capacity": 5})
    for path, body in (
        (f"{WINDOWS}/{window['id']}", {"version": 1, "capacity": 9}),
        (f"/api/delivery/areas/{area['id']}", {"version": 7, "fee_minor": 0}),
    ):
        refused = await town.call(f"PATCH {path}", body)
        assert (refused.status, refused.body["code"]) == (409, 1011)
        assert refused.body["version"] == (2 if "windows" in path else 1)
    assert (await town.look(window))["capacity"] == 5


async def test_a_closed_window_takes_no_orders_and_can_be_opened_again(town: Town):
    area = await town.area()
    window = await town.window(area=area["id"], capacity=3)
    choice = await choice_of(town, window)
    await town.held(choice, "key-1")
    closed = await town.done(f"PATCH {WINDOWS}/{window['id']}", {"version": 1, "is_closed": True})
    assert (closed["is_closed"], closed["held"]) == (True, 1)
    assert refused_as(await town.held(choice, "key-2")) is SlotNotFound
    assert (await town.slots("?lat=31.24&lon=121.47"))["items"] == []
    await town.done(f"PATCH {WINDOWS}/{window['id']}", {"version": 2, "is_closed": False})
    assert is_held(await town.held(choice, "key-2"))


async def test_the_same_request_again_makes_one_window_and_changes_once(town: Town):
    area = await town.area()
    body = {"area": area["id"], "from": town.now_ms + HOUR_MS, "until": town.now_ms + 2 * HOUR_MS, "capacity": 2}
    first, again = [await town.call(f"POST {WINDOWS}", body, key="the-same-key") for _ in range(2)]
    assert (first.status, first.body) == (again.status, again.body)
    assert len((await town.done(f"GET {WINDOWS}"))["items"]) == 1


async def test_it_is_entered_by_the_shops_clock(town: Town):
    area = await town.area()
    window = await town.window(area=area["id"], **{"from": "2027-01-16T14:00", "until": "2027-01-16T16:00"})
    assert (window["from"], window["until"]) == ("2027-01-16T06:00:00.000Z", "2027-01-16T08:00:00.000Z")
    assert window["orders_until"] == window["from"]
    week = await town.done(f"GET {WINDOWS}?from=2027-01-16T00:00&until=2027-01-17T00:00&area={area['id']}")
    assert [each["id"] for each in week["items"]] == [window["id"]]
    assert (await town.done(f"GET {WINDOWS}?from=2027-01-16T14:01"))["items"] == []


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"from": 9_000_000_000_000, "until": 8_999_999_999_999}, "until"),
        ({"from": "2027-01-16T14:00", "until": "2027-01-17T14:01"}, "until"),
        ({"from": "2027-01-15T15:00", "until": "2027-01-15T17:00"}, "from"),  # orders for it would have ended
        ({"orders_until": "2027-01-15T15:59"}, "orders_until"),
        ({"orders_until": "2027-01-20T00:00"}, "orders_until"),
        ({"from": "tomorrow"}, "from"),
        ({"capacity": -1}, "capacity"),
        ({"capacity": True}, "capacity"),
        ({"capacity": 1.5}, "capacity"),
    ],
)
async def test_what_is_no_window_is_refused_at_its_field(town: Town, fields, field: str):
    area = await town.area()
    body = {"area": area["id"], "from": town.now_ms + HOUR_MS, "until": town.now_ms + 2 * HOUR_MS, "capacity": 1}
    before = await town.served.contents()
    refused = await town.call(f"POST {WINDOWS}", body | fields)
    assert (refused.status, refused.body["code"], refused.body["field"]) == (400, 1000, field)
    assert await town.served.contents() == before


async def test_it_is_of_one_area_or_one_point_that_is_there(town: Town):
    area, point = await town.area(), await town.point()
    body = {"from": town.now_ms + HOUR_MS, "until": town.now_ms + 2 * HOUR_MS, "capacity": 1}
    for whose, code in (
        ({}, 1000),
        ({"area": area["id"], "point": point["id"]}, 1000),
        ({"area": "nothing"}, 4055),
        ({"point": "nothing"}, 4056),
    ):
        assert (await town.call(f"POST {WINDOWS}", body | whose)).body["code"] == code


async def test_of_many_who_want_the_last_place_one_has_it(town: Town):
    area = await town.area()
    choice = await choice_of(town, await town.window(area=area["id"], capacity=1))
    answers = await asyncio.gather(*(town.held(choice, f"key-{n}", person=f"p{n}") for n in range(20)))
    assert sum(map(is_held, answers)) == 1
    assert {refused_as(answer) for answer in answers if not is_held(answer)} == {SlotFull}


async def test_a_change_whose_row_was_not_written_is_made_good_by_the_next(town: Town):
    """A crash between the engine and the row: the engine has more places than the row says."""
    area = await town.area()
    window = await town.window(area=area["id"], capacity=2)
    before = (await town.served.rows("delivery_windows"))[0]
    await town.done(f"PATCH {WINDOWS}/{window['id']}", {"version": 1, "capacity": 5})
    await town.served.database.execute(
        "UPDATE delivery_windows SET capacity = 2, version = 1, changed_ms = $1", town.now_ms
    )
    assert (await town.served.rows("delivery_windows"))[0] == before
    for capacity in (5, 3):
        version = (await town.look(window))["version"]
        await town.done(f"PATCH {WINDOWS}/{window['id']}", {"version": version, "capacity": capacity})
        found = await town.look(window)
        assert (found["capacity"], found["left"], found["version"]) == (capacity, capacity, version + 1)


async def test_what_came_back_from_a_paid_order_is_kept_and_stops_nobody_from_closing_the_window(town: Town):
    """A place of an order that was refunded is free once more: the engine has more places than were asked for."""
    area = await town.area()
    window = await town.window(area=area["id"], capacity=2)
    choice = await choice_of(town, window)
    client = town.served.application.get(StockClient)
    for n in range(2):
        await town.sold(choice, f"key-{n}")
        await client.ask(Adjust(choice.slot_units[0].resource, 1, f"refund:{n}"))
    assert is_held(await town.held(choice, "key-3"))

    closed = await town.done(f"PATCH {WINDOWS}/{window['id']}", {"version": 1, "is_closed": True})
    assert (closed["is_closed"], closed["left"]) == (True, 1)
    opened = await town.done(f"PATCH {WINDOWS}/{window['id']}", {"version": 2, "is_closed": False})
    assert (opened["is_closed"], opened["left"]) == (False, 1)
    assert is_held(await town.held(choice, "key-4"))
    until = town.now_ms + HOUR_MS
    assert (await town.done(f"PATCH {WINDOWS}/{window['id']}", {"version": 3, "orders_until": until}))["left"] == 0


# --- patterns ---

PATTERNS = "/api/delivery/patterns"


def maker(town: Town) -> WindowMaker:
    return town.served.application.get(Delivery)._maker


async def made(town: Town) -> list[tuple[str, int]]:
    return [(each["from"], each["capacity"]) for each in (await town.done(f"GET {WINDOWS}?limit=100"))["items"]]


async def test_a_new_pattern_makes_its_windows_at_once_and_the_job_makes_the_next_ones_once(town: Town):
    area = await town.area()
    pattern = await town.done(f"POST {PATTERNS}", {"area": area["id"], **DAILY})
    assert pattern["begins_on"] == "2027-01-15"
    # Today's began two hours ago.
    assert await made(town) == [("2027-01-16T06:00:00.000Z", 5), ("2027-01-17T06:00:00.000Z", 5)]
    await maker(town).run()
    assert len(await made(town)) == 2
    town.served.clock.now_s += 86_400
    await maker(town).run()
    await maker(town).run()
    assert await made(town) == [(f"2027-01-{day}T06:00:00.000Z", 5) for day in (16, 17, 18)]
    slots = (await town.slots("?lat=31.24&lon=121.47"))["items"]
    assert [(slot["from"], slot["left"]) for slot in slots] == [
        ("2027-01-17T06:00:00.000Z", 5), ("2027-01-18T06:00:00.000Z", 5),
    ]  # fmt: skip


async def test_a_changed_pattern_leaves_the_windows_that_there_are(town: Town):
    area = await town.area()
    pattern = await town.done(f"POST {PATTERNS}", {"area": area["id"], **DAILY})
    changed = await town.done(f"PATCH {PATTERNS}/{pattern['id']}", {"version": 1, "capacity": 8})
    assert (changed["version"], changed["capacity"]) == (2, 8)
    town.served.clock.now_s += 86_400
    await maker(town).run()
    assert [capacity for _, capacity in await made(town)] == [5, 5, 8]


async def test_a_window_closed_by_hand_is_not_made_again(town: Town):
    area = await town.area()
    await town.done(f"POST {PATTERNS}", {"area": area["id"], **DAILY})
    first = (await town.done(f"GET {WINDOWS}"))["items"][0]
    await town.done(f"PATCH {WINDOWS}/{first['id']}", {"version": 1, "is_closed": True})
    await maker(town).run()
    assert len(await made(town)) == 2
    assert len((await town.slots("?lat=31.24&lon=121.47"))["items"]) == 1


async def test_what_is_switched_off_makes_none(town: Town):
    area = await town.area()
    pattern = await town.done(f"POST {PATTERNS}", {"area": area["id"], **DAILY, "is_on": False})
    assert await made(town) == []
    await town.done(f"PATCH /api/delivery/areas/{area['id']}", {"version": 1, "is_on": False})
    await town.done(f"PATCH {PATTERNS}/{pattern['id']}", {"version": 1, "is_on": True})
    await maker(town).run()
    assert await made(town) == []


async def test_after_a_crash_between_engine_and_row_the_same_window_is_made(town: Town):
    area = await town.area()
    pattern = await town.done(f"POST {PATTERNS}", {"area": area["id"], **DAILY})
    ids = [each["id"] for each in (await town.done(f"GET {WINDOWS}"))["items"]]
    await town.served.database.execute("DELETE FROM delivery_windows")  # as if they had not been committed
    await maker(town).run()
    assert [each["id"] for each in (await town.done(f"GET {WINDOWS}"))["items"]] == ids
    assert pattern["id"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"from_minute": 960, "until_minute": 840}, "until_minute"),
        ({"days": []}, "days"),
        ({"days": [8]}, "days[0]"),
        ({"begins_on": "2027-02-30"}, "begins_on"),
        ({"begins_on": "2027-02-02", "ends_on": "2027-02-01"}, "ends_on"),
    ],
)
async def test_what_is_no_pattern_is_refused_at_its_field(town: Town, fields, field: str):
    area = await town.area()
    refused = await town.call(f"POST {PATTERNS}", {"area": area["id"], **DAILY} | fields)
    assert (refused.status, refused.body["code"], refused.body["field"]) == (400, 1000, field)


async def test_all_of_a_filter_come_as_a_file_with_whose_they_are(town: Town, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("commerce.delivery.windows_api.ROWS_PER_QUERY", 1)
    area, other = await town.area(name="=Centre"), await town.area()
    for _ in range(2):
        await town.window(area=area["id"], capacity=4)
    await town.window(area=other["id"])
    answer = await town.served.call(f"GET {WINDOWS}?area={area['id']}", role=Role.ADMIN, headers={"Accept": "text/csv"})
    found = list(csv.DictReader(io.StringIO(answer.raw.decode("utf-8-sig"), newline="")))
    assert [(row["name"], row["method"], row["capacity"], row["left"]) for row in found] == [
        ("'=Centre", "door", "4", "4"),
    ] * 2
