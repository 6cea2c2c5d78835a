"""Batches at the console: made, with their steps, split, boxed and labelled, with their place in the log; for who may do so."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.base.uploads.pictures import quarters, saved
from tests.conftest import new_folder
from tests.e2e import looks
from tests.e2e.conftest import Company
from tests.e2e.proving import GTIN, a_batch, at_work, field, pick, press, proving, rows
from tests.e2e.site import Site
from tests.e2e.texts import LANGUAGES


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def proved(site: Site) -> AsyncIterator[Site]:
    with new_folder() as folder:
        async with proving(site, folder) as running:
            yield running


async def test_a_batch_is_made_and_is_in_the_log_with_its_steps(proved: Site, company: Company):
    ops = await at_work(company, proved, "/ops/batches")
    page = ops.page
    await ops.button("ops.batch.make").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name=ops.t("ops.batch.make"), exact=True).click()
    await expect(dialog.get_by_text(ops.t("kit.fault.required")).first).to_be_visible()
    await pick(ops, "ops.batch.product", "blueberries", re.compile("blueberries", re.IGNORECASE))
    await field(ops, "ops.batch.gtin").fill("09520123456789")
    await field(ops, "ops.batch.lot").fill("E2E-1")
    await field(ops, "ops.batch.units").fill("480")
    await field(ops, "ops.batch.placeName").fill("East field")
    await field(ops, "ops.batch.lat").fill("30.12")
    await field(ops, "ops.batch.lon").fill("120.08")
    await dialog.get_by_role("button", name=ops.t("ops.batch.certificate.add"), exact=True).click()
    await field(ops, "ops.batch.certificate.kind").fill("Residue test")
    await dialog.get_by_role("button", name=ops.t("ops.batch.make"), exact=True).click()
    await expect(dialog.get_by_text(ops.t("ops.batch.fault.gtin"))).to_be_visible()
    await field(ops, "ops.batch.gtin").fill(GTIN)
    await press(ops, "ops.batch.make")

    await expect(page.get_by_role("heading", level=1)).to_have_text(ops.t("ops.batch.title", lot="E2E-1"))
    await expect(page.get_by_text("Residue test", exact=True)).to_be_visible()
    await expect(page.get_by_text(ops.t("ops.batch.proofSays.logged"))).to_be_visible()
    public = page.get_by_role("link", name=ops.t("ops.batch.publicPage"))
    assert (await public.get_attribute("href") or "").endswith(f"/01/{GTIN}/10/E2E-1")

    await ops.button("ops.batch.step.add").click()
    await ops.choose(
        dialog.get_by_role("combobox", name=ops.t("ops.batch.step.what")), ops.t("ops.batch.step.kind.cooled")
    )
    await field(ops, "ops.batch.step.celsius").fill("4.1")
    photo = {"name": "cool.jpg", "mimeType": "image/jpeg", "buffer": saved(quarters(800, 600))}
    await dialog.locator("input[type=file]").first.set_input_files(photo)  # type: ignore[arg-type]
    await expect(dialog.get_by_text(ops.t("shared.upload.sent"))).to_be_visible()
    await press(ops, "ops.batch.step.save")
    step = page.get_by_role("listitem").filter(has_text=ops.t("ops.batch.step.kind.cooled"))
    await expect(step).to_contain_text("4.1 °C")
    await expect(step.get_by_role("img")).to_be_visible()
    entry = step.get_by_role("link", name=ops.t.like("ops.batch.entry"))
    await expect(entry).to_be_visible()
    receipt = await page.request.get(f"{proved.url}{await entry.get_attribute('href')}")
    assert (receipt.status, (await receipt.text()).splitlines()[0]) == (200, "c2sp.org/tlog-proof@v1")

    await page.get_by_role("link", name=ops.t("ops.admin.batches.title")).first.click()
    await page.get_by_role("textbox", name=ops.t("ops.batch.search")).fill("e2e-1")
    await expect(rows(ops, "ops.admin.batches.title")).to_have_count(1)
    await expect(rows(ops, "ops.admin.batches.title")).to_contain_text(ops.t("ops.batch.proofState.logged"))


async def test_a_batch_is_split_boxed_and_labelled(proved: Site, company: Company):
    batch = await a_batch(proved, "E2E-2")
    ops = await at_work(company, proved, f"/ops/batches/{batch}")
    page = ops.page
    await ops.button("ops.batch.making.action.split").click()
    dialog = page.get_by_role("dialog")
    for n, (lot, units) in enumerate((("E2E-2a", "60"), ("E2E-2b", "50")), 1):
        await field(ops, "ops.batch.making.lotNth", n=n).fill(lot)
        await field(ops, "ops.batch.making.unitsOf", lot=lot).fill(units)
    await dialog.get_by_role("button", name=ops.t("ops.batch.making.action.split"), exact=True).click()
    await expect(dialog.get_by_text(ops.t("ops.batch.making.fault.outputs.above_stock"))).to_be_visible()
    await field(ops, "ops.batch.making.unitsOf", lot="E2E-2b").fill("30")
    await expect(dialog.get_by_text(ops.t("ops.batch.making.lost", n="10"))).to_be_visible()
    await press(ops, "ops.batch.making.action.split")
    await expect(ops.button("ops.batch.making.action.split")).to_have_count(0)
    await page.get_by_role("link", name="E2E-2a", exact=True).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(ops.t("ops.batch.title", lot="E2E-2a"))
    told = ops.t("ops.batch.kin.into", n="100", lot="E2E-2a", kind=ops.t("ops.batch.madeBy.split"))
    await expect(page.get_by_text(told)).to_be_visible()

    await page.get_by_label(ops.t("ops.batch.box.count")).fill("2")
    await ops.button("ops.batch.box.make").click()
    sheet = rows(ops, "ops.batch.box.sheets")
    await expect(sheet).to_have_count(1)
    printed = await page.request.get(
        f"{proved.url}{await sheet.get_by_role('link', name=ops.t('ops.batch.label.a4')).get_attribute('href')}"
    )
    assert (printed.status, (await printed.text()).count('class="label"')) == (200, 2)
    await page.get_by_text(ops.t("ops.batch.box.all", packed=0, boxes=2)).click()
    await expect(rows(ops, "ops.batch.boxes")).to_have_count(2)
    await page.go_back()
    await expect(page.get_by_role("heading", level=1)).to_have_text(ops.t("ops.batch.title", lot="E2E-2"))


async def test_who_may_not_is_told_so_and_nothing_is_asked(proved: Site, company: Company):
    host = await company.ops()
    asked: list[str] = []
    host.page.on("request", lambda request: asked.append(request.url))
    await host.page.goto(proved.link("/ops/batches", proved.host))
    await expect(host.page.get_by_role("heading", name=host.t("ops.admin.refused.title"))).to_be_visible()
    assert not [url for url in asked if "/api/batches" in url]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_all_of_it_can_be_used_and_read(proved: Site, company: Company, language: str):
    batch = await a_batch(proved, f"E2E-look-{language[:2]}")
    ops = await at_work(company, proved, "/ops/batches", language)
    await expect(rows(ops, "ops.admin.batches.title").first).to_be_visible()
    faults = await looks.faults(ops, "batches", "main", looks.SCHEMES, (1440, 375))
    faults += await looks.small(ops, "batches", "main")
    await ops.button("ops.batch.make").click()
    await expect(ops.page.get_by_role("dialog")).to_be_visible()
    faults += await looks.faults(ops, "new batch", "[role=dialog]", ("light",), (1440, 375))
    await ops.page.keyboard.press("Escape")
    await expect(ops.page.get_by_role("dialog")).to_be_hidden()
    await ops.page.goto(f"{proved.url}/ops/batches/{batch}")
    await expect(ops.page.get_by_text(ops.t("ops.batch.label.a4")).first).to_be_visible()
    faults += await looks.faults(ops, "a batch", "main", looks.SCHEMES, (1440, 375))
    faults += await looks.small(ops, "a batch", "main")
    for kind in ("split", "repack"):
        await ops.button(f"ops.batch.making.action.{kind}").click()
        await expect(ops.page.get_by_role("dialog")).to_be_visible()
        faults += await looks.faults(ops, kind, "[role=dialog]", ("light",), (1440, 375))
        await ops.page.keyboard.press("Escape")
        await expect(ops.page.get_by_role("dialog")).to_be_hidden()
    assert not faults, "\n".join(faults)
