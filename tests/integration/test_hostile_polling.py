"""The same for clients that poll: what they post is answered by number or ends their session, is counted, and fills no log."""

import asyncio
import json
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Self

import pytest
from yarl import URL

from livehub.hub.hub import Hub
from livehub.hub.inbox.inbox import Inbox
from tests.integration.server import InProcessServer, LocalServer, Person, eventually
from tests.integration.test_faults import is_back
from tests.integration.viewers import Crowd
from tests.patience import PATIENCE_S

OpenServer = Callable[..., AbstractAsyncContextManager[InProcessServer]]


class Poller:
    """A long-polling session by hand."""

    def __init__(self, server: LocalServer, sid: str) -> None:
        self._server = server
        self.url = f"{server.url}/socket.io/?EIO=4&transport=polling&sid={sid}"

    @classmethod
    async def open(cls, server: LocalServer) -> Self:
        """A session before the Socket.IO handshake."""
        async with server.session.get(f"{server.url}/socket.io/?EIO=4&transport=polling") as answer:
            return cls(server, json.loads((await answer.text())[1:])["sid"])

    @classmethod
    async def connect(cls, server: LocalServer, person: Person | None = None) -> Self:
        """A session that is connected to the namespace /."""
        poller = await cls.open(server)
        assert await poller.post("40" + json.dumps({"token": person.token} if person else {})) == 200
        assert (await poller.poll())[0].startswith("40")
        return poller

    async def post(self, body: str | bytes) -> int:
        """Send packets; the status of the answer."""
        async with asyncio.timeout(10.0), self._server.session.post(self.url, data=body) as answer:
            await answer.read()
            return answer.status

    async def poll(self) -> list[str]:
        """The packets that wait, or will come; [] when the session is over."""
        async with asyncio.timeout(10.0), self._server.session.get(self.url) as answer:
            return (await answer.text()).split("\x1e") if answer.status == 200 else []

    async def ask(self, event: str, body: Any) -> Any:
        """The acknowledgement of an event; what else comes is passed over."""
        return await self.ask_in_words(json.dumps([event, body]))

    async def ask_in_words(self, array: str) -> Any:
        assert await self.post("425" + array) == 200
        while True:
            for packet in await self.poll():
                if packet.startswith("435"):
                    return json.loads(packet[3:])[0]

    async def is_over(self) -> bool:
        return await self.post("3") == 400


async def offenders(server: LocalServer) -> float:
    return await server.metric("livehub_sockets_closed", code="3502")


NO_PACKETS: list[str | bytes] = [
    "hello", "9", "2", "4", "49", "4[]", "4{}", '44{"message":"no"}', '431["x"]', '451-["x"]', "40{", "40{}", "bAAAA", "b!",
    "42" + "1" * 1000 + "[]", '42/admin,["like",{}]', b"\xff\xfe", b"42[\xc3\x28]", "4" + "[" * 5_000,
    "42" + "[" * 100_000,
]  # fmt: skip


async def test_what_is_no_packet_of_ours_ends_the_session_and_fills_no_log(
    server: InProcessServer, caplog: pytest.LogCaptureFixture
):
    before = await offenders(server)
    with caplog.at_level(logging.WARNING):
        for body in NO_PACKETS:
            poller = await Poller.connect(server)
            await poller.post(body)
            assert await poller.is_over(), body
    assert await offenders(server) == before + len(NO_PACKETS)
    assert await server.metric("livehub_sockets") == 0
    assert [record for record in caplog.records if record.exc_info] == []


async def test_a_post_that_stops_half_way_is_not_waited_for_and_one_in_two_parts_is_taken(open_server: OpenServer):
    async with open_server(http_body_s=0.5) as server:
        poller = await Poller.connect(server)

        async def in_two_parts(rest: list[bytes]) -> bytes:
            """The status line."""
            url = URL(poller.url)
            reader, writer = await asyncio.open_connection(url.host, url.port)
            head = (
                f"POST {url.raw_path_qs} HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 22\r\n\r\n"
            )
            writer.write(head.encode() + b'421["not')
            for part in rest:
                await asyncio.sleep(0.1)  # so that the first is read alone
                writer.write(part)
            async with asyncio.timeout(PATIENCE_S):
                line = await reader.readline()
            writer.close()
            return line

        assert await in_two_parts([b'hing",  {}   ]']) == b"HTTP/1.1 200 OK\r\n"
        assert await in_two_parts([]) == b"HTTP/1.1 408 Request Timeout\r\n"
        assert (await poller.ask("nothing", {}))["error"]["name"] == "unknown_event"


async def test_who_speaks_before_the_handshake_loses_the_session(server: InProcessServer):
    texts = ['421["like",{}]', "41", "hello", '451-["x"]']
    before = await offenders(server)
    for text in texts:
        poller = await Poller.open(server)
        await poller.post(text)
        assert await poller.is_over(), text
    assert await offenders(server) == before + len(texts)


