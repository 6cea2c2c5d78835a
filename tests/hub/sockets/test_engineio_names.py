"""What transport.py and server.py lean on in engineio and python-socketio without its being promised there.

When one of these fails after an upgrade, the names it guards have moved; the code that uses them says where.
"""

import inspect

import engineio
import pytest
import socketio
from aiohttp.test_utils import make_mocked_request
from engineio import exceptions, packet, payload
from engineio.async_socket import AsyncSocket

HANDSHAKE = {"QUERY_STRING": "EIO=4&transport=websocket", "HTTP_CONNECTION": "Upgrade", "HTTP_UPGRADE": "websocket"}


@pytest.fixture
def server() -> socketio.AsyncServer:
    return socketio.AsyncServer(async_mode="aiohttp")


def test_the_websocket_driver_stands_in_a_table_of_the_server(server: socketio.AsyncServer) -> None:
    assert isinstance(server.eio, engineio.AsyncServer)
    assert set(server.eio._async) >= {"websocket", "create_route", "translate_request", "make_response"}


async def test_a_driver_gets_the_bound_handler_and_the_server_and_is_called_with_the_environ(
    server: socketio.AsyncServer,
) -> None:
    seen: list[object] = []

    def driver(handler: object, its_server: object) -> object:
        seen.extend([handler, its_server])

        async def run(environ: object) -> str:
            seen.append(environ)
            return "served"

        return run

    server.eio._async = {**server.eio._async, "websocket": driver}
    socket = AsyncSocket(server.eio, "sid-1")
    assert await socket.handle_get_request(HANDSHAKE) == "served"
    handler, its_server, environ = seen
    assert getattr(handler, "__self__", None) is socket
    assert its_server is server.eio
    assert environ is HANDSHAKE


async def test_a_socket_has_the_state_that_we_take_over(server: socketio.AsyncServer) -> None:
    socket = AsyncSocket(server.eio, "sid-1")
    assert (socket.sid, socket.connected, socket.upgrading, socket.upgraded, socket.closed) == (
        "sid-1",
        False,
        False,
        False,
        False,
    )
    for name in ("empty", "get", "get_nowait", "put_nowait", "qsize", "task_done"):
        assert callable(getattr(socket.queue, name))
    assert list(inspect.signature(socket.close).parameters) == ["wait", "abort", "reason"]
    assert inspect.iscoroutinefunction(socket.send)
    assert inspect.iscoroutinefunction(socket.receive)
    assert inspect.iscoroutinefunction(socket.poll)
    assert list(inspect.signature(socket.poll).parameters) == []
    assert inspect.iscoroutinefunction(socket.check_ping_timeout)


async def test_a_socket_that_had_no_last_ping_is_not_pinged_by_the_library(server: socketio.AsyncServer) -> None:
    socket = AsyncSocket(server.eio, "sid-1")
    started: list[object] = []
    server.eio.start_background_task = lambda target, *_args: started.append(target)
    socket.last_ping = None
    socket.schedule_ping()
    assert started == []


def test_the_server_knows_its_sockets_and_whose_they_are(server: socketio.AsyncServer) -> None:
    assert server.eio.sockets == {}
    assert callable(server.eio.generate_id)
    assert callable(server.eio.handlers["connect"])
    assert callable(server.eio.handlers["message"])
    assert callable(server.manager.eio_sid_from_sid)
    assert server.eio.reason.TRANSPORT_CLOSE
    assert server.eio.reason.SERVER_DISCONNECT


async def test_a_message_goes_by_the_handler_that_we_put_before_the_librarys(server: socketio.AsyncServer) -> None:
    seen: list[tuple[str, object]] = []

    async def gate(sid: str, data: object) -> None:
        seen.append((sid, data))

    server.eio.on("message", gate)
    socket = AsyncSocket(server.eio, "sid-1")
    await socket.receive(packet.Packet(encoded_packet='42["like",{}]'))
    await socket.receive(packet.Packet(encoded_packet="40"))
    assert seen == [("sid-1", '2["like",{}]'), ("sid-1", "0")]


async def test_a_post_goes_by_the_handler_that_we_put_on_the_socket_and_may_end_the_session(
    server: socketio.AsyncServer,
) -> None:
    socket = server.eio.sockets["sid-1"] = AsyncSocket(server.eio, "sid-1")
    socket.connected = True
    assert inspect.iscoroutinefunction(socket.handle_post_request)
    assert list(inspect.signature(socket.handle_post_request).parameters) == ["environ"]

    async def refuse(_environ: dict[str, object]) -> None:
        await socket.close(wait=False)
        raise exceptions.UnknownPacketError

    socket.handle_post_request = refuse
    request = make_mocked_request("POST", "/socket.io/?EIO=4&transport=polling&sid=sid-1")
    answer = await server.eio.handle_request(request)
    assert answer.status == 400
    assert server.eio.sockets == {}


def test_a_body_of_packets_is_read_or_refused_with_an_error_that_we_catch() -> None:
    assert [p.encode() for p in payload.Payload(encoded_payload="3\x1e41").packets] == ["3", "41"]
    no_packets = [
        ("hello", "invalid literal"),
        ("3\x1e", "empty packet"),
        ("bA", "base64"),
        ("3\x1e" * 16 + "3", "Too many"),  # the bound is an attribute of the class, of which ours is a subclass
    ]
    for body, complaint in no_packets:
        with pytest.raises(ValueError, match=complaint):
            payload.Payload(encoded_payload=body)
