"""Codes that were not sent, and the clock, are for somebody at this machine alone: no page elsewhere reads or moves them, nor
does one by a name of its own that leads here."""

from collections.abc import AsyncIterator

import pytest

from livehub import app
from tests.base.served import Served, serving
from tests.people.browser import Page

PHONE = "+8613800138000"
CALLS = ("GET /api/dev/codes", "GET /dev/mailbox", "POST /api/dev/clock")


@pytest.fixture
async def served(database_url: str) -> AsyncIterator[Served]:
    async with serving(database_url, modules=app.DEMO_MODULES, public_url="https://live.example/shop") as server:
        page = Page(server)
        await page.open()
        await page.ask_for_code(PHONE)
        yield server


async def asked(served: Served, call: str, **headers: str) -> tuple[int, str]:
    """(status, the name of the refusal); nothing but a refusal is in an answer that refuses."""
    body = {"advance_ms": 1} if call.startswith("POST") else None
    method, _, path = call.partition(" ")
    async with served.client.request(method, path, json=body, headers=headers) as response:
        text = await response.text()
        if response.status == 200:
            return 200, ""
        assert PHONE not in text
        return response.status, (await response.json())["name"]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "host",
    [
        "localhost:8000",
        "LOCALHOST",
        "localhost.",
        "127.0.0.1",
        "127.0.0.1:80",
        "127.1.2.3:80",
        "[::1]",
        "[::1]:8000",
        "live.example",
    ],
)
async def test_it_is_told_by_a_name_of_this_machine(served: Served, call: str, host: str) -> None:
    assert await asked(served, call, Host=host) == (200, "")


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.1.evil.example", "127.0.0.1.nip.io",
        "192.0.2.1", "[2001:db8::1]:80", "0.0.0.0", "evil.example#localhost", "live.example.evil.example",
    ],
)  # fmt: skip
async def test_a_name_that_leads_here_is_refused(served: Served, call: str, host: str) -> None:
    before = await served.contents()
    assert await asked(served, call, Host=host) == (403, "forbidden")
    assert await served.contents() == before


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:8001"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
    ],
)
async def test_a_page_of_somebody_else_is_refused(served: Served, call: str, headers: dict[str, str]) -> None:
    assert await asked(served, call, Host="localhost:8000", **headers) == (403, "foreign_origin")


@pytest.mark.parametrize("call", CALLS)
async def test_our_own_page_and_who_follows_a_link_are_told(served: Served, call: str) -> None:
    own = {"Origin": "http://localhost:8000", "Sec-Fetch-Site": "same-origin"}
    assert await asked(served, call, Host="localhost:8000", **own) == (200, "")
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert await asked(served, call, Host="localhost:8000", **link) == (200, "")


@pytest.mark.parametrize("header", ["Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"])
async def test_what_a_proxy_brings_is_refused(served: Served, header: str) -> None:
    for call in CALLS:
        assert await asked(served, call, Host="localhost", **{header: "192.0.2.1"}) == (403, "forbidden")
