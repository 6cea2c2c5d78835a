"""The cold chain at the console: a sensor is added and its key shown once, a shipment gets too warm while it is looked at, the
breach is corrected, and what buyers are offered is edited; for who may do so.
"""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.conftest import new_folder
from tests.e2e import looks
from tests.e2e.conftest import Company
from tests.e2e.proving import a_batch, at_work, field, pick, press, proving, rows, say
from tests.e2e.site import Site
from tests.e2e.texts import LANGUAGES


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def cold(site: Site) -> AsyncIterator[Site]:
    with new_folder() as folder:
        async with proving(site, folder) as running:
            yield running


async def a_device(site: Site, name: str) -> tuple[str, str]:
    made = await site.do("POST", "/api/devices", {"name": name, "kind": "temperature"}, by=site.ops)
    return made["id"], made["key"]


async def a_rule(site: Site, product: str, **rule: Any) -> None:
    await site.do("POST", f"/api/cold-chain/rules/{product}", {"rule": rule}, by=site.ops)


async def test_the_key_of_a_sensor_is_shown_once(cold: Site, company: Company):
    ops = await at_work(company, cold, "/ops/cold-chain?tab=devices")
    await ops.button("ops.cold.device.add").click()
    await field(ops, "ops.cold.device.name").fill("Van 7")
    await ops.page.get_by_role("dialog").get_by_role("button", name=ops.t("ops.cold.device.add"), exact=True).click()
    key = ops.dialog("ops.cold.device.keyTitle", name="Van 7").get_by_text(re.compile("^[0-9a-f]{64}$"))
    await expect(key).to_be_visible()
    await press(ops, "ops.cold.device.keyKept")
    row = rows(ops, "ops.cold.tab.devices").filter(has_text="Van 7")
    await expect(row).to_contain_text(ops.t("ops.cold.device.state.never"))
    await expect(ops.page.get_by_text(re.compile("[0-9a-f]{64}"))).to_have_count(0)

    await row.get_by_role("button", name=ops.t("ops.cold.device.calibrateOf", name="Van 7")).click()
    await field(ops, "ops.cold.calibration.laboratory").fill("Lab 1")
    await press(ops, "ops.cold.save")
    await expect(row).not_to_contain_text(ops.t("ops.cold.device.neverCalibrated"))
    await row.get_by_role("button", name=ops.t("ops.cold.device.turnOffOf", name="Van 7")).click()
    await ops.confirm("ops.cold.device.turnOff")
    await expect(row).to_contain_text(ops.t("ops.cold.device.state.off"))


async def test_what_buyers_are_offered_is_edited(cold: Site, company: Company):
    await a_rule(cold, "greens", high_c=4.0, minutes=20)
    ops = await at_work(company, cold, "/ops/cold-chain?tab=rules")
    row = rows(ops, "ops.cold.tab.rules").filter(has_text="4 °C")
    await row.get_by_role("button").click()
    dialog = ops.page.get_by_role("dialog")
    await ops.choose(
        dialog.get_by_role("combobox", name=ops.t("ops.cold.rule.offered")), ops.t("ops.cold.offer.coupon")
    )
    await dialog.get_by_role("button", name=ops.t("ops.cold.save"), exact=True).click()
    await expect(field(ops, "ops.cold.rule.amount", currency="CNY")).to_be_focused()
    await field(ops, "ops.cold.rule.amount", currency="CNY").fill("5")
    await field(ops, "ops.cold.rule.days").fill("10")
    await press(ops, "ops.cold.save")
    await expect(row).to_contain_text(ops.t("ops.cold.rule.couponOf", amount="¥5.00", days=10))
    (rule,) = [
        each
        for each in (await cold.do("GET", "/api/cold-chain/rules", by=cold.ops))["items"]
        if each["product"] == "greens"
    ]
    assert rule["offer"] == {"kind": "coupon", "amount_minor": 500, "currency": "CNY", "days": 10}
    assert rule["rule"]["minutes"] == 20


