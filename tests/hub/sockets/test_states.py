"""The states of a connection are what the tables say: nothing leads back, everything ends, and nothing is sent at the end."""

import itertools
from collections.abc import Callable

import pytest

from livehub.base.auth import Identity, Role
from livehub.hub.sockets import frames
from livehub.hub.sockets.close_codes import CloseCode
from livehub.hub.sockets.connection import Connection
from livehub.hub.sockets.socketio import MOVES, TAKEN, Move, Packet, State, after, packet_of
from livehub.room import wire
from tests.hub.conftest import waiting

NOTICE = frames.event("notice", wire.Notice(type="restored", ts=1))
SOMEBODY = Identity(id="u", name="U", role=Role.GUEST)


def test_every_state_has_its_line_in_both_tables() -> None:
    assert set(MOVES) == set(TAKEN) == set(State)
    assert {move for moves in MOVES.values() for move in moves} == set(Move)


def test_no_move_leads_back_and_from_everywhere_it_ends() -> None:
    for state, moves in MOVES.items():
        assert all(target > state for target in moves.values())
        assert state is State.CLOSED or moves[Move.ENDED] is State.CLOSED


def test_a_move_that_is_not_in_the_table_cannot_happen() -> None:
    for state, move in itertools.product(State, Move):
        if move not in MOVES[state]:
            with pytest.raises(KeyError):
                after(state, move)


def test_nothing_is_taken_before_the_request_or_after_the_end_and_no_event_before_the_connect() -> None:
    for state in (State.UNDECIDED, State.CLOSING, State.CLOSED):
        assert TAKEN[state] == frozenset()
    assert TAKEN[State.CONNECTED] - TAKEN[State.OPEN] == {Packet.EVENT, Packet.DISCONNECT}
    assert not any(Packet.UNKNOWN in taken for taken in TAKEN.values())


@pytest.mark.parametrize(
    ("text", "packet"),
    [
        ('42["like",{}]', Packet.EVENT),
        ('427["like",{}]', Packet.EVENT),
        ("40", Packet.CONNECT),
        ('40/admin,{"token":"t"}', Packet.CONNECT),
        ("3", Packet.PONG),
        ("1", Packet.CLOSE),
        ("41", Packet.DISCONNECT),
        *[(text, Packet.UNKNOWN) for text in ("", "2", "4", "5", "6", "3probe", "411", "43[]", "b42[]", "hello")],
    ],
)
def test_a_packet_is_known_by_how_it_begins(text: str, packet: Packet) -> None:
    assert packet_of(text) is packet


async def test_a_connection_goes_from_open_to_closed_and_is_sent_nothing_from_closing_on(
    connect: Callable[..., Connection],
) -> None:
    connection = connect()
    assert connection.send(NOTICE)
    connection.admitted(SOMEBODY)
    assert connection.send(NOTICE)
    connection.close(CloseCode.TOO_FAST)
    assert (connection.state, connection.close_code) == (State.CLOSING, 3504)
    assert not connection.send(NOTICE)
    connection.close(CloseCode.DRAIN)
    assert connection.close_code == 3504  # the first word is the last
    assert (connection.ended(), connection.ended()) == (True, False)
    assert not connection.send(NOTICE)
    connection.close(CloseCode.DRAIN)
    assert connection.state is State.CLOSED
    assert [text[:2] for text in waiting(connection)] == ["42", "42", "41"]


async def test_nobody_is_let_in_twice_or_after_the_end(connect: Callable[..., Connection]) -> None:
    connection = connect()
    connection.admitted(SOMEBODY)
    with pytest.raises(KeyError):
        connection.admitted(SOMEBODY)
    connection.ended()
    with pytest.raises(KeyError):
        connection.admitted(SOMEBODY)
