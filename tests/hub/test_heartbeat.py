"""Every client is pinged once a turn of the wheel; one that has not answered by the next is cut off."""

from collections.abc import Callable

from livehub.base.auth import Identity, Role
from livehub.base.config import Config
from livehub.hub.closing import Close
from livehub.hub.connection import Connection
from livehub.hub.heartbeat import Heartbeat
from tests.hub.conftest import waiting

TURN = 5
SOMEBODY = Identity(id="u", name="U", role=Role.GUEST)


class Clock:
    now_s = 0.0


def _closed(client: Connection) -> int | None:
    return client.closed


def _heartbeat() -> tuple[Heartbeat, Clock]:
    clock = Clock()
    return Heartbeat(Config(ping_interval_s=TURN, socket_handshake_s=10.0), lambda: clock.now_s), clock


async def test_a_client_that_answers_is_pinged_once_a_turn(connect: Callable[..., Connection]) -> None:
    heartbeat, _ = _heartbeat()
    client = connect()
    client.identity = SOMEBODY
    heartbeat.enter(client)
    pings = []
    for _ in range(4 * TURN):
        heartbeat.turn()
        pings.append(len(waiting(client)))
        client.heard()
    assert pings == [0, 0, 0, 0, 1] * 4
    assert client.closed is None


async def test_a_client_that_does_not_answer_is_cut_off_a_turn_later(connect: Callable[..., Connection]) -> None:
    heartbeat, _ = _heartbeat()
    client = connect()
    client.identity = SOMEBODY
    heartbeat.enter(client)
    for _ in range(2 * TURN - 1):
        heartbeat.turn()
    assert client.closed is None
    heartbeat.turn()
    assert client.closed is Close.PING_TIMEOUT


async def test_a_client_that_never_says_who_it_is_is_cut_off_in_time(connect: Callable[..., Connection]) -> None:
    heartbeat, clock = _heartbeat()
    silent, known = connect(now_s=0.0), connect(now_s=0.0)
    known.identity = SOMEBODY
    heartbeat.enter(silent)
    heartbeat.enter(known)
    clock.now_s = 9.9
    heartbeat.turn()
    assert _closed(silent) is None
    clock.now_s = 10.1
    heartbeat.turn()
    assert _closed(silent) is Close.HANDSHAKE_TIMEOUT
    assert known.closed is None


async def test_one_who_left_is_pinged_no_more(connect: Callable[..., Connection]) -> None:
    heartbeat, _ = _heartbeat()
    client = connect()
    client.identity = SOMEBODY
    heartbeat.enter(client)
    heartbeat.leave(client)
    for _ in range(3 * TURN):
        heartbeat.turn()
    assert waiting(client) == []
    assert client.closed is None
