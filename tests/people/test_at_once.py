"""Several tabs and apps of one person sign in, or add ways to, at once: each waits for the others, and none goes by what was so
before it waited."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from livehub import app
from tests.base.served import Answer, Served, serving
from tests.people.browser import Page, code_of, solved
from tests.people.wechat_double import MINI, MINI_SECRET, WechatDouble, wechat_double

ROUNDS = 8


@pytest.fixture
async def wechat() -> AsyncIterator[WechatDouble]:
    async with wechat_double() as double:
        yield double


@pytest.fixture
async def served(database_url: str, wechat: WechatDouble) -> AsyncIterator[Served]:
    async with serving(
        database_url, modules=app.DEMO_MODULES, has_stock=True, wechat_url=wechat.url, wechat_mini_app_id=MINI,
        wechat_mini_secret=MINI_SECRET, codes_per_network_hour_max=1_000, codes_without_proof_max=1_000,
    ) as server:  # fmt: skip
        yield server


def phone(n: int) -> str:
    return f"+8613800138{n:03}"


async def to_sign_in(page: Page, number: str) -> tuple[str, dict[str, str]]:
    """The call that signs in, and its body."""
    challenge, code = await page.ask_for_code(number)
    return f"POST /api/sign-in/phone/{challenge}", {"code": code}


async def to_add(page: Page, number: str) -> tuple[str, dict[str, str]]:
    """The call that adds the number, and its body."""
    asked = await page.call("POST /api/me/phone", {"phone": number})
    if asked.status == 428:
        asked = await page.call("POST /api/me/phone", {"phone": number, "proof": solved(asked.body["proof"])})
    assert asked.status == 202, asked
    challenge = asked.body["challenge"]
    return f"POST /api/me/phone/{challenge}", {"code": await code_of(page.served, challenge)}


async def by_name(served: Served, name: str) -> tuple[Page, Page]:
    """Two tabs of somebody by name alone."""
    one = Page(served)
    await one.open(name=name)
    other = Page(served, jar=dict(one.jar))
    other.token = one.token
    return one, other


async def at_once(*calls: tuple[Page, tuple[str, dict[str, str]]]) -> list[Answer]:
    return await asyncio.gather(*(page.call(call, body) for page, (call, body) in calls))


async def owned_by_nobody(served: Served) -> int:
    """How many ways to sign in are of people who have become another."""
    count: int = await served.database.fetchval(
        "SELECT count(*) FROM identities i JOIN person_merges m ON m.merged = i.person AND m.undone_ts IS NULL"
    )
    return count


async def test_two_tabs_that_sign_in_by_two_numbers_are_nobody_who_has_become_another(served: Served):
    for n in range(0, 2 * ROUNDS, 2):
        owner = (await Page(served).sign_in(phone(n), name="Mei"))["person"]["id"]
        served.clock.now_s += 61
        one, other = await by_name(served, f"Bo {n}")
        calls = [(one, await to_sign_in(one, phone(n))), (other, await to_sign_in(other, phone(n + 1)))]
        known, new = await at_once(*calls)
        assert (known.status, new.status) == (200, 200)
        assert known.body["person"]["id"] == owner
        assert new.body["person"]["id"] != owner
        assert await owned_by_nobody(served) == 0


async def test_a_number_is_not_added_to_who_becomes_another_meanwhile(served: Served):
    for n in range(0, 2 * ROUNDS, 2):
        owner = (await Page(served).sign_in(phone(n), name="Mei"))["person"]["id"]
        served.clock.now_s += 61
        one, other = await by_name(served, f"Bo {n}")
        calls = [(one, await to_sign_in(one, phone(n))), (other, await to_add(other, phone(n + 1)))]
        known, added = await at_once(*calls)
        assert (known.status, known.body["person"]["id"]) == (200, owner)
        assert added.status == 200 or added.body["name"] == "session_ended", added
        assert await owned_by_nobody(served) == 0


async def test_wechat_added_and_signed_in_by_at_once_wait_for_each_other_in_no_circle(
    served: Served, wechat: WechatDouble
):
    page = Page(served)
    mei = (await page.sign_in(phone(0), name="Mei"))["person"]["id"]
    for n in range(3 * ROUNDS):
        codes = [wechat.code(MINI, f"o{n}", f"z{n}") for _ in range(3)]
        added, *signed_in = await asyncio.gather(
            page.call("POST /api/me/wechat-mini", {"code": codes[0]}),
            *(served.call("POST /api/sign-in/wechat-mini", {"code": code}, role=None) for code in codes[1:]),
        )
        assert added.status == 204 or added.body["code"] == 1114, added
        assert [each.status for each in signed_in] == [200, 200]
        (person,) = {each.body["person"]["id"] for each in signed_in}
        assert (person == mei) is (added.status == 204)