async def test_an_event_that_cannot_be_taken_is_refused_by_number(server: InProcessServer):
    room = await server.room()
    poller = await Poller.connect(server, server.person("villain"))
    assert (await poller.ask("join", {"room": room}))["ok"] is True
    for array, code in (
        ("[]", 1002),
        ('["like"', 1000),
        ('["like",{"room":"R","n":NaN}]', 1000),
        ('["like",{"room":"R","n":1' + "0" * 1_000 + "}]", 1000),
        ('["chat",{"room":"R","text":"\\ud800"}]', 1000),
        ('["chat",{"room":"R","text":"a\\u0000b"}]', 1000),
        ('["chat",{"room":"R","text":"' + "x" * 20_000 + '"}]', 1001),
        ('["like",' + "[" * 2_000 + "]" * 2_000 + "]", 1000),
        # Names that python-socketio gives a meaning of its own.
        ('["connect",{},{"token":' + json.dumps(server.host.token) + "}]", 1002),
        ('["disconnect","x"]', 1002),
        ('["*",{}]', 1002),
    ):
        refused = await poller.ask_in_words(array.replace('"R"', json.dumps(room)))
        assert (refused["ok"], refused["error"]["code"]) == (False, code), array
    assert (await poller.ask("chat", {"room": room, "text": "still myself"}))["ok"] is True
    page = (await server.do("GET", f"/api/rooms/{room}"))["room"]
    assert [(line["user"], line["role"], line["text"]) for line in page["chats"]] == [
        ("villain", "viewer", "still myself")
    ]
    assert page["likes"] == 0


async def test_ten_thousand_likes_are_bounded_and_end_the_session(server: InProcessServer):
    room = await server.room()
    poller = await Poller.connect(server)
    await poller.ask("join", {"room": room})
    like = "42" + json.dumps(["like", {"room": room, "n": 100}])
    before = await server.metric("livehub_sockets_closed", code="3504")
    posted = 0
    while await poller.post("\x1e".join([like] * 16)) == 200:
        posted += 16
        assert posted < 10_000
    assert await server.metric("livehub_sockets_closed", code="3504") == before + 1
    assert 200 <= (await server.do("GET", f"/api/rooms/{room}"))["room"]["likes"] <= 1_000


async def test_who_never_polls_is_cut_off_and_the_others_get_everything(open_server: OpenServer, crowd: Crowd):
    async with open_server(socket_polling_queue_max=8) as server:
        room = await server.room()
        reader = await crowd.raw(server)
        await reader.join(room)
        before = await server.metric("livehub_sockets_closed", code="3002")
        stuck = await Poller.connect(server)
        await stuck.ask("join", {"room": room})
        for number in range(20):
            await server.do("PATCH", f"/api/rooms/{room}", {"notice": f"notice {number}"})

        controls = await reader.inbox.count("control", 20)
        assert [control["data"]["notice"] for control in controls] == [f"notice {number}" for number in range(20)]
        assert await server.metric("livehub_sockets_closed", code="3002") == before + 1
        assert await stuck.is_over()


async def test_a_session_whose_client_went_away_is_soon_forgotten(open_server: OpenServer):
    async with open_server(ping_interval_s=1.0, ping_timeout_s=1.0) as server:
        room = await server.room()
        poller = await Poller.connect(server)
        await poller.ask("join", {"room": room})
        assert await server.metric("livehub_sockets") == 1

        async def is_forgotten() -> bool:
            page = (await server.do("GET", f"/api/rooms/{room}"))["room"]
            return (await server.metric("livehub_sockets"), page["viewers"]) == (0, 0)

        await eventually(is_forgotten)


OPEN = "/socket.io/?EIO=4&transport=polling"


async def test_sessions_of_one_address_are_bounded_before_they_are_made(open_server: OpenServer, crowd: Crowd):
    async with open_server(sockets_per_address_max=5, trust_proxy=True) as server:
        greedy, modest = {"X-Forwarded-For": "203.0.113.7"}, {"X-Forwarded-For": "203.0.113.8"}
        statuses: list[int] = []

        async def knock() -> None:
            for _ in range(50):
                async with server.session.get(server.url + OPEN, headers=greedy) as answer:
                    await answer.read()
                    statuses.append(answer.status)

        await asyncio.gather(*(knock() for _ in range(30)))
        # As many again as may come in may wait for their refusal.
        assert (statuses.count(200), statuses.count(503)) == (10, 1_490)
        sessions = server.application.get(Hub).sockets._sio.eio.sockets
        assert (len(sessions), server.application.get(Hub).clients.admission.sockets) == (10, 10)
        assert await server.metric("livehub_sockets_closed", code="3005") >= 1_490
        async with server.session.get(server.url + OPEN, headers=greedy) as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (503, "5")

        await (await crowd.raw(server, headers=modest)).join(await server.room())


