"""The page behind a QR code in a real browser: whole without a script, and with it a reader checks what it shows.

Between the page and the server stands somebody who alters one byte of an answer.
"""

import json
import time
from collections.abc import AsyncIterator, Callable
from urllib.parse import urlsplit

import pytest_asyncio
from playwright.async_api import Page, Route, expect

from livehub.commands.demo import chain_settings
from livehub.embedded.chain import Chain
from livehub.embedded.servers import Valkey
from tests.conftest import new_folder
from tests.e2e import looks
from tests.e2e.conftest import Company
from tests.e2e.people import PHONE
from tests.e2e.site import Site
from tests.integration.server import connections, eventually
from tests.trace.anchor.chains import needs_anvil
from tests.trace.coldchain.van import signed

GTIN, LOT = "09520123456788", "20261130A"
PATH = f"/trace/01/{GTIN}/10/{LOT}"
HOUR_MS, MINUTE_MS = 3_600_000, 60_000
FARM = {"name": "云栖农场 3 号棚", "lat": 30.12, "lon": 120.08}
HALL = {"name": "Packing hall <2>", "lat": 30.3, "lon": 120.08}
pytestmark = needs_anvil


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def site(database_url: str) -> AsyncIterator[Site]:
    """A server that publishes its log, and anchors it on a development chain."""
    with new_folder() as folder:
        valkey, chain = Valkey(folder), Chain(folder, block_s=1)
        try:
            async with connections() as session:
                running = Site(session, database_url, valkey, folder / "server.log")
                settings = {f"LIVEHUB_{name.upper()}": str(value) for name, value in chain_settings(chain).items()}
                await running.start(**settings, LIVEHUB_LOG_DIR=str(folder / "log"), LIVEHUB_LOG_KEY="07" * 32)
                try:
                    yield running
                finally:
                    await running.kill()
        finally:
            chain.close()
            valkey.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def batch(site: Site) -> str:
    """A batch with steps, a certificate and a warm van, in the log and on the chain."""
    farm, ops = site.person("farmer", role="farm"), site.ops
    now_ms = int(time.time() * 1_000)
    certificate = {"kind": "organic", "number": "CN-1", "valid_until": "2027-12-31"}
    made = await site.do(
        "POST", "/api/batches",
        {"product": "blueberries", "gtin": GTIN, "lot": LOT, "harvested_at": now_ms - 6 * HOUR_MS, "place": FARM,
         "units": 1_480, "certificates": [certificate]}, by=farm,
    )  # fmt: skip
    id_ = str(made["id"])
    for step in (
        {"kind": "washed", "at": now_ms - 5 * HOUR_MS, "place": HALL, "celsius": 4.1},
        {"kind": "inspected", "at": now_ms - 4 * HOUR_MS, "place": HALL},
        {"kind": "received", "at": now_ms - HOUR_MS, "place": {"name": "Warehouse", "lat": 31.2, "lon": 121.4}, "celsius": 3},
    ):  # fmt: skip
        await site.do("POST", f"/api/batches/{id_}/steps", step, by=farm)
    await _driven(site, id_, now_ms)
    del ops

    async def is_anchored() -> bool:
        told = await site.do("GET", f"/api/batches/{id_}/journey")
        return told["chain"]["state"] == "anchored" and all(each["leaf"] is not None for each in told["events"])

    await eventually(is_anchored)
    return id_


