"""Sign-in at a provider that others wrote, in a process of its own, as `demo` has it."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from yarl import URL

from livehub import app
from livehub.embedded.oidc_provider import CLIENT_ID, CLIENT_SECRET, OidcProvider
from tests.base.served import Served, serving
from tests.people.browser import Page

MAI = {"sub": "mai", "name": "Mai", "roles": ["host"]}


@pytest.fixture
async def provider(tmp_path: Path) -> AsyncIterator[OidcProvider]:
    running = OidcProvider(tmp_path, [MAI, {"sub": "bo", "name": "Bo"}])
    yield running
    running.stop()


@pytest.fixture
async def served(database_url: str, provider: OidcProvider) -> AsyncIterator[Served]:
    async with serving(
        database_url, modules=app.DEMO_MODULES, oidc_issuer=provider.issuer, oidc_client_id=CLIENT_ID,
        oidc_client_secret=CLIENT_SECRET, oidc_roles="host=host", oidc_auth_time="assumed",
    ) as server:  # fmt: skip
        server.clock.now_s = time.time()  # the provider's tokens are of this time
        yield server


async def signed_in_as(page: Page, sub: str) -> tuple[int, str]:
    """Through the provider's form and back: the status, and where it leads to."""
    start = await page.go("/api/sign-in/oidc/start?app=studio")
    async with (
        aiohttp.ClientSession() as browser,
        browser.post(start.headers["Location"], data={"sub": sub}, allow_redirects=False) as answer,
    ):
        assert answer.status == 302
        back = URL(answer.headers["Location"])
    arrived = await page.go(back.raw_path_qs, Accept="text/html")
    return arrived.status, arrived.headers["Location"]


async def test_staff_sign_in_at_a_provider_of_others(served: Served):
    page = Page(served, "studio")
    assert await signed_in_as(page, "mai") == (303, "/studio")
    person = (await page.open())["person"]
    assert (person["name"], person["role"]) == ("Mai", "host")
    again = Page(served, "studio")
    assert await signed_in_as(again, "mai") == (303, "/studio")
    assert (await again.open())["person"] == person


async def test_whom_it_gives_no_role_is_nobody_here(served: Served):
    page = Page(served, "studio")
    assert await signed_in_as(page, "bo") == (303, "/studio?sign_in_refused=1172")
    assert await served.rows("people") == []


async def test_a_provider_that_is_away_is_told_of_and_back_when_it_is(served: Served, provider: OidcProvider):
    provider.stop()
    page = Page(served, "studio")
    away = await page.go("/api/sign-in/oidc/start?app=studio")
    assert (away.status, away.body["name"]) == (503, "unavailable")
    seen = await page.go("/api/sign-in/oidc/start?app=studio&to=/studio/farm", Accept="text/html")
    assert (seen.status, seen.headers["Location"]) == (303, "/studio/farm?sign_in_refused=1200")
    provider.start()
    assert await signed_in_as(page, "mai") == (303, "/studio")
