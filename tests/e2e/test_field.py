"""The phone in the field: what is recorded goes to the phone first, and from there to the server, once, whatever becomes of
the network, the page, the session, and the tabs.
"""

import asyncio
import io
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
import segno
from playwright.async_api import FilePayload, Locator, Route, expect

from tests.e2e.conftest import Company
from tests.e2e.people import PHONE, Guest
from tests.e2e.site import Site
from tests.integration.server import Person

LOST = r"net::ERR_(FAILED|INTERNET_DISCONNECTED|ABORTED)|Failed to (fetch|load resource)"
REFUSED = r"status of 4\d\d"
PLACE: dict[str, Any] = {"name": "Field 3", "lat": 31.2304, "lon": 121.4737}
GTIN = "09520123456788"
# The service worker has all parts of the page, and answers for them.
KEPT = """async () => {
    await navigator.serviceWorker.ready;
    while (!navigator.serviceWorker.controller || !(await caches.match("/field")))
        await new Promise((go) => setTimeout(go, 50));
}"""


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def uploads(site: Site, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The server takes photos."""
    await site.stop()
    await site.start(LIVEHUB_UPLOADS_DIR=str(tmp_path_factory.mktemp("uploads")))


@pytest.fixture
def farmer(site: Site) -> Person:
    return site.person("ming", role="farm")


class Field(Guest):
    """Somebody who records steps."""

    async def open(self, path: str = "/field", person: Person | None = None) -> None:
        """Open a page of the app, by a sign-in link where somebody is named."""
        await self.page.goto(self.site.url + path if person is None else self.site.link(path, person))
        if path == "/field":
            await expect(self.button("field.home.scan")).to_be_visible()
        # From here on the page opens without a network.
        await self.page.evaluate(KEPT)

    async def record(self, lot: str, kind: str, celsius: str = "") -> None:
        """Type a lot and record a step of it."""
        await self.button("field.home.scan").click()
        await self.page.get_by_label(self.t("field.scan.lot")).fill(lot)
        await self.button("field.scan.find").click()
        await self.fill_in(kind, celsius)
        await self.button("field.step.save").click()
        await expect(self.button("field.home.scan")).to_be_visible()

    async def fill_in(self, kind: str, celsius: str = "") -> None:
        """Fill in a step."""
        await self.page.get_by_text(self.t(f"field.kind.{kind}"), exact=True).click()
        await self.page.get_by_label(self.t.like("field.step.celsius", self.t("kit.optional"))).fill(celsius)

    async def at_the_place(self) -> None:
        """Choose where the batches of these tests are from, if it is not chosen already."""
        place = self.page.get_by_role("button", name=PLACE["name"], exact=True)
        if await place.get_attribute("aria-pressed") != "true":
            await place.click()

    def rows(self, state: str) -> Locator:
        """Records in this state."""
        return self.page.locator(f".queue li.{state}")


@pytest_asyncio.fixture(loop_scope="session")
async def phone(company: Company, site: Site) -> AsyncIterator[Field]:
    yield await a_phone(company, site)


async def a_phone(company: Company, _site: Site, language: str = "zh-CN", **profile: Any) -> Field:
    profile = {"permissions": [], **profile}
    someone = Field("ming", *await company._browser(PHONE, language, **profile))
    company.people.append(someone)
    someone.complaints.expect(LOST)
    someone.complaints.expect(REFUSED)
    return someone


async def a_batch(site: Site, farmer: Person, lot: str) -> str:
    body = {"product": "eggs", "gtin": GTIN, "lot": lot, "harvested_at": 1_790_000_000_000, "place": PLACE, "units": 9}
    answer = await site.call("POST", "/api/batches", body, by=farmer, headers={"Idempotency-Key": f"batch-{lot}"})
    assert answer.status == 201, answer
    return str(answer.body["id"])


async def steps(site: Site, farmer: Person, batch: str) -> list[Any]:
    shown = await site.do("GET", f"/api/batches/{batch}", by=farmer)
    return [(step["kind"], step["celsius"]) for step in shown["steps"]]


async def test_what_is_recorded_without_a_network_survives_a_reload_and_is_sent_in_order(
    site: Site, phone: Field, farmer: Person
) -> None:
    batch = await a_batch(site, farmer, "OFF1")
    await phone.open(person=farmer)
    await expect(phone.words("field.queue.none")).to_be_visible()
    await phone.page.context.set_offline(True)
    await phone.record("OFF1", "washed", "4,1")
    await phone.record("OFF1", "cooled")
    await expect(phone.rows("waiting")).to_have_count(2)

    # The page itself is on the phone, and so is who records here.
    await phone.page.reload()
    await expect(phone.button("field.home.scan")).to_be_visible()
    await expect(phone.rows("waiting")).to_have_count(2)
    assert await steps(site, farmer, batch) == []

    await phone.page.context.set_offline(False)
    await phone.page.evaluate("dispatchEvent(new Event('online'))")
    await expect(phone.rows("sent")).to_have_count(2)
    assert await steps(site, farmer, batch) == [("washed", 4.1), ("cooled", None)]


async def test_a_step_whose_answer_was_lost_is_there_once(site: Site, phone: Field, farmer: Person) -> None:
    batch = await a_batch(site, farmer, "LOST1")
    await phone.open(person=farmer)
    keys = []

    async def lose(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) > 1:
            await route.fallback()
            return
        await route.fetch()
        await route.abort("failed")

    await phone.page.context.route("**/steps", lose)
    await phone.record("LOST1", "packed")
    await expect(phone.rows("waiting")).to_have_count(1)
    await phone.button("field.queue.now").click()
    await expect(phone.rows("sent")).to_have_count(1)
    assert (len(keys), len(set(keys))) == (2, 1)
    assert await steps(site, farmer, batch) == [("packed", None)]


async def test_two_tabs_send_what_waits_once(site: Site, phone: Field, farmer: Person) -> None:
    batch = await a_batch(site, farmer, "TABS1")
    await phone.open(person=farmer)
    other = await phone.page.context.new_page()
    await other.goto(f"{site.url}/field")
    sent: list[str] = []
    phone.page.context.on("request", lambda request: sent.append(request.url) if "/steps" in request.url else None)
    await phone.page.context.set_offline(True)
    for kind in ("washed", "cooled", "packed"):
        await phone.record("TABS1", kind)
    await expect(other.locator(".queue li.waiting")).to_have_count(3)
    sent.clear()
    await phone.page.context.set_offline(False)
    await asyncio.gather(*(tab.evaluate("dispatchEvent(new Event('online'))") for tab in (phone.page, other)))
    for tab in (phone.page, other):
        await expect(tab.locator(".queue li.sent")).to_have_count(3)
    assert len(sent) == 3
    assert await steps(site, farmer, batch) == [("washed", None), ("cooled", None), ("packed", None)]


async def test_a_record_discarded_while_another_is_on_its_way_is_never_sent(
    site: Site, phone: Field, farmer: Person
) -> None:
    batch = await a_batch(site, farmer, "GONE1")
    await phone.open(person=farmer)
    await phone.page.context.set_offline(True)
    for kind in ("washed", "cooled", "packed"):
        await phone.record("GONE1", kind)
    await expect(phone.rows("waiting")).to_have_count(3)
    under_way, answered = asyncio.Event(), asyncio.Event()

    async def hold(route: Route) -> None:
        under_way.set()
        await asyncio.wait_for(answered.wait(), 30)
        await route.fallback()

    async def discard(kind: str) -> None:
        row = phone.page.locator(".queue li").filter(has_text=phone.t(f"field.kind.{kind}"))
        await row.get_by_role("button", name=phone.t("field.discard.action")).click()
        action = phone.page.get_by_role("dialog").get_by_role("button", name=phone.t("field.discard.action"))
        await action.click()

    await phone.page.context.route("**/steps", hold)
    await phone.page.context.set_offline(False)
    await phone.page.evaluate("dispatchEvent(new Event('online'))")
    await asyncio.wait_for(under_way.wait(), 30)
    await discard("cooled")
    await discard("washed")  # which is the one on its way
    answered.set()
    await expect(phone.page.get_by_text(phone.t("field.queue.alreadySent"))).to_be_visible()
    await expect(phone.rows("sent")).to_have_count(2)
    await expect(phone.page.locator(".queue li")).to_have_count(2)
    assert await steps(site, farmer, batch) == [("washed", None), ("packed", None)]


async def test_what_one_recorded_is_not_sent_by_another_person_on_the_same_phone(
    site: Site, phone: Field, farmer: Person
) -> None:
    batch = await a_batch(site, farmer, "OTHER1")
    await phone.open(person=farmer)
    held = True

    async def hold(route: Route) -> None:
        await (route.abort("failed") if held else route.fallback())

    await phone.page.context.route("**/steps", hold)
    await phone.record("OTHER1", "washed")
    await expect(phone.rows("waiting")).to_have_count(1)
    await phone.button("staff.signOut").click()
    await phone.page.get_by_role("dialog").get_by_role("button", name=phone.t("staff.signOut"), exact=True).click()
    await expect(phone.page.get_by_text(phone.t("field.gate.waits", name="Ming", n=1))).to_be_visible()

    held = False
    picker = site.person("hua", role="picker")
    await phone.page.goto("about:blank")
    await phone.open(person=picker)
    await expect(phone.page.get_by_text(phone.t("field.gate.waits", name="Ming", n=1))).to_be_visible()
    await expect(phone.page.locator(".queue li")).to_have_count(0)
    assert await steps(site, farmer, batch) == []

    await phone.button("staff.signOut").click()
    await phone.page.get_by_role("dialog").get_by_role("button", name=phone.t("staff.signOut"), exact=True).click()
    await phone.page.goto("about:blank")
    await phone.open(person=farmer)
    await expect(phone.rows("sent")).to_have_count(1)
    assert await steps(site, farmer, batch) == [("washed", None)]


async def test_a_session_that_is_over_keeps_what_is_recorded_until_the_person_is_here_again(
    site: Site, phone: Field, farmer: Person
) -> None:
    batch = await a_batch(site, farmer, "OVER1")
    await phone.open(person=farmer)
    await phone.page.context.clear_cookies()
    await phone.page.reload()
    await expect(phone.words("field.over.text")).to_be_visible()
    await phone.record("OVER1", "washed")
    await expect(phone.words("field.queue.signIn", n=1)).to_be_visible()
    assert await steps(site, farmer, batch) == []
    await phone.page.goto("about:blank")
    await phone.open(person=farmer)
    await expect(phone.rows("sent")).to_have_count(1)
    assert await steps(site, farmer, batch) == [("washed", None)]


async def test_a_full_phone_says_so_and_nothing_typed_is_lost(site: Site, phone: Field, farmer: Person) -> None:
    batch = await a_batch(site, farmer, "FULL1")
    await phone.open(person=farmer)
    await phone.page.evaluate(
        "() => { window.wasAdd = IDBObjectStore.prototype.add; IDBObjectStore.prototype.add ="
        " () => { throw new DOMException('', 'QuotaExceededError'); }; }"
    )
    await phone.button("field.home.scan").click()
    await phone.page.get_by_label(phone.t("field.scan.lot")).fill("FULL1")
    await phone.button("field.scan.find").click()
    await phone.fill_in("washed", "3.5")
    await phone.button("field.step.save").click()
    await expect(phone.words("field.storage.full")).to_be_visible()
    assert await steps(site, farmer, batch) == []
    await phone.page.evaluate("() => { IDBObjectStore.prototype.add = window.wasAdd; }")
    await phone.button("field.step.save").click()
    await expect(phone.rows("sent")).to_have_count(1)
    assert await steps(site, farmer, batch) == [("washed", 3.5)]


async def test_a_batch_made_without_a_network_goes_before_its_steps_and_has_a_label(
    site: Site, phone: Field, farmer: Person
) -> None:
    await a_batch(site, farmer, "SEEN1")
    await phone.open(person=farmer)
    await expect(phone.words("field.queue.none")).to_be_visible()
    await phone.page.wait_for_function("() => localStorage.getItem('livehub.field.batches') !== null")
    await phone.page.context.set_offline(True)
    await phone.button("field.home.batch").click()
    await phone.page.get_by_label(phone.t("field.batch.product"), exact=True).select_option(index=1)
    await phone.page.get_by_label(phone.t("field.batch.gtin")).fill(GTIN)
    await phone.page.get_by_label(phone.t("field.batch.units")).fill("40")
    lot = await phone.page.get_by_label(phone.t("field.batch.lot"), exact=True).input_value()
    assert re.fullmatch(r"\d{8}[A-Z](-[A-Z]{2})?", lot)
    await phone.at_the_place()
    await phone.button("field.batch.save").click()
    await expect(phone.words("field.label.later")).to_be_visible()
    await phone.button("field.label.step").click()
    await phone.fill_in("harvested")
    await phone.button("field.step.save").click()

    await phone.page.context.set_offline(False)
    await phone.page.goto(f"{site.url}/field")
    await expect(phone.rows("sent")).to_have_count(2)
    (made,) = (await site.do("GET", f"/api/batches?q={lot}", by=farmer))["items"]
    assert (made["units"], await steps(site, farmer, made["id"])) == (40, [("harvested", None)])
    await phone.rows("sent").get_by_role("button", name=phone.t("field.label.title")).click()
    await expect(phone.page.get_by_alt_text(made["code"])).to_be_visible()
    href = await phone.page.get_by_role("link", name=phone.t("field.label.print")).get_attribute("href")
    printed = await site.call("GET", href or "")
    assert printed.status == 200
    assert lot in printed.body


async def test_a_lot_that_another_batch_has_is_refused_and_sent_with_another(
    site: Site, phone: Field, farmer: Person
) -> None:
    await a_batch(site, farmer, "TAKEN1")
    await phone.open(person=farmer)
    await phone.button("field.home.batch").click()
    await phone.page.get_by_label(phone.t("field.batch.product"), exact=True).select_option(index=1)
    await phone.page.get_by_label(phone.t("field.batch.gtin")).fill(GTIN)
    await phone.page.get_by_label(phone.t("field.batch.units")).fill("4")
    await phone.page.get_by_label(phone.t("field.batch.lot"), exact=True).fill("TAKEN1")
    await phone.at_the_place()
    await phone.button("field.batch.save").click()
    await expect(phone.words("field.label.refused")).to_be_visible()
    await phone.button("field.label.done").click()
    refused = phone.rows("refused")
    await expect(refused).to_contain_text(phone.t("shared.refusal.6023"))
    await refused.get_by_label(phone.t("field.queue.otherLot")).fill("TAKEN2")
    await refused.get_by_role("button", name=phone.t("field.queue.withLot")).click()
    await expect(phone.rows("sent")).to_have_count(1)
    assert len((await site.do("GET", "/api/batches?q=TAKEN2", by=farmer))["items"]) == 1


async def test_codes_are_read_from_photos_and_what_is_not_ours_is_refused(
    site: Site, phone: Field, farmer: Person
) -> None:
    await a_batch(site, farmer, "SCAN1")
    await phone.open("/field/scan", person=farmer)
    # This browser has no camera for the page: it says what else there is.
    await expect(phone.page.get_by_role("alert")).to_have_text(
        re.compile("|".join(re.escape(phone.t(f"field.camera.{why}")) for why in ("denied", "none", "failed")))
    )
    for code, why in (
        (f"{site.url}/01/09520123456789/10/SCAN1", "checkDigit"),
        ("https://wxpay.example/f2f1", "notGs1"),
        (f"https://other.example/01/{GTIN}/10/NOBODY1", "foreign"),
        (f"{site.url}/01/{GTIN}/10/NOBODY1", "unknown"),
        (f"{site.url}/01/{GTIN}/10/SCAN1/21/COPY1", "box"),
    ):
        await phone.page.locator("#code-photo").set_input_files(picture(code))
        await expect(phone.words(f"field.code.fault.{why}", host="other.example")).to_be_visible()
    await phone.page.locator("#code-photo").set_input_files(picture(f"{site.url}/01/{GTIN}/10/SCAN1"))
    await expect(phone.page.get_by_role("heading", name=phone.t("field.step.title"))).to_be_visible()
    await expect(phone.page.locator(".lot")).to_have_text("SCAN1")
    # Back leads to what there is to do, and not to the camera.
    await phone.page.locator("header").get_by_role("button", name=phone.t("shared.action.back")).click()
    await expect(phone.button("field.home.scan")).to_be_visible()


async def test_a_photo_goes_along_without_what_the_camera_wrote(site: Site, phone: Field, farmer: Person) -> None:
    batch = await a_batch(site, farmer, "PHOTO1")
    await phone.open(person=farmer)
    uploaded: list[bytes] = []

    async def look(route: Route) -> None:
        uploaded.append(route.request.post_data_buffer or b"")
        await route.fallback()

    await phone.page.context.route("**/api/uploads", look)
    await phone.button("field.home.scan").click()
    await phone.page.get_by_label(phone.t("field.scan.lot")).fill("PHOTO1")
    await phone.button("field.scan.find").click()
    await phone.fill_in("inspected")
    file = picture("x")
    await phone.page.locator(".photo input").set_input_files(file)
    await expect(phone.page.get_by_alt_text(phone.t("shared.upload.preview"))).to_be_visible()
    await phone.button("field.step.save").click()
    await expect(phone.rows("sent")).to_have_count(1)
    (step,) = (await site.do("GET", f"/api/batches/{batch}", by=farmer))["steps"]
    assert step["photo"].endswith("/large.webp")
    assert b"Exif" not in b"".join(uploaded)


async def test_nobody_else_comes_in(site: Site, phone: Field) -> None:
    await site.sign_in(phone.page.context, site.person("lin"), app="field")
    await phone.page.goto(f"{site.url}/field")
    await expect(phone.page.get_by_role("alert")).to_contain_text("Lin")
    await expect(phone.button("field.home.scan")).to_have_count(0)


def picture(text: str) -> FilePayload:
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="png", scale=8, border=4)
    return {"name": "code.png", "mimeType": "image/png", "buffer": out.getvalue()}