async def test_a_session_that_never_says_who_it_is_ends_and_gives_its_place_back(open_server: OpenServer):
    async with open_server(socket_handshake_s=0.5) as server:
        before = await server.metric("livehub_sockets_closed", code="3004")
        poller = await Poller.open(server)
        assert await server.metric("livehub_sockets") == 1

        async def is_over() -> bool:
            return await server.metric("livehub_sockets") == 0

        await eventually(is_over)
        assert await poller.is_over()
        assert await server.metric("livehub_sockets_closed", code="3004") == before + 1
        assert server.application.get(Hub).clients.admission.sockets == 0


@pytest.mark.parametrize("last", ["41", "1", "43garbage"])
async def test_who_comes_and_goes_in_one_packet_leaves_nothing_behind(server: InProcessServer, last: str):
    await is_back(server)
    hub, inbox = server.application.get(Hub), server.application.get(Inbox)
    connect = "40" + json.dumps({"token": server.person("mei").token})
    for _ in range(5):
        async with server.session.get(server.url + OPEN) as answer:
            sid = json.loads((await answer.text())[1:])["sid"]
        async with server.session.post(f"{server.url}{OPEN}&sid={sid}", data=f"{connect}\x1e{last}") as answer:
            await answer.read()

    async def is_over() -> bool:
        return not hub.clients.connections

    await eventually(is_over)
    await asyncio.sleep(0.1)  # what follows a CONNECT comes a turn later
    assert not hub.clients.of_person("mei")
    assert (inbox._people, dict(inbox._channels._people)) == (set(), {})


async def test_of_too_many_sessions_that_never_say_who_they_are_the_oldest_goes(open_server: OpenServer):
    async with open_server(handshakes_max=16) as server:
        first = await Poller.connect(server)
        silent = [await Poller.open(server) for _ in range(20)]
        assert await silent[0].is_over()
        assert await first.post("3") == await silent[-1].post("3") == 200


async def test_a_client_that_polls_and_is_not_let_in_is_told_why_and_leaves(open_server: OpenServer):
    async with open_server(sockets_max=1) as server:
        await Poller.connect(server)
        refused = await Poller.open(server)
        assert await refused.post("40{}") == 200
        [answer] = await refused.poll()
        assert answer.startswith('44{"message":"unavailable"')

        async def is_forgotten() -> bool:
            return await server.metric("livehub_sockets") == 1

        await eventually(is_forgotten)
        assert await refused.is_over()


async def test_a_client_that_polls_is_pinged_and_stays_as_long_as_it_answers(open_server: OpenServer):
    async with open_server(ping_interval_s=1.0, ping_timeout_s=1.0) as server:
        poller = await Poller.connect(server)
        for _ in range(3):
            while "2" not in await poller.poll():
                pass
            assert await poller.post("3") == 200
        before = await server.metric("livehub_sockets_closed", code="3003")
        assert await server.metric("livehub_sockets") == 1

        async def is_forgotten() -> bool:
            return await server.metric("livehub_sockets") == 0

        await eventually(is_forgotten)
        assert await server.metric("livehub_sockets_closed", code="3003") == before + 1


async def test_answers_to_heartbeats_that_nobody_asked_for_end_the_session(server: InProcessServer):
    poller = await Poller.connect(server)
    before = await server.metric("livehub_sockets_closed", code="3504")
    posted = 0
    while await poller.post("\x1e".join(["3"] * 16)) == 200:
        posted += 16
        assert posted < 5_000
    assert await server.metric("livehub_sockets_closed", code="3504") == before + 1


async def test_a_poll_is_not_compressed_for_who_refuses_that(server: InProcessServer):
    poller = await Poller.connect(server)
    room = await server.room(title="x" * 120, poster="https://farm.example/" + "y" * 400)
    assert (await poller.ask("join", {"room": room}))["ok"]
    assert await poller.post(f'420["join",{{"room":"{room}"}}]') == 200  # answered at once, since the room is there
    async with server.session.get(poller.url, headers={"Accept-Encoding": "gzip;q=0, deflate;q=0"}) as answer:
        assert "Content-Encoding" not in answer.headers
        assert len(await answer.read()) > 1_024  # what engineio compresses


async def test_other_methods_than_those_of_polling_are_refused_with_words(server: InProcessServer):
    for method in ("HEAD", "PUT", "PATCH", "DELETE"):
        for path in (OPEN, "/socket.io/"):
            async with server.session.request(method, server.url + path) as answer:
                assert (answer.status, answer.headers["Allow"]) == (405, "GET,OPTIONS,POST"), method
                if method != "HEAD":
                    assert (await answer.json())["code"] == 1006
    async with server.session.options(server.url + OPEN) as answer:
        assert answer.status == 200
