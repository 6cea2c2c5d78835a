"""Whatever a client sends, it gets a numbered answer or is hung up on with a number, a counter moves, and another viewer of
the same room notices nothing.
"""

import asyncio
import json
import struct
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest

from livehub.hub.hub import Hub
from tests.integration.bare import Wire, wired
from tests.integration.server import InProcessServer, LocalServer, eventually
from tests.integration.viewers import Crowd, RawViewer, TurnedAway

OpenServer = Callable[..., AbstractAsyncContextManager[InProcessServer]]


class Neighbours:
    """Two other people in the room, who must not notice anything."""

    def __init__(self, room: str, speaker: RawViewer, listener: RawViewer) -> None:
        self._room = room
        self._speaker = speaker
        self._listener = listener

    @classmethod
    async def of(cls, server: LocalServer, room: str, crowd: Crowd) -> "Neighbours":
        speaker, listener = await crowd.raw(server, server.person("neighbour")), await crowd.raw(server)
        for viewer in (speaker, listener):
            await viewer.join(room)
        return cls(room, speaker, listener)

    async def are_well(self) -> None:
        """A line from one still reaches the other."""
        said = await self._speaker.done("chat", {"room": self._room, "text": "all is well"})
        await self._listener.inbox.until("tick", lambda body: said["id"] in [line["id"] for line in body["chats"]])


class Stage:
    """A room with neighbours, in which others are about to misbehave."""

    def __init__(self, server: InProcessServer, room: str, crowd: Crowd, neighbours: Neighbours) -> None:
        self.server = server
        self.room = room
        self.neighbours = neighbours
        self._crowd = crowd
        self._closed: dict[int, float] = {}

    @classmethod
    async def set_up(cls, server: InProcessServer, crowd: Crowd) -> "Stage":
        room = await server.room()
        stage = cls(server, room, crowd, await Neighbours.of(server, room, crowd))
        stage._closed = {code: await closed_with(server, code) for code in CODES}
        return stage

    async def villain(self) -> RawViewer:
        """One more viewer of the room."""
        villain = await self._crowd.raw(self.server, self.server.person("villain"))
        await villain.join(self.room)
        return villain

    async def only_these_were_hung_up_on(self, codes: dict[int, int]) -> None:
        """Wait until so many were counted by code, and see that nobody else noticed anything."""
        for code in CODES:
            expected = self._closed[code] + codes.get(code, 0)

            async def is_counted(code: int = code, expected: float = expected) -> bool:
                return await closed_with(self.server, code) == expected

            await eventually(is_counted)
        await self.neighbours.are_well()


CODES = (1007, 1009, 3502, 3504)


async def closed_with(server: LocalServer, code: int) -> float:
    return await server.metric("livehub_sockets_closed", code=str(code))


@pytest.fixture(params=["at the door", "kept alive"])
async def stage(request: pytest.FixtureRequest, server: InProcessServer, crowd: Crowd) -> Stage:
    """Both ways to a WebSocket: first on its connection (listener.py), or after a request (upgrade.py)."""
    server.kept_alive = request.param == "kept alive"
    return await Stage.set_up(server, crowd)


NO_PACKETS = [
    "",
    "hello",
    "9",
    "2",
    "4",
    "49",
    "4\u0664[]",
    "42",
    "42null",
    '42{"a":1}',
    '42/admin,["like",{}]',
    '42-1["like",{}]',
    '421.5["like",{}]',
    '42\u0661["like",{}]',
    "42" + "1" * 1000 + '["like",{}]',
    '431["ok"]',
    '44{"message":"no"}',
    '451-["like",{"_placeholder":true,"num":0}]',
    '4599999999999-["like"]',
    "461-1[]",
    "40{",
    '40{"token":"again"}',
    "5",
    "40/",
    '40"again"',
    '4"2[]"',
    "6",
    "b" + "A" * 100,
    "\x00",
    "42\x00",
]


