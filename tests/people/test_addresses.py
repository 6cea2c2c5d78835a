"""One's own addresses: as they were given, where GPS would find them, one of them the default, and nobody else's."""

from typing import Any

import pytest

from livehub.base.auth import Role
from livehub.people.masks import masked_name, masked_phone
from livehub.people.regions import regions
from tests.base.served import Answer, Served, serving

PATH = "/api/me/addresses"
HOME: dict[str, Any] = {
    "name": "王小明", "phone": "138 1234 1234", "region": "310115", "line": "张江路 1 号", "lat": 31.17530398364597,
    "lon": 121.531541859215, "datum": "gcj02",
}  # fmt: skip


async def call(served: Served, call: str, body: Any = None, user: str = "mei") -> Answer:
    return await served.call(call, body, role=Role.VIEWER, user=user)


async def added(served: Served, user: str = "mei", **changes: Any) -> dict[str, Any]:
    served.clock.now_s += 1
    answer = await call(served, f"POST {PATH}", HOME | changes, user)
    assert answer.status == 201, answer
    found: dict[str, Any] = answer.body
    return found


async def listed(served: Served, user: str = "mei") -> list[tuple[str, bool]]:
    return [(item["id"], item["is_default"]) for item in (await call(served, f"GET {PATH}", user=user)).body["items"]]


async def test_it_is_kept_as_given_and_as_gps_has_it(served: Served) -> None:
    address = await added(served)
    assert (address["lat"], address["lon"], address["datum"]) == (31.17530398364597, 121.531541859215, "gcj02")
    assert (address["wgs84_lat"], address["wgs84_lon"]) == pytest.approx((31.1774276, 121.5272106), abs=1e-8)
    assert (address["phone"], address["name"], address["region"]) == ("+8613812341234", "王小明", "310115")


async def test_the_first_is_the_default_and_there_is_one_always(served: Served) -> None:
    first, second = (await added(served))["id"], (await added(served))["id"]
    assert await listed(served) == [(first, True), (second, False)]
    third = (await added(served, is_default=True))["id"]
    assert await listed(served) == [(third, True), (second, False), (first, False)]
    await call(served, f"PATCH {PATH}/{first}", {"is_default": True})
    assert await listed(served) == [(first, True), (third, False), (second, False)]
    await call(served, f"DELETE {PATH}/{first}")
    assert await listed(served) == [(third, True), (second, False)]


async def test_it_may_be_written_without_a_place_on_a_map(served: Served) -> None:
    written = {name: value for name, value in HOME.items() if name not in ("lat", "lon", "datum")}
    answer = await call(served, f"POST {PATH}", written)
    assert answer.status == 201, answer
    assert [answer.body[name] for name in ("lat", "lon", "datum", "wgs84_lat", "wgs84_lon")] == [
        None, None, "wgs84", None, None,
    ]  # fmt: skip
    assert (await call(served, f"POST {PATH}", written | {"lat": 31.0})).body["code"] == 1000


async def test_a_place_can_be_taken_from_an_address_that_moved(served: Served) -> None:
    address = await added(served)
    moved = {"line": "2 Lane", "lat": None, "lon": None, "datum": "wgs84"}
    changed = (await call(served, f"PATCH {PATH}/{address['id']}", moved)).body
    assert changed == address | {"line": "2 Lane", "lat": None, "lon": None, "datum": "wgs84"} | {
        "wgs84_lat": None, "wgs84_lon": None,
    }  # fmt: skip


async def test_a_change_leaves_the_rest_as_it_is(served: Served) -> None:
    address = await added(served)
    changed = (await call(served, f"PATCH {PATH}/{address['id']}", {"name": "Mei", "region": ""})).body
    assert changed == address | {"name": "Mei", "region": ""}
    moved = {"lat": 39.915, "lon": 116.404, "datum": "wgs84"}
    changed = (await call(served, f"PATCH {PATH}/{address['id']}", moved)).body
    assert (changed["wgs84_lat"], changed["wgs84_lon"]) == (39.915, 116.404)


@pytest.mark.parametrize("verb", ["PATCH", "DELETE"])
async def test_somebody_elses_is_not_there(served: Served, verb: str) -> None:
    theirs = (await added(served, "ann"))["id"]
    before = await served.contents()
    answer = await call(served, f"{verb} {PATH}/{theirs}", {"name": "X"} if verb == "PATCH" else None)
    assert (answer.status, answer.body["code"]) == (404, 1140)
    assert await served.contents() == before
    assert await listed(served) == []


WRONG: dict[str, tuple[dict[str, Any], int, str]] = {
    "no phone": ({"phone": "12345"}, 422, "phone_invalid"),
    "a phone that cannot be": ({"phone": "+86 100 0000 0000"}, 422, "phone_invalid"),
    "words for a phone": ({"phone": "call me"}, 422, "phone_invalid"),
    "letters for digits": ({"phone": "+86138ABCDEFGH"}, 422, "phone_invalid"),
    "an extension": ({"phone": "13812341234 ext 5"}, 422, "phone_invalid"),
    "no such region": ({"region": "999999"}, 422, "unknown_region"),
    "half a region": ({"region": "3101"}, 400, "bad_request"),
    "too far north": ({"lat": 90.1}, 400, "bad_request"),
    "too far east": ({"lon": 180.1}, 400, "bad_request"),
    "another datum": ({"datum": "ed50"}, 400, "bad_request"),
    "no name": ({"name": "\u200b"}, 400, "bad_request"),
    "no line": ({"line": " "}, 400, "bad_request"),
    "too long": ({"line": "x" * 301}, 400, "bad_request"),
}


@pytest.mark.parametrize("wrong", WRONG)
async def test_what_is_no_address_is_refused_and_nothing_is_kept(served: Served, wrong: str) -> None:
    changes, status, name = WRONG[wrong]
    answer = await call(served, f"POST {PATH}", HOME | changes)
    assert (answer.status, answer.body["name"]) == (status, name)
    assert await served.rows("addresses") == []


@pytest.mark.parametrize("change", [{"lat": 1.0}, {"lat": 1.0, "lon": 2.0}, {"datum": "wgs84"}])
async def test_half_a_position_is_none(served: Served, change: dict[str, Any]) -> None:
    address = await added(served)
    answer = await call(served, f"PATCH {PATH}/{address['id']}", change)
    assert (answer.status, answer.body["name"]) == (400, "bad_request")


async def test_there_are_so_many_at_most(database_url: str) -> None:
    async with serving(database_url, addresses_max=2) as served:
        await added(served)
        await added(served)
        answer = await call(served, f"POST {PATH}", HOME)
        assert (answer.status, answer.body["code"], answer.body["limit"]) == (409, 1141, 2)
        await added(served, "ann")


@pytest.mark.parametrize("phone", ["+852 5123 4567", "+1 650 253 0000"])
async def test_a_phone_of_another_country_has_its_code(served: Served, phone: str) -> None:
    assert (await added(served, phone=phone))["phone"] == phone.replace(" ", "")


def test_regions_are_counties_and_cities_without_any() -> None:
    assert {"110101", "310115", "441900", "810101"} & regions() >= {"110101", "310115"}
    assert not {"110000", "110100", "999999", ""} & regions()
    assert len(regions()) > 2_800


def test_staff_see_enough_to_tell_two_apart() -> None:
    assert [masked_name(name) for name in ("王小明", "王", "")] == ["王**", "王**", ""]
    phones = ("+8613812341234", "+16502530000", "+4912345", "")
    assert [masked_phone(phone) for phone in phones] == ["138****1234", "+16****0000", "****45", ""]
