"""The same for clients that poll: what they post is answered by number or ends their session, is counted, and fills no log."""

import asyncio
import json
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Self

import pytest

from tests.integration.house import House, LocalHouse, Person, eventually
from tests.integration.viewers import Crowd

OpenHouse = Callable[..., AbstractAsyncContextManager[LocalHouse]]


class Poller:
    """A long-polling session by hand."""

    def __init__(self, house: House, sid: str) -> None:
        self._house = house
        self._url = f"{house.url}/socket.io/?EIO=4&transport=polling&sid={sid}"

    @classmethod
    async def open(cls, house: House) -> Self:
        """A session before the Socket.IO handshake."""
        async with house.session.get(f"{house.url}/socket.io/?EIO=4&transport=polling") as answer:
            return cls(house, json.loads((await answer.text())[1:])["sid"])

    @classmethod
    async def connect(cls, house: House, person: Person | None = None) -> Self:
        """A session that is connected to the namespace /."""
        poller = await cls.open(house)
        assert await poller.post("40" + json.dumps({"token": person.token} if person else {})) == 200
        assert (await poller.poll())[0].startswith("40")
        return poller

    async def post(self, body: str | bytes) -> int:
        """Send packets; the status of the answer."""
        async with asyncio.timeout(10.0), self._house.session.post(self._url, data=body) as answer:
            await answer.read()
            return answer.status

    async def poll(self) -> list[str]:
        """The packets that wait, or will come; [] when the session is over."""
        async with asyncio.timeout(10.0), self._house.session.get(self._url) as answer:
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


async def offenders(house: House) -> float:
    return await house.metric("livehub_sockets_closed", code="3502")


NO_PACKETS: list[str | bytes] = [
    "hello", "9", "2", "4", "49", "4[]", "4{}", '44{"message":"no"}', '431["x"]', '451-["x"]', "40{", "40{}", "bAAAA", "b!",
    "42" + "1" * 1000 + "[]", '42/admin,["like",{}]', b"\xff\xfe", b"42[\xc3\x28]", "4" + "[" * 5_000, "\x1e".join(["3"] * 17),
    "42" + "[" * 100_000,
]  # fmt: skip


async def test_what_is_no_packet_of_ours_ends_the_session_and_fills_no_log(
    house: LocalHouse, caplog: pytest.LogCaptureFixture
):
    before = await offenders(house)
    with caplog.at_level(logging.WARNING):
        for body in NO_PACKETS:
            poller = await Poller.connect(house)
            await poller.post(body)
            assert await poller.is_over(), body
    assert await offenders(house) == before + len(NO_PACKETS)
    assert await house.metric("livehub_sockets") == 0
    assert [record for record in caplog.records if record.exc_info] == []


async def test_who_speaks_before_the_handshake_loses_the_session(house: LocalHouse):
    texts = ['421["like",{}]', "41", "hello", '451-["x"]']
    before = await offenders(house)
    for text in texts:
        poller = await Poller.open(house)
        await poller.post(text)
        assert await poller.is_over(), text
    assert await offenders(house) == before + len(texts)


async def test_an_event_that_cannot_be_taken_is_refused_by_number(house: LocalHouse):
    room = await house.room()
    poller = await Poller.connect(house, house.person("villain"))
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
        ('["connect",{},{"token":' + json.dumps(house.host.token) + "}]", 1002),
        ('["disconnect","x"]', 1002),
        ('["*",{}]', 1002),
    ):
        refused = await poller.ask_in_words(array.replace('"R"', json.dumps(room)))
        assert (refused["ok"], refused["error"]["code"]) == (False, code), array
    assert (await poller.ask("chat", {"room": room, "text": "still myself"}))["ok"] is True
    page = (await house.do("GET", f"/api/rooms/{room}"))["room"]
    assert [(line["user"], line["role"], line["text"]) for line in page["chats"]] == [
        ("villain", "viewer", "still myself")
    ]
    assert page["likes"] == 0


async def test_ten_thousand_likes_are_bounded_and_end_the_session(house: LocalHouse):
    room = await house.room()
    poller = await Poller.connect(house)
    await poller.ask("join", {"room": room})
    like = "42" + json.dumps(["like", {"room": room, "n": 100}])
    before = await house.metric("livehub_sockets_closed", code="3504")
    posted = 0
    while await poller.post("\x1e".join([like] * 16)) == 200:
        posted += 16
        assert posted < 10_000
    assert await house.metric("livehub_sockets_closed", code="3504") == before + 1
    assert 200 <= (await house.do("GET", f"/api/rooms/{room}"))["room"]["likes"] <= 1_000


async def test_who_never_polls_is_cut_off_and_the_others_get_everything(open_house: OpenHouse, crowd: Crowd):
    async with open_house(socket_polling_queue_max=8) as house:
        room = await house.room()
        reader = await crowd.raw(house)
        await reader.join(room)
        before = await house.metric("livehub_sockets_closed", code="3002")
        stuck = await Poller.connect(house)
        await stuck.ask("join", {"room": room})
        for number in range(20):
            await house.do("PATCH", f"/api/rooms/{room}", {"notice": f"notice {number}"})

        controls = await reader.inbox.count("control", 20)
        assert [control["data"]["notice"] for control in controls] == [f"notice {number}" for number in range(20)]
        assert await house.metric("livehub_sockets_closed", code="3002") == before + 1
        assert await stuck.is_over()


async def test_a_session_whose_client_went_away_is_soon_forgotten(open_house: OpenHouse):
    async with open_house(ping_interval_s=1.0, ping_timeout_s=1.0) as house:
        room = await house.room()
        poller = await Poller.connect(house)
        await poller.ask("join", {"room": room})
        assert await house.metric("livehub_sockets") == 1

        async def is_forgotten() -> bool:
            page = (await house.do("GET", f"/api/rooms/{room}"))["room"]
            return (await house.metric("livehub_sockets"), page["viewers"]) == (0, 0)

        await eventually(is_forgotten)
