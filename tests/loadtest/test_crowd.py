"""Viewers of a real server that does right or wrong: they hear all of it, notice what is wrong, come back as they should."""

import json

import pytest
from aiohttp import WSMessage, web
from wsproto.connection import Connection, ConnectionType
from wsproto.events import TextMessage

from loadtest.hearing import Figures
from tests.loadtest.stage import crowd_at, served, until


def control(offset: int, epoch: str = "e") -> str:
    return json.dumps({"kind": "control", "epoch": epoch, "offset": offset, "ts": 1})


async def heard_of(texts: list[str], **fields: object) -> Figures:
    """What one crowd hears of a server that sends `texts` to everybody and then stays."""

    async def handler(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(compress=True)
        await socket.prepare(request)
        for text in texts:
            await socket.send_str(text)
        async for _ in socket:
            pass
        return socket

    async with served(handler) as port, crowd_at(port, **fields) as crowd:
        whole = Figures()

        def all_came() -> bool:
            whole.merge(crowd.figures(0))
            return whole.frames == len(texts) * len(crowd.viewers)

        await crowd.enter(per_s=0, at_once=8)
        await until(all_came)
        return whole


@pytest.mark.parametrize(
    ("offsets", "faults"),
    [
        ([1, 2, 3], {}),
        ([1, 3], {"missing": 1}),
        ([1, 2, 2], {"doubled": 1}),
        ([1, 3, 2, 4], {"reordered": 1}),
    ],
)
async def test_every_viewer_checks_the_order_of_control_messages(offsets, faults):
    whole = await heard_of([control(offset) for offset in offsets], size=3)
    assert whole.faults == {name: times * 3 for name, times in faults.items()}
    assert whole.controls == len(offsets) * 3


async def test_a_foreign_epoch_is_a_fault():
    assert (await heard_of([control(1), control(2, "other")])).faults == {"foreign epoch": 1}


@pytest.mark.parametrize("deflate", [False, True])
async def test_compressed_or_not_the_same_is_heard(deflate):
    texts = [json.dumps({"kind": "chat", "ts": n, "text": "many words, again and again " * 5}) for n in range(30)]
    whole = await heard_of(texts, size=4, deflate=deflate)
    assert (whole.lines, whole.faults) == (120, {})
    assert (whole.bytes < 120 * 100) == deflate


async def test_a_message_in_parts_is_one_message():
    async def handler(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        assert request.transport is not None
        text = b'{"kind":"chat","ts":1}'
        request.transport.write(b"\x01\x05" + text[:5] + b"\x89\x00" + b"\x80" + bytes([len(text) - 5]) + text[5:])
        async for _ in socket:
            pass
        return socket

    async with served(handler) as port, crowd_at(port) as crowd:
        await crowd.enter(per_s=0, at_once=1)
        figures = Figures()

        def came() -> bool:
            figures.merge(crowd.figures(0))
            return figures.lines == 1

        await until(came)
        assert figures.notices == {}


class WebSocketProtocol:
    """A Socket.IO server that refuses the first comers, in the way of a test."""

    def __init__(self, refusals: int, refuse: str) -> None:
        self.refusals = refusals
        self.refuse = refuse
        self.sinces: list[object] = []

    async def handler(self, request: web.Request) -> web.StreamResponse:
        if self.refusals and self.refuse == "HTTP":
            self.refusals -= 1
            return web.Response(status=503, headers={"Retry-After": "0"})
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str('0{"sid":"s","pingInterval":25000,"pingTimeout":20000}')
        async for message in socket:
            await self._take(socket, message)
        return socket

    async def _take(self, socket: web.WebSocketResponse, message: WSMessage) -> None:
        error = {"code": 1201, "retry_after_ms": 5}
        if message.data == "2":
            await socket.close(code=3001)
        elif message.data == "1":
            await socket.close(code=3501)
        elif message.data.startswith("40"):
            refused = self.refusals and self.refuse == "CONNECT_ERROR"
            await socket.send_str("44" + json.dumps({"message": "no", "data": error}) if refused else '40{"sid":"x"}')
            self.refusals -= bool(refused)
        elif message.data.startswith('420["join"'):
            self.sinces.append(json.loads(message.data[3:])[1]["since"])
            refused = self.refusals and self.refuse == "join"
            missed = [{"epoch": "e", "offset": 8}] if self.sinces[-1] else []
            joined = {
                "ok": True,
                "epoch": "e",
                "offset": 8 if missed else 7,
                "recovered": bool(missed),
                "missed": missed,
            }
            answer = {"ok": False, "error": error} if refused else {**joined, "room": {"likes": 40}}
            await socket.send_str("430" + json.dumps([answer]))
            self.refusals -= bool(refused)


@pytest.mark.parametrize(
    ("refuse", "reason"), [("HTTP", "HTTP 503"), ("CONNECT_ERROR", "refused 1201"), ("join", "refused 1201")]
)
async def test_who_is_refused_comes_back_after_the_pause(refuse, reason):
    door = WebSocketProtocol(3, refuse)
    async with served(door.handler) as port, crowd_at(port, dialect="livehub", size=2) as crowd:
        assert await crowd.enter(per_s=0, at_once=2) == 2
        figures = crowd.figures(0)
        assert (figures.entered, figures.notices, figures.faults) == (2, {reason: 3}, {})


async def test_who_never_gets_in_is_a_fault(monkeypatch):
    monkeypatch.setattr("loadtest.crowd.TRIES_MAX", 2)
    door = WebSocketProtocol(100, "CONNECT_ERROR")
    async with served(door.handler) as port, crowd_at(port, dialect="livehub") as crowd:
        assert await crowd.enter(per_s=0, at_once=1) == 0
        assert crowd.figures(0).faults == {"never let in": 1}


async def test_after_a_cut_everybody_goes_on_from_where_they_stood():
    door = WebSocketProtocol(0, "")
    async with served(door.handler) as port, crowd_at(port, dialect="livehub", size=3) as crowd:
        await crowd.enter(per_s=0, at_once=3)
        crowd.cut()
        assert crowd.present == 0
        assert crowd.behind("e", 8) == 3
        assert await crowd.enter(per_s=0, at_once=3) == 3
        assert door.sinces == [None] * 3 + [{"epoch": "e", "offset": 7}] * 3
        assert crowd.behind("e", 8) == 0
        figures = crowd.figures(0)
        assert (figures.faults, figures.notices, figures.likes) == ({}, {}, 0)


async def test_who_is_thrown_out_comes_back_unless_told_to_stay_away():
    door = WebSocketProtocol(0, "")
    async with served(door.handler) as port, crowd_at(port, dialect="livehub") as crowd:
        await crowd.enter(per_s=0, at_once=1)
        socket = crowd.viewers[0].socket
        assert socket is not None
        socket.say(b"2")  # this server then closes with 3001
        await until(lambda: crowd.viewers[0].socket not in (None, socket))
        assert crowd.figures(0).notices == {"closed 3001": 1}


async def test_those_who_must_stay_away_do():
    door = WebSocketProtocol(0, "")
    async with served(door.handler) as port, crowd_at(port, dialect="livehub") as crowd:
        await crowd.enter(per_s=0, at_once=1)
        socket = crowd.viewers[0].socket
        assert socket is not None
        socket.say(b"1")  # this server then closes with 3501
        await until(lambda: not crowd.present)
        assert (crowd.returning, crowd.figures(0).notices) == (0, {"closed 3501": 1})


async def test_who_is_turned_away_at_the_door_for_good_does_not_try_again():
    async def handler(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.close(code=3501)
        return socket

    async with served(handler) as port, crowd_at(port, dialect="livehub") as crowd:
        assert await crowd.enter(per_s=0, at_once=1) == 0
        figures = crowd.figures(0)
        assert (figures.notices, figures.faults) == ({"closed 3501": 1}, {"never let in": 1})


async def test_a_control_message_right_behind_the_answer_is_in_order():
    async def handler(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        await socket.send_str('0{"sid":"s"}')
        await socket.receive()
        await socket.send_str('40{"sid":"x"}')
        await socket.receive()
        view = {"ts": 1, "type": "unpin", "data": {"type": "unpin"}}
        answer = {"ok": True, "epoch": "e", "offset": 7, "recovered": False, "missed": [], "room": {"likes": 0}}
        behind = {"room": "r", "epoch": "e", "offset": 8, **view}
        texts = ["430" + json.dumps([answer]), "42" + json.dumps(["control", behind], separators=(",", ":"))]
        server = Connection(ConnectionType.SERVER)
        assert request.transport is not None
        request.transport.write(b"".join(server.send(TextMessage(data=text)) for text in texts))
        await socket.receive()
        return socket

    async with served(handler) as port, crowd_at(port, dialect="livehub") as crowd:
        await crowd.enter(per_s=0, at_once=1)
        await until(lambda: not crowd.behind("e", 8))
        assert crowd.figures(0).faults == {}
