"""How each kind of server is spoken to, so that the same crowd can be played to all of them. Pure: no I/O.

| dialect | server | a viewer is in | what is heard |
|---|---|---|---|
| `livehub` | livehub | when its `join` is acknowledged | `tick` and `control` events |
| `socketio` | any stock Socket.IO server | when its `join` is acknowledged | `chat`, `like`, `control`, one event each |
| `raw` | plain WebSocket, e.g. nchan | when the WebSocket is open | text frames: an object with `kind` and `ts` |

In the last two a message is an object with `ts` (Unix ms, when it was sent), `n` for likes and, for controls that are to be
followed, `epoch` and `offset`.
"""

from typing import Any, Protocol

import msgspec
from msgspec import Struct

from loadtest import wire

CHAT_MARK = "sent at "  # a line of chat says when it was sent, in Unix ms
JOIN_ACK = b"0"  # the number of the one acknowledgement that is waited for
CHAT_ACK = b"1"

# Kinds of message that concern one viewer alone; all others are the same bytes for everybody in the room.
OPEN, CONNECTED, JOINED, REFUSED, ACKNOWLEDGED, CLOSED = "open", "connected", "joined", "refused", "ack", "closed"
DIRECT = "direct"
OWN = frozenset((OPEN, CONNECTED, JOINED, REFUSED, ACKNOWLEDGED, CLOSED, DIRECT))
UPGRADED = "upgraded"  # not a message: the WebSocket is open
PING = "ping"


class Step(Struct, frozen=True):
    """A control message: its place and when it was made."""

    epoch: str
    offset: int
    ts: float


class Heard(Struct, frozen=True, kw_only=True):
    """What a message says. `likes`: likes told one by one; `likes_total`: the room's total, -1 if it tells none."""

    kind: str
    lines: int = 0
    likes: int = 0
    likes_total: int = -1
    sent_ms: tuple[float, ...] = ()
    steps: tuple[Step, ...] = ()
    body: "Answer | None" = None


class Entrance(Struct, frozen=True, kw_only=True):
    """Who comes in, and where they stood when they were here last."""

    room: str
    token: str | None = None
    since: tuple[str, int] | None = None


class Dialect(Protocol):
    """One kind of server."""

    name: str
    tells_place: bool  # the answer to a join says where the control log stands; if not, the first control does

    def target(self, room: str) -> str:
        """The HTTP target of the WebSocket."""

    def reply(self, kind: str, entrance: Entrance) -> bytes | None:
        """What a viewer says when it hears a message of this kind, if anything."""

    def understand(self, text: bytes) -> Heard:
        """What a message says."""

    def entered(self, kind: str) -> bool:
        """Whether a viewer that hears this is in the room."""

    def chat(self, room: str, sent_ms: float) -> bytes:
        """A line of chat."""

    def like(self, room: str, likes: int) -> bytes:
        """So many likes in one message."""


class _Message(Struct, kw_only=True):
    """A message of a server that has no protocol of its own."""

    kind: str = ""
    ts: float = 0.0
    n: int = 1
    epoch: str = ""
    offset: int = 0


class _Position(Struct, frozen=True, kw_only=True):
    epoch: str
    offset: int


class _Room(Struct, frozen=True, kw_only=True):
    likes: int = 0


class Answer(Struct, frozen=True, kw_only=True):
    """As much of an acknowledgement as a viewer looks at; the rest of a snapshot is not even built."""

    ok: bool = True
    error: dict[str, Any] = {}
    epoch: str = ""
    offset: int = 0
    recovered: bool = False
    missed: list[_Position] = []
    room: _Room = _Room()


_event_name = msgspec.json.Decoder(tuple[str, msgspec.Raw])
_message = msgspec.json.Decoder(_Message)
_control = msgspec.json.Decoder(tuple[str, wire.Control])
_tick = msgspec.json.Decoder(tuple[str, wire.Tick])
_answer = msgspec.json.Decoder(tuple[Answer])


def _single(kind: str, message: _Message) -> Heard:
    if kind == "chat":
        return Heard(kind=kind, lines=1, sent_ms=(message.ts,))
    if kind == "like":
        return Heard(kind=kind, likes=message.n)
    if kind == "control":
        return Heard(kind=kind, steps=(Step(message.epoch, message.offset, message.ts),))
    return Heard(kind=kind or "unknown")


