"""What fails for one connection ends that connection or that event, is logged and counted, and nobody else notices."""

import logging
from collections.abc import Callable
from typing import Any

import pytest

from livehub.base.auth import Identity, Role, Tokens
from livehub.base.clock import Clock
from livehub.base.metrics import CLOSED, REFUSALS, TASK_FAILURES
from livehub.hub.settings import HubConfig
from livehub.hub.sockets.connection import Connection
from livehub.hub.sockets.heartbeat import Heartbeat
from livehub.hub.sockets.listener import WebSocketListener, WebSocketProtocol
from livehub.hub.sockets.registry import ConnectionRegistry
from livehub.hub.sockets.router import SocketRouter
from livehub.hub.sockets.websocket import Reader
from livehub.room import wire
from tests.hub.conftest import waiting
from tests.hub.sockets.autobahn import FIN, TEXT, frame
from tests.hub.sockets.test_router import event

SOMEBODY = Identity(id="u", name="U", role=Role.GUEST)
CONFIG = HubConfig(ping_interval_s=1.0)


class Broken(Connection):
    """Fails whatever is asked of it."""

    def send(self, *_args: Any, **_more: Any) -> bool:
        raise ZeroDivisionError

    def end_poll(self) -> None:
        """So that it can be forgotten."""


class Rooms:
    """In place of what lies above the sockets: something that fails when a connection ends."""

    def __init__(self) -> None:
        self.left: list[Connection] = []

    def disconnected(self, _connection: Connection) -> None:
        raise ZeroDivisionError

    def leave(self, connection: Connection) -> None:
        self.left.append(connection)


class Transport:
    """Keeps what is written."""

    def __init__(self) -> None:
        self.written = b""

    def write(self, data: bytes) -> None:
        self.written += data

    def get_write_buffer_size(self) -> int:
        return 0

    def get_extra_info(self, _name: str) -> None:
        return None

    def can_write_eof(self) -> bool:
        return False

    def abort(self) -> None:
        """After the grace."""


def registry() -> tuple[ConnectionRegistry, Rooms]:
    rooms = Rooms()
    made = ConnectionRegistry(CONFIG, Tokens("x" * 40), SocketRouter(CONFIG), clock=Clock(lambda: 1.0))
    made.disconnected += [rooms.disconnected, rooms.leave]
    return made, rooms


def failures(task: str) -> float:
    return float(TASK_FAILURES.labels(task=task)._value.get())


async def test_a_heartbeat_that_fails_for_one_reaches_the_others(
    connect: Callable[..., Connection], caplog: pytest.LogCaptureFixture
) -> None:
    heartbeat, before = Heartbeat(CONFIG, lambda: 0.0, real_s=lambda: 0.0), failures("heartbeat")
    good = connect()
    bad = Broken(good._limits, "bad", "127.0.0.1", 0.0)
    for connection in (bad, good):
        connection.admitted(SOMEBODY)
        heartbeat.enter(connection)
    for _ in range(3):
        heartbeat.turn()
        good.heard_in_round = True
    assert waiting(good) == ["2"] * 3
    assert failures("heartbeat") == before + 1
    assert [record.message for record in caplog.records] == ["heartbeat.failed"]


async def test_a_notice_that_fails_for_one_reaches_the_others(connect: Callable[..., Connection]) -> None:
    clients, _ = registry()
    good, before = connect(), failures("notice")
    for connection in (Broken(good._limits, "bad", "127.0.0.1", 0.0), good):
        connection.admitted(SOMEBODY)
        clients.enter(connection)
    clients.tell_all(wire.Notice(type="degraded", ts=1))
    assert [text[:11] for text in waiting(good)] == ['42["notice"']
    assert failures("notice") == before + 1


async def test_a_connection_gives_everything_back_also_when_a_part_of_that_fails(
    connect: Callable[..., Connection],
) -> None:
    clients, rooms = registry()
    connection, before = connect(), failures("disconnect")
    assert clients.admission.opened(connection.network)
    clients.enter(connection)
    clients.forget(connection)
    assert (clients.connections, clients.admission.sockets, rooms.left) == ({}, 0, [connection])
    assert failures("disconnect") == before + 1


async def test_an_answer_that_cannot_be_encoded_is_a_refusal(
    connect: Callable[..., Connection], caplog: pytest.LogCaptureFixture
) -> None:
    router, connection = SocketRouter(CONFIG), connect()
    router.on(event("like"), lambda _connection, _body: wire.DoneWithId(id="\ud800"))
    router.on(event("leave"), lambda _connection, _body: wire.Done())
    before = REFUSALS.labels(edge="socket", name="internal")._value.get()
    router.received(connection, '1["like",{"room":"farm","n":1}]')
    router.received(connection, '2["leave",{"room":"farm"}]')
    answers = waiting(connection)
    assert answers[0].startswith('431[{"ok":false,"error":{"code":1299,')
    assert answers[1] == '432[{"ok":true}]'
    assert REFUSALS.labels(edge="socket", name="internal")._value.get() == before + 1
    assert [record.message for record in caplog.records] == ["router.defect"]


async def test_a_defect_below_the_bytes_of_a_connection_closes_it_with_1011(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clients, _ = registry()
    listener = WebSocketListener(CONFIG, clients, lambda _origin, _host: True, lambda: 0.0)
    transport: Any = Transport()
    connection = Connection(clients.limits, "c", "127.0.0.1", 0.0)
    connection.attach(transport)
    connection.admitted(SOMEBODY)

    def broken(_connection: Connection, _text: str) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(clients, "received", broken)
    before = CLOSED.labels(code=1011)._value.get()
    protocol = WebSocketProtocol(listener, transport, connection, Reader(1_000, deflate=False))
    with caplog.at_level(logging.ERROR):
        protocol.data_received(frame(FIN | TEXT, b'42["like",{}]'))
    assert transport.written == b"\x88\x02" + (1011).to_bytes(2, "big")
    assert CLOSED.labels(code=1011)._value.get() == before + 1
    assert [record.message for record in caplog.records] == ["socket.defect"]


async def test_a_feature_that_fails_for_somebody_who_comes_keeps_the_others_from_nothing(
    connect: Callable[..., Connection],
) -> None:
    made, _ = registry()
    connection = connect()
    made.enter(connection)
    came: list[Connection] = []

    def fails(_connection: Connection) -> None:
        raise RuntimeError("a defect of a feature")

    made.connected += [fails, came.append]
    before = failures("connect")
    made.admit(connection, {})
    made.on_connect(connection)
    assert (came, failures("connect") - before) == ([connection], 1)
    assert set(made.of_person(connection.person.id)) == {connection}


async def test_a_guest_has_one_connection_and_nobody_else_has_it(connect: Callable[..., Connection]) -> None:
    made, _ = registry()
    connection = connect()
    made.enter(connection)
    user = f"guest-{connection.sid}"
    assert made.of_person(user) == ()  # it has not said who it is
    made.admit(connection, {})
    made.on_connect(connection)
    assert (connection.person.id, *made.of_person(user)) == (user, connection)
    assert made.of_person(connection.sid) == ()  # somebody of that name would be somebody else
    made.forget(connection)
    assert made.of_person(user) == ()


async def test_who_has_left_before_it_was_told_that_it_is_in_is_forgotten(connect: Callable[..., Connection]) -> None:
    made, _ = registry()
    connection = connect()
    made.enter(connection)
    came: list[Connection] = []
    made.connected.append(came.append)
    made.admit(connection, {})
    made.forget(connection)
    made.on_connect(connection)
    assert (came, made.of_person(connection.person.id)) == ([], ())
