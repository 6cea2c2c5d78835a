"""Who comes in at the door, what is agreed with them, and what becomes of those who only stand in it."""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import aiohttp
import pytest
from multidict import CIMultiDict
from yarl import URL

from tests.integration.bare import Wire, wired
from tests.integration.server import InProcessServer, eventually
from tests.integration.test_hostile import Neighbours, closed_with
from tests.integration.viewers import Crowd, RawViewer, TurnedAway
from tests.patience import PATIENCE_S

OpenServer = Callable[..., AbstractAsyncContextManager[InProcessServer]]
PING = bytes((0x89, 0xFD, 0, 0, 0, 0)) + b"p" * 125
TEXT = "你好，今天的蓝莓甜不甜？ How sweet are they today? " * 3


async def _turned_away(crowd: Crowd, server: InProcessServer) -> tuple[dict[str, Any], int | None]:
    viewer = await crowd.unconnected(server)
    with pytest.raises(TurnedAway) as turned_away:
        await viewer.say_connect()
    return turned_away.value.error, await viewer.close_code()


def _is_over(end: socket.socket) -> bool:
    try:
        return end.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


@pytest.mark.parametrize(("offered", "switched_on"), [(15, True), (12, True), (0, True), (15, False)])
async def test_who_offers_compression_gets_it_and_reads_and_is_read(
    offered: int, switched_on: bool, open_server: OpenServer, crowd: Crowd
):
    async with open_server(socket_deflate=switched_on) as server:
        room = await server.room()
        viewer = await crowd.raw(server, server.person("ann"), compress=offered)
        plain = await crowd.raw(server)
        for each in (viewer, plain):
            await each.join(room)
        # 12 asks for a window smaller than that of frames which everybody shares.
        assert bool(viewer.socket.compress) == (offered == 15 and switched_on)

        said = await viewer.done("chat", {"room": room, "text": TEXT})

        for each in (viewer, plain):
            tick = await each.inbox.until("tick", lambda body: said["id"] in [line["id"] for line in body["chats"]])
            assert tick["chats"][0]["text"] == TEXT.strip()


async def test_what_is_compressed_is_smaller(server: InProcessServer, crowd: Crowd):
    room = await server.room()
    speaker = await crowd.raw(server, server.person("ann"))
    await speaker.join(room)

    async def bytes_heard(offer: str) -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", URL(server.url).port)
        writer.write(
            f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            f"{offer}\r\n".encode()
        )
        for text in ("40{}", f'421["join",{{"room":"{room}"}}]'):
            writer.write(bytes((0x81, 0x80 | len(text), 0, 0, 0, 0)) + text.encode())
        await reader.readuntil(b"\r\n\r\n")
        alive, ticks_before = 0, len(speaker.inbox.of("tick"))
        await speaker.done("chat", {"room": room, "text": TEXT})
        await speaker.inbox.until("tick", lambda body: bool(body["chats"]), after=ticks_before)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.4):
                while data := await reader.read(65_536):
                    alive += len(data)
        writer.close()
        return alive

    small, large = await bytes_heard("Sec-WebSocket-Extensions: permessage-deflate\r\n"), await bytes_heard("")
    assert small < large


