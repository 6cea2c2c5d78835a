"""Forms of staff: what two people change at once stays of both, and a field takes as many characters as the server."""

import asyncio

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import Company
from tests.e2e.people import DESK, PHONE
from tests.e2e.site import Site

FAMILY = "\U0001f469\u200d\U0001f33e"
PIECES = pytest.mark.parametrize(
    ("piece", "per_piece"), [("🫐", 1), (FAMILY, 3), ("ê\u0301", 1)], ids=["emoji", "family", "vietnamese"]
)


async def test_a_notice_of_one_leaves_the_title_of_another(site: Site, room: str, company: Company):
    host, ops = await company.host(PHONE, "en"), await company.ops()
    await asyncio.gather(host.enter(room), ops.enter(room))
    await host.button("staff.room.settings").click()
    sheet = host.dialog("staff.room.settings")
    await ops.button("staff.room.settings").click()
    dialog = ops.dialog("staff.room.settings")
    await sheet.get_by_label(host.t("staff.room.notice")).fill("Back at 3")
    await dialog.get_by_label(ops.t("staff.room.host")).fill("Wu")

    await site.do("PATCH", f"/api/rooms/{room}", {"title": "New"})
    await expect(host.page.get_by_role("heading", level=1)).to_have_text("New")
    await sheet.get_by_role("button", name=host.t("staff.room.save")).click()
    await expect(sheet).to_be_hidden()
    await dialog.get_by_role("button", name=ops.t("staff.room.save")).click()
    await expect(dialog).to_be_hidden()
    view = (await site.do("GET", f"/api/rooms/{room}"))["room"]["view"]
    assert (view["title"], view["host"]["name"], view["notice"]) == ("New", "Wu", "Back at 3")


@PIECES
async def test_a_line_of_the_host_is_as_long_as_one_of_a_viewer(
    room: str, company: Company, piece: str, per_piece: int
):
    host = await company.host(DESK, "en")
    await host.enter(room)
    field = host.page.get_by_label(host.t("staff.chat.say"))
    await field.fill(piece * 201)
    await expect(field).to_have_value(piece * (200 // per_piece))
    await field.press("Enter")
    await expect(field).to_have_value("")  # it was taken


@PIECES
async def test_the_fields_of_the_console_are_as_long_as_the_server_takes(
    room: str, company: Company, piece: str, per_piece: int
):
    ops = await company.ops()
    await ops.enter(room)
    await ops.button("staff.room.settings").click()
    dialog = ops.dialog("staff.room.settings")
    notice = dialog.get_by_label(ops.t("staff.room.notice"))
    kept = 200 // per_piece
    await notice.fill(piece * 201)
    await expect(notice).to_have_value(piece * kept)
    await expect(dialog).to_contain_text(f"{kept * per_piece} / 200")
    # In the middle of a full text there is no room for more, and its end and the caret stay.
    await notice.fill("a" * 199 + "z")
    await notice.press("Control+Home")
    await ops.page.keyboard.type("🫐")
    await expect(notice).to_have_value("a" * 199 + "z")
    assert await notice.evaluate("(field) => field.selectionStart") == 0
    await notice.fill(piece * 201)
    await dialog.get_by_role("button", name=ops.t("staff.room.save")).click()
    await expect(dialog).to_be_hidden()  # it was taken


async def test_a_line_of_the_host_is_as_long_as_the_installation_has_it(site: Site, room: str, company: Company):
    await site.stop()
    await site.start(LIVEHUB_CHAT_TEXT_CHARS_MAX="250")
    try:
        host = await company.host(DESK, "en")
        await host.enter(room)
        field = host.page.get_by_label(host.t("staff.chat.say"))
        await field.fill("🫐" * 300)
        await expect(field).to_have_value("🫐" * 250)
        await field.press("Enter")
        await expect(host.line("🫐" * 250)).to_be_visible()
        host.complaints.expect(r"WebSocket connection|ERR_CONNECTION_REFUSED|Failed to load resource")
    finally:
        await site.stop()
        await site.start()
