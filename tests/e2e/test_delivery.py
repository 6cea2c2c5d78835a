"""Delivery in a real browser: operations say where and when it is delivered, and buyers see what there is at their address."""

import time
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from playwright.async_api import Locator, expect

from tests.e2e import looks
from tests.e2e.conftest import Company
from tests.e2e.people import DESK, PHONE, Ops, Viewer
from tests.e2e.site import Site
from tests.e2e.texts import LANGUAGES

HOUR_MS = 3_600_000
MONDAY = 1
# Of a browser without a graphics card, when a map is asked what lies under a click.
DRAWN_SLOWLY = r"GL Driver Message .* GPU stall due to ReadPixels"
NEAR, FAR = {"lat": 31.24, "lon": 121.47}, {"lat": 32.9, "lon": 121.47}


@pytest_asyncio.fixture(loop_scope="session")
async def town(site: Site) -> dict[str, Any]:
    """An area, a pick-up point, a window of each with place, and one of the door that is full."""
    now_ms = int(time.time() * 1_000)
    money = {"currency": "CNY", "fee_minor": 600, "free_from_minor": 5_000, "minimum_minor": 2_000}
    circle = {"kind": "circle", "lat": 31.23, "lon": 121.47, "radius_m": 3_000}
    for listed in ("areas", "points"):  # of other tests
        for each in (await site.do("GET", f"/api/delivery/{listed}", by=site.ops))["items"]:
            await site.do(
                "PATCH",
                f"/api/delivery/{listed}/{each['id']}",
                {"version": each["version"], "is_on": False},
                by=site.ops,
            )
    area = await site.do(
        "POST",
        "/api/delivery/areas",
        {"name": "Centre", "names": {"zh": "市中心"}, "shape": circle, **money},
        by=site.ops,
    )
    point = await site.do(
        "POST", "/api/delivery/points",
        {"name": "East gate", "names": {"zh": "东门自提点"}, "line": "张江路 1 号", "lat": 31.22, "lon": 121.47, "opens": 540,
         "closes": 1_200, "currency": "CNY"}, by=site.ops,
    )  # fmt: skip

    async def window(hours: int, capacity: int, **whose: str) -> Any:
        body = {
            "from": now_ms + hours * HOUR_MS,
            "until": now_ms + (hours + 2) * HOUR_MS,
            "capacity": capacity,
            **whose,
        }
        return await site.do("POST", "/api/delivery/windows", body, by=site.ops)

    door = [await window(hours, capacity, area=area["id"]) for hours, capacity in ((2, 3), (4, 0), (26, 20))]
    return {"area": area, "point": point, "door": door, "pickup": await window(3, 9, point=point["id"])}


async def at_work(company: Company, site: Site, path: str, language: str = "en", screen: Any = DESK) -> Ops:
    ops = await company.ops(screen, language)
    ops.complaints.expect(DRAWN_SLOWLY)
    await looks.prepare(ops)
    await ops.page.goto(site.link(path, site.ops))
    await expect(ops.page.get_by_role("heading", level=1)).to_have_text(ops.t("ops.admin.delivery.title"))
    return ops


async def lives(
    company: Company, site: Site, name: str, where: dict[str, float], language: str = "en", screen: Any = PHONE
) -> Viewer:
    """Somebody at their account's page, with an address there."""
    viewer = await company.viewer(name, screen, language)
    await looks.prepare(viewer)
    body = {"name": "Mei", "phone": "13800138000", "line": "张江路 88 号 3 楼", **where}
    await site.do("POST", "/api/me/addresses", body, by=site.person(name))
    await viewer.page.goto(f"{site.url}/me")
    return viewer


async def windows_of(viewer: Viewer) -> Locator:
    await viewer.button("viewer.delivery.windowsOf", name="Mei").click()
    return viewer.dialog("viewer.delivery.title")


def field(ops: Ops, key: str, **values: object) -> Locator:
    return ops.page.get_by_role("dialog").get_by_label(ops.t(key, **values), exact=False).first


async def save(ops: Ops) -> None:
    await ops.page.get_by_role("dialog").get_by_role("button", name=ops.t("ops.delivery.save"), exact=True).click()
    await expect(ops.page.get_by_role("dialog")).to_be_hidden()