async def test_who_says_nothing_or_never_ends_the_request_is_dropped(open_server: OpenServer, crowd: Crowd):
    async with open_server(socket_handshake_s=0.5) as server:
        neighbours = await Neighbours.of(server, await server.room(), crowd)
        before = await closed_with(server, 3004)
        streams = []
        for beginning in (b"", b"G", b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\n"):
            reader, writer = await asyncio.open_connection("127.0.0.1", URL(server.url).port)
            writer.write(beginning)
            streams.append((reader, writer))
        for reader, writer in streams:
            async with asyncio.timeout(10.0):
                with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                    await reader.readexactly(1)
            writer.close()
        assert await closed_with(server, 3004) == before + 3
        await neighbours.are_well()


async def test_of_too_many_who_say_nothing_the_oldest_goes(open_server: OpenServer, crowd: Crowd):
    async with open_server(handshakes_max=16) as server:
        neighbours = await Neighbours.of(server, await server.room(), crowd)
        ends = []
        for _ in range(40):
            end = socket.create_connection(("127.0.0.1", URL(server.url).port or 0))
            end.settimeout(0.0)
            ends.append(end)

        async def enough_were_dropped() -> bool:
            return await closed_with(server, 3004) >= 24

        await eventually(enough_were_dropped)
        assert _is_over(ends[0])
        assert not _is_over(ends[-1])
        await neighbours.are_well()
        for end in ends:
            end.close()


async def test_a_head_that_goes_on_and_on_is_refused(server: InProcessServer):
    wire = await Wire.connect(server)
    wire.send(b"GET /api/rooms HTTP/1.1\r\nHost: x\r\n" + b"X-Long: x\r\n" * 2_000)
    assert await wire.status() == 431
    wire.cut()


@pytest.mark.parametrize(
    ("noise", "answer"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500), b""),  # TLS, of somebody who typed https://
        (b"GET / HTTP/1.1\nHost: x\n\n", b"HTTP/1.1 400 Bad Request"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"HTTP/1.1 400 Bad Request"),
        (b"\x00\x01\x02\x03", b"HTTP/1.1 400 Bad Request"),
        (b"EHLO mail.example\r\n", b"HTTP/1.1 400 Bad Request"),
    ],
)
async def test_what_is_no_request_is_not_waited_for(open_server: OpenServer, noise: bytes, answer: bytes):
    async with open_server(socket_handshake_s=120.0) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", URL(server.url).port)
        writer.write(noise)
        async with asyncio.timeout(PATIENCE_S):
            heard = await reader.read()
        assert heard.partition(b"\r\n")[0] == answer
        writer.close()


async def test_a_request_that_cannot_be_read_is_refused_by_number_without_what_it_said(server: InProcessServer):
    reader, writer = await asyncio.open_connection("127.0.0.1", URL(server.url).port)
    writer.write(b"POST /api/session HTTP/1.1\r\nHost: x\r\nCookie: a=\x01; livehub-viewer=SECRET\r\n\r\n")
    async with asyncio.timeout(PATIENCE_S):
        heard = await reader.read()
    writer.close()
    assert b'"code":1000' in heard
    assert b"SECRET" not in heard