class SocketIO:
    """A stock Socket.IO server: `join` is acknowledged, then `chat`, `like` and `control` come as single events."""

    name = "socketio"
    tells_place = False

    def target(self, room: str) -> str:  # noqa: ARG002 - rooms are joined, not addressed
        """Engine.IO over WebSocket alone."""
        return "/socket.io/?EIO=4&transport=websocket"

    def reply(self, kind: str, entrance: Entrance) -> bytes | None:
        """Open: connect. Connected: join. Ping: pong."""
        if kind == PING:
            return b"3"
        if kind == OPEN:
            return b"40" + msgspec.json.encode({"token": entrance.token} if entrance.token else {})
        if kind == CONNECTED:
            return b"42" + JOIN_ACK + msgspec.json.encode(["join", self._join(entrance)])
        return None

    def understand(self, text: bytes) -> Heard:
        """Engine.IO's packets, then Socket.IO's."""
        if text.startswith(b"42"):
            return self._event(text[2:])
        if text == b"2":
            return Heard(kind=PING)
        if text.startswith(b"43"):
            number, _, rest = text[2:].partition(b"[")
            body = self._acknowledged(b"[" + rest)
            return Heard(kind=JOINED if number == JOIN_ACK else ACKNOWLEDGED, body=body)
        if text.startswith(b"40"):
            return Heard(kind=CONNECTED)
        if text.startswith(b"44"):
            return Heard(kind=REFUSED, body=Answer(ok=False, error=msgspec.json.decode(text[2:]).get("data") or {}))
        if text.startswith(b"0"):
            return Heard(kind=OPEN)
        return Heard(kind=CLOSED if text[:1] == b"1" or text.startswith(b"41") else "unknown")

    def entered(self, kind: str) -> bool:
        """Joined."""
        return kind == JOINED

    def chat(self, room: str, sent_ms: float) -> bytes:
        """An event `chat`, which the server is to send to the room as it is."""
        body = {"room": room, "text": f"{CHAT_MARK}{sent_ms:.1f}", "ts": sent_ms}
        return b"42" + msgspec.json.encode(["chat", body])

    def like(self, room: str, likes: int) -> bytes:
        """An event `like`."""
        return b"42" + msgspec.json.encode(["like", {"room": room, "n": likes}])

    def _join(self, entrance: Entrance) -> dict[str, Any]:
        return {"room": entrance.room}

    def _acknowledged(self, text: bytes) -> Answer:  # noqa: ARG002 - what a stock server answers is its own affair
        return Answer()

    def _event(self, text: bytes) -> Heard:
        name, body = _event_name.decode(text)
        return _single(name, _message.decode(body))


class Livehub(SocketIO):
    """livehub: ticks carry lines and totals, controls are numbered, a viewer who returns says where it stood."""

    name = "livehub"
    tells_place = True

    def chat(self, room: str, sent_ms: float) -> bytes:
        """A line that says when it was sent; acknowledged, so that a refusal is noticed."""
        return b"42" + CHAT_ACK + msgspec.json.encode(["chat", {"room": room, "text": f"{CHAT_MARK}{sent_ms:.1f}"}])

    def _join(self, entrance: Entrance) -> dict[str, Any]:
        since = {"epoch": entrance.since[0], "offset": entrance.since[1]} if entrance.since else None
        return {"room": entrance.room, "since": since}

    def _acknowledged(self, text: bytes) -> Answer:
        return _answer.decode(text)[0]

    def _event(self, text: bytes) -> Heard:
        if text.startswith(b'["tick"'):
            tick = _tick.decode(text)[1]
            marked = [line.text.removeprefix(CHAT_MARK) for line in tick.chats if line.text.startswith(CHAT_MARK)]
            sent_ms = tuple(float(mark) for mark in marked)
            return Heard(kind="tick", lines=len(tick.chats), likes_total=tick.likes, sent_ms=sent_ms)
        if text.startswith(b'["control"'):
            control = _control.decode(text)[1]
            return Heard(kind="control", steps=(Step(control.epoch, control.offset, control.ts),))
        return Heard(kind=str(_event_name.decode(text)[0]))


class Raw:
    """A plain WebSocket: whoever has it open gets every message of the channel as a text frame."""

    name = "raw"
    tells_place = False

    def __init__(self, target: str = "/sub/{room}") -> None:
        self._target = target

    def target(self, room: str) -> str:
        """A channel's own address."""
        return self._target.replace("{room}", room)

    def reply(self, kind: str, entrance: Entrance) -> bytes | None:  # noqa: ARG002 - the server asks nothing
        """Nothing is asked."""
        return None

    def understand(self, text: bytes) -> Heard:
        """An object with `kind`."""
        message = _message.decode(text)
        return _single(message.kind, message)

    def entered(self, kind: str) -> bool:
        """The WebSocket is open."""
        return kind == UPGRADED

    def chat(self, room: str, sent_ms: float) -> bytes:
        """A line, as long as one on other servers."""
        body = {"kind": "chat", "room": room, "text": f"{CHAT_MARK}{sent_ms:.1f}", "ts": sent_ms}
        return msgspec.json.encode(body)

    def like(self, room: str, likes: int) -> bytes:
        """Likes."""
        return msgspec.json.encode({"kind": "like", "room": room, "n": likes})


def dialect(name: str, target: str = "") -> Dialect:
    """The dialect of this name; `target` is where `raw` listens, with {room}. Raises KeyError."""
    if name == "raw":
        return Raw(target or "/sub/{room}")
    return {"livehub": Livehub, "socketio": SocketIO}[name]()
