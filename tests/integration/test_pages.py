"""The pages' addresses: an application owns what is below its own; what is nobody's is told in words or as a problem."""

import asyncio
import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Literal

import pytest
from yarl import URL

from livehub.hub.rooms.schemas import RoomSummary
from livehub.node.first_look import APP, Chunk, Known, preloads, with_first_look
from livehub.node.pages import APPLICATIONS
from livehub.node.sharing import TITLE as TITLE_TAG
from livehub.node.sharing import Shared, with_card
from livehub.room.models import Host, Show
from tests.integration.server import LocalServer
from tests.patience import PATIENCE_S

WEB = Path(__file__).parents[2] / "web"
TITLE = '蓝莓 <b>"Blueberry"</b> & Co'
FARM = "阿山's farm"
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
        ("/me", "livehub"),
        ("/orders", "livehub"),
        ("/orders/06f2/payment", "livehub"),
        ("/studio", "livehub studio"),
        ("/studio/", "livehub studio"),
        ("/studio/demo/orders/7", "livehub studio"),
        ("/ops", "livehub ops"),
        ("/ops/rooms/demo", "livehub ops"),
        ("/field", "livehub field"),
        ("/field/scan", "livehub field"),
    ],
)
async def test_a_page_is_at_every_address_of_its_application(server: LocalServer, path: str, title: str) -> None:
    async with server.session.get(f"{server.url}{path}", headers=BROWSER) as reply:
        assert (reply.status, f"<title>{title}</title>" in await reply.text()) == (200, True)
        assert reply.headers["Cache-Control"] == "no-cache"


async def test_the_field_page_alone_may_ask_where_the_phone_is(server: LocalServer) -> None:
    allowed = {}
    for path in ("/field", "/ops", "/"):
        async with server.session.get(f"{server.url}{path}", headers=BROWSER) as reply:
            allowed[path] = "geolocation=(self)" in reply.headers["Permissions-Policy"]
    assert allowed == {"/field": True, "/ops": False, "/": False}


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


CARD = {
    "og:site_name": "livehub",
    "og:type": "website",
    "og:title": TITLE,
    "og:description": FARM,
}


async def test_the_page_of_a_room_tells_of_it_before_any_script_runs(server: LocalServer) -> None:
    room = await server.room(title=TITLE, host={"name": FARM}, poster="/demo/field.svg")
    async with server.session.get(f"{server.url}/r/{room}", headers=BROWSER) as reply:
        page = await reply.text()
        assert (reply.status, reply.headers["Cache-Control"]) == (200, "no-cache")
    seen = _Head(page)
    assert seen.title == f"{TITLE} · livehub"
    image = f"{server.url}/demo/field.svg"
    assert seen.properties == {**CARD, "og:url": f"{server.url}/r/{room}", "og:image": image}
    assert seen.preloaded == ["/demo/field.svg"]
    assert "<b>" not in page  # what people write is text


@pytest.mark.parametrize("host", ["h:99999", "x<y>"])
async def test_a_host_that_is_none_is_text_in_the_card(server: LocalServer, host: str) -> None:
    room = await server.room(title=TITLE, host={"name": FARM})
    async with server.session.get(f"{server.url}/r/{room}", headers={**BROWSER, "Host": host}) as reply:
        assert reply.status == 200
        seen = _Head(await reply.text())
    assert seen.properties["og:url"] == f"http://{host}/r/{room}"


async def test_a_host_in_bytes_that_are_no_text_is_answered(server: LocalServer) -> None:
    room = await server.room(title=TITLE, host={"name": FARM})
    reader, writer = await asyncio.open_connection("127.0.0.1", URL(server.url).port)
    writer.write(f"GET /r/{room} HTTP/1.1\r\nHost: \xff\r\nConnection: close\r\n\r\n".encode("latin-1"))
    async with asyncio.timeout(PATIENCE_S):
        head, _, page = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert _Head(page.decode()).properties["og:url"] == f"http://?/r/{room}"


@pytest.mark.parametrize(
    ("accepted", "title", "about"),
    [
        ("en-GB,en;q=0.9,zh;q=0.5", "Farm day", "Qinghe Farm · Honey"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "农场日", "青禾农场 · 山花蜜"),
        ("fr", "农场日", "青禾农场 · 山花蜜"),
    ],
)
async def test_the_card_of_a_room_is_in_the_readers_language(
    server: LocalServer, accepted: str, title: str, about: str
) -> None:
    host = {"name": "青禾农场", "names": {"en": "Qinghe Farm"}}
    room = await server.room(title="农场日", titles={"en": "Farm day"}, host=host)
    await server.do("POST", f"/api/rooms/{room}/pins", {"title": "山花蜜", "titles": {"en": "Honey"}})
    headers = {**BROWSER, "Accept-Language": accepted}
    async with server.session.get(f"{server.url}/r/{room}", headers=headers) as reply:
        seen = _Head(await reply.text())
        assert reply.headers["Vary"] == "Accept-Language, Accept-Encoding"
    assert seen.title == f"{title} · livehub"
    assert (seen.properties["og:title"], seen.properties["og:description"]) == (title, about)


async def test_the_card_of_a_room_without_a_poster_has_no_picture(server: LocalServer) -> None:
    room = await server.room(title=TITLE, host={"name": FARM})
    async with server.session.get(f"{server.url}/r/{room}", headers=BROWSER) as reply:
        seen = _Head(await reply.text())
    assert seen.properties == {**CARD, "og:url": f"{server.url}/r/{room}"}
    assert seen.preloaded == []


