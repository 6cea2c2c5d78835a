"""From the text of a Socket.IO event to its handler and back to the acknowledgement, without a task per message.

A handler returns its acknowledgement at once, or a future of it. Only the latter can take time; each socket may have
`socket_pending_max` of them under way. Whatever is refused is answered with its number, counted, and has changed nothing.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, Literal

import msgspec
from msgspec import Struct

from livehub.base import errors
from livehub.base.db import acting_for
from livehub.base.decoding import NUL_FAULT, BodyDecoder, has_nul, text_fault
from livehub.base.metrics import REFUSALS
from livehub.base.module import SocketEvent
from livehub.base.tasks import Tasks
from livehub.hub.settings import HubConfig
from livehub.hub.sockets import frames
from livehub.hub.sockets.close_codes import CloseCode
from livehub.hub.sockets.connection import Connection
from livehub.room import wire

log = logging.getLogger("livehub.hub.sockets.router")

Handler = Callable[[Connection, Any], Struct | Awaitable[Struct]]

_array = msgspec.json.Decoder(list[msgspec.Raw])
_name = msgspec.json.Decoder(str)
_NO_BODY = msgspec.Raw(b"{}")
_ACK_DIGITS_MAX = 15
GIVEN_UP_RETRY_MS = 1_000


class Counts:
    """Events handled in this process, by name."""

    events: ClassVar[dict[str, int]] = {}


class RefusedInDetail(Struct, frozen=True, kw_only=True):
    """As wire.Refused, where `error` has more members than an ErrorBody."""

    ok: Literal[False] = False
    error: dict[str, object]


def refused(error: errors.LivehubError) -> wire.Refused | RefusedInDetail:
    """The acknowledgement of a refusal, counted."""
    REFUSALS.labels(edge="socket", name=error.name).inc()
    if error.details:
        return RefusedInDetail(error=error.as_wire())
    retry = msgspec.UNSET if error.retry_after_ms is None else error.retry_after_ms
    return wire.Refused(
        error=wire.ErrorBody(code=error.code, name=error.name, message=error.message, retry_after_ms=retry)
    )


def _given_up() -> Struct:
    """The answer to an event whose handling was cancelled: nobody knows what came of it, and it may be sent again."""
    return refused(errors.Unavailable(retry_after_ms=GIVEN_UP_RETRY_MS))


def split(text: str) -> tuple[str, str]:
    """`17["like",...]` to the acknowledgement's id ("" without one) and the JSON. Raises BadRequest."""
    start = text.find("[")
    ack_id = text[:start] if start >= 0 else text
    if start < 0 or len(ack_id) > _ACK_DIGITS_MAX or (ack_id and not (ack_id.isascii() and ack_id.isdigit())):
        raise errors.BadRequest("The packet is not an event of the namespace /.")
    return ack_id, text[start:]


def _text_fault(array: str) -> str | None:
    """As text_fault, with the path from where the event's body begins."""
    fault = text_fault(array)
    return fault and fault.replace("`$[1]", "`$")


