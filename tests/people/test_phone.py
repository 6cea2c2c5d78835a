"""A code proves a phone once, to whoever asked for it, within its time, for what it was asked for; and guessing burns it."""

import base64
from typing import Any

import altcha
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from livehub.people.errors import BadPhone
from livehub.people.signin import codes
from livehub.people.signin.codes import Bounds, Excess, Sent
from tests.base.served import NOW_S, Served, serving
from tests.people.browser import Page, code_of

PHONE = "+8613800138000"
OTHER = "+8613900139000"
BOUNDS = Bounds(resend_ms=60_000, phone_hour_max=5, phone_day_max=10, network_hour_max=20, shop_hour_max=100)
NOW_MS = 1_800_000_000_000


@pytest.mark.parametrize(
    ("text", "regions", "number"),
    [
        ("13800138000", ["CN"], PHONE),
        ("138 0013 8000", ["CN"], PHONE),
        ("+86 138-0013-8000", ["CN"], PHONE),
        ("0086 13800138000", ["CN"], PHONE),
        ("１３８００１３８０００", ["CN"], PHONE),
        ("+852 5123 4567", ["CN", "HK"], "+85251234567"),
        ("(201) 555-0123", ["US"], "+12015550123"),
    ],
)
def test_a_number_is_read_as_people_write_it(text: str, regions: list[str], number: str) -> None:
    assert codes.e164(text, regions) == number


@pytest.mark.parametrize(
    "text", ["", "abc", "110", "010-6552-9988", "+85251234567", "138001380001", "1380013800", "+8613800138000" * 5, "+"]
)
def test_what_gets_no_code_is_refused(text: str) -> None:
    with pytest.raises(BadPhone):
        codes.e164(text, ["CN"])


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ({}, None),
        ({"last_ms": NOW_MS - 59_999}, (Excess.RESEND, 1)),
        ({"last_ms": NOW_MS - 60_000}, None),
        ({"phone_hour": 4, "phone_day": 9, "network_hour": 19, "shop_hour": 99}, None),
        ({"phone_hour": 5}, (Excess.PHONE, 3_600_000)),
        ({"phone_day": 10}, (Excess.PHONE, 86_400_000)),
        ({"network_hour": 20}, (Excess.NETWORK, 3_600_000)),
        ({"shop_hour": 100}, (Excess.SHOP, 900_000)),
    ],
)
def test_codes_are_bounded_by_phone_by_network_and_for_the_whole_shop(
    sent: dict[str, int], found: tuple[Excess, int] | None
) -> None:
    lately = {"phone_hour": 0, "phone_day": 0, "network_hour": 0, "shop_hour": 0, "last_ms": None, **sent}
    assert codes.excess(Sent(**lately), BOUNDS, NOW_MS) == found  # type: ignore[arg-type]


async def test_a_code_signs_in_once_and_makes_the_same_person_each_time(served: Served):
    page = Page(served)
    await page.open()
    challenge, code = await page.ask_for_code("138 0013 8000")
    first = await page.call(f"POST /api/sign-in/phone/{challenge}", {"code": code, "name": "Mei"})
    assert (first.status, first.body["person"]["name"], first.body["person"]["role"]) == (200, "Mei", "viewer")
    page.token = first.body["token"]
    assert (await page.call("GET /api/me")).body["identities"][0]["label"] == "*8000"
    other = Page(served)
    served.clock.now_s += 60
    assert (await other.sign_in(PHONE, name="Somebody"))["person"] == first.body["person"]
    # The first page is somebody now, and no longer the guest who asked.
    used = await page.call(f"POST /api/sign-in/phone/{challenge}", {"code": code})
    assert (used.status, used.body["name"]) == (404, "not_found")


async def test_a_code_that_was_used_is_over(served: Served):
    asked = await served.done("POST /api/sign-in/phone", {"phone": PHONE}, role=None)
    code = await code_of(served, asked["challenge"])
    proof = (f"POST /api/sign-in/phone/{asked['challenge']}", {"code": code})
    assert (await served.call(*proof, role=None)).status == 200
    before = await served.contents()
    again = await served.call(*proof, role=None)
    assert (again.status, again.body["code"], again.body["name"]) == (410, 1108, "challenge_over")
    assert await served.contents() == before


async def test_the_sixth_try_is_refused_even_with_the_right_code(served: Served):
    page = Page(served)
    await page.open()
    challenge, code = await page.ask_for_code(PHONE)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    for left in (4, 3, 2, 1, 0):
        tried = await page.call(f"POST /api/sign-in/phone/{challenge}", {"code": wrong})
        assert (tried.status, tried.body["name"], tried.body["tries_left"]) == (422, "wrong_code", left)
    burnt = await page.call(f"POST /api/sign-in/phone/{challenge}", {"code": code})
    assert (burnt.status, burnt.body["code"], burnt.body["name"]) == (410, 1107, "challenge_burnt")
    for table in ("people", "identities", "sessions"):
        assert await served.rows(table) == []
    # The number is not locked out by it.
    served.clock.now_s += 60
    assert (await Page(served).sign_in(PHONE))["person"]["role"] == "viewer"