async def test_a_shipment_gets_too_warm_and_the_breach_is_corrected(cold: Site, company: Company):
    await a_batch(cold, "COLD-1")
    device, key = await a_device(cold, "Van 8")
    await a_rule(cold, "blueberries", high_c=8.0, low_c=0.0, minutes=0)
    await say(cold, device, key, 1, 4.1)
    ops = await at_work(company, cold, "/ops/cold-chain")
    page = ops.page
    await ops.button("ops.cold.shipment.start").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name=ops.t("ops.cold.shipment.start"), exact=True).click()
    await expect(dialog.get_by_text(ops.t("kit.fault.required"))).to_have_count(3)
    await pick(ops, "ops.cold.shipment.addBatch", "COLD-1", re.compile("COLD-1"))
    await pick(ops, "ops.cold.tab.devices", "Van 8", re.compile("Van 8"))
    await page.keyboard.press("Tab")
    await dialog.get_by_role("textbox", name=ops.t("ops.cold.shipment.origin"), exact=True).fill("Farm")
    await press(ops, "ops.cold.shipment.start")
    await expect(page.get_by_role("heading", level=1)).to_have_text(ops.t("ops.cold.shipment.title"))
    await expect(page.get_by_text("COLD-1", exact=True)).to_be_visible()
    await expect(page.get_by_text(ops.t("ops.cold.shipment.state.under_way"))).to_be_visible()

    await say(cold, device, key, 2, 11.5)
    await expect(page.get_by_text(ops.t("ops.cold.shipment.state.breached"))).to_be_visible()
    found = rows(ops, "ops.cold.tab.findings")
    await expect(found.first).to_contain_text("11.5 °C")
    await ops.button("kit.chart.asTable").click()
    await expect(page.get_by_role("table", name=ops.t("ops.cold.curve.axis"))).to_contain_text("11.5")
    await found.first.get_by_role("button", name=ops.t("ops.cold.finding.orders")).click()
    await expect(dialog.get_by_text(ops.t("ops.cold.order.none"))).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()

    await found.first.get_by_role("button", name=ops.t("ops.cold.device.correct")).click()
    await field(ops, "ops.cold.correction.offset").fill("-6")
    await field(ops, "ops.cold.correction.reason").fill("Lay on the engine")
    await press(ops, "ops.cold.device.correct")
    await expect(found.filter(has_text="Lay on the engine")).to_contain_text(ops.t("ops.cold.finding.state.corrected"))

    await ops.button("ops.cold.end.action").click()
    await press(ops, "ops.cold.end.action")
    await expect(page.get_by_text(ops.t("ops.cold.shipment.state.over"), exact=True).first).to_be_visible()


async def test_who_packs_sees_shipments_and_sensors_alone(cold: Site, company: Company):
    picker = await company.ops()
    await picker.page.goto(cold.link("/ops/cold-chain", cold.person("pia", role="picker")))
    await expect(picker.page.get_by_role("tab")).to_have_text(
        [picker.t("ops.cold.tab.shipments"), picker.t("ops.cold.tab.devices")]
    )
    await picker.page.get_by_role("tab", name=picker.t("ops.cold.tab.devices")).click()
    await expect(picker.button("ops.cold.device.add")).to_have_count(0)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_all_of_it_can_be_used_and_read(cold: Site, company: Company, language: str):
    batch = await a_batch(cold, f"COLD-{language[:2]}")
    device, key = await a_device(cold, f"Van {language}")
    body = {"batches": [batch], "devices": [device], "from": "Farm", "to": "Gate"}
    shipment = (await cold.do("POST", "/api/shipments", body, by=cold.ops))["id"]
    await say(cold, device, key, 1, 4.1)
    await say(cold, device, key, 2, 12.5)
    ops = await at_work(company, cold, "/ops/cold-chain", language)
    faults: list[str] = []
    adds = {"shipments": "shipment.start", "devices": "device.add", "rules": "rule.add"}
    for tab in ("shipments", "devices", "findings", "rules"):
        await ops.page.get_by_role("tab", name=ops.t(f"ops.cold.tab.{tab}")).click()
        await expect(rows(ops, f"ops.cold.tab.{tab}").first).to_be_visible()
        faults += await looks.faults(ops, tab, "main", looks.SCHEMES, (1440, 375))
        faults += await looks.small(ops, tab, "main")
        if tab in adds:
            await ops.button(f"ops.cold.{adds[tab]}").click()
            await expect(ops.page.get_by_role("dialog")).to_be_visible()
            faults += await looks.faults(ops, adds[tab], "[role=dialog]", ("light",), (1440, 375))
            await ops.page.keyboard.press("Escape")
            await expect(ops.page.get_by_role("dialog")).to_be_hidden()
    await ops.page.goto(f"{cold.url}/ops/cold-chain/shipments/{shipment}")
    await expect(rows(ops, "ops.cold.tab.findings").first).to_be_visible()
    faults += await looks.faults(ops, "a shipment", "main", looks.SCHEMES, (1440, 375))
    faults += await looks.small(ops, "a shipment", "main")
    assert not faults, "\n".join(faults)
