"""From the text of a Socket.IO event to its handler and back to the acknowledgement, without a task per message.

A handler returns its acknowledgement at once, or a future of it. Only the latter can take time; each socket may have
`socket_pending_max` of them under way. Whatever is refused is answered with its number, counted, and has changed nothing.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from msgspec import Struct

from livehub.base import errors
from livehub.base.config import Config
from livehub.base.metrics import REFUSALS
from livehub.hub import frames
from livehub.hub.closing import Close
from livehub.hub.connection import Connection
from livehub.room import wire

log = logging.getLogger("livehub.hub.dispatch")

Handler = Callable[[Connection, Any], Struct | Awaitable[Struct]]

_array = msgspec.json.Decoder(list[msgspec.Raw])
_name = msgspec.json.Decoder(str)
_NO_BODY = msgspec.Raw(b"{}")
_ACK_DIGITS_MAX = 15


class Counts:
    """Events taken in this process, by name."""

    events: dict[str, int] = dict.fromkeys(wire.CLIENT_EVENTS, 0)


def refused(error: errors.LivehubError) -> wire.Refused:
    """The acknowledgement of a refusal, counted."""
    REFUSALS.labels(edge="socket", name=error.name).inc()
    retry = msgspec.UNSET if error.retry_after_ms is None else error.retry_after_ms
    return wire.Refused(
        error=wire.ErrorBody(code=error.code, name=error.name, message=error.message, retry_after_ms=retry)
    )


def split(text: str) -> tuple[str, str]:
    """`17["like",...]` to the acknowledgement's id ("" without one) and the JSON. Raises BadRequest."""
    start = text.find("[")
    ack_id = text[:start] if start >= 0 else text
    if start < 0 or len(ack_id) > _ACK_DIGITS_MAX or (ack_id and not (ack_id.isascii() and ack_id.isdigit())):
        raise errors.BadRequest("The packet is not an event of the namespace /.")
    return ack_id, text[start:]


class Dispatcher:
    """Knows the handlers by event."""

    def __init__(self, config: Config, now_s: Callable[[], float]) -> None:
        self._config = config
        self._now_s = now_s
        self._handlers: dict[str, tuple[msgspec.json.Decoder[Any], Handler]] = {}
        self._tasks: set[asyncio.Future[Any]] = set()
        # Of many who join at once all get the same answer, mostly to the same number: encoded and compressed once.
        self._last: tuple[str, Struct, frames.Frame] = ("", wire.Done(), frames.PING)

    def on(self, event: str, handler: Handler) -> None:
        """Let `handler` take `event`, whose body is what wire.CLIENT_EVENTS says."""
        self._handlers[event] = (msgspec.json.Decoder(wire.CLIENT_EVENTS[event]), handler)

    def received(self, connection: Connection, text: str) -> None:
        """An event came: handle it and send the acknowledgement, now or later."""
        try:
            ack_id, array = split(text)
        except errors.BadRequest:
            connection.close(Close.PROTOCOL_ERROR)
            return
        outcome = self.outcome(connection, array)
        if isinstance(outcome, Struct):
            self._acknowledge(connection, ack_id, outcome)
            return
        connection.pending += 1
        if isinstance(outcome, asyncio.Future):
            outcome.add_done_callback(lambda done: self._finished(connection, ack_id, done))
            return
        task = asyncio.ensure_future(self._answer(connection, ack_id, outcome))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def outcome(self, connection: Connection, array: str) -> Struct | Awaitable[Struct]:
        """What the handler makes of the event; a refusal if it cannot be handled."""
        try:
            self._admit(connection, array)
            name, handler, body = self._decode(array)
            Counts.events[name] += 1
            return handler(connection, body)
        except Exception as error:  # noqa: BLE001
            return self._as_refusal(error)

    def _admit(self, connection: Connection, array: str) -> None:
        wait_s = connection.events.wait_s(self._now_s())
        if wait_s:
            connection.errors += 1
            if connection.errors > self._config.socket_errors_max:
                connection.close(Close.TOO_FAST)
            raise errors.TooFast(retry_after_ms=int(wait_s * 1000) + 1)
        if len(array) > self._config.socket_message_bytes_max:
            raise errors.TooLarge
        if connection.pending >= self._config.socket_pending_max:
            raise errors.TooFast("Too many unanswered events.", retry_after_ms=500)

    def _decode(self, array: str) -> tuple[str, Handler, Any]:
        if "\\u0000" in array:
            raise errors.BadRequest("The character U+0000 is not taken.")
        # Nearly every event is `["name",body]` and nothing else; then its body can be decoded where it stands.
        end = array.find('"', 2)
        name = array[2:end]
        known = self._handlers.get(name) if array.startswith('["') else None
        if known is not None and array[end : end + 2] == '",' and array.endswith("]"):
            try:
                return name, known[1], known[0].decode(array[end + 2 : -1])
            except (msgspec.DecodeError, UnicodeError, RecursionError):
                pass  # looked at as a whole, it is known what to say
        return self._decode_whole(array)

    def _decode_whole(self, array: str) -> tuple[str, Handler, Any]:
        try:
            parts = _array.decode(array)
            name = _name.decode(parts[0]) if parts else ""
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise errors.BadRequest("The event is not a JSON array that begins with its name.") from error
        known = self._handlers.get(name)
        if known is None:
            raise errors.UnknownEvent
        decoder, handler = known
        try:
            return name, handler, decoder.decode(parts[1] if len(parts) > 1 else _NO_BODY)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise errors.BadRequest(str(error)) from error

    async def _answer(self, connection: Connection, ack_id: str, outcome: Awaitable[Struct]) -> None:
        """Acknowledge in one step with the handler's last: no control may overtake the answer to the `join` it follows."""
        try:
            body = await outcome
        except Exception as error:  # noqa: BLE001
            body = self._as_refusal(error)
        finally:
            connection.pending -= 1
        self._acknowledge(connection, ack_id, body)

    def _finished(self, connection: Connection, ack_id: str, done: "asyncio.Future[Struct]") -> None:
        connection.pending -= 1
        if done.cancelled():
            return
        error = done.exception()
        self._acknowledge(connection, ack_id, done.result() if error is None else self._as_refusal(error))

    def _acknowledge(self, connection: Connection, ack_id: str, body: Struct) -> None:
        if not ack_id:
            return
        last_id, last_body, frame = self._last
        if body is not last_body or ack_id != last_id:
            frame = frames.acknowledgement(ack_id, body)
            self._last = (ack_id, body, frame)
        connection.send(frame)

    @staticmethod
    def _as_refusal(error: BaseException) -> wire.Refused:
        if isinstance(error, errors.LivehubError):
            return refused(error)
        log.error("dispatch.defect", exc_info=error)
        return refused(errors.Internal())
