"""Whoever is blocked is so as whom they became, in the browser they come back with, and by every way to sign in."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import pytest

from livehub import app
from livehub.base.auth import Identity, Role, Tokens
from livehub.people.people import People
from livehub.people.signin.invitations import invitation
from tests.base.served import NOW_S, SECRET, Answer, Served, serving
from tests.people.browser import Page, bearer, code_of
from tests.people.test_staff import by

NOW_MS = int(NOW_S * 1000)
PHONE = "+8613800138000"
OTHER = "+8613900139000"
BLOCKED = (403, 1111, "blocked")
Way = Callable[[Page, str], Awaitable[Answer]]


@pytest.fixture
async def served(database_url: str) -> AsyncIterator[Served]:
    """With the stock engine, which has to know of merges."""
    async with serving(database_url, modules=app.DEMO_MODULES, sign_in_by_link=True, has_stock=True) as server:
        yield server


async def block(served: Served, **body: str | bool) -> Answer:
    return await by(served, Role.ADMIN, "POST /api/blocked", {"reason": "spam", **body})


def refusal(answer: Answer) -> tuple[int, int, str]:
    return answer.status, answer.body["code"], answer.body["name"]


async def signs_in(page: Page, phone: str) -> Answer:
    """By phone; the answer, whatever it is."""
    page.served.clock.now_s += 61  # until another code is sent
    challenge, code = await page.ask_for_code(phone)
    return await page.call(f"POST /api/sign-in/phone/{challenge}", {"code": code, "app": page.app})


async def merged(served: Served) -> tuple[Page, str, str]:
    """Somebody by name who became whom their phone belongs to: their page, who they were, who they are."""
    await Page(served).sign_in(PHONE, name="Mei")
    page = Page(served)
    was = (await page.open(name="Lotus"))["person"]["id"]
    served.clock.now_s += 61
    return page, was, (await page.sign_in(PHONE))["person"]["id"]


async def test_whoever_blocks_a_former_self_blocks_whom_they_became(served: Served):
    _, was, mei = await merged(served)
    made = await block(served, person=was)
    assert (made.status, made.body["sessions_ended"]) == (201, 2)
    assert await served.database.fetchval("SELECT blocked_ts FROM people WHERE id = $1", mei) == NOW_MS + 61_000
    (shown,) = (await by(served, Role.ADMIN, "GET /api/blocked")).body["items"]
    assert (shown["person"], shown["shown"], shown["kinds"]) == (was, "Lotus", ["person", "phone"])
    assert refusal(await signs_in(Page(served), PHONE)) == BLOCKED


async def test_a_block_and_a_merge_at_the_same_moment_leave_nobody_in(served: Served):
    await Page(served).sign_in(PHONE, name="Mei")
    for number in range(4):
        page = Page(served)
        was = (await page.open(name=f"Lotus {number}"))["person"]["id"]
        served.clock.now_s += 3_601
        await page.open()
        challenge, code = await page.ask_for_code(PHONE)
        proved, made = await asyncio.gather(
            page.call(f"POST /api/sign-in/phone/{challenge}", {"code": code}), block(served, person=was)
        )
        if made.status == 503:  # of two that wait for each other PostgreSQL has one ask again
            made = await block(served, person=was)
        if proved.status == 503:
            proved = await page.call(f"POST /api/sign-in/phone/{challenge}", {"code": code})
        assert made.status == 201
        running = await served.database.fetchval(
            "SELECT count(*) FROM sessions WHERE person = $1 AND ended_ts IS NULL", was
        )
        assert running == 0
        if proved.status == 200:  # they were one already when they were blocked
            assert made.body["sessions_ended"] >= 1
            assert refusal(await signs_in(Page(served), PHONE)) == BLOCKED
            await by(served, Role.ADMIN, f"DELETE /api/blocked/{made.body['id']}")
        else:
            assert refusal(proved) == BLOCKED
            assert await served.database.fetchval("SELECT person FROM person_merges WHERE merged = $1", was) is None


async def test_who_a_person_became_is_blocked_under_the_name_that_they_had(served: Served):
    page, was, mei = await merged(served)
    await block(served, person=mei)
    refused = await signs_in(Page(served, jar=dict(page.jar)), OTHER)  # the browser's session has ended, and is known
    assert refusal(refused) == BLOCKED
    assert await served.database.fetchval("SELECT count(*) FROM people WHERE id NOT IN ($1, $2)", was, mei) == 0


async def test_whoever_was_blocked_by_name_signs_in_by_no_phone_in_the_same_browser(served: Served):
    page = Page(served)
    was = (await page.open(name="Lotus"))["person"]["id"]
    await block(served, person=was)
    assert refusal(await signs_in(page, PHONE)) == BLOCKED  # with the cookie, and a token that has ended
    assert (await page.call("POST /api/session", {})).body["name"] == "session_ended"
    page.token = None
    assert list(page.jar) == ["livehub-device"]
    assert refusal(await signs_in(page, PHONE)) == BLOCKED
    assert refusal(await signs_in(Page(served, "studio", jar=page.jar), OTHER)) == BLOCKED
    assert refusal(await page.call("POST /api/session", {"name": "Rose"})) == BLOCKED
    assert await served.database.fetchval("SELECT count(*) FROM people") == 1
    assert (await signs_in(Page(served), PHONE)).status == 200  # in another browser


async def test_a_blocked_guest_does_not_sign_in_by_name(served: Served):
    page = Page(served)
    guest = (await page.open())["person"]["id"]
    await block(served, device=guest)
    assert refusal(await page.call("POST /api/session", {"name": "Rose"})) == BLOCKED
    assert await served.rows("people") == []


async def ada(served: Served) -> str:
    """An admin with a phone; their id."""
    id_ = (await Page(served).sign_in(PHONE, name="Ada"))["person"]["id"]
    await served.database.execute("UPDATE people SET role = 'admin' WHERE id = $1", id_)
    return str(id_)


async def by_phone(page: Page, _person: str) -> Answer:
    return await signs_in(page, PHONE)


async def by_link(page: Page, person: str) -> Answer:
    return await page.call("POST /api/session", {"token": page.served.token(Role.ADMIN, person), "app": page.app})


async def by_invitation(page: Page, person: str) -> Answer:
    code = invitation(SECRET, person, now_ms=int(page.served.clock() * 1000))
    return await page.call("POST /api/sign-in/invitation", {"code": code, "app": page.app})


@pytest.mark.parametrize("way", [by_phone, by_link, by_invitation])
@pytest.mark.parametrize("mark", ["device", "person"])
async def test_no_block_of_a_browsers_guest_keeps_staff_out_of_it(served: Served, way: Way, mark: str):
    """Ops may block guests, and no admins."""
    admin = await ada(served)
    page = Page(served, "ops")
    guest = (await page.open())["person"]["id"]
    blocked = await by(served, Role.OPS, "POST /api/blocked", {"reason": "spam", mark: guest})
    assert blocked.status == 201
    answer = await way(page, admin)
    assert answer.status == 200, answer
    assert answer.body["person"]["id"] == admin
    if mark == "person":  # who is blocked stays who they are
        assert await served.rows("person_merges") == []
    other = Page(served, jar={name: value for name, value in page.jar.items() if name == "livehub-device"})
    assert refusal(await signs_in(other, OTHER)) == BLOCKED  # viewers are met there as before


@pytest.mark.parametrize("way", [by_phone, by_link, by_invitation])
async def test_staff_who_are_blocked_themselves_come_in_by_no_way_until_it_is_over(served: Served, way: Way):
    admin = await ada(served)
    await served.database.execute("INSERT INTO people VALUES ('boss', 'Boss', 'admin', '', 1, 1)")
    await served.database.execute("INSERT INTO identities VALUES ('oidc', 'boss', 'boss', 1, 1, '{}')")
    until = datetime.fromtimestamp(served.clock() + 3_600, UTC).isoformat()
    assert (await block(served, person=admin, until=until)).status == 201
    assert refusal(await way(Page(served, "ops"), admin)) == BLOCKED
    served.clock.now_s += 3_600
    page = Page(served, "ops")
    assert (await way(page, admin)).status == 200
    assert (await page.open())["person"]["id"] == admin  # and the session is one


async def test_a_person_who_is_blocked_does_not_sign_in_by_a_link(served: Served):
    await block(served, person="li", has_no_account=True)
    answer = await Page(served, "studio").call("POST /api/session", {"token": served.token(Role.HOST, "li")})
    assert refusal(answer) == BLOCKED
    assert await served.rows("sessions") == []


async def test_the_block_of_a_device_outlives_that_somebody_signs_in_and_out_in_it(served: Served):
    page = Page(served)
    first = (await page.open())["person"]["id"]
    assert (await signs_in(page, PHONE)).status == 200
    await page.call("POST /api/sign-out", {})
    page.token = None
    assert list(page.jar) == ["livehub-device"]
    second = (await page.open())["person"]["id"]
    assert first != second
    made = await block(served, device=first)
    assert refusal(await signs_in(page, PHONE)) == BLOCKED
    await by(served, Role.ADMIN, f"DELETE /api/blocked/{made.body['id']}")
    assert (await signs_in(page, PHONE)).status == 200
    await block(served, device=second)
    assert refusal(await signs_in(page, OTHER)) == BLOCKED


async def test_a_number_that_is_blocked_is_added_to_nobody(served: Served):
    await block(served, phone=OTHER)
    page = Page(served)
    await page.sign_in(PHONE)
    asked = await page.call("POST /api/me/phone", {"phone": OTHER})
    code = await code_of(served, asked.body["challenge"])
    added = await page.call(f"POST /api/me/phone/{asked.body['challenge']}", {"code": code})
    assert refusal(added) == BLOCKED
    assert await served.database.fetchval("SELECT count(*) FROM identities WHERE kind = 'phone'") == 1


async def test_a_browsers_cookie_that_is_not_ours_names_nobody(served: Served):
    """Nobody has themselves, or another, taken for somebody else."""
    page = Page(served)
    guest = (await page.open())["person"]["id"]
    mac, ids = page.jar["livehub-device"].split(".", 1)
    assert (len(mac), ids) == (64, guest)
    await block(served, device="guest-lotus")
    for forged in (f"{mac}.guest-lotus", f".{ids}", "guest-lotus", "\u00e9", ".", mac):
        page = Page(served, jar={"livehub-device": forged})
        assert (await page.open(name="Rose"))["person"]["name"] == "Rose"


async def test_a_browser_knows_the_latest_eight(served: Served):
    page = Page(served)
    ids = [(await page.open(name=f"Rose {number}"))["person"]["id"] for number in range(10)]
    assert page.jar["livehub-device"].split(".")[1:] == ids[2:]


async def test_a_block_at_the_moment_of_a_sign_in_comes_before_it_or_after_it_and_both_are_answered(database_url: str):
    """Fifty times, of whoever becomes somebody, or of whom they become; at other moments each time."""
    async with serving(
        database_url, modules=app.DEMO_MODULES, has_stock=True,
        codes_per_network_hour_max=1_000, codes_without_proof_max=1_000,
    ) as served:  # fmt: skip
        for turn in range(50):
            await _a_block_and_a_sign_in(served, turn)


async def _a_block_and_a_sign_in(served: Served, turn: int) -> None:
    phone = f"+861380013{turn:04}"
    mei = (await Page(served).sign_in(phone, name="Mei"))["person"]["id"]
    page = Page(served)
    lotus = (await page.open(name="Lotus"))["person"]["id"]
    served.clock.now_s += 61
    challenge, code = await page.ask_for_code(phone)
    who = ({"person": lotus}, {"person": mei}, {"phone": phone})[turn % 3]

    async def blocks() -> Answer:
        await asyncio.sleep(turn * 0.000_3)
        return await block(served, **who)

    signed_in, blocked = await asyncio.gather(
        page.call(f"POST /api/sign-in/phone/{challenge}", {"code": code}), blocks()
    )
    assert (blocked.status, signed_in.status in (200, 403)) == (201, True), (turn, blocked, signed_in)
    is_still_mei = who.get("person") == lotus and signed_in.status == 403  # who never became her
    running = "SELECT count(*) FROM sessions WHERE ended_ts IS NULL AND person = $1"
    assert await served.database.fetchval(running, mei) == int(is_still_mei), (turn, signed_in)


async def learnt(served: Served) -> None:
    """The process asks what was blocked, as it does twice a second."""
    await served.application.get(People).ended.ask(served.database)


def token_of(id_: str, role: Role = Role.VIEWER) -> dict[str, str]:
    """One that stands by itself."""
    return bearer(Tokens(SECRET).sign(Identity(id=id_, name="Mei", role=role), now_s=NOW_S, ttl_s=604_800))


async def test_a_token_without_a_session_speaks_for_nobody_who_is_blocked(served: Served):
    async def me(id_: str) -> int:
        return (await served.call("GET /api/session", role=None, headers=token_of(id_))).status

    assert [await me(each) for each in ("printed", "other")] == [200, 200]
    made = await block(served, person="printed", has_no_account=True, until="2027-01-15T09:00:00Z")
    await learnt(served)
    assert [await me(each) for each in ("printed", "other")] == [401, 200]
    refused = await served.call("GET /api/session", role=None, headers=token_of("printed"))
    assert (refused.body["code"], refused.body["name"]) == (1104, "session_ended")

    again = await block(served, person="printed", has_no_account=True)
    assert (await by(served, Role.ADMIN, f"DELETE /api/blocked/{again.body['id']}")).status == 204
    await learnt(served)
    assert await me("printed") == 401  # the first one stands
    served.clock.now_s += 3_600
    assert await me("printed") == 200  # its time is up
    assert made.status == 201


async def test_nor_does_that_of_whoever_became_them_before(served: Served):
    page = Page(served)
    guest = (await page.open())["person"]["id"]
    of_guest = bearer(page.token or "")
    mei = (await page.sign_in(PHONE, name="Mei"))["person"]["id"]
    assert (await served.call("GET /api/session", role=None, headers=of_guest)).body["id"] == guest
    await block(served, person=mei)
    await learnt(served)
    assert (await served.call("GET /api/session", role=None, headers=of_guest)).status == 401


async def test_a_guest_who_is_blocked_watches_as_another_guest_and_does_not_sign_in(served: Served):
    page = Page(served)
    guest = (await page.open())["person"]["id"]
    await block(served, person=guest)
    await learnt(served)
    page.token = None
    other = (await page.open())["person"]
    assert (other["role"], other["id"] != guest) == ("guest", True)
    assert refusal(await signs_in(page, PHONE)) == BLOCKED


async def test_a_process_that_starts_knows_the_blocks_that_stand(database_url: str):
    async with serving(database_url, modules=app.DEMO_MODULES) as served:
        await block(served, person="printed", has_no_account=True)
    async with serving(database_url, modules=app.DEMO_MODULES) as served:
        await learnt(served)
        assert (await served.call("GET /api/session", role=None, headers=token_of("printed"))).status == 401