async def test_what_is_no_packet_of_ours_is_hung_up_on(stage: Stage):
    for text in NO_PACKETS:
        villain = await stage.villain()
        await villain.socket.send_str(text)

        assert await villain.close_code() == 3502, text
    await stage.only_these_were_hung_up_on({3502: len(NO_PACKETS)})


async def test_who_says_goodbye_is_let_go_and_is_no_offender(stage: Stage):
    for text in ("41", "1"):  # DISCONNECT of Socket.IO, CLOSE of Engine.IO
        villain = await stage.villain()
        await villain.socket.send_str(text)

        assert await villain.close_code() == 1000
    await stage.only_these_were_hung_up_on({})
    assert await stage.server.metric("livehub_sockets") == 2


async def test_a_binary_frame_is_hung_up_on(stage: Stage):
    villain = await stage.villain()
    await villain.socket.send_bytes(b"42[]")

    assert await villain.close_code() == 3502
    await stage.only_these_were_hung_up_on({3502: 1})


async def test_an_endless_message_is_hung_up_on(stage: Stage):
    villain = await stage.villain()
    sending = asyncio.ensure_future(villain.socket.send_str("42" + "[" * 10_000_000))

    assert await villain.close_code() == 1009
    await stage.only_these_were_hung_up_on({1009: 1})
    await asyncio.gather(sending, return_exceptions=True)


async def test_a_text_that_is_not_utf_8_is_hung_up_on(stage: Stage):
    async with wired(stage.server) as wire:
        wire.say("40{}")
        assert (await wire.text()).startswith("40")
        wire.send(bytes((0x81, 0x82, 0, 0, 0, 0, 0xC3, 0x28)))  # FIN, text, masked with nothing
        assert await wire.closed() == 1007
    await stage.only_these_were_hung_up_on({1007: 1})


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


REFUSED_EVENTS = [
    ("[]", 1002),
    ("[5]", 1000),
    ("[null]", 1000),
    ('["like"', 1000),
    ('["like"]', 1000),
    ('["like",{}', 1000),
    ('["like",{}]]', 1000),
    ('["like",{"room":"R","n":1},]', 1000),
    ('["like",[]]', 1000),
    ('["like",{"room":"R","n":1e400}]', 1000),
    ('["like",{"room":"R","n":"1"}]', 1000),
    ('["like",{"room":"R","n":1' + "0" * 300 + "}]", 1000),
    ('["like",{"room":["R"],"n":1}]', 1000),
    ('["like",' + nested(5_000) + "]", 1000),
    (nested(5_000), 1000),
    ('["chat",{"room":"R","text":"a\\u0000b"}]', 1000),
    ('["chat",{"room":"R","text":"a\x00b"}]', 1000),
    ('["chat",{"room":"R","text":"\\ud800"}]', 1000),
    ('["chat",{"room":"R","text":"\\ud83d\\ud83d"}]', 1000),
    ('["chat",{"room":"R","text":' + nested(100) + "}]", 1000),
    ('["\\u0000",{}]', 1000),
    ('["\\ud800",{}]', 1000),
    ('["__proto__",{}]', 1002),
    ('["connect",{}]', 1002),
    ('["disconnect","x"]', 1002),
    ('["control",{}]', 1002),
    ('["' + "x" * 10_000 + '",{}]', 1002),
    ('["chat",{"room":"R","text":"' + "x" * 20_000 + '"}]', 1001),
    ('["chat",{"room":"R","text":"' + "x" * 3_000 + '"}]', 2014),
]


