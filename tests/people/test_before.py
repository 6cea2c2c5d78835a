"""Who somebody was until they signed in, in each way to sign in: what was theirs comes along, and the session of before is
over, whether the page said who it is by its token or by its cookie alone."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from livehub import app
from livehub.base.auth import Identity, Role, Tokens
from livehub.people.signin.invitations import invitation
from tests.base.served import NOW_S, SECRET, Answer, Served, serving
from tests.people.browser import Page, bearer
from tests.people.stage import a_room, sql, things

PHONE, OTHER = "+8613800138000", "+8613900139000"


@pytest.fixture
async def served(database_url: str) -> AsyncIterator[Served]:
    async with serving(database_url, modules=app.DEMO_MODULES, sign_in_by_link=True) as server:
        yield server


async def by_phone(page: Page) -> Answer:
    challenge, code = await page.ask_for_code(OTHER)
    return await page.call(f"POST /api/sign-in/phone/{challenge}", {"code": code})


async def by_name(page: Page) -> Answer:
    return await page.call("POST /api/session", {"name": "Bo"})


async def by_link(page: Page) -> Answer:
    token = Tokens(SECRET).sign(Identity(id="li", name="Li", role=Role.HOST), now_s=NOW_S, ttl_s=600)
    return await page.call("POST /api/session", {"token": token})


async def by_invitation(page: Page) -> Answer:
    await sql(page.served, "INSERT INTO people (id, name, role, created_ts, seen_ts) VALUES ('jo', 'Jo', 'host', 1, 1)")
    code = invitation(SECRET, "jo", now_ms=int(NOW_S * 1000))
    return await page.call("POST /api/sign-in/invitation", {"code": code, "app": "viewer"})


WAYS = (by_phone, by_name, by_link, by_invitation)
Way = Callable[[Page], Awaitable[Answer]]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("says", ["token and cookie", "cookie", "token"])
async def test_the_session_of_before_is_over(served: Served, way: Way, says: str) -> None:
    page = Page(served)
    mei = (await page.sign_in(PHONE))["person"]["id"]
    before, jar = page.token, dict(page.jar)
    assert before is not None
    if says == "cookie":
        page.token = None
    if says == "token":
        del page.jar["livehub-viewer"]
    answer = await way(page)
    assert answer.status == 200, answer
    assert answer.body["person"]["id"] != mei
    refused = await served.call("GET /api/me", role=None, headers=bearer(before))
    assert (refused.status, refused.body["name"]) == (401, "session_ended")
    old = await Page(served, jar=jar).call("POST /api/session", {})
    assert (old.status, old.body["name"]) == (401, "session_ended")
    rows = await served.database.fetch("SELECT why FROM sessions WHERE person = $1", mei)
    assert [row["why"] for row in rows] == ["signed_in_anew"]


async def test_a_session_in_the_cookie_is_over_though_the_token_is_of_the_guest_before(served: Served) -> None:
    one = Page(served)
    guest_token = (await one.open())["token"]
    await one.sign_in(PHONE)
    first, one.token = one.token, guest_token  # another tab, which has not heard of it
    assert (await by_phone(one)).status == 200
    assert first is not None
    assert (await served.call("GET /api/me", role=None, headers=bearer(first))).body["name"] == "session_ended"


@pytest.mark.parametrize("says", ["token", "cookie"])
async def test_who_signs_in_by_name_was_the_guest_with_what_they_won_and_where_they_may_not_enter(
    served: Served, says: str
) -> None:
    await a_room(served)
    await things(served, "g")
    page = Page(served)
    guest = (await page.open())["person"]["id"]
    await sql(
        served, "INSERT INTO quiz_answers (quiz, user_id, name, choice, ts) VALUES ('quiz-g', $1, 'Guest', 1, 5)", guest
    )
    await sql(
        served, "INSERT INTO coupon_claims (coupon, user_id, claimed_ts, key) VALUES ('coupon-g', $1, 5, 'k')", guest
    )
    await served.done("POST /api/rooms/farm/moderation/bans", {"user": guest}, role=Role.OPS)
    if says == "cookie":
        page.token = None
    bo = (await page.open(name="Bo"))["person"]["id"]
    assert bo != guest

    async def owner(query: str) -> Any:
        return await served.database.fetchval(query)

    assert await owner("SELECT user_id FROM quiz_answers") == bo
    assert await owner("SELECT user_id FROM coupon_claims") == bo
    assert await owner("SELECT person FROM identities WHERE kind = 'guest'") == bo
    moderated = await served.done("GET /api/rooms/farm/moderation", role=Role.OPS)
    assert sorted((each["kind"], each["user"]) for each in moderated["restrictions"]) == sorted(
        [("ban", bo), ("ban", guest)]
    )


async def test_a_guest_of_somebody_else_is_not_taken_along_twice(served: Served) -> None:
    page = Page(served)
    guest_token = (await page.open())["token"]
    bo = (await page.open(name="Bo"))["person"]["id"]
    tab = Page(served)
    tab.token = guest_token
    mei = (await tab.sign_in(PHONE))["person"]["id"]
    (merge,) = await served.database.fetch("SELECT person FROM person_merges")
    assert mei != bo
    assert merge["person"] == bo