async def _driven(site: Site, batch: str, now_ms: int) -> None:
    """Three hours in a van: cool, half an hour of silence, then too warm for a quarter of an hour."""
    await site.do(
        "POST", "/api/cold-chain/rules/default", {"rule": {"high_c": 8, "low_c": 0, "silence_minutes": 20}}, by=site.ops
    )
    device = await site.do("POST", "/api/devices", {"name": "Van 7", "kind": "temperature"}, by=site.ops)
    began_ms = now_ms - 4 * HOUR_MS
    shipment = {"batches": [batch], "devices": [device["id"]], "from": began_ms}
    await site.do("POST", "/api/shipments", shipment, by=site.ops)
    minutes = [*range(0, 70, 2), *range(110, 178, 2)]
    readings = [
        {"at": began_ms + minute * MINUTE_MS, "celsius": 11.5 if 140 <= minute < 158 else 3.5 + minute % 5 / 10}
        for minute in minutes
    ]
    raw = json.dumps({"seq": 1, "readings": readings}).encode()
    async with site.session.post(
        f"{site.url}/api/sensors/{device['id']}/readings", data=raw,
        headers={"X-Signature": signed(device["key"], raw), "Content-Type": "application/json"},
    ) as answer:  # fmt: skip
        assert (await answer.json())["accepted"] == len(readings)


async def checked(page: Page) -> str:
    """Press the button; the verdict."""
    await page.locator(".check").click()
    await expect(page.locator(".result .verdict")).to_be_visible()
    await expect(page.locator(".check")).to_have_attribute("aria-busy", "false")
    return str(await page.locator("#verify").get_attribute("data-verdict"))


async def altered(page: Page, path: str, change: Callable[[str], str]) -> None:
    """From now on what is answered at addresses that begin so is changed on the way."""

    async def pass_on(route: Route) -> None:
        response = await route.fetch()
        text = await response.text()
        changed = change(text)
        assert changed != text, f"{path} has nothing to change"
        await route.fulfill(response=response, body=changed)

    await page.route(lambda url: urlsplit(url).path.startswith(path), pass_on)


def flipped(share: float) -> Callable[[str], str]:
    """One bit of one character, so far into the answer."""

    def change(text: str) -> str:
        at = int((len(text.rstrip()) - 1) * share)
        return text[:at] + chr(ord(text[at]) ^ 1) + text[at + 1 :]

    return change


def replaced(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new, 1)


async def test_what_is_right_is_green_and_the_next_time_goes_on_from_what_was_remembered(
    company: Company, site: Site, batch: str
) -> None:
    guest = await company.guest(screen=PHONE)
    page = guest.page
    await page.goto(site.url + PATH)
    assert await checked(page) == "right", await page.locator(".result").inner_text()
    lines = await page.locator(".checks").text_content() or ""
    assert "development chain, proves nothing" in lines.lower()
    assert "has not checked this log before" in lines
    assert await page.locator("[data-part=event][data-checked=right]").count() == 4
    await site.do(
        "POST",
        f"/api/batches/{batch}/steps",
        {"kind": "stored", "at": int(time.time() * 1_000)},
        by=site.person("f", role="farm"),
    )
    await page.reload()
    assert await checked(page) == "right", await page.locator(".result").inner_text()
    assert "goes on from the checkpoint that this browser kept" in (await page.locator(".checks").text_content() or "")


ANSWERS = {
    "the key": ("/log/key", flipped(0.9)),
    "the checkpoint's size": ("/log/checkpoint", flipped(0.25)),
    "the checkpoint's signature": ("/log/checkpoint", flipped(0.95)),
    "an entry": ("/log/proofs", replaced('celsius\\":\\"4.1', 'celsius\\":\\"4.2')),
    "a hash of a proof": ("/log/proofs", flipped(0.985)),
    "the form of the proofs": ("/log/proofs", flipped(0.0)),
    "the note that was anchored": ("/api/log/anchors/", replaced("/log\\n", "/lof\\n")),
    "the transaction": ("/api/log/anchors/", replaced('"tx":"0x', '"tx":"0y')),
    "what the transaction carries": ("/api/log/anchors/", replaced('"payload":"6c69', '"payload":"6c68')),
    "a temperature on the page": (PATH, replaced('<span data-fact="celsius">4.1<', '<span data-fact="celsius">4.2<')),
    "a place on the page": (PATH, replaced("云栖农场", "云西农场")),
    "a distance on the page": (PATH, replaced('<span data-fact="km">20<', '<span data-fact="km">21<')),
    "a step on the page": (PATH, replaced(">Washed<", ">Cashed<")),
    "the lot on the page": (PATH, replaced('<span data-fact="lot">20261130A<', '<span data-fact="lot">20261130B<')),
    "the units on the page": (PATH, replaced(">1,480<", ">1,481<")),
    "a certificate on the page": (PATH, replaced(">CN-1<", ">CN-2<")),
    "the transaction on the page": (PATH, replaced('<code data-fact="id">eip155', '<code data-fact="id">eip156')),
}


