"""`python -m livehub person`: the first admin comes by a link that works once, and what staff may is changed at once."""

import asyncio
import os
import sys
import time
from asyncio.subprocess import PIPE

import pytest
from yarl import URL

from livehub import app
from livehub.people.people import People
from tests.base.served import SECRET, Served, serving
from tests.people.browser import Page

PHONE = "+8613800138000"


@pytest.fixture
def command(served: Served, database_url: str) -> "Command":
    del served  # whose database it is
    return Command(database_url)


class Command:
    """Runs it beside the server, in a process of its own."""

    def __init__(self, database_url: str) -> None:
        own = {"DATABASE_URL": database_url, "LIVEHUB_SECRET": SECRET, "LIVEHUB_PUBLIC_URL": "https://shop.example"}
        self._environ = {**os.environ, **own}

    async def ended(self, *arguments: str, command: str = "person") -> tuple[int | None, str, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "livehub", command, *arguments, env=self._environ, stdout=PIPE, stderr=PIPE
        )
        out, errors = await process.communicate()
        return process.returncode, out.decode(), errors.decode()

    async def __call__(self, *arguments: str) -> list[str]:
        status, out, errors = await self.ended(*arguments)
        assert (status, errors) == (0, "")
        return out.splitlines()


def code_in(link: str) -> str:
    url = URL(link)
    assert (url.host, url.path) == ("shop.example", "/ops")
    return url.fragment.removeprefix("invitation=")


async def accepted(served: Served, code: str) -> tuple[Page, object]:
    page = Page(served, "ops")
    answer = await page.call("POST /api/sign-in/invitation", {"code": code})
    if answer.status == 200:
        page.token = answer.body["token"]
        return page, answer.body["person"]
    return page, (answer.status, answer.body["code"], answer.body["name"])


async def test_the_first_admin_signs_in_by_a_link_that_works_once(served: Served, command: Command):
    served.clock.now_s = time.time()
    link, told = await command("--admin", "--name", "老板 Boss")
    code = code_in(link)
    page, boss = await accepted(served, code)
    assert isinstance(boss, dict)
    assert (boss["name"], boss["role"]) == ("老板 Boss", "admin")
    assert told == "Signs in as 老板 Boss, once, within 15 minutes; add a passkey or a phone there."
    assert (await page.call("GET /api/me")).body["identities"] == []
    (again, _) = await command(boss["id"], "--invite")
    before = await served.contents()
    assert (await accepted(served, code))[1] == (403, 1170, "sign_in_lost")
    served.clock.now_s += 900 + 60
    assert (await accepted(served, code_in(again)))[1] == (403, 1170, "sign_in_lost")
    for forged in ("nonsense", "%", code_in(again)[:-2] + "AA"):
        assert (await accepted(served, forged))[1] == (403, 1170, "sign_in_lost")
    assert await served.contents() == before


@pytest.mark.parametrize(("staff_by_phone", "role"), [(True, "admin"), (False, "viewer")])
async def test_an_admin_with_a_phone_signs_in_by_it_where_that_is_enough_for_staff(
    database_url: str, command: Command, staff_by_phone: bool, role: str
):
    async with serving(database_url, modules=app.DEMO_MODULES, staff_by_phone=staff_by_phone) as served:
        await an_admin_with_a_phone(served, command, role)


async def an_admin_with_a_phone(served: Served, command: Command, role: str) -> None:
    await command("--admin", "--name", "Boss", "--phone", "138 0013 8000")
    assert (await Page(served, "ops").sign_in(PHONE))["person"]["role"] == role
    status, _, errors = await command.ended("--admin", "--phone", PHONE)
    assert status == 1
    assert errors.startswith("livehub: this number is known as that of admin-")
    assert await served.database.fetchval("SELECT count(*) FROM people") == 1


async def test_a_new_role_ends_what_was_before(served: Served, command: Command):
    served.clock.now_s = time.time()  # as the command has it
    page = Page(served)
    mei = (await page.sign_in(PHONE, name="Mei"))["person"]["id"]
    assert await command(mei, "--role", "host") == [mei]
    (act,) = await served.database.fetch("SELECT type, by_id, about_id, became FROM audit")
    assert tuple(act) == ("person_command", None, mei, "host")
    await served.application.get(People).ended.ask(served.database)
    served.clock.now_s += 61
    assert (await page.call("GET /api/me")).body["name"] == "session_ended"
    page.token = None
    assert (await page.sign_in(PHONE))["person"]["id"] == mei
    columns, row = await command("--list")
    assert columns.split() == ["ID", "NAME", "ROLE", "WAYS", "LAST", "SEEN", "BLOCKED"]
    assert row.split()[:4] == [mei, "Mei", "host", "phone"]


@pytest.mark.parametrize("arguments", [(), ("--admin", "mei"), ("mei", "--role", "host")])
async def test_what_cannot_be_done_is_said(command: Command, arguments: tuple[str, ...]):
    status, out, errors = await command.ended(*arguments)
    assert (status, out) == (1, "")
    assert errors.startswith("livehub: ")
    assert errors.count("\n") == 1


async def test_a_token_makes_its_person_once(served: Served, command: Command):
    out = ""
    for name in ("Mai", "Somebody else"):
        status, out, errors = await command.ended("--role", "host", "--user", "mai", "--name", name, command="token")
        assert (status, errors, out.count("\n")) == (0, "", 1)
    served.clock.now_s = time.time()
    who = await served.call("GET /api/session", role=None, headers={"Authorization": f"Bearer {out.strip()}"})
    assert who.body == {"id": "mai", "name": "Somebody else", "role": "host"}
    rows = await served.database.fetch("SELECT id, name, role FROM people")
    assert [tuple(row) for row in rows] == [("mai", "Mai", "host")]
