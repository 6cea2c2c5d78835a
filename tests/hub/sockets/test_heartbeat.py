"""Every client is pinged once a turn of the wheel; one that has not answered by the next is cut off."""

from collections.abc import Callable

from livehub.base.auth import Identity, Role
from livehub.hub.settings import HubConfig
from livehub.hub.sockets.close_codes import CloseCode
from livehub.hub.sockets.connection import Connection
from livehub.hub.sockets.heartbeat import Heartbeat
from tests.hub.conftest import waiting

TURN = 5
SOMEBODY = Identity(id="u", name="U", role=Role.GUEST)


class Clock:
    now_s = 0.0


def _closed(client: Connection) -> int | None:
    return client.close_code


def _heartbeat() -> tuple[Heartbeat, Clock]:
    clock = Clock()
    return Heartbeat(
        HubConfig(ping_interval_s=TURN, socket_handshake_s=10.0), lambda: clock.now_s, real_s=lambda: clock.now_s
    ), clock


async def test_a_client_that_answers_is_pinged_once_a_turn(connect: Callable[..., Connection]) -> None:
    heartbeat, _ = _heartbeat()
    client = connect()
    client.admitted(SOMEBODY)
    heartbeat.enter(client)
    pings = []
    for _ in range(4 * TURN):
        heartbeat.turn()
        pings.append(len(waiting(client)))
        client.heard_in_round = True
    assert pings == [0, 0, 0, 0, 1] * 4
    assert client.is_open


async def test_a_client_that_does_not_answer_is_cut_off_a_turn_later(connect: Callable[..., Connection]) -> None:
    heartbeat, _ = _heartbeat()
    client = connect()
    client.admitted(SOMEBODY)
    heartbeat.enter(client)
    for _ in range(2 * TURN - 1):
        heartbeat.turn()
    assert client.is_open
    heartbeat.turn()
    assert client.close_code is CloseCode.PING_TIMEOUT


async def test_a_client_that_never_says_who_it_is_is_cut_off_in_time(connect: Callable[..., Connection]) -> None:
    heartbeat, clock = _heartbeat()
    silent, known = connect(now_s=0.0), connect(now_s=0.0)
    known.admitted(SOMEBODY)
    heartbeat.enter(silent)
    heartbeat.enter(known)
    clock.now_s = 9.9
    heartbeat.turn()
    assert _closed(silent) is None
    clock.now_s = 10.1
    heartbeat.turn()
    assert _closed(silent) is CloseCode.HANDSHAKE_TIMEOUT
    assert known.is_open


async def test_one_who_left_is_pinged_no_more(connect: Callable[..., Connection]) -> None:
    heartbeat, _ = _heartbeat()
    client = connect()
    client.admitted(SOMEBODY)
    heartbeat.enter(client)
    heartbeat.leave(client)
    for _ in range(3 * TURN):
        heartbeat.turn()
    assert waiting(client) == []
    assert client.is_open