async def test_an_event_that_cannot_be_taken_is_refused_by_number_and_changes_nothing(stage: Stage):
    refusals = await stage.server.metric("livehub_refusals", edge="socket")
    for array, code in REFUSED_EVENTS:
        villain = await stage.villain()
        await villain.socket.send_str("4277" + array.replace('"R"', json.dumps(stage.room)))

        refused = await villain.inbox.until("unknown event answered")
        assert (refused["ok"], refused["error"]["code"]) == (False, code), array
        await villain.done("leave", {"room": stage.room})  # the connection is as good as before
        await villain.leave()
    assert await stage.server.metric("livehub_refusals", edge="socket") == refusals + len(REFUSED_EVENTS)
    await stage.only_these_were_hung_up_on({})
    page = (await stage.server.do("GET", f"/api/rooms/{stage.room}"))["room"]
    assert (page["likes"], [line["user"] for line in page["chats"]]) == (0, ["neighbour"])


async def test_half_an_emoji_is_refused_by_the_field_that_it_is_in(stage: Stage):
    said = "Half of a surrogate pair, as of an emoji that was cut in two, is no character - at `$.text`"
    for event in ("chat", "ask"):
        for half in (r"\ud83d", r"yes \ude00", r"\ud83dno"):
            villain = await stage.villain()
            await villain.socket.send_str(f'4277["{event}",{{"room":"{stage.room}","text":"{half}"}}]')
            refused = (await villain.inbox.until("unknown event answered"))["error"]
            assert refused == {"code": 1000, "name": "bad_request", "message": said, "field": "text"}
            await villain.leave()
    await stage.neighbours.are_well()


async def test_a_line_is_measured_in_composed_form_and_by_one_number_however_long(stage: Stage):
    speaker = await stage.villain()
    syllables = "\u1112\u1161\u11ab" * 200  # 600 code points, of which 200 are left
    await speaker.done("chat", {"room": stage.room, "text": syllables})
    await speaker.line("\ud55c" * 200)
    for text in (syllables + "\u1112\u1161\u11ab", "x" * 201, "x" * 2_001, "x" * 16_000):
        refused = await speaker.call("chat", {"room": stage.room, "text": text})
        assert refused["error"]["code"] == 2014, len(text)
    await stage.neighbours.are_well()


async def test_an_event_that_asks_for_no_answer_gets_none_and_is_counted(stage: Stage):
    refusals = await stage.server.metric("livehub_refusals", edge="socket", name="unknown_event")
    villain = await stage.villain()
    await villain.socket.send_str('42["dance",{}]')
    await villain.socket.send_str(f'42["like",{{"room":"{stage.room}","n":3}}]')

    await villain.inbox.until("tick", lambda body: body["likes"] == 3)
    assert not [event for event, _ in villain.inbox.all if event == "unknown event answered"]
    assert await stage.server.metric("livehub_refusals", edge="socket", name="unknown_event") == refusals + 1


async def test_a_namespace_that_is_not_there_is_refused_and_the_connection_stays(stage: Stage):
    villain = await stage.villain()
    await villain.socket.send_str("40/admin,{}")

    assert (await villain.inbox.until("packet")).startswith("44/admin,")
    assert (await villain.join(stage.room))["ok"] is True


async def test_who_speaks_before_the_handshake_is_hung_up_on(stage: Stage, crowd: Crowd):
    texts = [f'421["like",{{"room":"{stage.room}","n":1}}]', "41", '431["x"]', '451-["x"]', "40{", "40/admin,{"]
    for text in texts:
        viewer = await crowd.unconnected(stage.server)
        await viewer.socket.send_str(text)

        assert await viewer.close_code() == 3502, text
    await stage.only_these_were_hung_up_on({3502: len(texts)})


async def test_who_never_says_who_he_is_is_hung_up_on(open_server: OpenServer, crowd: Crowd):
    async with open_server(socket_handshake_s=0.5) as server:
        room = await server.room()
        neighbours = await Neighbours.of(server, room, crowd)
        silent = await crowd.unconnected(server)
        async with wired(server) as half:
            half.send(b"\x81\xfe")  # the beginning of a frame, and then nothing
            assert await half.closed() == 3004
        assert await silent.close_code() == 3004
        await neighbours.are_well()