async def test_operations_draw_an_area_and_a_pattern_makes_its_windows(site: Site, company: Company):
    ops = await at_work(company, site, "/ops/delivery?tab=areas")
    await ops.button("ops.delivery.area.add").click()
    dialog = ops.page.get_by_role("dialog")
    await dialog.get_by_role("button", name=ops.t("ops.delivery.save"), exact=True).click()
    await expect(dialog.get_by_text(ops.t("kit.fault.required")).first).to_be_visible()
    await field(ops, "ops.delivery.name").fill("Riverside")
    await dialog.get_by_text(ops.t("ops.delivery.shapes.polygon"), exact=True).click()
    await dialog.get_by_placeholder("31.22, 121.46").fill("31.20, 121.40\n31.20, 121.44\n31.24, 121.44\n31.24, 121.40")
    await field(ops, "ops.delivery.fee", currency="CNY").fill("6")
    await field(ops, "ops.delivery.freeFrom").fill("50")
    await save(ops)
    row = ops.page.get_by_role("table").locator("tr[data-row]", has_text="Riverside")
    await expect(row).to_contain_text(ops.t("ops.delivery.feeFree", fee="¥6", **{"from": "¥50"}))
    await expect(row).to_contain_text(ops.t("ops.delivery.outlineOf", n=4))

    await ops.page.get_by_role("tab", name=ops.t("ops.delivery.tab.patterns")).click()
    await ops.button("ops.delivery.pattern.add").click()
    await ops.choose(ops.page.get_by_role("dialog").get_by_role("combobox"), "Riverside")
    await field(ops, "ops.delivery.capacity").fill("12")
    await save(ops)
    await expect(ops.page.get_by_role("table").locator("tr[data-row]", has_text="Riverside")).to_contain_text(
        "14:00–16:00"
    )

    await ops.page.get_by_role("tab", name=ops.t("ops.delivery.tab.windows")).click()
    if (datetime.now(ZoneInfo("Asia/Shanghai")) + timedelta(days=1)).isoweekday() == MONDAY:
        await ops.button("ops.delivery.weekAfter").click()
    first = ops.page.get_by_role("button").filter(has_text="Riverside").last
    await expect(first).to_contain_text(ops.t("ops.delivery.leftOf", left=12, capacity=12))
    await first.click()
    await field(ops, "ops.delivery.capacity").fill("15")
    await save(ops)
    await expect(first).to_contain_text(ops.t("ops.delivery.leftOf", left=15, capacity=15))
    await first.click()
    await ops.page.get_by_role("dialog").get_by_role("button", name=ops.t("ops.delivery.close"), exact=True).click()
    await expect(first).to_contain_text(ops.t("ops.delivery.state.closed"))


async def test_a_click_on_the_map_adds_a_corner(site: Site, company: Company):
    ops = await at_work(company, site, "/ops/delivery?tab=areas")
    await ops.button("ops.delivery.area.add").click()
    dialog = ops.page.get_by_role("dialog")
    await dialog.get_by_text(ops.t("ops.delivery.shapes.polygon"), exact=True).click()
    canvas = dialog.locator("canvas")
    await canvas.scroll_into_view_if_needed()
    await expect(canvas).to_be_visible()
    corners = dialog.get_by_placeholder("31.22, 121.46")
    for x, y in ((60, 40), (160, 40), (160, 90)):
        before = await corners.input_value()
        await canvas.click(position={"x": x, "y": y})
        await expect(corners).not_to_have_value(before)
    assert len((await corners.input_value()).splitlines()) == 3


async def test_a_buyer_sees_windows_and_chooses_one_that_is_not_full(
    site: Site, company: Company, town: dict[str, Any]
):
    mei = await lives(company, site, "mei", NEAR)
    sheet = await windows_of(mei)
    await expect(sheet).to_contain_text(mei.t("viewer.delivery.feeFree", fee="¥6", **{"from": "¥50"}))
    await expect(sheet).to_contain_text(mei.t("viewer.delivery.minimum", minimum="¥20"))
    slots = sheet.get_by_role("group", name=mei.t("viewer.delivery.when")).locator("label")
    await expect(slots).to_have_count(3)
    await expect(slots.nth(1)).to_contain_text(mei.t("viewer.delivery.full"))
    await expect(slots.nth(1).get_by_role("radio")).to_be_disabled()
    await slots.nth(0).click()
    await expect(slots.nth(0).get_by_role("radio")).to_be_checked()
    await sheet.get_by_text(mei.t("viewer.delivery.method.pickup"), exact=True).click()
    await expect(sheet.get_by_role("group", name=mei.t("viewer.delivery.point"))).to_contain_text("East gate")
    await expect(slots).to_have_count(1)
    await expect(slots.get_by_role("radio")).not_to_be_checked()


async def test_an_address_outside_is_told_so_with_the_way_to_change_it(
    site: Site, company: Company, town: dict[str, Any]
):
    li = await lives(company, site, "li", FAR, "zh-CN")
    sheet = await windows_of(li)
    await expect(sheet.get_by_role("alert")).to_contain_text("该地址不在配送范围内")
    await sheet.get_by_role("button", name="修改地址").click()
    await expect(li.dialog("viewer.address.change")).to_be_visible()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_all_of_it_can_be_used_and_read(site: Site, company: Company, town: dict[str, Any], language: str):
    faults: list[str] = []
    ops = await at_work(company, site, "/ops/delivery", language)
    await expect(ops.page.get_by_role("button").filter(has_text=ops.t("ops.delivery.state.full")).first).to_be_visible()
    faults += await looks.small(ops, "windows", "main")
    faults += await looks.faults(ops, "windows", "main", looks.SCHEMES, (1440, 1000, 375))
    for tab, add in (("patterns", "pattern.add"), ("areas", "area.add"), ("points", "point.add")):
        await ops.page.get_by_role("tab", name=ops.t(f"ops.delivery.tab.{tab}")).click()
        await expect(ops.button(f"ops.delivery.{add}")).to_be_enabled()
        faults += await looks.faults(ops, tab, "main", looks.SCHEMES, (1440, 375))
        await ops.button(f"ops.delivery.{add}").click()
        await expect(ops.page.get_by_role("dialog")).to_be_visible()
        faults += await looks.faults(ops, add, "[role=dialog]", looks.SCHEMES, (1440, 375))
        await ops.page.keyboard.press("Escape")
        await expect(ops.page.get_by_role("dialog")).to_be_hidden()
    who = await lives(company, site, f"w{language[:2]}", NEAR, language)
    sheet = await windows_of(who)
    await expect(sheet.get_by_role("radio").first).to_be_attached()
    faults += await looks.faults(who, "slots", "[role=dialog]", looks.SCHEMES, (375, 320))
    faults += await looks.small(who, "slots", "[role=dialog]")
    assert faults == []
