"""The stream to the stock engine: frames come whole, in order, once, and only from who knows the secret."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from commerce.flashsale import stream as wire
from commerce.flashsale.stream import Stream
from tests.patience import PATIENCE_S

SECRET = "a secret of the tests, more than 32 characters long"


class End:
    """One side, and what came to it."""

    def __init__(self, side: str, secret: str = SECRET) -> None:
        self.bodies: asyncio.Queue[bytes] = asyncio.Queue()
        self.is_ready, self.is_lost = asyncio.Event(), asyncio.Event()
        self.stream = Stream(
            secret,
            side,
            received=lambda _stream, body: self.bodies.put_nowait(body),
            ready=lambda _stream: self.is_ready.set(),
            lost=lambda _stream: self.is_lost.set(),
        )

    async def next(self) -> bytes:
        async with asyncio.timeout(PATIENCE_S):
            return await self.bodies.get()


class Listening:
    """An engine's side for each who connects."""

    def __init__(self) -> None:
        self.ends: list[End] = []
        self.accepted = asyncio.Semaphore(0)
        self.port = 0

    def accept(self) -> Stream:
        self.ends.append(End("engine"))
        self.accepted.release()
        return self.ends[-1].stream

    async def connect(self, secret: str = SECRET) -> tuple[End, End]:
        """(the client's side, the engine's)"""
        client, seen = End("client", secret), len(self.ends)
        await asyncio.get_running_loop().create_connection(lambda: client.stream, "127.0.0.1", self.port)
        async with asyncio.timeout(PATIENCE_S):
            await client.is_ready.wait()
            await self.accepted.acquire()
            await self.ends[seen].is_ready.wait()
        return client, self.ends[seen]

    async def connect_raw(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)


@pytest.fixture
async def engine() -> AsyncIterator[Listening]:
    listening = Listening()
    server = await asyncio.get_running_loop().create_server(listening.accept, "127.0.0.1", 0)
    listening.port = server.sockets[0].getsockname()[1]
    yield listening
    server.close()
    for end in listening.ends:
        end.stream.close()


async def is_over(end: End) -> None:
    async with asyncio.timeout(PATIENCE_S):
        await end.is_lost.wait()


async def test_frames_come_whole_and_in_order_both_ways(engine: Listening) -> None:
    client, served = await engine.connect()
    bodies = [b"", b"a", b"b" * 200_000, b"c"]
    for body in bodies:
        client.stream.send(body)
    assert [await served.next() for _ in bodies] == bodies
    served.stream.send(b"answer")
    assert await client.next() == b"answer"
    client.stream.close()
    await is_over(served)


async def test_another_secret_is_not_listened_to(engine: Listening) -> None:
    client, served = await engine.connect("another secret of more than 32 characters")
    client.stream.send(b"")
    await is_over(served)
    assert served.bodies.empty()
    assert not served.stream.is_trusted


async def test_what_the_engine_says_is_not_taken_from_another(engine: Listening) -> None:
    client, served = await engine.connect("another secret of more than 32 characters")
    served.stream.send(b"you have won")
    await is_over(client)
    assert client.bodies.empty()


async def test_a_stranger_may_say_little(engine: Listening) -> None:
    reader, writer = await engine.connect_raw()
    writer.write(bytes(wire.NONCE_BYTES) + (2_000).to_bytes(4, "big"))
    async with asyncio.timeout(PATIENCE_S):
        await reader.read()  # the engine's nonce, and the end
    assert engine.ends[0].bodies.empty()
    writer.close()


@pytest.mark.parametrize("change", ["body", "code", "twice", "left out"])
async def test_a_frame_that_was_changed_repeated_or_follows_one_left_out_ends_the_stream(
    engine: Listening, change: str
) -> None:
    client, served = await engine.connect()
    client.stream.send(b"first")
    assert await served.next() == b"first"
    transport: Any = client.stream._transport
    assert client.stream._keys is not None
    number = client.stream._sent + (change == "left out") - (change == "twice")
    body = b"second" if change != "twice" else b"first"
    code = wire._code(client.stream._keys[0], number, body)
    frame = bytearray((len(body) + len(code)).to_bytes(4, "big") + code + body)
    if change in ("body", "code"):
        frame[-1 if change == "body" else 4] ^= 1
    transport.write(bytes(frame))
    await is_over(served)
    assert served.bodies.empty()


async def test_who_does_not_read_is_let_go(engine: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "UNSENT_BYTES_MAX", 1_000_000)
    reader, writer = await engine.connect_raw()
    writer.write(bytes(wire.NONCE_BYTES))
    await reader.readexactly(wire.NONCE_BYTES)
    served = engine.ends[0]
    async with asyncio.timeout(PATIENCE_S):
        await served.is_ready.wait()
        while not served.is_lost.is_set():
            served.stream.send(b"x" * 500_000)
            await asyncio.sleep(0)
    writer.close()
