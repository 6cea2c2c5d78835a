"""What browser tests ask for: a server in a process of its own, and people before browsers.

All of them run in one event loop, with one Chromium. After each test nobody's browser may have had a complaint, and
after one that failed there is a picture of every open page.
"""

from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Error, Page, ViewportSize, async_playwright, expect

from livehub.embedded.servers import Postgres, Valkey
from tests.conftest import _fresh_database, new_folder
from tests.e2e.people import DESK, PHONE, Complaints, Guest, Host, Ops, Screen, Viewer
from tests.e2e.site import Site, started
from tests.e2e.texts import texts
from tests.patience import PATIENCE_S

HERE = Path(__file__).parent
SEEN_WITHIN_MS = PATIENCE_S * 1_000
TEST_WITHIN_S = 600.0  # several pages at once are slow on a busy machine
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
FAILED = pytest.StashKey[bool]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One event loop for all of these tests: a browser cannot move to another one."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
            item.add_marker(pytest.mark.timeout(TEST_WITHIN_S), append=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Lets fixtures know that their test failed."""
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium(browser_path: str | None) -> AsyncIterator[Browser]:
    expect.set_options(timeout=SEEN_WITHIN_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browser_path, headless=True, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture(scope="module")
def database_url(postgres: Postgres, _template: str) -> Iterator[str]:
    """A database of this module's own, migrated."""
    yield from _fresh_database(postgres, _template)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def site(database_url: str) -> AsyncIterator[Site]:
    """A server with the demo farm, for this module."""
    with new_folder() as folder:
        valkey = Valkey(folder)
        try:
            async with started(database_url, valkey, folder) as running:
                page = await running.call("GET", "/")
                assert page.status == 200, page.body  # e.g. not built yet
                yield running
        finally:
            valkey.close()


@pytest_asyncio.fixture(loop_scope="session")
async def room(site: Site) -> str:
    """A live room of this test's own."""
    return await site.show()


class Company:
    """The people of a test."""

    def __init__(self, chromium: Browser, site: Site, stack: AsyncExitStack) -> None:
        self._chromium = chromium
        self._site = site
        self._stack = stack
        self.people: list[Guest] = []

    async def guest(self, name: str = "guest", screen: Screen = DESK, language: str = "en", **profile: Any) -> Viewer:
        """A viewer whom nobody knows yet. `profile`: more of Playwright's options for a context."""
        viewer = Viewer(name, *await self._browser(screen, language, **profile))
        self.people.append(viewer)
        return viewer

    async def viewer(self, name: str, screen: Screen = DESK, language: str = "en", **profile: Any) -> Viewer:
        """A viewer who has signed in before."""
        viewer = await self.guest(name, screen, language, **profile)
        await self._site.sign_in(viewer.page.context, self._site.person(name))
        return viewer

    async def host(self, screen: Screen = PHONE, language: str = "en", **profile: Any) -> Host:
        """The host, in the studio."""
        host = Host("host", *await self._browser(screen, language, **profile))
        self.people.append(host)
        return host

    async def ops(self, screen: Screen = DESK, language: str = "en", **profile: Any) -> Ops:
        """Somebody of operations, at the console."""
        ops = Ops("ops", *await self._browser(screen, language, **profile))
        self.people.append(ops)
        return ops

    async def _browser(
        self, screen: Screen, language: str, **profile: Any
    ) -> tuple[Page, Site, Any, Screen, Complaints]:
        options: dict[str, Any] = {
            "viewport": ViewportSize(width=screen.width, height=screen.height),
            "has_touch": screen.touch,
            "is_mobile": screen.touch,
            "locale": "en-US" if language == "en" else language,
            "reduced_motion": "reduce",  # hearts and dancing bars on every page are work for a machine without a GPU
            **profile,
        }
        context = await self._stack.enter_async_context(await self._chromium.new_context(**options))
        context.set_default_timeout(SEEN_WITHIN_MS)
        complaints = Complaints()
        complaints.listen(context)
        return await context.new_page(), self._site, texts(language), screen, complaints


@pytest_asyncio.fixture(loop_scope="session")
async def company(
    chromium: Browser, site: Site, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Company]:
    """Invites people; sees them off, and asks whether they had anything to complain of."""
    async with AsyncExitStack() as stack:
        company = Company(chromium, site, stack)
        yield company
        if request.node.stash.get(FAILED, None):
            await _picture(company, tmp_path_factory.mktemp("pictures", numbered=True))
        complaints = [f"{guest.name}: {said}" for guest in company.people for said in guest.complaints.heard]
        assert not complaints, "\n".join(complaints)


async def _picture(company: Company, folder: Path) -> None:
    """What everybody sees now, as files whose names are printed with the failure."""
    for guest in company.people:
        path = folder / f"{guest.name}.png"
        try:
            await guest.page.screenshot(path=path, timeout=SEEN_WITHIN_MS)
        except Error as error:
            path = Path(f"no picture: {error}")
        print(f"{guest.name} at {guest.page.url}: {path}")  # noqa: T201  (pytest shows it with the failure)