async def test_who_falls_silent_in_the_middle_of_a_frame_is_hung_up_on_at_the_next_heartbeat(
    open_server: OpenServer, crowd: Crowd
):
    async with open_server(ping_interval_s=1.0, ping_timeout_s=1.0) as server:
        room = await server.room()
        neighbours = await Neighbours.of(server, room, crowd)
        async with wired(server) as half:
            half.say("40{}")
            half.say(f'421["join",{{"room":"{room}"}}]')
            while not (await half.text()).startswith("431"):
                pass
            half.send(b"\x81\xfe\x10")
            assert await half.closed() == 3003
        await neighbours.are_well()
        assert (await server.do("GET", f"/api/rooms/{room}"))["room"]["viewers"] == 2


async def test_who_never_reads_is_cut_off_and_the_others_get_everything(open_server: OpenServer, crowd: Crowd):
    limits = {"socket_backlog_bytes_max": 20_000, "socket_backlog_close_bytes": 60_000}
    async with open_server(send_buffer_bytes=8_192, http_requests_burst_max=2_000, **limits) as server:
        room = await server.room()
        reader = await crowd.raw(server)
        await reader.join(room)
        before = await server.metric("livehub_sockets_closed", code="3002")
        async with wired(server, receive_buffer_bytes=4_096) as stuck:
            stuck.say("40{}")
            stuck.say(f'421["join",{{"room":"{room}"}}]')
            await reader.inbox.until("tick", lambda body: body["viewers"] == 2)

            sent = 0
            while await server.metric("livehub_sockets_closed", code="3002") == before:
                assert sent < 1_000, "he still is not cut off"
                for _ in range(20):
                    card = {"title": "Pears " + "x" * 100, "subtitle": "y" * 200, "image": "/" + "z" * 400}
                    sent = (await server.do("POST", f"/api/rooms/{room}/pins", card))["offset"]

            await reader.inbox.until("tick", lambda body: body["viewers"] == 1, after=len(reader.inbox.of("tick")))
        controls = await reader.inbox.count("control", sent - 1)
        assert [control["offset"] for control in controls] == list(range(2, sent + 1))
        assert reader.closed.done() is False


async def test_ten_thousand_likes_in_a_second_are_bounded_and_end_the_connection(stage: Stage):
    started_s = time.monotonic()
    villain = await stage.villain()
    body = json.dumps(["like", {"room": stage.room, "n": 100}])

    async def flood() -> None:
        for number in range(10_000):
            await villain.socket.send_str(f"42{number}{body}")

    flooding = asyncio.ensure_future(flood())
    assert await villain.close_code() == 3504
    await stage.only_these_were_hung_up_on({3504: 1})
    flooding.cancel()
    await asyncio.gather(flooding, return_exceptions=True)
    took_s = time.monotonic() - started_s

    answers = villain.inbox.of("unknown event answered")
    taken = [answer for answer in answers if answer["ok"]]
    refused = [answer for answer in answers if not answer["ok"]]
    assert {answer["error"]["code"] for answer in refused} == {1003}
    assert all(answer["error"]["retry_after_ms"] > 0 for answer in refused)
    assert 50 <= len(taken) <= 60 + 20 * took_s  # socket_events_burst_max; joining took a part of it
    # socket_errors_max, some of them forgiven meanwhile; then nothing more is read, and what was read is answered.
    assert 2_000 <= len(refused) < 10_000
    likes = (await stage.server.do("GET", f"/api/rooms/{stage.room}"))["room"]["likes"]
    assert 200 <= likes <= 200 + 50 * took_s + 1