async def test_an_empty_line_before_a_request_is_passed_over(server: InProcessServer):
    wire = await Wire.connect(server)
    wire.send(b"\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert await wire.status() == 200
    wire.cut()


async def test_of_two_x_forwarded_for_lines_the_last_counts_on_a_websocket_as_in_http(
    open_server: OpenServer, crowd: Crowd
):
    # HAProxy adds a line of its own below the client's.
    def via_proxy(claimed: str) -> CIMultiDict[str]:
        return CIMultiDict([("X-Forwarded-For", claimed), ("X-Forwarded-For", "203.0.113.9")])

    limits = {"sockets_per_address_max": 2, "sessions_burst_max": 2, "sessions_per_s_max": 0.01}
    async with open_server(trust_proxy=True, **limits) as server:
        statuses = []
        for number in range(4):
            headers = via_proxy(f"6.6.6.{number}")
            async with server.session.post(f"{server.url}/api/session", json={}, headers=headers) as answer:
                statuses.append(answer.status)
        assert statuses == [200, 200, 429, 429]

        for number in range(2):
            await crowd.raw(server, headers=via_proxy(f"6.6.6.{number}"))
        viewer = await crowd.unconnected(server, headers=via_proxy("6.6.6.9"))
        with pytest.raises(TurnedAway) as turned_away:
            await viewer.say_connect()
        assert turned_away.value.error["message"] == "too_many_sockets"


async def test_too_many_sockets_from_one_address_are_refused_by_number_and_others_come_in(
    open_server: OpenServer, crowd: Crowd
):
    limits = {"sockets_per_address_max": 20, "trust_proxy": True}
    async with open_server(**limits, http_requests_burst_max=2_000) as server:
        room = await server.room()
        greedy, modest = {"X-Forwarded-For": "203.0.113.7"}, {"X-Forwarded-For": "203.0.113.8"}
        inside = [await crowd.raw(server, headers=greedy) for _ in range(20)]
        before, refused = await server.metric("livehub_refusals", name="too_many_sockets"), 0
        for _ in range(100):
            viewer = await crowd.unconnected(server, headers=greedy)
            with pytest.raises(TurnedAway) as turned_away:
                await viewer.say_connect()
            error = turned_away.value.error
            assert (error["message"], error["data"]["code"]) == ("too_many_sockets", 1008)
            assert error["data"]["retry_after_ms"] >= 500
            assert await viewer.close_code() == 3005
            refused += 1
        assert await server.metric("livehub_refusals", name="too_many_sockets") == before + refused

        # Those who don't even wait for the answer: as many again are heard, and no more.
        standing = [await crowd.unconnected(server, headers=greedy) for _ in range(20)]
        with pytest.raises(aiohttp.WSServerHandshakeError) as full:
            await crowd.unconnected(server, headers=greedy)
        assert (full.value.status, full.value.headers and full.value.headers["Retry-After"]) == (503, "5")

        other = await crowd.raw(server, headers=modest)
        await other.join(room)
        await inside[0].join(room)
        for viewer in (*standing, inside[1]):
            await viewer.leave()

        async def there_is_room() -> bool:
            return await server.metric("livehub_sockets") == 20

        await eventually(there_is_room)
        assert isinstance(await crowd.raw(server, headers=greedy), RawViewer)


async def test_more_than_can_be_served_at_once_are_told_to_come_later(open_server: OpenServer, crowd: Crowd):
    async with open_server(connects_per_s_max=0.5, connects_burst_max=3, reconnect_spread_ms=2_000) as server:
        for _ in range(3):
            await crowd.raw(server)
        waits = set()
        for _ in range(8):
            error, code = await _turned_away(crowd, server)
            assert (error["message"], error["data"]["code"], code) == ("overloaded", 1201, 3005)
            waits.add(error["data"]["retry_after_ms"])
        assert all(500 <= wait_ms <= 2_500 for wait_ms in waits)
        assert len(waits) > 1  # they would come back together otherwise


async def test_pings_are_answered_up_to_a_limit_and_one_who_goes_on_pinging_is_cut_off(server: InProcessServer):
    before = await closed_with(server, 3504)
    async with wired(server) as wire:
        wire.say("40{}")
        assert (await wire.text()).startswith("40")
        wire.send(PING * 2_500)
        assert await wire.closed() == 3504
        # socket_events_burst_max, of which the CONNECT took none; a slow machine earns some more meanwhile.
        assert 60 <= len(wire.pongs) < 200
        assert set(wire.pongs) == {b"p" * 125}
    assert await closed_with(server, 3504) == before + 1


@pytest.mark.parametrize("frame", [bytes((0x8A, 0x80, 0, 0, 0, 0)), bytes((0x81, 0x81, 0, 0, 0, 0)) + b"3"])
async def test_pongs_and_answers_to_heartbeats_that_nobody_asked_for_are_counted(server: InProcessServer, frame: bytes):
    async with wired(server) as wire:
        wire.say("40{}")
        assert (await wire.text()).startswith("40")
        wire.send(frame * 2_000)  # 1,940 over the burst: fewer than socket_errors_max
        wire.say("40/elsewhere,")
        wire.send(frame * 400)
        assert await wire.closed() in (3502, 3504)


async def test_one_who_pings_and_does_not_read_is_cut_off(open_server: OpenServer):
    limits = {
        "socket_backlog_bytes_max": 20_000,
        "socket_backlog_close_bytes": 40_000,
        "socket_events_burst_max": 100_000,
    }
    async with (
        open_server(send_buffer_bytes=8_192, **limits) as server,
        wired(server, receive_buffer_bytes=4_096) as wire,
    ):
        wire.say("40{}")
        assert (await wire.text()).startswith("40")
        before = await closed_with(server, 3002)

        async def is_cut_off() -> bool:
            wire.send(PING * 50)
            return await closed_with(server, 3002) > before

        await eventually(is_cut_off)
        assert await closed_with(server, 3002) == before + 1


async def test_of_an_endless_message_no_more_is_read_than_it_takes_to_refuse_it(server: InProcessServer):
    async with wired(server) as wire:
        wire.say("40{}")
        assert (await wire.text()).startswith("40")
        wire.send(bytes((0x81, 0xFF)) + (100_000_000).to_bytes(8, "big") + bytes(4))
        sent = 0
        with contextlib.suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(1.0):
                while sent < 100_000_000:
                    await wire.push(bytes(65_536))
                    sent += 65_536
        assert sent < 20_000_000  # what we read, and what the kernel holds at both ends
        assert await wire.closed() == 1009
