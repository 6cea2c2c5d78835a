"""One client: who it is, which rooms it watches, and how frames reach it, by WebSocket or long-polling.

Delivery: frames are written in the order of `send` calls. A droppable frame (a tick) is skipped while more than
`socket_backlog_bytes_max` wait; any other is queued until `socket_backlog_close_bytes`, then the client is cut off with
Close.SLOW_CONSUMER, and recovers by joining again with its last position. For a polling client the same holds in frames,
with half of `socket_polling_queue_max` and the whole of it.
"""

import asyncio

from engineio.async_socket import AsyncSocket

from livehub.base.auth import Identity
from livehub.base.config import Config
from livehub.base.limits import Allowance, Rate
from livehub.base.metrics import CLOSED
from livehub.hub import frames
from livehub.hub.closing import Close
from livehub.hub.frames import Frame

CLOSE_GRACE_S = 2.0  # for the close frame to leave; then the connection is dropped


class Dropped:
    """How many droppable frames were skipped in this process."""

    frames = 0


class Limits:
    """What all connections of a process share."""

    def __init__(self, config: Config) -> None:
        # (from here on ticks are skipped, from here on the client is cut off): bytes on a WebSocket, frames for a poll
        self.backlog_bytes = (config.socket_backlog_bytes_max, config.socket_backlog_close_bytes)
        self.backlog_frames = (config.socket_polling_queue_max // 2, config.socket_polling_queue_max)
        self.events = Rate(per_s_max=config.socket_events_per_s_max, burst_max=config.socket_events_burst_max)
        self.likes = Rate(per_s_max=config.likes_per_s_max, burst_max=config.likes_burst_max)


class Connection:
    """See the module."""

    __slots__ = (
        "_corked",
        "_limits",
        "_socket",
        "address",
        "closed",
        "connected_s",
        "deflate",
        "errors",
        "events",
        "fd",
        "gone",
        "heard_in_round",
        "identity",
        "likes",
        "pending",
        "rooms",
        "sid",
        "slot",
        "transport",
    )

    def __init__(
        self, limits: Limits, sid: str, address: str, now_s: float, *, socket: AsyncSocket | None = None
    ) -> None:
        """`socket`: of a client that begins by polling; else `attach` comes before the first frame."""
        self._limits = limits
        self._corked: list[bytes] | None = None
        self._socket = socket
        self.transport: asyncio.Transport | None = None
        self.sid = sid
        self.address = address
        self.identity: Identity | None = None
        self.deflate = False
        self.fd = -1  # of a plain TCP connection, which sending.py may write to
        self.rooms: tuple[str, ...] = ()
        self.events = Allowance(limits.events)
        self.likes = Allowance(limits.likes)
        self.errors = 0
        self.pending = 0
        self.connected_s = now_s
        self.heard_in_round = True
        self.closed: int | None = None
        self.gone = False
        self.slot = -1  # in the wheel of heartbeats

    def heard(self) -> None:
        """The client is alive."""
        self.heard_in_round = True

    def enter_room(self, room: str) -> None:
        """It watches `room`."""
        if room not in self.rooms:
            self.rooms += (room,)

    def leave_room(self, room: str) -> None:
        """No longer."""
        self.rooms = tuple(name for name in self.rooms if name != room)

    @property
    def is_websocket(self) -> bool:
        """Whether frames go out over a WebSocket; else by long-polling."""
        return self.transport is not None

    def attach(self, transport: asyncio.Transport, *, deflate: bool = False) -> None:
        """From now on frames go out over a WebSocket; what waits for a poll goes first. `deflate`: it takes compressed ones."""
        self.transport = transport
        self.deflate = deflate
        if transport.get_extra_info("sslcontext") is None and (tcp := transport.get_extra_info("socket")) is not None:
            self.fd = tcp.fileno()
        queue = self._socket.queue if self._socket is not None else None
        while queue is not None and not queue.empty():
            waiting = queue.get_nowait()
            queue.task_done()
            if waiting is not None:
                encoded = waiting.encode()
                transport.write(frames.websocket_frame(encoded if isinstance(encoded, bytes) else encoded.encode()))

    def detach(self) -> None:
        """The WebSocket is gone."""
        self.transport = None
        self.fd = -1

    def end_poll(self) -> None:
        """Let a poll that is under way return now instead of at its time-out."""
        if self.transport is None and self._socket is not None:
            self._socket.queue.put_nowait(None)

    def send(self, frame: Frame, *, droppable: bool = False) -> bool:
        """Write or queue `frame`; False when it was skipped or the client is cut off."""
        if self.closed is not None or self.gone:
            return False
        transport = self.transport
        if transport is not None:
            if (waiting := transport.get_write_buffer_size()) and self._too_slow(
                waiting, self._limits.backlog_bytes, droppable=droppable
            ):
                return False
            data = frame.deflated if self.deflate else frame.websocket
            if self._corked is None:
                transport.write(data)
            else:
                self._corked.append(data)
        elif self._socket is not None:
            if self._too_slow(self._socket.queue.qsize(), self._limits.backlog_frames, droppable=droppable):
                return False
            for packet in frame.packets:
                self._socket.queue.put_nowait(packet)
        return True

    def cork(self) -> None:
        """Until `uncork`, in the same step of the event loop, what is sent gathers: many answers to one read are one write."""
        self._corked = []

    def uncork(self) -> None:
        """Write what has gathered."""
        gathered, self._corked = self._corked, None
        if gathered and self.transport is not None:
            self.transport.write(b"".join(gathered))

    def finish(self, data: bytes, sent: int) -> None:
        """The kernel took `sent` bytes of `data` at `fd`; the rest goes the usual way."""
        if self.transport is not None:
            self.transport.write(data[sent:])

    def _too_slow(self, waiting: int, backlog: tuple[int, int], *, droppable: bool) -> bool:
        much, too_much = backlog
        if waiting > much and droppable:
            Dropped.frames += 1
            return True
        if waiting > too_much:
            self.close(Close.SLOW_CONSUMER)
            return True
        return False

    def pong(self, payload: bytes) -> None:
        """Answer a WebSocket ping; one who pings and does not read is slow like any other."""
        transport = self.transport
        if transport is not None and not self._too_slow(
            transport.get_write_buffer_size(), self._limits.backlog_bytes, droppable=False
        ):
            self.uncork()
            transport.write(frames.pong_frame(payload))

    def violated(self, code: int) -> None:
        """Hang up on a client that broke the WebSocket protocol. `code`: RFC 6455, section 7.4.1."""
        self._end(code, b"")

    def close(self, code: Close) -> None:
        """Say why and hang up. One who may not return is told so in Socket.IO's words too, or it would try again."""
        transport, socket = self.transport, self._socket
        if transport is None and socket is not None and self.closed is None:
            self._ended(code)
            # The packet must not go through `send`, which would find the socket closed by now.
            if not code.may_return:
                socket.queue.put_nowait(frames.DISCONNECT.packets[0])
            asyncio.get_running_loop().create_task(
                socket.close(wait=False, reason=socket.server.reason.SERVER_DISCONNECT)
            )
            return
        self._end(code, b"" if code.may_return else frames.DISCONNECT.websocket)

    def _end(self, code: int, last: bytes) -> None:
        if self.closed is not None:
            return
        self._ended(code)
        self.uncork()
        if self.transport is not None:
            self.transport.write(last + frames.close_frame(code))
            asyncio.get_running_loop().call_later(CLOSE_GRACE_S, self.transport.abort)

    def _ended(self, code: int) -> None:
        self.closed = code
        CLOSED.labels(code=int(code)).inc()
