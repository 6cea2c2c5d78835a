"""A picture on its way in a real browser: chosen in the studio, turned upright and rid of where it was taken before it is sent,
and a moment later the poster that a viewer sees.
"""

import io
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from PIL import Image
from playwright.async_api import FilePayload, Route, expect

from tests.base.uploads.pictures import BLUE, GREEN, RED, SECRET_PLACE, STORED, WHITE, corners, quarters, saved, telling
from tests.e2e.conftest import Company
from tests.e2e.people import DESK, PHONE, Host
from tests.e2e.site import Site
from tests.integration.server import connections

HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100)

# Playwright does not tell the body of a request when it is a Blob.
_KEEP_SENT = """() => {
    const send = XMLHttpRequest.prototype.send;
    XMLHttpRequest.prototype.send = function (body) { window.sent = body; return send.call(this, body); };
}"""
_SENT = "async () => Array.from(new Uint8Array(await window.sent.arrayBuffer()))"


@pytest_asyncio.fixture(loop_scope="session")
async def keeping(site: Site, folder: Path) -> AsyncIterator[Site]:
    """The server with a place for pictures."""
    await site.stop()
    await site.start(LIVEHUB_UPLOADS_DIR=str(folder))
    yield site
    await site.stop()
    await site.start()


def _file(data: bytes, name: str = "photo.jpg", media_type: str = "image/jpeg") -> FilePayload:
    return {"name": name, "mimeType": media_type, "buffer": data}


async def _settings(company: Company, room: str) -> Host:
    host = await company.host(PHONE, "en")
    await host.enter(room)
    await host.button("staff.room.settings").click()
    return host


async def test_a_photo_becomes_the_poster_upright_and_without_its_place(keeping: Site, company: Company) -> None:
    room = await keeping.room(live=False)
    lin = await company.guest("Lin", DESK)
    await lin.enter(room)
    host = await _settings(company, room)
    await host.page.evaluate(_KEEP_SENT)
    sheet = host.dialog("staff.room.settings")
    exif = Image.open(io.BytesIO(telling())).getexif()
    exif[0x0112] = 6
    photo = saved(STORED[6](quarters(2_400, 1_800)), exif=exif, comment=SECRET_PLACE)
    assert SECRET_PLACE in photo
    await sheet.locator("input[type=file]").first.set_input_files(_file(photo))
    await expect(sheet.get_by_text(host.t("shared.upload.sent"))).to_be_visible()
    sent = bytes(await host.page.evaluate(_SENT))
    small = Image.open(io.BytesIO(sent))
    assert (small.format, small.size, dict(small.getexif())) == ("JPEG", (1_600, 1_200), {})
    assert corners(small) == [RED, GREEN, BLUE, WHITE]
    assert SECRET_PLACE not in sent

    await host.button("staff.room.save").click()
    poster = lin.page.locator(".stage img.poster")
    await expect(poster).to_have_attribute("src", _uploaded())
    assert await poster.evaluate("picture => picture.decode().then(() => picture.naturalWidth)") == 1_600
    address = await poster.get_attribute("src")
    async with connections() as session, session.get(f"{keeping.url}{address}") as answer:
        assert corners(Image.open(io.BytesIO(await answer.read()))) == [RED, GREEN, BLUE, WHITE]


def _uploaded() -> re.Pattern[str]:
    return re.compile(r"^/uploads/[0-9a-z]{18}/large\.webp$")


async def test_what_got_no_answer_is_sent_again_as_the_same_upload(keeping: Site, company: Company) -> None:
    room = await keeping.room(live=False)
    host = await _settings(company, room)
    host.complaints.expect("net::ERR_FAILED")
    sheet = host.dialog("staff.room.settings")
    keys: list[str] = []

    async def lose(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) == 1:
            await route.fetch()  # it arrives, and its answer does not
            await route.abort()
        else:
            await route.continue_()

    await host.page.route("**/api/uploads", lose)
    await sheet.locator("input[type=file]").first.set_input_files(_file(saved(quarters())))
    await sheet.get_by_role("button", name=host.t("shared.action.retry")).click()
    await expect(sheet.get_by_text(host.t("shared.upload.sent"))).to_be_visible()
    assert len(keys) == 2
    assert keys[0] == keys[1]


async def test_a_photo_that_the_browser_cannot_open_is_told_in_words(keeping: Site, company: Company) -> None:
    room = await keeping.room(live=False)
    host = await _settings(company, room)
    sheet = host.dialog("staff.room.settings")
    choose = sheet.locator("input[type=file]").first
    await choose.set_input_files(_file(HEIC, "photo.heic", "image/heic"))
    await expect(sheet.get_by_text(host.t("shared.upload.fault.heic"))).to_be_visible()
    await choose.set_input_files(_file(b"<svg onload=alert(1)>", "photo.jpg"))
    await expect(sheet.get_by_text(host.t("shared.upload.fault.unreadable"))).to_be_visible()
    await sheet.get_by_role("button", name=host.t("shared.upload.remove")).click()
    await expect(sheet.get_by_text(host.t("shared.upload.fault.unreadable"))).to_be_hidden()
