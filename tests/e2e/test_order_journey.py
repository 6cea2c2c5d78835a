"""Where food comes from, as its buyer is led there: from the room, and in the order, which says how warm it is on its way."""

import hashlib
import hmac
import json
import re
import time
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest_asyncio
from playwright.async_api import expect

from tests.e2e import looks
from tests.e2e.conftest import Company
from tests.e2e.people import PHONE
from tests.e2e.site import Site
from tests.e2e.test_my_orders import paid
from tests.integration.server import eventually

MINUTE_MS = 60_000
PLACE = {"name": "青禾农场 3 号棚", "lat": 31.0976, "lon": 121.0512}
GTIN = "09520123456788"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shop(site: Site) -> AsyncIterator[Site]:
    await site.stop()
    await site.start(LIVEHUB_PAYMENT_PROVIDERS="sandbox", LIVEHUB_SANDBOX_PAYS_AT_ONCE="true")
    await site.do("POST", "/api/products/eggs/stock", {"delta": 500, "reason": "for tests"}, by=site.ops)
    yield site


class Van:
    """One sensor beside a batch of eggs."""

    def __init__(self, shop: Site, batch: str, sensor: Any) -> None:
        self._shop = shop
        self.batch = batch
        self.sensor = sensor

    @classmethod
    async def loaded(cls, shop: Site, lot: str) -> "Van":
        now_ms = int(time.time() * 1000)
        body = {"product": "eggs", "gtin": GTIN, "lot": lot, "harvested_at": now_ms - 300 * MINUTE_MS, "place": PLACE}
        batch = (await shop.do("POST", "/api/batches", {**body, "units": 100}, by=shop.ops))["id"]
        sensor = await shop.do("POST", "/api/devices", {"name": lot, "kind": "temperature"}, by=shop.ops)
        rule = {"rule": {"high_c": 8.0, "minutes": 0.0, "grace_minutes": 0.0}}
        answer = await shop.call("POST", "/api/cold-chain/rules/eggs", rule, by=shop.ops)
        assert answer.status in (200, 201, 409), answer
        return cls(shop, batch, sensor)

    async def leaves(self) -> None:
        began = int(time.time() * 1000) - 90 * MINUTE_MS
        body = {"batches": [self.batch], "devices": [self.sensor["id"]], "from": began}
        await self._shop.do("POST", "/api/shipments", body, by=self._shop.ops)

    async def says(self, celsius: float, minutes_ago: float = 0) -> None:
        now_ms = int(time.time() * 1000)
        reading = {"at": now_ms - round(minutes_ago * MINUTE_MS), "celsius": celsius}
        raw = json.dumps({"seq": now_ms, "readings": [reading]}).encode()
        signature = hmac.new(bytes.fromhex(self.sensor["key"]), raw, hashlib.sha256).hexdigest()
        path = f"{self._shop.url}/api/sensors/{self.sensor['id']}/readings"
        async with self._shop.session.post(path, data=raw, headers={"X-Signature": signature}) as answer:
            assert answer.status == 200, await answer.text()


async def test_an_order_says_where_its_food_is_and_how_warm(shop: Site, company: Company, database_url: str):
    van = await Van.loaded(shop, "EGGS1")
    mei = await company.viewer("mei-journey", PHONE, "zh-CN")
    order = await paid(shop, mei, ("eggs", 2))
    connection = await asyncpg.connect(database_url)
    # As a sale that names its batch leaves it there.
    await connection.execute("UPDATE order_lines SET batch = $1 WHERE order_id = $2", van.batch, order["id"])
    await connection.close()

    await looks.prepare(mei)
    await mei.page.goto(f"{shop.url}/orders/{order['id']}")
    journey = mei.page.get_by_test_id("order-journey")
    await expect(journey).to_contain_text(re.compile(r"散养鸡蛋.*采收 · .* · 青禾农场 3 号棚", re.DOTALL))
    await van.leaves()
    await van.says(4.1, 3)
    await mei.page.reload()
    await expect(journey).to_contain_text(re.compile(r"运输中，.*出发.*4\.1 °C.*[345] 分钟前测得", re.DOTALL))
    faults = await looks.faults(mei, "journey", "body", looks.SCHEMES, (320, 375, 1440))
    assert faults + await looks.small(mei, "journey", "main") == []

    await van.says(12.5)
    await mei.page.reload()
    await expect(journey).to_contain_text(re.compile(r"12\.5 °C.*温度超出要求", re.DOTALL))
    await journey.click()
    await mei.page.wait_for_url(f"**/01/{GTIN}/10/EGGS1")
    await expect(mei.page.get_by_text("青禾农场 3 号棚").first).to_be_visible()
    await mei.page.go_back()
    await expect(journey).to_be_visible()


async def test_a_card_of_the_room_leads_to_the_batch_in_a_tab_of_its_own(shop: Site, company: Company):
    van = await Van.loaded(shop, "EGGS2")
    room = await shop.show()
    pinned = await shop.do("POST", f"/api/rooms/{room}/pins", {"product": "eggs", "batch": van.batch}, by=shop.ops)
    assert pinned["card"]["batch"] == van.batch
    await shop.do("POST", f"/api/rooms/{room}/bag", {"product": "eggs", "batch": van.batch}, by=shop.ops)
    mei = await company.viewer("mei-card", PHONE, "en")
    await mei.page.goto(f"{shop.url}/r/{room}")
    await mei.page.get_by_role("button", name=re.compile(re.escape(mei.t("viewer.bag.look")))).first.click()
    link = mei.page.get_by_test_id("origin").first
    await expect(link).to_have_text(mei.t("shared.card.origin"))
    async with mei.page.context.expect_page() as opened:
        await link.click()
    page = await opened.value
    await page.wait_for_url(f"**/01/{GTIN}/10/EGGS2")

    async def is_at_the_show() -> bool:
        return mei.page.url.startswith(f"{shop.url}/r/{room}")

    await eventually(is_at_the_show)