async def test_one_byte_that_was_altered_turns_it_red(company: Company, site: Site, batch: str) -> None:
    guest = await company.guest(screen=PHONE)
    page, found = guest.page, {}
    for name, (path, change) in ANSWERS.items():
        await altered(page, path, change)
        await page.goto(site.url + PATH)
        found[name] = await checked(page)
        assert await page.locator("#verify .wrong").count() > 0 or found[name] != "wrong"
        await page.unroute_all()
    assert found == dict.fromkeys(ANSWERS, "wrong")
    await page.goto(site.url + PATH)
    assert await checked(page) == "right"  # nothing of all that was remembered


async def test_a_log_that_forgot_something_or_has_another_key_is_red(company: Company, site: Site, batch: str) -> None:
    guest = await company.guest(screen=PHONE)
    page = guest.page
    await page.goto(site.url + PATH)
    assert await checked(page) == "right"
    await altered(page, "/log/proofs", lambda text: text[:-6] + ("A" if text[-6] != "A" else "B") + text[-5:])
    assert await checked(page) == "wrong"
    await page.unroute_all()
    old = await page.evaluate("localStorage.getItem('livehub-log')")
    note = await (await page.request.get(f"{site.url}/log/checkpoint")).text()
    await site.do(
        "POST",
        f"/api/batches/{batch}/steps",
        {"kind": "stored", "at": int(time.time() * 1_000)},
        by=site.person("f", role="farm"),
    )

    async def is_longer() -> bool:
        return (await (await page.request.get(f"{site.url}/log/checkpoint")).text()) != note

    await eventually(is_longer)
    await page.reload()
    assert await checked(page) == "right"
    assert await page.evaluate("localStorage.getItem('livehub-log')") != old
    await altered(page, "/log/checkpoint", lambda _: note)
    assert await checked(page) == "wrong"
    assert "entries, and had" in await page.locator(".checks .wrong").first.inner_text()


async def test_who_cannot_be_asked_leaves_it_open_and_never_green(company: Company, site: Site, batch: str) -> None:
    guest = await company.guest(screen=PHONE)
    guest.complaints.expect("Failed to load resource")
    page = guest.page
    for path in ("/log/key", "/log/checkpoint", "/log/proofs", "/api/log/anchors/"):
        await page.route(f"**{path}*", lambda route: route.abort())
        await page.goto(site.url + PATH)
        assert await checked(page) == "open", path
        await page.unroute_all()


async def test_without_a_worker_the_page_checks_in_its_own_thread(company: Company, site: Site, batch: str) -> None:
    guest = await company.guest(screen=PHONE)
    await guest.page.add_init_script("delete window.Worker")
    await guest.page.goto(site.url + PATH)
    assert [await checked(guest.page), await checked(guest.page)] == ["right", "right"]


async def test_the_page_is_whole_without_a_script(company: Company, site: Site, batch: str) -> None:
    guest = await company.guest(screen=PHONE, java_script_enabled=False)
    await guest.page.goto(site.url + PATH)
    await expect(guest.page.get_by_text("Packing hall <2>").first).to_be_visible()
    await expect(guest.page.get_by_role("link", name="entry 2", exact=False)).to_be_visible()


async def test_everybody_can_read_it(company: Company, site: Site, batch: str) -> None:
    found = []
    for language in ("en", "zh-CN"):
        guest = await company.guest(screen=PHONE, language=language)
        await looks.prepare(guest)
        await guest.page.goto(site.url + PATH)
        await checked(guest.page)
        await guest.page.locator("summary").first.click()
        found += await looks.faults(guest, "the journey", "main", looks.SCHEMES, (320, 375, 1440))
    assert found == []
