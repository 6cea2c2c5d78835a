"""A server that publishes its log, keeps pictures and anchors in a folder; and sensors as their devices are."""

import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Locator, expect

from tests.e2e import looks
from tests.e2e.conftest import Company
from tests.e2e.people import DESK, Guest, Ops, Screen
from tests.e2e.site import Site

# Of a browser without a graphics card, when a map is asked what lies under a click.
DRAWN_SLOWLY = r"GL Driver Message .* GPU stall due to ReadPixels"
GTIN = "09520123456788"
PLACE = {"name": "云栖农场 Yunqi Farm", "lat": 30.12, "lon": 120.08}


@asynccontextmanager
async def proving(site: Site, folder: Path, **settings: str) -> AsyncIterator[Site]:
    """The site with a log of its own; afterwards as it was."""
    for name in ("log", "pictures", "anchors"):
        (folder / name).mkdir()
    given = {
        "LIVEHUB_LOG_DIR": str(folder / "log"), "LIVEHUB_LOG_KEY": "11" * 32, "LIVEHUB_UPLOADS_DIR": str(folder / "pictures"),
        "LIVEHUB_ANCHORS": "folder", "LIVEHUB_ANCHOR_FOLDER": str(folder / "anchors"), "LIVEHUB_ANCHOR_EVERY_S": "1",
        "LIVEHUB_ANCHOR_RETRY_S_MAX": "1",
    }  # fmt: skip
    await site.stop()
    await site.start(**{**given, **settings})
    try:
        yield site
    finally:
        await site.stop()
        await site.start()


async def at_work(company: Company, site: Site, path: str, language: str = "en", screen: Screen = DESK) -> Ops:
    """Somebody who runs the day, on that page."""
    ops = await company.ops(screen, language)
    ops.complaints.expect(DRAWN_SLOWLY)
    await looks.prepare(ops)
    await ops.page.goto(site.link(path, site.ops))
    await expect(ops.page.get_by_role("heading", level=1)).to_be_visible()
    return ops


async def a_batch(site: Site, lot: str, units: int = 100) -> str:
    """A batch of blueberries; its id."""
    now_ms = int(time.time() * 1_000)
    body = {
        "product": "blueberries", "gtin": GTIN, "lot": lot, "harvested_at": now_ms - 3_600_000, "place": PLACE, "units": units,
    }  # fmt: skip
    return str((await site.do("POST", "/api/batches", body, by=site.ops))["id"])


async def say(site: Site, device: str, key: str, seq: int, *celsius: float, ended_s: float = 0) -> None:
    """What a device sends: readings a minute apart, the last one so long ago."""
    last_ms = int((time.time() - ended_s) * 1_000)
    readings = [{"at": last_ms - (len(celsius) - 1 - n) * 60_000, "celsius": each} for n, each in enumerate(celsius)]
    body = json.dumps({"seq": seq, "readings": readings}).encode()
    signature = hmac.new(bytes.fromhex(key), body, hashlib.sha256).hexdigest()
    headers = {"X-Signature": signature, "Content-Type": "application/json"}
    async with site.session.post(f"{site.url}/api/sensors/{device}/readings", data=body, headers=headers) as answer:
        assert answer.status == 200, await answer.text()


def rows(guest: Guest, caption: str) -> Locator:
    """The rows of the table of that name."""
    return guest.page.get_by_role("table", name=guest.t(caption), exact=True).locator("tr[data-row]")


def field(guest: Guest, key: str, **values: object) -> Locator:
    """A field of the open dialog."""
    return guest.page.get_by_role("dialog").get_by_label(guest.t(key, **values)).first


async def press(guest: Guest, key: str) -> None:
    """Press a button of the open dialog, which closes it."""
    await guest.page.get_by_role("dialog").get_by_role("button", name=guest.t(key), exact=True).click()
    await expect(guest.page.get_by_role("dialog")).to_be_hidden()


async def pick(guest: Guest, key: str, text: str, option: Any) -> None:
    """Find something in a picker of the open dialog, and choose it."""
    box = guest.page.get_by_role("dialog").get_by_role("combobox", name=guest.t(key)).last
    await box.click(force=True)
    await box.fill(text)
    await guest.page.get_by_role("option", name=option).first.click()
