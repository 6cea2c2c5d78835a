"""The text of an event is taken apart exactly, or refused; no text makes anything but BadRequest. What a handler says is
acknowledged before anything that follows it.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.app import MODULES
from livehub.base.errors import BadRequest
from livehub.base.module import SocketEvent
from livehub.hub.rooms.membership import RECOVERY_COST
from livehub.hub.settings import HubConfig
from livehub.hub.sockets import frames
from livehub.hub.sockets.close_codes import CloseCode
from livehub.hub.sockets.connection import Connection
from livehub.hub.sockets.router import SocketRouter, split
from livehub.room import wire
from livehub.room.errors import NotJoined
from tests.hub.conftest import waiting
from tests.integration.server import eventually


def event(name: str) -> SocketEvent:
    return next(event for module in MODULES for event in module.socket_events if event.name == name)


@pytest.mark.parametrize(
    ("text", "ack_id", "array"),
    [
        ('["like",{"n":1}]', "", '["like",{"n":1}]'),
        ('0["like"]', "0", '["like"]'),
        ('123456789012345["like"]', "123456789012345", '["like"]'),
        ('7["a[b"]', "7", '["a[b"]'),
    ],
)
def test_an_event_is_its_number_and_its_array(text: str, ack_id: str, array: str) -> None:
    assert split(text) == (ack_id, array)


@pytest.mark.parametrize(
    "text", ["", "17", '/admin,["x"]', '-1["x"]', '1234567890123456["x"]', '٣["x"]', ' 1["x"]', '1 ["x"]']
)
def test_what_is_no_event_of_our_namespace_is_refused(text: str) -> None:
    with pytest.raises(BadRequest):
        split(text)


@given(st.text(max_size=60))
def test_any_text_is_split_without_loss_or_refused(text: str) -> None:
    try:
        ack_id, array = split(text)
    except BadRequest:
        return
    assert ack_id + array == text
    assert array.startswith("[")
    assert ack_id == "" or (ack_id.isascii() and ack_id.isdigit())


async def test_nothing_overtakes_the_acknowledgement_of_what_took_time(connect: Callable[..., Connection]) -> None:
    connection, dispatcher = connect(), SocketRouter(HubConfig(), lambda: 0.0)
    loop = asyncio.get_running_loop()
    done = asyncio.Event()

    def follow() -> None:
        connection.send(frames.event("notice", wire.Notice(type="restored", ts=1)))
        done.set()

    async def join(_connection: Connection, _body: wire.Join) -> wire.Done:
        await asyncio.sleep(0)
        loop.call_soon(follow)  # as a control message might be told right after the viewer entered
        return wire.Done()

    dispatcher.on(event("join"), join)
    dispatcher.received(connection, '7["join",{"room":"farm"}]')
    await done.wait()

    assert [text[:3] for text in waiting(connection)] == ["437", "42["]
    assert connection.pending == 0


async def test_a_handler_that_takes_time_may_refuse(connect: Callable[..., Connection]) -> None:
    connection, dispatcher = connect(), SocketRouter(HubConfig(), lambda: 0.0)

    async def join(_connection: Connection, _body: wire.Join) -> wire.Done:
        await asyncio.sleep(0)
        raise NotJoined

    dispatcher.on(event("join"), join)
    dispatcher.received(connection, '7["join",{"room":"farm"}]')
    for _ in range(5):
        await asyncio.sleep(0)

    assert connection.pending == 0
    [answer] = waiting(connection)
    assert answer.startswith('437[{"ok":false,"error":{"code":2001,')


async def test_what_is_refused_at_once_leaves_room_for_more(connect: Callable[..., Connection]) -> None:
    connection, dispatcher = connect(socket_pending_max=2), SocketRouter(HubConfig(socket_pending_max=2), lambda: 0.0)
    stored: list[asyncio.Future[wire.Done]] = []

    def answer(_connection: Connection, _body: wire.Answer) -> asyncio.Future[wire.Done]:
        stored.append(asyncio.get_running_loop().create_future())
        return stored[-1]

    dispatcher.on(event("answer"), answer)
    for number in range(4):
        dispatcher.received(connection, f'{number}["answer",{{"room":"farm","quiz":"q","choice":1}}]')
    assert (connection.pending, len(stored)) == (2, 2)
    assert [text.split("[")[0] for text in waiting(connection)] == ["432", "433"]

    for future in stored:
        future.set_result(wire.Done())
    await asyncio.sleep(0)
    assert waiting(connection) == ['430[{"ok":true}]', '431[{"ok":true}]']
    assert connection.pending == 0


async def test_what_is_cancelled_is_answered_too(connect: Callable[..., Connection]) -> None:
    connection, router = connect(), SocketRouter(HubConfig(), lambda: 0.0)
    loop = asyncio.get_running_loop()
    stored: list[asyncio.Future[wire.Done]] = []

    def answer(_connection: Connection, _body: wire.Answer) -> asyncio.Future[wire.Done]:
        stored.append(loop.create_future())
        return stored[-1]

    async def join(_connection: Connection, _body: wire.Join) -> wire.Done:
        stored.append(loop.create_future())
        return await stored[-1]

    router.on(event("answer"), answer)
    router.on(event("join"), join)
    router.received(connection, '7["answer",{"room":"farm","quiz":"q","choice":1}]')
    router.received(connection, '8["join",{"room":"farm"}]')
    await asyncio.sleep(0)
    for future in stored:
        future.cancel()
    for _ in range(3):
        await asyncio.sleep(0)
    answers = waiting(connection)
    assert sorted(text[:3] for text in answers) == ["437", "438"]
    assert all('"code":1200,' in text and '"retry_after_ms":1000' in text for text in answers)
    assert connection.pending == 0


async def until_cut_off(connection: Connection) -> None:
    async def is_cut_off() -> bool:
        return connection.close_code is CloseCode.TOO_FAST

    await eventually(is_cut_off)


async def test_one_who_is_cut_off_is_answered_first(connect: Callable[..., Connection]) -> None:
    limits: dict[str, Any] = {"socket_events_burst_max": 2, "socket_errors_max": 3}
    connection, router = connect(**limits), SocketRouter(HubConfig(**limits), lambda: 0.0)
    stored: list[asyncio.Future[wire.Done]] = []

    def answer(_connection: Connection, _body: wire.Answer) -> asyncio.Future[wire.Done]:
        stored.append(asyncio.get_running_loop().create_future())
        return stored[-1]

    router.on(event("answer"), answer)
    for number in range(10):
        router.received(connection, f'{number}["answer",{{"room":"farm","quiz":"q","choice":1}}]')
    assert [text[:3] for text in waiting(connection)] == [f"43{number}" for number in range(2, 10)]
    await asyncio.sleep(0.1)
    assert connection.close_code is None  # two have not been answered
    for future in stored:
        future.set_result(wire.Done())
    await asyncio.sleep(0)
    assert waiting(connection) == ['430[{"ok":true}]', '431[{"ok":true}]']
    await until_cut_off(connection)


async def test_nobody_keeps_one_who_is_cut_off_for_ever(
    connect: Callable[..., Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("livehub.hub.sockets.connection.ANSWERS_S", 0.05)
    limits: dict[str, Any] = {"socket_events_burst_max": 1, "socket_errors_max": 1}
    connection, router = connect(**limits), SocketRouter(HubConfig(**limits), lambda: 0.0)
    router.on(event("answer"), lambda _connection, _body: asyncio.get_running_loop().create_future())
    for number in range(3):
        router.received(connection, f'{number}["answer",{{"room":"farm","quiz":"q","choice":1}}]')
    await until_cut_off(connection)


def test_who_is_refused_before_the_cost_is_charged_is_told_to_wait_for_all_of_it(connect: Callable[..., Connection]):
    limits: dict[str, Any] = {"socket_events_per_s_max": 10.0, "socket_events_burst_max": 20}
    now_s = 0.0
    connection, router = connect(**limits), SocketRouter(HubConfig(**limits), lambda: now_s)

    def joined(connection: Connection, _body: wire.Join) -> wire.Done:
        connection.charge(RECOVERY_COST, now_s)
        return wire.Done()

    router.on(event("join"), joined)
    told: list[int] = []
    for _ in range(5):
        answer = router.outcome(connection, '["join",{"room":"farm"}]')
        if isinstance(answer, wire.Refused):
            assert isinstance(answer.error.retry_after_ms, int)
            told.append(answer.error.retry_after_ms)
            now_s += told[-1] / 1000
            assert router.outcome(connection, '["join",{"room":"farm"}]') == wire.Done()
    assert len(told) == 3
    assert all(wait_ms <= 1_020 for wait_ms in told)


@pytest.mark.parametrize(("written", "n"), [("3.0", 3), ("1e1", 10), ("3", 3)])
def test_a_whole_number_is_taken_however_it_is_written(
    connect: Callable[..., Connection], written: str, n: int
) -> None:
    connection, router = connect(), SocketRouter(HubConfig(), lambda: 0.0)
    liked: list[wire.Like] = []

    def like(_connection: Connection, body: wire.Like) -> wire.Done:
        liked.append(body)
        return wire.Done()

    router.on(event("like"), like)
    router.received(connection, f'1["like",{{"room":"farm","n":{written}}}]')
    assert waiting(connection) == ['431[{"ok":true}]']
    assert liked == [wire.Like(room="farm", n=n)]
    router.received(connection, '2["like",{"room":"farm","n":5.5}]')
    [refusal] = waiting(connection)
    assert refusal.startswith('432[{"ok":false,"error":{"code":1000,')
    assert len(liked) == 1
