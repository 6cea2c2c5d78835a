"""An order says where it goes and in which window, holds one place of it, and pays what its area asks."""

import pytest

from commerce.delivery import choosing
from commerce.delivery.areas import Place
from commerce.delivery.choosing import Choice, check_minimum, group_of, slot_refusal
from commerce.delivery.errors import BelowMinimum, OutsideArea, SlotFull, SlotNotFound
from commerce.flashsale import codes
from commerce.flashsale.requests import Refused, Units
from commerce.pricing.prices import DeliveryRule
from livehub.base.errors import LivehubError
from tests.commerce.delivery.town import CENTRE, CIRCLE, EDGE, FAR, HOUR_MS, Town, is_held, refused_as


async def reason(town: Town, refusal: type[LivehubError], where: Place | None, slot: str | None) -> object:
    with pytest.raises(refusal) as refused:
        await town.chosen(where, slot)
    return refused.value.details.get("reason")


async def test_where_nothing_is_configured_orders_need_nothing(town: Town):
    assert await town.chosen(None, None) is None
    assert await town.chosen(CENTRE, None) is None
    assert await reason(town, SlotNotFound, CENTRE, "nothing") == "unknown"
    assert await town.slots() == {
        "items": [], "needed": False, "area": None, "reason": None, "time_zone": "Asia/Shanghai",
        "now": "2027-01-15T08:00:00.000Z", "next": None,
    }  # fmt: skip


async def test_it_holds_one_place_and_pays_what_the_area_asks(town: Town):
    area = await town.area(names={"zh": "市中心"}, minimum_minor=2_000)
    window = await town.window(area=area["id"])
    choice = await town.chosen(CENTRE, window["id"])
    assert choice == Choice(
        method="door", area=area["id"], slot=window["id"], slot_units=(Units(f"slot:{window['id']}", 1),),
        rule=DeliveryRule(fee_minor=600, free_from_minor=5_000, minimum_minor=2_000), currency="CNY",
        name="Centre", names={"zh": "市中心"}, from_ms=town.now_ms + 2 * HOUR_MS, until_ms=town.now_ms + 4 * HOUR_MS,
        orders_until_ms=town.now_ms + 2 * HOUR_MS,
    )  # fmt: skip
    assert is_held(await town.held(choice, "key-1"))


async def test_the_last_place_is_held_once_and_the_window_is_full_then(town: Town):
    area = await town.area()
    window = await town.window(area=area["id"], capacity=1)
    choice = await town.chosen(CENTRE, window["id"])
    assert choice is not None
    assert is_held(await town.held(choice, "key-1"))
    assert refused_as(await town.held(choice, "key-2", person="li")) is SlotFull
    await reason(town, SlotFull, CENTRE, window["id"])
    assert [slot["left"] for slot in (await town.slots("?lat=31.24&lon=121.47"))["items"]] == [0]


async def test_a_window_of_the_door_is_for_addresses_of_its_area_alone(town: Town):
    inner = await town.area()
    outer = await town.area(name="Ring", shape=CIRCLE | {"radius_m": 10_000}, fee_minor=1_200)
    near, far = await town.window(area=inner["id"]), await town.window(area=outer["id"])
    assert (await town.chosen(EDGE, far["id"])).rule.fee_minor == 1_200
    assert await reason(town, OutsideArea, EDGE, near["id"]) == "other_area"
    assert await reason(town, OutsideArea, CENTRE, far["id"]) == "other_area"  # it belongs to the first that has it
    assert await reason(town, OutsideArea, FAR, far["id"]) == "outside"
    assert await reason(town, OutsideArea, FAR, None) == "outside"
    assert await reason(town, OutsideArea, None, near["id"]) == "no_address"
    assert await reason(town, OutsideArea, Place(region="310115"), near["id"]) == "no_position"


async def test_an_address_without_coordinates_goes_by_its_region(town: Town):
    area = await town.area(regions=["3101"])
    window = await town.window(area=area["id"])
    assert (await town.chosen(Place(region="310115"), window["id"])).area == area["id"]
    assert await reason(town, OutsideArea, Place(region="320505"), window["id"]) == "outside"
    assert await reason(town, OutsideArea, Place(region="310115", lat=32.0, lon=121.47), window["id"]) == "outside"


