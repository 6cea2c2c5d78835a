"""Areas and points as staff define them, and what buyers are told of them; what is no area changes nothing."""

import pytest

from livehub.base.auth import Role
from tests.commerce.delivery.town import CIRCLE, POINT, Town

AREAS, POINTS = "/api/delivery/areas", "/api/delivery/points"
BOW_TIE = {
    "kind": "polygon",
    "points": [{"lat": lat, "lon": lon} for lat, lon in ((31.0, 121.0), (31.1, 121.1), (31.1, 121.0), (31.0, 121.1))],
}


async def test_an_area_is_kept_as_it_was_said_and_changed_field_by_field(town: Town):
    area = await town.area(names={"zh": "市中心"}, regions=["310115", "3101", "310115"], minimum_minor=2_000)
    assert area == {
        "id": area["id"], "version": 1, "name": "Centre", "names": {"zh": "市中心"}, "regions": ["3101", "310115"],
        "shape": CIRCLE, "currency": "CNY", "fee_minor": 600, "free_from_minor": 5_000, "minimum_minor": 2_000, "position": 1,
        "is_on": True,
    }  # fmt: skip
    changed = await town.done(f"PATCH {AREAS}/{area['id']}", {"version": 1, "shape": None, "free_from_minor": None})
    assert changed == area | {"version": 2, "shape": None, "free_from_minor": None}
    assert (await town.done(f"GET {AREAS}"))["items"] == [changed]
    assert (await town.area())["position"] == 2


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"shape": BOW_TIE}, "shape"),
        ({"shape": CIRCLE | {"lon": 179.99}}, "shape"),
        ({"shape": CIRCLE | {"radius_m": 10}}, "shape.radius_m"),
        ({"shape": CIRCLE | {"lat": 91}}, "shape.lat"),
        ({"shape": None, "regions": []}, "regions"),
        ({"regions": ["99"]}, "regions"),
        ({"regions": ["310"]}, "regions[0]"),
        ({"fee_minor": -1}, "fee_minor"),
        ({"fee_minor": True}, "fee_minor"),
        ({"fee_minor": 1.5}, "fee_minor"),
        ({"currency": "yuan"}, "currency"),
    ],
)
async def test_what_is_no_area_is_refused_at_its_field(town: Town, fields, field: str):
    body = {"name": "Centre", "shape": CIRCLE, "currency": "CNY"} | fields
    before = await town.served.contents()
    refused = await town.call(f"POST {AREAS}", body)
    assert (refused.status, refused.body["code"], refused.body["field"]) == (400, 1000, field)
    area = await town.area()
    before = await town.served.contents()
    refused = await town.call(f"PATCH {AREAS}/{area['id']}", {"version": 1} | fields)
    assert (refused.status, refused.body["code"], refused.body["field"]) == (400, 1000, field)
    assert await town.served.contents() == before


async def test_a_point_is_kept_as_it_was_said_and_closes_after_it_opens(town: Town):
    point = await town.point(closed_days=[7, 6, 7], lines={"zh": "一弄"})
    assert point == POINT | {
        "id": point["id"], "version": 1, "closed_days": [6, 7], "lines": {"zh": "一弄"}, "fee_minor": 0,
        "free_from_minor": None, "is_on": True,
    }  # fmt: skip
    refused = await town.call(f"PATCH {POINTS}/{point['id']}", {"version": 1, "closes": 540})
    assert (refused.body["code"], refused.body["field"]) == (1000, "closes")
    assert (await town.call(f"PATCH {POINTS}/nothing", {"version": 1})).body["code"] == 4056
    assert (await town.call(f"PATCH {AREAS}/nothing", {"version": 1})).body["code"] == 4055


async def test_there_are_as_many_as_there_may_be(town: Town):
    await town.served.database.execute(
        "INSERT INTO pickup_points (id, name, line, lat, lon, opens, closes, currency, fee_minor, changed_ms, changed_by) "
        "SELECT n::text, 'P', 'L', 0, 0, 0, 1, 'CNY', 0, 1, 'x' FROM generate_series(1, 200) n"
    )
    refused = await town.call(f"POST {POINTS}", POINT)
    assert (refused.status, refused.body["code"], refused.body["limit"]) == (409, 4058, 200)


async def test_a_host_may_neither_see_nor_change_them(town: Town):
    area = await town.area()
    for call, body in (
        (f"GET {AREAS}", None), (f"POST {AREAS}", {"name": "Mine", "regions": ["31"], "currency": "CNY"}),
        (f"PATCH {AREAS}/{area['id']}", {"version": 1, "fee_minor": 0}), ("GET /api/delivery/windows", None),
    ):  # fmt: skip
        assert (await town.call(call, body, role=Role.HOST)).status == 403
        assert (await town.call(call, body, role=None)).status == 401


async def test_buyers_see_what_there_is_at_their_place_the_earliest_first(town: Town):
    area, point = await town.area(), await town.point()
    late = await town.window(area=area["id"], **{"from": "2027-01-16T18:00", "until": "2027-01-16T20:00"}, capacity=7)
    early = await town.window(point=point["id"], **{"from": "2027-01-16T09:00", "until": "2027-01-16T12:00"})
    told = await town.slots("?lat=31.24&lon=121.47")
    assert [(slot["id"], slot["method"], slot["left"], slot["from"], slot["fee_minor"]) for slot in told["items"]] == [
        (early["id"], "pickup", 1, "2027-01-16T01:00:00.000Z", 0),
        (late["id"], "door", 7, "2027-01-16T10:00:00.000Z", 600),
    ]
    assert told["items"][0]["point"]["distance_m"] == 4_448
    assert told["items"][1]["point"] is None
    assert (told["needed"], told["reason"], told["area"]["free_from_minor"]) == (True, None, 5_000)
    for where, reason in (
        ("", "no_address"), ("?lat=32&lon=121.47", "outside"), ("?region=310115", "no_position"),
    ):  # fmt: skip
        told = await town.slots(where)
        assert ([slot["id"] for slot in told["items"]], told["reason"], told["area"]) == ([early["id"]], reason, None)


@pytest.mark.parametrize(
    "where", ["?lat=31", "?lon=121", "?lat=91&lon=0", "?lat=x&lon=0", "?lat=nan&lon=0", "?region=31"]
)
async def test_what_is_no_place_is_refused(town: Town, where: str):
    assert (await town.call(f"GET /api/slots{where}", role=None)).status == 400