async def test_a_code_is_over_after_its_time(served: Served):
    page = Page(served)
    await page.open()
    challenge, code = await page.ask_for_code(PHONE)
    served.clock.now_s += 300
    over = await page.call(f"POST /api/sign-in/phone/{challenge}", {"code": code})
    assert (over.status, over.body["name"]) == (410, "challenge_over")


async def test_a_code_is_for_whoever_asked_for_it(served: Served):
    mei, eve = Page(served), Page(served)
    await mei.open()
    await eve.open()
    challenge, code = await mei.ask_for_code(PHONE)
    for asking in (eve, Page(served)):
        stolen = await asking.call(f"POST /api/sign-in/phone/{challenge}", {"code": code})
        assert (stolen.status, stolen.body["name"]) == (404, "not_found")
    assert (await mei.call(f"POST /api/sign-in/phone/{challenge}", {"code": code})).status == 200


async def test_a_code_for_one_thing_is_none_for_another(served: Served):
    page = Page(served)
    await page.open(name="Mei")
    asked = await page.call("POST /api/me/phone", {"phone": PHONE})
    code = await code_of(served, asked.body["challenge"])
    crossed = await page.call(f"POST /api/sign-in/phone/{asked.body['challenge']}", {"code": code})
    assert (crossed.status, crossed.body["name"]) == (410, "challenge_over")
    added = await page.call(f"POST /api/me/phone/{asked.body['challenge']}", {"code": code})
    assert (added.status, added.body) == (200, {"label": "*8000"})
    served.clock.now_s += 60
    challenge, code = await page.ask_for_code(OTHER)
    crossed = await page.call(f"POST /api/me/phone/{challenge}", {"code": code})
    assert (crossed.status, crossed.body["name"]) == (410, "challenge_over")


async def test_a_number_of_another_person_is_not_added(served: Served):
    bo, mei = Page(served), Page(served)
    owner = (await bo.sign_in(PHONE, name="Bo"))["person"]
    await mei.sign_in(OTHER, name="Mei")
    served.clock.now_s += 60
    asked = await mei.call("POST /api/me/phone", {"phone": PHONE})
    code = await code_of(served, asked.body["challenge"])
    taken = await mei.call(f"POST /api/me/phone/{asked.body['challenge']}", {"code": code})
    assert (taken.status, taken.body["code"], taken.body["name"]) == (409, 1114, "identity_taken")
    assert await served.database.fetchval("SELECT person FROM identities WHERE subject = $1", PHONE) == owner["id"]


async def test_a_resend_that_is_refused_leaves_the_code_that_was_sent(served: Served):
    page = Page(served)
    await page.open()
    challenge, code = await page.ask_for_code(PHONE)
    served.clock.now_s += 59
    early = await page.call("POST /api/sign-in/phone", {"phone": PHONE})
    assert (early.status, early.body["name"], early.body["retry_after_ms"]) == (429, "too_fast", 1_000)
    assert (await page.call(f"POST /api/sign-in/phone/{challenge}", {"code": code})).status == 200


async def test_a_request_whose_answer_was_lost_is_answered_with_the_code_that_was_sent(served: Served):
    page, eve = Page(served), Page(served)
    await page.open()
    await eve.open()
    asking = ("POST /api/sign-in/phone", {"phone": PHONE, "app": "viewer"})
    sent = await page.call(*asking, **{"Idempotency-Key": "the-same-key"})
    challenge = sent.body["challenge"]
    served.clock.now_s += 10
    again = await page.call(*asking, **{"Idempotency-Key": "the-same-key"})
    assert (again.status, again.body) == (202, {"challenge": challenge, "retry_after_ms": 50_000})
    assert len(await served.rows("phone_codes")) == 1
    # Another request, or the same words of somebody else, is another code, and too soon for that.
    for asks, key in ((page, "another-key"), (eve, "the-same-key")):
        early = await asks.call(*asking, **{"Idempotency-Key": key})
        assert (early.status, early.body["name"]) == (429, "too_fast")
    # One that is over is not given again.
    served.clock.now_s += 290
    fresh = await page.call(*asking, **{"Idempotency-Key": "the-same-key"})
    assert (fresh.status, fresh.body["retry_after_ms"], fresh.body["challenge"] != challenge) == (202, 60_000, True)
    code = await code_of(served, fresh.body["challenge"])
    assert (await page.call(f"POST /api/sign-in/phone/{fresh.body['challenge']}", {"code": code})).status == 200


