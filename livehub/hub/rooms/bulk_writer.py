"""One frame to many connections: by `send(2)` in a compiled loop where that is safe, else by each transport.

Of what a frame costs, some four fifths are the kernel's. The loop saves most of the rest: uvloop's bookkeeping per write.
It hands the same bytes to an array of file descriptors. Safe because of three things, all in one step of the event loop: a
transport that is closing or has bytes waiting is not in the array (so no descriptor was closed and given to somebody else, and
nothing is overtaken); the call never blocks; what the kernel did not take goes to the transport, which also finds out about
errors. Linux only; elsewhere, and over TLS, the transports do it.
"""

import logging
import sys
import threading
from collections.abc import Sequence
from typing import Any, Literal, Protocol

from livehub.hub.sockets.connection import Connection
from livehub.hub.sockets.frames import Frame

log = logging.getLogger("livehub.hub.rooms.bulk_writer")

LEAST = 8  # fewer are not worth the array
WORTH_LOADING = 128
_MSG_DONTWAIT, _MSG_NOSIGNAL = 0x40, 0x4000


class Outbound:
    """What goes to many at once. `reliable` (control messages) is never skipped, `droppable` (a tick) is, for
    whoever is behind."""

    __slots__ = ("droppable", "reliable", "whole")

    def __init__(self, reliable: Frame | None, droppable: Frame | None) -> None:
        """One of them is not None."""
        self.reliable = reliable
        self.droppable = droppable
        self.whole: Frame = reliable.concat(droppable) if reliable and droppable else reliable or droppable  # type: ignore[assignment]


class SendFn(Protocol):
    def __call__(self, connections: Sequence[Connection], outbound: Outbound) -> int:
        """The number of messages that were taken, of all connections together."""


def one_by_one(connections: Sequence[Connection], outbound: Outbound) -> int:
    taken = 0
    for connection in connections:
        if outbound.reliable is not None and connection.send(outbound.reliable):
            taken += outbound.reliable.messages
        if outbound.droppable is not None and connection.send(outbound.droppable, droppable=True):
            taken += outbound.droppable.messages
    return taken


def _is_free(connection: Connection) -> bool:
    """Whether the next bytes may go straight to `fd`: it is open, and nothing waits in front of them."""
    transport = connection.transport
    return (
        transport is not None
        and connection.fd >= 0
        and connection.is_open
        and not transport.get_write_buffer_size()
        and not transport.is_closing()
    )


class BulkWriter:
    """How this process sends: one by one, until there are so many viewers that the compiled loop was worth loading."""

    def __init__(self, load: Literal["start", "later", "off"]) -> None:
        """`load`: when to load the compiled loop, where it can be used."""
        self._deliver: SendFn = one_by_one
        self._may_load = load == "later" and sys.platform == "linux"
        if load == "start" and sys.platform == "linux":
            self._load()

    @property
    def by_loop(self) -> bool:
        """Whether the compiled loop is at work."""
        return self._deliver is not one_by_one

    def __call__(self, connections: Sequence[Connection], outbound: Outbound) -> int:
        if self._may_load and len(connections) >= WORTH_LOADING:
            self._may_load = False
            # numba takes a second or two and 140 MB: beside the event loop, and only in a process with many viewers.
            threading.Thread(target=self._load, name="send loop", daemon=True).start()
        return self._deliver(connections, outbound)

    def _load(self) -> None:
        try:
            self._deliver = SendLoop()
        except Exception:
            log.exception("sending.no_loop")
        else:
            log.info("sending.loop_loaded")


class SendLoop:
    def __init__(self) -> None:
        """Load the compiled loop, or compile it."""
        import numpy  # noqa: PLC0415  # only where it is used, see Sending
        from numba import njit, types  # noqa: PLC0415

        send: Any = types.ExternalFunction("send", types.intp(types.intc, types.intp, types.uintp, types.intc))

        @njit(["void(int32[::1], intp, uintp, int32, intp[::1])"], cache=True)
        def send_each(fds: Any, address: int, size: int, flags: int, sent: Any) -> None:
            for index in range(len(fds)):
                sent[index] = send(fds[index], address, size, flags)

        self._numpy: Any = numpy
        self._send_each: Any = send_each

    def __call__(self, connections: Sequence[Connection], outbound: Outbound) -> int:
        quick = [connection for connection in connections if _is_free(connection)]
        if len(quick) < LEAST:
            return one_by_one(connections, outbound)
        slow = []
        if len(quick) < len(connections):
            known = set(quick)
            slow = [connection for connection in connections if connection not in known]
        deflating = [connection for connection in quick if connection.deflate]
        if deflating:
            self._send(deflating, outbound.whole.deflated)
            if len(deflating) < len(quick):
                self._send([connection for connection in quick if not connection.deflate], outbound.whole.websocket)
        else:
            self._send(quick, outbound.whole.websocket)
        return len(quick) * outbound.whole.messages + one_by_one(slow, outbound)

    def _send(self, connections: list[Connection], data: bytes) -> None:
        numpy = self._numpy
        fds = numpy.array([connection.fd for connection in connections], numpy.int32)
        sent = numpy.empty(len(fds), numpy.intp)
        view = numpy.frombuffer(data, numpy.uint8)  # keeps `data` where it is
        self._send_each(fds, view.ctypes.data, len(data), _MSG_DONTWAIT | _MSG_NOSIGNAL, sent)
        for index in numpy.flatnonzero(sent < len(data)).tolist():
            connections[index].write_rest(data, max(0, int(sent[index])))
