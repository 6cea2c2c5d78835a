"""The compiled loop sends what the transports would, in the same order, whatever the reader does; on real TCP."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvloop

from livehub.hub.rooms.bulk_writer import LEAST, BulkWriter, Outbound, SendLoop, _is_free, one_by_one
from livehub.hub.settings import HubConfig
from livehub.hub.sockets import frames
from livehub.hub.sockets.connection import Connection, Limits
from livehub.hub.sockets.websocket import inflated
from tests.integration.server import eventually
from tests.patience import START_PATIENCE_S

MANY = LEAST * 3


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture(scope="module")
def by_loop() -> SendLoop:
    return SendLoop()


def _frame(number: int, size: int = 300) -> frames.Frame:
    return frames.Frame(b'42["tick",%d,"' % number + b"x" * size + b'"]')


def must(frame: frames.Frame) -> Outbound:
    return Outbound(frame, None)


def may(frame: frames.Frame) -> Outbound:
    return Outbound(None, frame)


@asynccontextmanager
async def pairs(count: int, **limits: Any) -> AsyncIterator[list[tuple[Connection, socket.socket]]]:
    """Connections, and the other end of each, which nobody reads unasked."""
    made: list[Connection] = []

    class Server(asyncio.Protocol):
        def connection_made(self, transport):
            connection = Connection(Limits(HubConfig(**limits)), str(len(made)), "127.0.0.1", 0.0)
            connection.attach(transport)
            self.connection = connection
            made.append(connection)

        def connection_lost(self, _exc):
            self.connection.detach()

    server = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", 0)
    ends = []
    for number in range(count):
        end = socket.socket()
        end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        end.settimeout(0.0)
        await asyncio.get_running_loop().sock_connect(end, server.sockets[0].getsockname())
        ends.append(end)
        for _ in range(1_000):
            if len(made) > number:
                break
            await asyncio.sleep(0)
    yield list(zip(made, ends, strict=True))
    for end in ends:
        end.close()
    for connection in made:
        if connection.transport is not None:
            connection.transport.abort()
    server.close()


async def _read(end: socket.socket, count: int) -> bytes:
    data = b""
    async with asyncio.timeout(10.0):
        while len(data) < count:
            data += await asyncio.get_running_loop().sock_recv(end, 65_536)
    return data


async def test_everybody_gets_the_same_bytes(by_loop: SendLoop):
    async with pairs(MANY) as there:
        connections = [connection for connection, _ in there]
        assert by_loop(connections, must(_frame(1))) == MANY
        assert by_loop(connections, may(_frame(2))) == MANY
        expected = _frame(1).websocket + _frame(2).websocket
        for _, end in there:
            assert await _read(end, len(expected)) == expected


async def test_what_waits_at_the_transport_is_not_overtaken(by_loop: SendLoop):
    async with pairs(MANY) as there:
        connections = [connection for connection, _ in there]
        for connection in connections[::2]:
            connection.send(_frame(1))
        by_loop(connections, must(_frame(2)))
        for index, (_, end) in enumerate(there):
            expected = (_frame(1).websocket if index % 2 == 0 else b"") + _frame(2).websocket
            assert await _read(end, len(expected)) == expected


async def test_a_reader_that_stands_still_loses_nothing_that_was_taken(by_loop: SendLoop):
    async with pairs(MANY) as there:
        connections = [connection for connection, _ in there]
        sent = []
        for number in range(400):
            frame = _frame(number, 60_000)
            took = by_loop(connections, may(frame))
            sent.append(frame)
            if took == 0:
                sent.pop()
                break
        else:
            pytest.fail("nothing was ever dropped for readers who do not read")
        whole = b"".join(frame.websocket for frame in sent)
        got = await _read(there[0][1], len(sent[0].websocket))
        assert whole.startswith(got[: len(sent[0].websocket)])


async def test_a_short_write_is_finished_by_the_transport(by_loop: SendLoop):
    large = _frame(1, 3_000_000)
    async with pairs(LEAST) as there:
        by_loop([connection for connection, _ in there], must(large))
        assert any(not _is_free(connection) for connection, _ in there)
        for _, end in there:
            assert await _read(end, len(large.websocket)) == large.websocket


async def test_one_that_is_closing_or_gone_is_not_written_to(by_loop: SendLoop):
    async with pairs(MANY) as there:
        connections = [connection for connection, _ in there]
        disconnected, closing = connections[0], connections[1]
        assert disconnected.transport is not None
        assert closing.transport is not None
        disconnected.transport.abort()
        closing.transport.close()
        assert by_loop(connections, must(_frame(1))) <= MANY
        for _, end in there[2:]:
            assert await _read(end, len(_frame(1).websocket)) == _frame(1).websocket
        assert not _is_free(disconnected)

        async def has_no_descriptor() -> bool:
            return disconnected.fd == -1

        await eventually(has_no_descriptor)


async def test_those_who_agreed_to_compression_get_it_and_the_others_do_not(by_loop: SendLoop):
    async with pairs(MANY) as there:
        for connection, _ in there[: MANY // 2]:
            connection.deflate = True
        frame = _frame(7)
        by_loop([connection for connection, _ in there], must(frame))
        for index, (_, end) in enumerate(there):
            if index < MANY // 2:
                got = await _read(end, len(frame.deflated))
                assert got[0] == 0xC1
                assert inflated(got[2:], 10_000) == b'42["tick",7,"' + b"x" * 300 + b'"]'
            else:
                assert await _read(end, len(frame.websocket)) == frame.websocket


def _loaded(sending: BulkWriter) -> bool:
    return sending.by_loop


async def test_the_loop_is_loaded_only_when_there_are_many():
    sending = BulkWriter("later")
    async with pairs(2) as there:
        few = [connection for connection, _ in there]
        sending(few, must(_frame(1)))
        assert not _loaded(sending)
        async with asyncio.timeout(START_PATIENCE_S):
            while not _loaded(sending):
                sending(few * 64, may(_frame(1)))
                await asyncio.sleep(0.1)
    assert not _loaded(BulkWriter("off"))
    assert _loaded(BulkWriter("start"))


def test_without_the_loop_each_is_sent_to(connect):
    connections = [connect() for _ in range(3)]
    connections[1].ended()
    assert one_by_one(connections, must(_frame(1))) == 2


async def test_a_outbound_of_both_leaves_in_order_and_counts_both(by_loop: SendLoop):
    async with pairs(MANY) as there:
        connections = [connection for connection, _ in there]
        connections[0].send(_frame(0))
        assert by_loop(connections, Outbound(_frame(1), _frame(2))) == 2 * MANY
        for index, (_, end) in enumerate(there):
            first = _frame(0).websocket if index == 0 else b""
            expected = first + _frame(1).websocket + _frame(2).websocket
            assert await _read(end, len(expected)) == expected
