"""Connections of people to workers: each message gets its answer, or none, and both are kept as an Operation."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import aiohttp
import jwt
import msgspec
from yarl import URL

from loadtest.dialects import Answer, Entrance, Heard, dialect
from loadtest.hearing import Hearing
from loadtest.kill.node import SECRET, WORKERS, Node
from loadtest.kill.operations import Line, Operation, Seen
from loadtest.kill.trade import Call
from loadtest.socket import CrowdSocket, Refusal, connection, upgrade_request

OPEN_S = 2.0  # for a connection to be in the room
ANSWER_S = 4.0  # then a page takes the answer for lost, and asks again with the same key
FIRST_ACK = 2  # lower numbers are those of the join and of chat
RETRYABLE = frozenset({"too_fast", "too_many_sockets", "request_timeout", "unavailable", "overloaded", "more_needed"})
TOKEN_S = 86_400 * 7
SIGNED_IN_AHEAD_S = 3_600  # so that a worker whose clock is an hour ahead finds it fresh, too
LIVEHUB = dialect("livehub")


def token_of(person: str, role: str) -> str:
    """Signed as livehub does, with the secret that its processes were given; of somebody who has signed in just now."""
    now_s = int(time.time())
    claims = {
        "iss": "livehub", "sub": person, "name": person, "role": role, "iat": now_s, "exp": now_s + TOKEN_S,
        "auth_time": now_s + SIGNED_IN_AHEAD_S,
    }  # fmt: skip
    return jwt.encode(claims, SECRET, "HS256")


class Times:
    """Time in a run: seconds since it began."""

    def __init__(self) -> None:
        self._began_s = time.monotonic()
        self._began_unix_s = time.time()

    def now_s(self) -> float:
        """So long ago it began."""
        return time.monotonic() - self._began_s

    def of_unix_ms(self, unix_ms: int) -> float:
        """A moment that a server named."""
        return unix_ms / 1000 - self._began_unix_s


class Room:
    """What all connections of a run have in common."""

    def __init__(self, node: Node, room: str, session: aiohttp.ClientSession) -> None:
        self.node = node
        self.id = room
        self.session = session
        self.times = Times()
        self.hearing = Hearing(LIVEHUB)
        self.operations: list[Operation] = []
        self.calls: list[Call] = []
        self.is_over = False  # nobody does anything any more


class Wire:
    """One connection of one person to one worker."""

    likes = 0

    def __init__(self) -> None:
        self._socket: CrowdSocket | None = None
        self._answers: dict[int, asyncio.Future[bytes | None]] = {}
        self._number = FIRST_ACK

    @property
    def is_open(self) -> bool:
        """Whether anything can be said."""
        return self._socket is not None and self._socket.open

    async def open(self, room: Room, worker: str, token: str) -> bool:
        """Come into the room; whether that worked."""
        port = room.node.ports[worker]
        request = upgrade_request(f"127.0.0.1:{port}", LIVEHUB.target(room.id), deflate=False)
        entrance = Entrance(room=room.id, token=token)
        socket: CrowdSocket | None = None
        try:
            async with asyncio.timeout(OPEN_S):
                plain = await connection("127.0.0.1", port, None)
                loop = asyncio.get_running_loop()
                _, socket = await loop.create_connection(
                    lambda: CrowdSocket(request, room.hearing, self, entrance), sock=plain
                )
                await socket.entered
        except (OSError, TimeoutError, Refusal):
            if socket is not None:
                socket.cut()
                if socket.entered.done() and not socket.entered.cancelled():
                    socket.entered.exception()
            return False
        self._socket = socket
        return socket.open

    def cut(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.cut()
        self.lost(1006)

    async def ask(self, event: str, body: dict[str, Any], times: Times, within_s: float) -> tuple[bytes | None, float]:
        """The acknowledgement, None when there was none, and when it came."""
        assert self._socket is not None
        self._number += 1
        number = self._number
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        self._socket.say(f"42{number}".encode() + msgspec.json.encode([event, body]))
        try:
            async with asyncio.timeout(within_s):
                text = await answer
        except TimeoutError:
            text = None
        finally:
            self._answers.pop(number, None)
        return text, times.now_s()

    # --- Follower ---

    def joined(self, answer: Answer) -> None:
        """In the room."""

    def follow(self, heard: Heard) -> None:
        """Control messages are none of our business here."""

    def acknowledged(self, text: bytes) -> None:
        """An answer came."""
        number, _, _ = text[2:].partition(b"[")
        answer = self._answers.get(int(number))
        if answer is not None and not answer.done():
            answer.set_result(text)

    def directed(self, text: bytes) -> None:
        """Nor are messages to this person: what a page shows is looked up."""

    def lost(self, close_code: int) -> None:  # noqa: ARG002 - whatever it was, nothing more comes
        """No answer will come."""
        self._socket = None
        for answer in self._answers.values():
            if not answer.done():
                answer.set_result(None)


class Person:
    """Somebody who is connected to both workers, whenever they are there."""

    def __init__(self, room: Room, id_: str) -> None:
        self.room = room
        self.id = id_
        self.patience_s = ANSWER_S
        self._token = token_of(id_, "viewer")
        self._wires = {worker: Wire() for worker in WORKERS}
        self._opening = {worker: asyncio.Lock() for worker in WORKERS}

    async def come_in(self, worker: str) -> bool:
        """Be connected to a worker; whether that is so."""
        wire = self._wires[worker]
        async with self._opening[worker]:
            return wire.is_open or await wire.open(self.room, worker, self._token)

    def leave(self) -> None:
        """Hang up."""
        for wire in self._wires.values():
            wire.cut()

    async def say(
        self, worker: str, kind: str, *, key: str = "", hold: str = "", lines: Sequence[Line] = ()
    ) -> Operation | None:
        """One message, and what came of it; None when it could not even be sent."""
        room = self.room
        if not await self.come_in(worker) or room.is_over:
            return None
        wire = self._wires[worker]
        if not wire.is_open:
            return None
        start_s = room.times.now_s()
        text, end_s = await wire.ask(kind, _body(kind, key, hold, lines), room.times, self.patience_s)
        told = {"kind": kind, "person": self.id, "key": key, "hold": hold, "lines": tuple(lines), "via": worker}
        operation = understood(told, text, start_s, end_s, room.times)
        room.operations.append(operation)
        return operation

    async def claim(self, worker: str, coupon: str) -> bool:
        """Take a coupon; whether it was had."""
        wire = self._wires[worker]
        if not await self.come_in(worker) or not wire.is_open:
            return False
        body = {"coupon": coupon, "key": f"{self.id}-{coupon}"[:64]}
        text, _ = await wire.ask("claim", body, self.room.times, self.patience_s)
        return text is not None and b'"ok":true' in text

    async def holds(self, worker: str) -> Operation | None:
        """GET /api/me/holds."""
        room = self.room
        start_s = room.times.now_s()
        headers = {"Authorization": f"Bearer {self._token}"}
        timeout = aiohttp.ClientTimeout(total=ANSWER_S)
        url = URL(f"{room.node.url(worker)}/api/me/holds")
        try:
            async with room.session.get(url, headers=headers, timeout=timeout) as answer:
                body = await answer.json(content_type=None)
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, ConnectionError, ValueError):
            return None  # nothing was changed by it
        told = {"kind": "holds", "person": self.id, "via": worker, "start_s": start_s, "end_s": room.times.now_s()}
        if status == 200:
            seen = tuple(_seen(hold, room.times) for hold in body["items"])
            operation = Operation(**told, answer="holds", is_final=True, holds=seen)  # type: ignore[arg-type]
        else:
            name = str(body.get("name", status))
            operation = Operation(**told, answer=name, is_final=name not in RETRYABLE)  # type: ignore[arg-type]
        room.operations.append(operation)
        return operation


def _body(kind: str, key: str, hold: str, lines: Sequence[Line]) -> dict[str, Any]:
    if kind == "release":
        return {"hold": hold}
    if kind == "unwait":
        return {"sale": lines[0].sale}
    if len(lines) == 1:
        return {"sale": lines[0].sale, "qty": lines[0].qty, "key": key}
    return {"lines": [{"sale": line.sale, "qty": line.qty} for line in lines], "key": key}


def _seen(hold: Any, times: Times) -> Seen:
    lines = tuple(Line(line["sale"], line["qty"]) for line in hold["lines"])
    return Seen(id=hold["id"], state=hold["state"], lines=lines, expires_s=times.of_unix_ms(hold["expires_ts"]))


def understood(told: dict[str, Any], text: bytes | None, start_s: float, end_s: float, times: Times) -> Operation:
    """An acknowledgement as it answers what was `told`; None: there was none."""
    if text is None:
        return Operation(**told, start_s=start_s)
    _, _, rest = text[2:].partition(b"[")
    (body,) = msgspec.json.decode(b"[" + rest)
    if not body["ok"]:
        error = body["error"]
        name = str(error.get("name", error.get("code", "?")))
        return Operation(
            **told,
            start_s=start_s,
            end_s=end_s,
            answer=name,
            is_final=name not in RETRYABLE,
            state=str(error.get("state", "")),
        )
    holds = (_seen(body["hold"], times),) if "hold" in body else ()
    answer = "held" if holds else "waiting" if "place" in body else "done"
    return Operation(**told, start_s=start_s, end_s=end_s, answer=answer, is_final=True, holds=holds)