class SocketRouter:
    def __init__(self, config: HubConfig, now_s: Callable[[], float] = time.monotonic) -> None:
        """`now_s`: monotonic."""
        self._config = config
        self._now_s = now_s
        self._handlers: dict[str, tuple[BodyDecoder[Any], Handler]] = {}
        self._costs: dict[str, float] = {}
        self._tasks = Tasks()
        # Of many who join at once all get the same answer, mostly to the same number: encoded and compressed once.
        self._last: tuple[str, Struct, frames.Frame] = ("", wire.Done(), frames.PING)

    def on(self, event: SocketEvent, handler: Handler) -> None:
        self._handlers[event.name] = (BodyDecoder(event.body), handler)
        self._costs[event.name] = event.cost
        Counts.events.setdefault(event.name, 0)

    def received(self, connection: Connection, text: str) -> None:
        """An event came: handle it and send the acknowledgement, now or later."""
        try:
            ack_id, array = split(text)
        except errors.BadRequest:
            connection.close(CloseCode.PROTOCOL_ERROR)
            return
        outcome = self.outcome(connection, array)
        if isinstance(outcome, Struct):
            self._acknowledge(connection, ack_id, outcome)
            return
        connection.pending += 1
        if isinstance(outcome, asyncio.Future):
            outcome.add_done_callback(lambda done: self._finished(connection, ack_id, done))
        else:
            self._tasks.once("event", self._answer(connection, ack_id, outcome), of=connection.sid)

    def outcome(self, connection: Connection, array: str) -> Struct | Awaitable[Struct]:
        """The handler's answer to the event, or its refusal."""
        try:
            self._admit(connection, array)
            name, handler, body = self._decode(array)
            Counts.events[name] += 1
            return handler(connection, body)
        except Exception as error:  # noqa: BLE001
            return self._as_refusal(error)

    def _admit(self, connection: Connection, array: str) -> None:
        now_s = self._now_s()
        wait_s = connection.events.wait_s(now_s)
        if wait_s:
            more = self._costs.get(array[2 : array.find('"', 2)], 1.0) - 1.0
            raise connection.exceeded(wait_s + connection.events.time_s(more), now_s)
        if len(array) > self._config.socket_message_bytes_max:
            raise errors.TooLarge
        if connection.pending >= self._config.socket_pending_max:
            raise errors.TooFast("Too many unanswered events.", retry_after_ms=500)

    def _decode(self, array: str) -> tuple[str, Handler, Any]:
        if has_nul(array):
            raise errors.BadRequest(_text_fault(array) or NUL_FAULT)
        # Nearly every event is `["name",body]` and nothing else; then its body can be decoded where it stands.
        end = array.find('"', 2)
        name = array[2:end]
        known = self._handlers.get(name) if array.startswith('["') else None
        if known is not None and array[end : end + 2] == '",' and array.endswith("]"):
            try:
                return name, known[1], known[0].strict.decode(array[end + 2 : -1])
            except (msgspec.DecodeError, UnicodeError, RecursionError):
                pass  # looked at as a whole, it is known what to say
        return self._decode_whole(array)

    def _decode_whole(self, array: str) -> tuple[str, Handler, Any]:
        try:
            parts = _array.decode(array)
            name = _name.decode(parts[0]) if parts else ""
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            fault = _text_fault(array) or "The event is not a JSON array that begins with its name."
            raise errors.BadRequest(fault) from error
        known = self._handlers.get(name)
        if known is None:
            raise errors.UnknownEvent
        decoder, handler = known
        return name, handler, decoder.decode(parts[1] if len(parts) > 1 else _NO_BODY)

    async def _answer(self, connection: Connection, ack_id: str, outcome: Awaitable[Struct]) -> None:
        """Acknowledge in one step with the handler's last: no control may overtake the answer to the `join` it follows."""
        try:
            with acting_for(connection.identity.id if connection.identity is not None else connection.sid):
                body = await outcome
        except asyncio.CancelledError:  # what it waited for was given up, or we are
            connection.pending -= 1
            self._acknowledge(connection, ack_id, _given_up())
            raise
        except Exception as error:  # noqa: BLE001
            body = self._as_refusal(error)
        connection.pending -= 1
        self._acknowledge(connection, ack_id, body)

    def _finished(self, connection: Connection, ack_id: str, done: "asyncio.Future[Struct]") -> None:
        connection.pending -= 1
        if done.cancelled():
            self._acknowledge(connection, ack_id, _given_up())
            return
        error = done.exception()
        self._acknowledge(connection, ack_id, done.result() if error is None else self._as_refusal(error))

    def _acknowledge(self, connection: Connection, ack_id: str, body: Struct) -> None:
        if not ack_id:
            return
        last_id, last_body, frame = self._last
        if body is not last_body or ack_id != last_id:
            try:
                frame = frames.acknowledgement(ack_id, body)
            except Exception as error:  # noqa: BLE001  # a lone surrogate, say, that some row held
                body = self._as_refusal(error)
                frame = frames.acknowledgement(ack_id, body)
            self._last = (ack_id, body, frame)
        connection.send(frame)

    @staticmethod
    def _as_refusal(error: BaseException) -> Struct:
        if isinstance(error, errors.LivehubError):
            return refused(error)
        log.error("router.defect", exc_info=error)
        return refused(errors.Internal())