async def test_the_page_of_a_room_that_is_not_there_tells_nothing(server: LocalServer) -> None:
    async with server.session.get(f"{server.url}/r/nowhere", headers=BROWSER) as reply:
        seen = _Head(await reply.text())
    assert (reply.status, seen.title, seen.properties) == (200, "livehub", {})


def test_the_address_of_a_card_is_the_public_one() -> None:
    shared = Shared(title="A", about="B", poster="https://img.example/a.jpg")
    seen = _Head(with_card(f"<head>{TITLE_TAG}</head>", shared, origin="https://live.example", path="/r/demo"))
    assert seen.properties["og:url"] == "https://live.example/r/demo"
    assert seen.properties["og:image"] == "https://img.example/a.jpg"


async def test_the_page_of_a_room_has_what_lists_show_of_it(server: LocalServer) -> None:
    title = "</script><script>alert(1)</script>"
    room = await server.room(title=title, host={"name": FARM}, poster="/demo/field.svg")
    async with server.session.get(f"{server.url}/api/rooms") as reply:
        listed = next(one for one in (await reply.json())["rooms"] if one["id"] == room)
    async with server.session.get(f"{server.url}/r/{room}", headers=BROWSER) as reply:
        assert reply.headers["Content-Encoding"] == "gzip"
        page = await reply.text()
    seen = _Head(page)
    assert json.loads(seen.data) == {"room": listed, "hls": None}
    assert "<script>alert" not in page
    assert seen.drawn == ["/demo/field.svg"]
    asked = [kind for kind, _ in seen.asked]
    assert (asked.count("fetch"), "modulepreload" in asked, "style" in asked) == (0, True, True)


async def test_a_page_below_a_room_draws_nothing_of_it(server: LocalServer) -> None:
    room = await server.room(title=TITLE, host={"name": FARM}, poster="/demo/field.svg")
    async with server.session.get(f"{server.url}/r/{room}/bag", headers=BROWSER) as reply:
        seen = _Head(await reply.text())
    assert (seen.title, seen.data, seen.drawn) == (f"{TITLE} · livehub", "", [])


async def test_who_takes_no_coding_gets_the_page_of_a_room_plain(server: LocalServer) -> None:
    room = await server.room(title=TITLE, host={"name": FARM})
    headers = {**BROWSER, "Accept-Encoding": "identity"}
    async with server.session.get(f"{server.url}/r/{room}", headers=headers) as reply:
        assert ("Content-Encoding" in reply.headers, reply.headers["Vary"]) == (
            False,
            "Accept-Language, Accept-Encoding",
        )
        assert _Head(await reply.text()).title == f"{TITLE} · livehub"


UPLOADED = "/uploads/0123456789abcdefgh/large.webp"


def _known(status: Literal["scheduled", "live", "ended"], hls: str | None) -> Known:
    show = Show(status=status, since_ts=0)
    room = RoomSummary(
        id="demo", title="A", host=Host(name="B"), poster=UPLOADED, show=show, pin=None, viewers=0, likes=0
    )
    return Known(room=room, hls=hls)


def test_a_room_on_air_asks_for_its_playlist_and_a_small_poster() -> None:
    page = f"<head>{TITLE_TAG}</head><body>{APP}</body>"
    seen = _Head(with_first_look(page, _known("live", "/live/demo/index.m3u8"), title="A", links=[]))
    assert seen.asked == [("fetch", "/live/demo/index.m3u8")]
    assert seen.preloaded == seen.drawn == ["/uploads/0123456789abcdefgh/small.webp"]
    seen = _Head(with_first_look(page, _known("scheduled", None), title="A", links=[]))
    assert (seen.asked, seen.preloaded, seen.drawn) == ([], [UPLOADED], [UPLOADED])
    # It is over: what was recorded is shown.
    seen = _Head(with_first_look(page, _known("ended", None), title="A", links=[]))
    assert (seen.asked, seen.preloaded, seen.drawn) == ([], [], [])


def test_the_parts_of_a_page_are_asked_for_once_with_what_they_import() -> None:
    manifest = {
        "page": Chunk(file="assets/page.js", css=["assets/page.css"], imports=["core", "page"]),
        "core": Chunk(file="assets/core.js", css=["assets/core.css"], imports=["vue"]),
        "vue": Chunk(file="assets/vue.js"),
    }
    page = '<script src="/assets/vue.js"></script><link rel="stylesheet" href="/assets/core.css">'
    assert _Head(preloads(page, manifest, ["page", "gone"])).asked == [
        ("modulepreload", "/assets/page.js"),
        ("modulepreload", "/assets/core.js"),
        ("style", "/assets/page.css"),
    ]


class _Head(HTMLParser):
    """What a page's head says, as a browser reads it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.title = ""
        self.properties: dict[str, str] = {}
        self.preloaded: list[str] = []
        self.asked: list[tuple[str, str]] = []
        self.drawn: list[str] = []
        self.data = ""
        self._in_data = False
        self._in_title = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = {name: value or "" for name, value in attrs}
        self._in_title = tag == "title"
        if tag == "meta" and "property" in of:
            self.properties[of["property"]] = of["content"]
        if tag == "link" and of.get("rel") == "preload" and of["as"] == "image":
            self.preloaded.append(of["href"])
        elif tag == "link" and "load" in of.get("rel", ""):
            self.asked.append((of.get("as", of["rel"]), of["href"]))
        self._in_data = tag == "script" and of.get("id") == "room"
        if tag == "img":
            self.drawn.append(of["src"])

    def handle_endtag(self, tag: str) -> None:
        self._in_data = self._in_title = False

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data
        if self._in_data:
            self.data += data
