"""Who hears what of the bus: each kind of message goes to the one part that asked for it.

What cannot be read is a stranger's, or a later version's: counted (`livehub_foreign_messages`), logged at a bounded rate, and
over. What its reader cannot handle is the same to the bus (redis_connection.py counts and logs it).
"""

import logging
from collections.abc import Callable
from typing import Any, TypeVar, Union

import msgspec
from msgspec import Struct

from livehub.base.logs import Occasional
from livehub.base.metrics import FOREIGN_MESSAGES
from livehub.base.module import ModuleError

_unreadable = Occasional(logging.getLogger("livehub.hub.broker.dispatch"))

M = TypeVar("M", bound=Struct)


class ForeignMessage(Exception):
    """Not a message that anybody here reads: of a newer version, or of a stranger on our bus."""


def report_foreign(channel: str, reason: str) -> None:
    """A message, or a part of one, is passed over."""
    FOREIGN_MESSAGES.inc()
    _unreadable.warning("hub.foreign_message", channel, extra={"channel": channel, "reason": reason})


class MessageDispatch:
    def __init__(self) -> None:
        self._readers: dict[type[Struct], Callable[[str, Any], None]] = {}
        self._decoder: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(None)

    def on(self, kind: type[M], reader: Callable[[str, M], None]) -> None:
        """`reader(channel, message)` gets every message of `kind`, a Struct with a tag that no other kind has.

        Raises ModuleError when the tag is taken, or the kind has a reader.
        """
        if kind in self._readers:
            raise ModuleError(f"two modules read {kind.__name__} on the bus")
        readers: dict[type[Struct], Callable[[str, Any], None]] = {**self._readers, kind: reader}
        try:
            self._decoder = msgspec.msgpack.Decoder(Union[tuple(readers)])  # noqa: UP007  (made of what is there)
        except TypeError as error:
            raise ModuleError(f"{kind.__name__} on the bus: {error}") from error
        self._readers = readers

    def decode(self, payload: bytes) -> Struct:
        """The message. Raises ForeignMessage on anything else, whatever is wrong with it."""
        try:
            message: Struct = self._decoder.decode(payload)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise ForeignMessage(str(error)) from error
        return message

    def received(self, channel: str, payload: bytes) -> None:
        """What the broker hands over."""
        try:
            message = self.decode(payload)
        except ForeignMessage as error:
            report_foreign(channel, str(error))
            return
        self._readers[type(message)](channel, message)
