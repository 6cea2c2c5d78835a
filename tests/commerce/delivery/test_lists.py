"""Areas, points and patterns are searched, read a page at a time, and taken along as files with the same filter."""

import csv
import io
from typing import Any

from livehub.base.auth import Role
from tests.commerce.delivery.town import CIRCLE, DAILY, Town

AREAS, POINTS, PATTERNS = (f"/api/delivery/{name}" for name in ("areas", "points", "patterns"))


async def rows(town: Town, path: str) -> list[dict[str, Any]]:
    answer = await town.served.call(f"GET {path}", role=Role.ADMIN, headers={"Accept": "text/csv"})
    assert answer.status == 200, answer
    return list(csv.DictReader(io.StringIO(answer.raw.decode("utf-8-sig"), newline="")))


async def names(town: Town, path: str) -> list[str]:
    return [each["name"] for each in (await town.done(f"GET {path}"))["items"]]


async def test_areas_are_found_by_name_and_division_and_are_a_file(town: Town):
    await town.area(name="=Centre", names={"zh": "市中心"}, minimum_minor=2_000)
    await town.area(name="Far away", shape=None, regions=["310115", "3101"])
    assert await names(town, AREAS) == ["=Centre", "Far away"]
    for q in ("%E4%B8%AD%E5%BF%83", "CENT", "=cen"):
        assert await names(town, f"{AREAS}?q={q}") == ["=Centre"]
    assert await names(town, f"{AREAS}?q=310115%20away") == ["Far away"]
    assert await names(town, f"{AREAS}?q=centre%20310115") == []
    found = await rows(town, AREAS)
    assert [
        (row["name"], row["is_on"], row["regions"], row["shape"], row["delivery_fee"], row["free_from"], row["minimum"])
        for row in found
    ] == [
        ("'=Centre", "true", "", "circle", "6.00", "50.00", "20.00"),
        ("Far away", "true", "3101 310115", "", "6.00", "50.00", "0.00"),
    ]
    assert [row["name"] for row in await rows(town, f"{AREAS}?q=310115")] == ["Far away"]


async def test_points_are_found_by_name_and_address_and_are_a_file(town: Town):
    await town.point(closed_days=[7, 1])
    await town.point(name="West gate", names=None, line="9 Long Road", closes=1_440)
    for q in ("%E4%B8%9C%E9%97%A8", "east", "1%20lane"):
        assert await names(town, f"{POINTS}?q={q}") == ["East gate"]
    assert await names(town, f"{POINTS}?q=road") == ["West gate"]
    found = await rows(town, POINTS)
    assert [(row["name"], row["line"], row["opens"], row["closes"], row["closed_days"]) for row in found] == [
        ("East gate", "1 Lane", "09:00", "20:00", "1 7"), ("West gate", "9 Long Road", "09:00", "24:00", ""),
    ]  # fmt: skip


async def test_patterns_are_found_by_whose_they_are_and_are_a_file(town: Town):
    area, point = await town.area(shape=CIRCLE), await town.point()
    await town.done(f"POST {PATTERNS}", DAILY | {"area": area["id"], "cut_off_minutes": 90})
    await town.done(f"POST {PATTERNS}", DAILY | {"point": point["id"], "days": [6], "from_minute": 510})
    all_ = (await town.done(f"GET {PATTERNS}"))["items"]
    assert len(all_) == 2
    east = (await town.done(f"GET {PATTERNS}?q=east"))["items"]
    assert [each["point"] for each in east] == [point["id"]]
    found = await rows(town, PATTERNS)
    told = ("name", "method", "days", "from", "until", "cut_off_minutes")
    assert [tuple(row[name] for name in told) for row in found] == [
        ("East gate", "pickup", "6", "08:30", "16:00", "0"), ("Centre", "door", "1 2 3 4 5 6 7", "14:00", "16:00", "90"),
    ]  # fmt: skip


async def test_all_come_at_once_unless_somebody_says_how_many(town: Town):
    for number in range(5):
        await town.area(name=f"Area {number}")
        await town.point(name=f"Point {number}")
    for path in (AREAS, POINTS):
        every = await names(town, path)
        assert len(every) == 5
        got, after = list[str](), ""
        for _ in range(9):
            part = await town.done(f"GET {path}?limit=2{after}")
            got += [each["name"] for each in part["items"]]
            if part["next"] is None:
                break
            after = f"&after={part['next']}"
        assert got == every
