"""Records of somebody who really signs in by phone: who was shut out stays so, and who is erased is signed in nowhere."""

from typing import Any

from livehub.base.auth import Role
from livehub.people.records import Records
from tests.base.served import Served
from tests.people.browser import Page
from tests.people.stage import a_room

PHONE = "+8613800138000"


async def restricted(served: Served) -> set[str]:
    page = await served.done("GET /api/rooms/farm/moderation", role=Role.OPS)
    return {item["user"] for item in page["restrictions"]}


async def test_a_guest_who_was_banned_is_banned_when_they_sign_in(served: Served) -> None:
    await a_room(served)
    page = Page(served)
    guest = (await page.open())["person"]["id"]
    await served.done("POST /api/rooms/farm/moderation/bans", {"user": guest, "seconds": 3_600}, role=Role.OPS)
    mei = (await page.sign_in(PHONE))["person"]["id"]
    assert await restricted(served) == {guest, mei}


async def test_the_guest_stays_banned_when_the_person_is_let_in_again(served: Served) -> None:
    await a_room(served)
    page = Page(served)
    guest = (await page.open())["person"]["id"]
    await served.done("POST /api/rooms/farm/moderation/bans", {"user": guest, "seconds": None}, role=Role.OPS)
    mei = (await page.sign_in(PHONE))["person"]["id"]
    await served.done("POST /api/rooms/farm/moderation/bans", {"user": mei, "seconds": 0}, role=Role.OPS)
    assert await restricted(served) == {guest}


async def erased(served: Served, page: Page) -> None:
    answer = await page.call("POST /api/me/erase", {"confirm": True})
    assert answer.status == 202, answer
    for _ in range(2):
        await served.application.get(Records)._eraser.run(answer.body["id"])
        served.clock.now_s += 7_200


async def test_who_is_erased_is_signed_in_nowhere_and_their_phone_is_somebody_new(served: Served) -> None:
    page = Page(served)
    mei = (await page.sign_in(PHONE, name="Mei"))["person"]["id"]
    await erased(served, page)
    renewed: Any = (await page.call("POST /api/session", {"app": "viewer"})).body
    assert renewed.get("person", {}).get("id") != mei
    contents = await served.contents()
    assert [table for table, rows in contents.items() if any(PHONE in row for row in rows)] == []
    assert (await Page(served).sign_in(PHONE))["person"]["id"] != mei