async def test_who_does_not_wait_for_answers_is_refused_what_is_too_much(stage: Stage):
    villain = await stage.villain()
    asked = [villain.start("join", {"room": f"nowhere-{number}"}) for number in range(40)]
    answers = [await answer for answer in asked]

    codes = [answer["error"]["code"] for answer in answers]
    assert codes == [2000] * 16 + [1003] * 24  # socket_pending_max
    # First for those that are unanswered, then, since a join costs three events, for its rate.
    assert answers[16]["error"]["retry_after_ms"] == 500
    assert all(answer["error"]["retry_after_ms"] > 0 for answer in answers[16:])
    await stage.neighbours.are_well()
    await asyncio.sleep(answers[-1]["error"]["retry_after_ms"] / 1000)
    assert (await villain.refused("join", {"room": "nowhere"}))["code"] == 2000


async def test_sixteen_joins_at_once_enter_no_more_rooms_than_may_be(server: InProcessServer, crowd: Crowd):
    rooms = [await server.room() for _ in range(16)]
    viewer = await crowd.raw(server)
    answers = [await answer for answer in [viewer.start("join", {"room": room}) for room in rooms]]

    assert [answer["ok"] for answer in answers].count(True) == 5  # socket_rooms_max
    assert {answer["error"]["code"] for answer in answers if not answer["ok"]} == {2002}
    held = [connection.rooms for connection in server.application.get(Hub).clients.connections.values()]
    assert [len(each) for each in held] == [5]
    assert sum(len(live.fanout.members) for live in server.application.get(Hub).rooms.all()) == 5


@pytest.mark.parametrize(
    ("event", "since", "at_once"), [("like", False, 60), ("join", False, 20), ("join", True, 6), ("read", False, 20)]
)
async def test_what_costs_more_is_taken_less_often(
    server: InProcessServer, crowd: Crowd, event: str, since: bool, at_once: int
):
    room = await server.room()
    opened = await (await crowd.raw(server)).join(room)
    viewer = await crowd.raw(server)
    if event == "like":
        await viewer.join(room)
        at_once -= 3
    bodies = {
        "like": {"room": room, "n": 1},
        "join": {"room": room} | ({"since": {k: opened[k] for k in ("epoch", "offset")}} if since else {}),
        "read": {"ids": ["nothing"]},
    }
    started_s = time.monotonic()
    codes = []
    for _ in range(at_once + 20):
        answer = await viewer.call(event, bodies[event])
        codes.append(0 if answer["ok"] else answer["error"]["code"])
    earned = 20 * (time.monotonic() - started_s)

    assert set(codes) == {0, 1003}
    cost = 60 / at_once if event != "like" else 1
    assert at_once <= codes.count(0) <= at_once + earned / cost + 1


async def test_a_server_that_is_full_says_so_and_when_to_come_back(open_server: OpenServer, crowd: Crowd):
    async with open_server(sockets_max=2) as server:
        one = await crowd.raw(server)
        await crowd.raw(server)
        with pytest.raises(TurnedAway) as turned_away:
            await crowd.raw(server)
        error = turned_away.value.error
        assert (error["message"], error["data"]["code"]) == ("unavailable", 1200)
        assert 500 <= error["data"]["retry_after_ms"] <= 5_500
        await one.leave()
        await crowd.raw(server)


async def test_half_a_request_and_noise_leave_the_server_as_it_was(stage: Stage):
    noise = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100),  # TLS
        b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n",
        b"GET /socket.io/?EIO=3&transport=polling HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /socket.io/?EIO=4&transport=carrier-pigeon HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /socket.io/?EIO=4&transport=polling&sid=nobody HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n40",
        b"GET /socket.io/?EIO=4&sid=%00&transport=polling HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-Long: " + b"x" * 100_000 + b"\r\n\r\n",
        b"\r\n" * 1_000,
        struct.pack("!I", 0xFFFFFFFF) * 1_000,
    ]
    for data in noise:
        wire = await Wire.connect(stage.server)
        wire.send(data)
        wire.cut()
    for data in noise[1:6]:
        wire = await Wire.connect(stage.server)
        wire.send(data)
        assert await wire.status() == 400
        wire.cut()

    await stage.neighbours.are_well()
    assert await stage.server.metric("livehub_sockets") == 2
