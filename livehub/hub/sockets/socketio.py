"""A connection as Socket.IO sees it (Engine.IO protocol v4, Socket.IO protocol v5, namespace `/`). Pure: no I/O, no clock.

A connection stands in one of five states, and two tables say all that can happen to it:

    UNDECIDED   a TCP connection whose request has not come whole; nothing is known of the client but its address
    OPEN        Engine.IO is open, by WebSocket or long-polling; the client may say who it is (CONNECT), and nothing else
    CONNECTED   it was let in: events pass both ways
    CLOSING     we have said why we close; what still comes is not looked at, but for the answer to that
    CLOSED      over; nothing is sent, and nobody here knows the connection any more

MOVES says where each happening leads; what is not in it cannot happen, and raises. It never leads back: a client that wants
to begin anew opens another connection. Whatever a connection had (rooms, its place in the limits, in the inbox) it has until
CLOSED, and no longer. TAKEN says which packets a client may send in which state; any other ends the connection with 3502. In
CLOSING and CLOSED nothing is taken, and it is no offence: the client could not know yet.

A client that polls goes the same way. Moving to a WebSocket (an "upgrade") changes how frames travel and not its state.
"""

import re
from enum import Enum, IntEnum, auto
from typing import Any

import msgspec


class State(IntEnum):
    """Where a connection stands. Ordered: below CLOSING frames are sent to it."""

    UNDECIDED = 0
    OPEN = 1
    CONNECTED = 2
    CLOSING = 3
    CLOSED = 4


class Move(Enum):
    OPENED = auto()  # the request was for a socket, and admission let it stand here
    PASSED_ON = auto()  # the request was for something else, which is served elsewhere
    ADMITTED = auto()  # the CONNECT was accepted
    WE_CLOSE = auto()  # we said why, and wait for the answer
    ENDED = auto()  # the client closed, answered our close, or is gone; or we refused it without a word


MOVES: dict[State, dict[Move, State]] = {
    State.UNDECIDED: {Move.OPENED: State.OPEN, Move.PASSED_ON: State.CLOSED, Move.ENDED: State.CLOSED},
    State.OPEN: {Move.ADMITTED: State.CONNECTED, Move.WE_CLOSE: State.CLOSING, Move.ENDED: State.CLOSED},
    State.CONNECTED: {Move.WE_CLOSE: State.CLOSING, Move.ENDED: State.CLOSED},
    State.CLOSING: {Move.ENDED: State.CLOSED},
    State.CLOSED: {},
}


class Packet(Enum):
    """What a client may send."""

    EVENT = auto()
    PONG = auto()  # the answer to our heartbeat
    CONNECT = auto()  # also to another namespace, of which we have none
    DISCONNECT = auto()  # Socket.IO's goodbye
    CLOSE = auto()  # Engine.IO's
    UNKNOWN = auto()


TAKEN: dict[State, frozenset[Packet]] = {
    State.UNDECIDED: frozenset(),
    State.OPEN: frozenset({Packet.CONNECT, Packet.PONG, Packet.CLOSE}),
    State.CONNECTED: frozenset({Packet.EVENT, Packet.CONNECT, Packet.PONG, Packet.DISCONNECT, Packet.CLOSE}),
    State.CLOSING: frozenset(),
    State.CLOSED: frozenset(),
}

_WORDS = {"3": Packet.PONG, "1": Packet.CLOSE, "41": Packet.DISCONNECT}
_CONNECT = re.compile(r"0(?:(?P<namespace>/[^,]*),?)?(?P<auth>(?![0-9]).*)", re.DOTALL)


def after(state: State, move: Move) -> State:
    """Where `move` leads. Raises KeyError: it cannot happen in `state`."""
    return MOVES[state][move]


def packet_of(text: str) -> Packet:
    """What an Engine.IO packet is, by how it begins."""
    if text.startswith("42"):
        return Packet.EVENT
    return Packet.CONNECT if text.startswith("40") else _WORDS.get(text, Packet.UNKNOWN)


def parse_connect(packet: str) -> tuple[str, Any] | None:
    """(namespace, auth) that a CONNECT asks for; None when the packet is no CONNECT, or what it shows is not JSON.

    `packet` is what follows Engine.IO's `4`. Only what is well-formed goes on to the library that serves polling, which logs a
    traceback of whatever it cannot read and goes on.
    """
    found = _CONNECT.fullmatch(packet)  # digits would be an acknowledgement's id to the library, and a CONNECT has none
    if found is None:
        return None
    auth = None
    if found["auth"]:
        try:
            auth = msgspec.json.decode(found["auth"])
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return None
    return (found["namespace"] or "/").partition("?")[0], auth
