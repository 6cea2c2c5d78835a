"""What transport.py and server.py lean on in engineio and python-socketio without its being promised there.

When one of these fails after an upgrade, the names it guards have moved; the code that uses them says where.
"""

import inspect

import engineio
import pytest
import socketio
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
    for name in ("empty", "get_nowait", "put_nowait", "qsize", "task_done"):
        assert callable(getattr(socket.queue, name))
    assert list(inspect.signature(socket.close).parameters) == ["wait", "abort", "reason"]
    assert inspect.iscoroutinefunction(socket.send)
    assert inspect.iscoroutinefunction(socket.receive)
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
    assert callable(server.manager.eio_sid_from_sid)
    assert server.eio.reason.TRANSPORT_CLOSE
    assert server.eio.reason.SERVER_DISCONNECT
