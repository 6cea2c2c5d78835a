"""The pages' addresses: an application owns what is below its own; what is nobody's is told in words or as a problem."""

import json
from pathlib import Path

import pytest

from livehub.node.pages import APPLICATIONS
from tests.integration.server import LocalServer

WEB = Path(__file__).parents[2] / "web"
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def test_the_development_server_of_the_pages_has_the_same_addresses() -> None:
    owned = {
        name: [path.partition("{")[0] for path, owner in APPLICATIONS.items() if owner == name]
        for name in dict.fromkeys(APPLICATIONS.values())
    }
    assert json.loads((WEB / "applications.json").read_text()) == owned


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/", "livehub"),
        ("/r/demo", "livehub"),
        ("/r/demo/bag", "livehub"),
        ("/studio", "livehub studio"),
        ("/studio/", "livehub studio"),
        ("/studio/demo/orders/7", "livehub studio"),
        ("/ops", "livehub ops"),
        ("/ops/rooms/demo", "livehub ops"),
    ],
)
async def test_a_page_is_at_every_address_of_its_application(server: LocalServer, path: str, title: str) -> None:
    async with server.session.get(f"{server.url}{path}", headers=BROWSER) as reply:
        assert (reply.status, f"<title>{title}</title>" in await reply.text()) == (200, True)
        assert reply.headers["Cache-Control"] == "no-cache"


async def test_a_browser_at_an_address_of_nobody_gets_a_page_with_404(server: LocalServer) -> None:
    async with server.session.get(f"{server.url}/nothing/here", headers=BROWSER) as reply:
        assert (reply.status, reply.content_type) == (404, "text/html")


@pytest.mark.parametrize("path", ["/nothing/here", "/assets/nothing.js", "/viewer/index.html"])
async def test_a_program_at_an_address_of_nobody_gets_a_problem(server: LocalServer, path: str) -> None:
    async with server.session.get(f"{server.url}{path}") as reply:
        assert (reply.status, reply.content_type) == (404, "application/problem+json")


async def test_a_call_that_does_not_exist_is_a_problem_for_browsers_too(server: LocalServer) -> None:
    async with server.session.get(f"{server.url}/api/nothing", headers=BROWSER) as reply:
        assert (reply.status, reply.content_type) == (404, "application/problem+json")