async def test_a_pick_up_point_needs_no_address(town: Town):
    await town.area()
    point = await town.point()
    window = await town.window(point=point["id"])
    choice = await town.chosen(None, window["id"])
    assert (choice.method, choice.point, choice.area, choice.name, choice.line, choice.rule) == (
        "pickup", point["id"], None, "East gate", "1 Lane", DeliveryRule(fee_minor=0, minimum_minor=1_000),
    )  # fmt: skip
    assert choice == await town.chosen(FAR, window["id"])


async def test_a_window_is_chosen_until_its_orders_end_and_the_engine_holds_to_that(town: Town):
    area = await town.area()
    window = await town.window(area=area["id"], orders_until=town.now_ms + HOUR_MS, capacity=5)
    choice = await town.chosen(CENTRE, window["id"])
    town.served.clock.now_s += 3_599.999
    assert await town.chosen(CENTRE, window["id"]) == choice
    town.served.clock.now_s += 0.001
    assert await reason(town, SlotNotFound, CENTRE, window["id"]) == "closed"
    assert (await town.slots("?lat=31.24&lon=121.47"))["items"] == []


async def test_where_an_area_has_windows_one_has_to_be_chosen_and_a_quote_says_so(town: Town):
    area = await town.area()
    assert (await town.chosen(CENTRE, None)).slot_units == ()  # it has none: delivered some time
    window = await town.window(area=area["id"])
    assert await reason(town, SlotNotFound, CENTRE, None) == "not_chosen"
    assert await reason(town, OutsideArea, None, None) == "no_address"
    quotes = [
        await town.chosen(where, slot, is_quote=True)
        for where, slot in ((None, None), (CENTRE, None), (None, window["id"]), (CENTRE, window["id"]))
    ]
    assert [quote.missing for quote in quotes] == ["address", "slot", "address", None]
    assert [quote.rule.fee_minor for quote in quotes] == [0, 600, 600, 600]


async def test_what_is_switched_off_is_not_there(town: Town):
    area, point = await town.area(), await town.point()
    windows = [await town.window(area=area["id"]), await town.window(point=point["id"])]
    await town.done(f"PATCH /api/delivery/areas/{area['id']}", {"version": 1, "is_on": False})
    assert await reason(town, SlotNotFound, CENTRE, windows[0]["id"]) == "unknown"
    assert await reason(town, SlotNotFound, CENTRE, None) == "not_chosen"  # there is only a pick-up point
    await town.done(f"PATCH /api/delivery/points/{point['id']}", {"version": 1, "is_on": False})
    assert await town.chosen(CENTRE, None) is None
    assert (await town.slots())["needed"] is False


def test_a_delivery_is_one_buyer_one_place_and_one_window():
    usual = group_of("mei", "home", "w1")
    assert usual == group_of("mei", "home", "w1")
    others = [("li", "home", "w1"), ("mei", "work", "w1"), ("mei", "home", "w2"), ("me", "ihome", "w1")]
    assert len({usual, *(group_of(*other) for other in others)}) == 5
    pickup = [group_of("mei", address, "w1", method="pickup") for address in ("home", "work", "")]
    assert len({usual, *pickup}) == 2
    assert group_of("mei", "home", None) is None


def test_below_the_minimum_it_says_how_much_is_missing():
    check_minimum(0, DeliveryRule(fee_minor=0, minimum_minor=2_000))
    with pytest.raises(BelowMinimum) as refused:
        check_minimum(1, DeliveryRule(fee_minor=0, minimum_minor=2_000))
    assert refused.value.details == {"missing_minor": 1, "minimum_minor": 2_000}


@pytest.mark.parametrize(
    ("refused", "meant"),
    [
        (Refused(codes.SOLD_OUT, "slot:w1"), SlotFull),
        (Refused(codes.NOT_OPEN, "slot:w1"), SlotNotFound),
        (Refused(Refused.UNKNOWN_RESOURCE, "slot:w1"), SlotNotFound),
        (Refused(codes.SOLD_OUT, "product:honey"), type(None)),
        (Refused(codes.KEY_REUSED), type(None)),
    ],
)
def test_what_the_engine_refuses_of_a_window_is_the_windows(refused: Refused, meant: type):
    assert type(slot_refusal(refused)) is meant
    assert choosing.resource("w1") == "slot:w1"