async def test_known_and_unknown_numbers_are_answered_alike(served: Served):
    await Page(served).sign_in(PHONE)
    served.clock.now_s += 60
    answers = [await Page(served).call("POST /api/sign-in/phone", {"phone": number}) for number in (PHONE, OTHER)]
    assert [(each.status, each.body["retry_after_ms"], sorted(each.body)) for each in answers] == [
        (202, 60_000, ["challenge", "retry_after_ms"])
    ] * 2


async def test_the_secret_of_a_session_is_new_at_each_sign_in(served: Served):
    page = Page(served)
    await page.open(name="Mei")
    by_name, token = page.jar["livehub-viewer"], page.token
    await page.sign_in(PHONE)
    assert page.jar["livehub-viewer"] != by_name
    page.token, signed_in = token, page.token
    assert (await page.call("GET /api/me")).body["name"] == "session_ended"
    assert (await Page(served, jar={"livehub-viewer": by_name}).call("POST /api/session", {})).status == 401
    page.token = signed_in
    assert (await page.call("GET /api/me")).status == 200


async def test_somebody_by_name_stays_who_they_are_with_their_first_phone(served: Served):
    page = Page(served)
    by_name = await page.open(name="Mei")
    by_phone = await page.sign_in(PHONE, name="Another")
    assert by_phone["person"] == by_name["person"]
    assert await served.rows("person_merges") == []


async def test_codes_that_are_stored_tell_nobody_the_code(served: Served):
    page = Page(served)
    _, code = await page.ask_for_code(PHONE)
    assert not any(code in row for row in await served.rows("phone_codes"))
    assert served.clock() == NOW_S


def solved(work: dict[str, object]) -> str:
    challenge = altcha.Challenge.from_dict(work)
    solution = altcha.solve_challenge(challenge)
    assert solution is not None
    return altcha.Payload(challenge, solution).to_base64()


async def test_whoever_asks_unusually_often_works_for_each_code(served: Served):
    numbers = [f"+861380013{n:04}" for n in range(8000, 8008)]
    for number in numbers[:5]:
        assert (await Page(served).call("POST /api/sign-in/phone", {"phone": number})).status == 202
    asked = await Page(served).call("POST /api/sign-in/phone", {"phone": numbers[5]})
    assert (asked.status, asked.body["code"], asked.body["name"]) == (428, 1115, "proof_needed")
    proof = solved(asked.body["proof"])
    before = await served.contents()
    for number, given in (
        (numbers[6], proof),  # another number
        (numbers[5], "nonsense"),
        (numbers[5], proof[:-8] + "AAAAAAA="),
        (numbers[5], ""),
        (numbers[5], base64.b64encode(b"[" * 1_000).decode()),
    ):
        refused = await Page(served).call("POST /api/sign-in/phone", {"phone": number, "proof": given})
        assert (refused.status, refused.body["name"]) == (428, "proof_needed"), given[:20]
    assert await served.contents() == before
    taken = await Page(served).call("POST /api/sign-in/phone", {"phone": numbers[5], "proof": proof})
    assert taken.status == 202
    served.clock.now_s += 60
    again = await Page(served).call("POST /api/sign-in/phone", {"phone": numbers[5], "proof": proof})
    assert again.body["name"] == "proof_needed"  # it is used up
    late = solved(again.body["proof"])
    served.clock.now_s += 300
    over = await Page(served).call("POST /api/sign-in/phone", {"phone": numbers[5], "proof": late})
    assert over.body["name"] == "proof_needed"


async def test_what_a_provider_in_trouble_took_counts_and_its_code_is_good(database_url: str):
    taken: list[str] = []

    async def take_and_fail(request: web.Request) -> web.Response:
        taken.append((await request.json())["code"])
        return web.Response(status=500)

    provider = web.Application()
    provider.router.add_post("/sms", take_and_fail)
    async with TestServer(provider) as sms:
        settings: dict[str, Any] = {
            "code_sender": "http",
            "code_sender_url": str(sms.make_url("/sms")),
            "code_sender_key": "k",
        }
        async with serving(database_url, **settings) as served:
            statuses = []
            for _ in range(7):
                statuses.append((await Page(served).call("POST /api/sign-in/phone", {"phone": PHONE})).status)
                served.clock.now_s += 60
            assert statuses == [503] * 5 + [429] * 2
            assert len(taken) == 5
            challenge = await served.database.fetchval(
                "SELECT challenge FROM phone_codes ORDER BY created_ts DESC LIMIT 1"
            )
            served.clock.now_s -= 180
            right = await served.call(f"POST /api/sign-in/phone/{challenge}", {"code": taken[-1]}, role=None)
            assert right.status == 200


async def test_a_page_is_told_how_one_signs_in_here(served: Served):
    assert await served.done("GET /api/sign-in", role=None) == {
        "phone": True,
        "phone_countries": [{"region": "CN", "calling_code": 86}],
        "mailbox": "/dev/mailbox",
        "oidc": False,
        "passkey": False,
        "wechat": False,
        "name": True,
        "link": True,
    }
